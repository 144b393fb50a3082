import json
import os
from pathlib import Path

import pytest

from cnnfc.errors import DataError
from cnnfc.history.results import History, read_history
from cnnfc.records import Outcome, Problem


def problems(history):
    return [(problem.path, problem.reason) for problem in history.problems]


def test_a_folder_of_asv_is_read_whole(real):
    history = read_history(real)
    assert history.problems == ()
    assert history.hardware == ()
    assert [(run.machine, run.commit[:8]) for run in history.runs] == [
        ("oak", "af7bc921"),
        ("elm", "96f3d5c1"),
        ("oak", "96f3d5c1"),
    ]
    assert history.runs[1].machine_facts["gpu"] == "Example GPU"
    assert set(history.benchmarks) == {
        point.benchmark for run in history.runs for point in run.points
    }


def test_the_same_files_are_read_as_asv_finds_them(real):
    from asv.results import iter_results

    by_asv = {(r.params["machine"], r.commit_hash, r.env_name) for r in iter_results(str(real))}
    here = {(run.machine, run.commit, run.environment) for run in read_history(real).runs}
    assert here == by_asv


def test_paths_begin_with_the_name_of_the_folder(real, monkeypatch):
    expected = "real/oak/af7bc921-virtualenv-py3.11.json"
    assert read_history(real).runs[0].path == expected
    monkeypatch.chdir(real)
    assert read_history(Path()).runs[0].path == expected


def test_one_machines_own_folder_can_be_read(real):
    history = read_history(real / "oak")
    assert [run.machine for run in history.runs] == ["oak", "oak"]


def test_a_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(DataError) as caught:
        read_history(tmp_path / "none")
    assert str(caught.value) == (
        f"{tmp_path / 'none'} is not there: measure something first (`cnnfc run` or `asv run`), "
        f"or name the results_dir of your asv.conf.json with --results"
    )


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="is a file, not a folder of results: measure something"):
        read_history(tmp_path / "file")


def test_a_folder_that_may_not_be_looked_into_is_refused(tmp_path, monkeypatch):
    def forbidden(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", forbidden)
    with pytest.raises(DataError, match=r"cannot be looked into \(Permission denied\): check its"):
        read_history(tmp_path)


def test_an_empty_folder_is_an_empty_history(tmp_path):
    assert read_history(tmp_path) == History()


def test_a_truncated_file_is_named_and_the_rest_is_read(box):
    box.write("good.json")
    text = json.dumps(box.content())
    box.write("cut.json", content=text[: len(text) // 2])
    history = read_history(box.folder)
    assert [run.path for run in history.runs] == ["results/box/good.json"]
    ((path, reason),) = problems(history)
    assert path == "results/box/cut.json"
    assert reason.startswith("it is damaged or cut off (")


def test_every_kind_of_odd_file_is_named_once_and_the_rest_is_read(box):
    box.write("good.json")
    for name, content in {
        "empty.json": b"",
        "binary.json": b"\x80\x00",
        "list.json": "[]",
        "foreign.json": '{"name": "something else"}',
        "future.json": json.dumps(box.content(version=99)),
        "lfs.json": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "deep.json": "[" * 100_000,
    }.items():
        box.write(name, content=content)
    (box.folder / "box" / "folder.json").mkdir()
    (box.folder / "box" / "gone.json").symlink_to("nowhere")
    history = read_history(box.folder)
    assert [run.path for run in history.runs] == ["results/box/good.json"]
    named = ("binary", "deep", "empty", "folder", "foreign", "future", "gone", "lfs", "list")
    assert [path for path, _ in problems(history)] == [f"results/box/{n}.json" for n in named]


def test_no_problem_tells_where_the_folder_lies(box, tmp_path):
    box.write("empty.json", content=b"")
    box.write("benchmarks.json", machine=".", content="{")
    box.write("machine.json", content="{")
    hardware = tmp_path / "hardware"
    (hardware / "box").mkdir(parents=True)
    (hardware / "box" / "bad.json").write_text("{")
    history = read_history(box.folder, hardware)
    assert [problem.path for problem in history.problems] == [
        "results/benchmarks.json",
        "results/box/empty.json",
        "results/box/machine.json",
        "hardware/box/bad.json",
    ]
    assert str(tmp_path) not in str(history)
    assert history.problems[-1].reason.startswith("hardware/box/bad.json is damaged or truncated")


def test_hidden_files_folders_and_other_endings_are_passed_over(box):
    box.write("good.json")
    box.write("._good.json", content=b"\x00")
    box.write("note.txt", content="not a result")
    box.write("good-checkpoint.json", machine="box/.ipynb_checkpoints")
    history = read_history(box.folder)
    assert [run.path for run in history.runs] == ["results/box/good.json"]
    assert history.problems == ()


def test_a_folder_that_may_not_be_read_is_named_and_the_rest_is_read(box, monkeypatch):
    box.write("good.json")
    box.write("other.json", machine="locked")
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    history = read_history(box.folder)
    assert [run.path for run in history.runs] == ["results/box/good.json"]
    assert problems(history) == [
        ("results/locked", "it cannot be looked into (Permission denied): check its permissions")
    ]


def test_a_folder_that_may_be_listed_but_not_entered_is_named_file_by_file(box, monkeypatch):
    box.write("good.json")
    box.write("closed.json", machine="closed")
    stat = Path.stat

    def guarded(path, **options):
        if path.parent.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", guarded)
    history = read_history(box.folder)
    assert [run.path for run in history.runs] == ["results/box/good.json"]
    assert problems(history) == [
        (
            "results/closed/closed.json",
            "it cannot be read (Permission denied): make it readable or remove it",
        )
    ]


def test_a_machine_may_be_named_like_a_file(box):
    box.write("x.json", machine="box.json", params={"machine": "box.json"})
    box.write("machine.json", machine="box.json", content='{"machine": "box.json"}')
    history = read_history(box.folder)
    assert [run.machine for run in history.runs] == ["box.json"]
    assert history.problems == ()


def test_without_machine_json_a_file_says_itself_whose_it_is(box):
    box.write(machine="folder")
    history = read_history(box.folder)
    assert [run.machine for run in history.runs] == ["box"]
    assert history.problems == ()


def test_a_file_that_does_not_say_whose_it_is_belongs_to_its_folder(box):
    box.write("a.json", machine="described", params={})
    box.write("machine.json", machine="described", content='{"machine": "oak", "ram": 8}')
    box.write("b.json", machine="plain", params=...)
    found = {run.path: run for run in read_history(box.folder).runs}
    assert found["results/described/a.json"].machine == "oak"
    assert found["results/described/a.json"].machine_facts == {"machine": "oak", "ram": "8"}
    assert found["results/plain/b.json"].machine == "plain"


def test_a_file_in_the_folder_of_another_machine_is_named_as_asv_does(box):
    box.write(machine="folder")
    box.write("machine.json", machine="folder", content='{"machine": "folder"}')
    history = read_history(box.folder)
    assert history.runs == ()
    ((_, reason),) = problems(history)
    assert reason == (
        "it is of machine box in the folder of folder: move it to where it belongs, or give the "
        "folder an alias"
    )


def test_an_alias_names_the_machine_of_a_folder(box):
    box.write(machine="host-17")
    box.write("machine.json", machine="host-17", content='{"machine": "host-17"}')
    box.write("b.json", machine="host-18", params={"machine": "host-18"})
    history = read_history(box.folder, aliases={"host-17": "example-2c-8gb"})
    assert [run.machine for run in history.runs] == ["example-2c-8gb", "host-18"]
    assert history.problems == ()


def test_runs_are_in_order_of_their_commits(box):
    for index, date in enumerate((3_000, 1_000, 2_000)):
        box.write(f"{index}.json", date=date, commit_hash=str(index) * 40)
    assert [run.commit[0] for run in read_history(box.folder).runs] == ["1", "2", "0"]


def test_a_damaged_benchmarks_json_is_named_and_names_are_used(box):
    box.write()
    box.write("benchmarks.json", machine=".", content="{")
    history = read_history(box.folder)
    assert history.benchmarks["suite.time_a"].unit == "seconds"
    ((path, reason),) = problems(history)
    assert path == "results/benchmarks.json"
    assert reason.endswith("units and parameter names are guessed from names meanwhile")


def test_parts_that_are_left_out_of_a_file_are_named_with_it(box):
    box.write(results={"suite.time_a": [[True], []], "suite.time_b": [[None], []]})
    history = read_history(box.folder)
    assert [point.outcome for point in history.runs[0].points] == [Outcome.FAILED]
    assert history.problems == (
        Problem(
            "results/box/aaaaaaaa-env.json",
            "benchmark suite.time_a: the value True, which is not a number, is left out",
        ),
    )


def test_a_missing_hardware_folder_has_no_records(real, tmp_path):
    history = read_history(real, tmp_path / "none")
    assert (history.hardware, history.problems) == ((), ())


def test_hardware_records_are_read_beside_the_results(real, tmp_path):
    record = {
        "schema": 1,
        "machine": "oak",
        "started_at": "2026-03-02T08:00:00+00:00",
        "identity": {},
        "state_before": {},
        "software": {},
        "asv": {"cpu": "Example CPU 3000"},
    }
    (tmp_path / "oak").mkdir()
    (tmp_path / "oak" / "20260302T080000Z.json").write_text(json.dumps(record))
    history = read_history(real, tmp_path)
    assert [found.machine for found in history.hardware] == ["oak"]
    assert history.problems == ()


def test_names_with_markup_are_data_like_any_other(box):
    name = "suite.time_<script>alert(1)</script>"
    box.write(
        params={"machine": "<b>box</b>"},
        results={name: [[1.0], [[repr("<img src=x onerror=alert(1)>")]]]},
    )
    (run,) = read_history(box.folder).runs
    assert run.machine == "<b>box</b>"
    assert run.points[0].benchmark == name
    assert run.points[0].parameters == ("<img src=x onerror=alert(1)>",)
