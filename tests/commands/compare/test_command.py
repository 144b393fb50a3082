"""``cnnfc compare`` from the outside."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from cnnfc.commands.compare import data as compare_data
from cnnfc.commands.compare.command import CompareOptions, compare_sides
from cnnfc.commands.compare.text import ROWS
from cnnfc.errors import DataError, NothingMeasured, UsageError
from testkit import odd_results
from testkit import results_on_disk as disk
from testkit.repositories import git
from testkit.terminals import Terminal


@pytest.fixture
def results(tmp_path):
    return disk.small(tmp_path / "results")


@pytest.fixture
def said(results):
    """Compares two sides of the small results; gives standard output and standard error."""

    def run(a, b, out=None, **options):
        out, err = out or io.StringIO(), io.StringIO()
        options = {"results": results, **options}
        assert compare_sides(CompareOptions(a, b, **options), out, err=err) == 0
        return out.getvalue(), err.getvalue()

    return run


def _document(said, a, b, **options):
    return json.loads(said(a, b, as_json=True, **options)[0])


def test_two_commits_are_said_in_the_first_line(said):
    first, *_ = said("00000001", "00000002")[0].splitlines()
    assert first == (
        "Two commits: A is 00000001 of 2026-03-01, B is 00000002 of 2026-03-02. Ratios are B / A."
    )


def test_only_the_files_of_both_sides_are_read_once_there_is_an_index(said, results, monkeypatch):
    first = said("00000001", "00000002")
    odd_results.age(results)  # what was written just now is read again
    assert said("00000001", "00000002") == first
    read = []
    real = Path.open

    def opened(path, *arguments, **options):
        read.append(path.name)
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", opened)
    assert said("00000001", "00000002") == first
    assert sorted(name for name in read if name.startswith("0")) == [
        "00000001-py3.11.json",
        "00000002-py3.11.json",
    ]


def test_two_machines_and_two_devices_are_said_too(said):
    assert said("oak", "elm")[0].startswith("Two machines: A is oak, B is elm. Ratios are B / A.\n")
    assert said("cpu-1", "cpu-2")[0].startswith("Two devices: A is cpu-1, B is cpu-2. Ratios ")


def test_ratios_of_two_commits_come_with_what_matters_first(said):
    found = _document(said, disk.commit(1), disk.commit(2))
    assert (found["schema_version"], found["kind"]) == (1, "commits")
    (section,) = found["sections"]
    assert (section["a"]["machine"], section["a"]["environment"]) == ("oak", "py3.11")
    compared = section["compared"]
    assert [(c["benchmark"], c["apart"], c["worse"]) for c in compared] == [
        (disk.FORWARD, True, True),
        (disk.FORWARD, True, True),
        (disk.DENSE, False, None),
        (disk.DENSE, False, None),
    ]
    first = compared[0]
    assert first["ratio"] == pytest.approx(1.2)
    # Both sides reach 1% to either side: log 1.01 and log 1 / 0.99, added as legs of a triangle.
    assert (first["low"], first["high"]) == (
        pytest.approx(1.2 * 0.98591, rel=1e-4),
        pytest.approx(1.2 * 1.01429, rel=1e-4),
    )
    assert first["confidence"] == 0.984375
    assert first["a"]["n"] == 7


def test_means_are_by_family_and_by_benchmark(said):
    (section,) = _document(said, "00000001", "00000002")["sections"]
    found = {(m["by"], m["name"]): (m["n"], m["ratio"], m["worse"]) for m in section["means"]}
    assert found == {
        ("family", "conv"): (2, pytest.approx(1.2), 2),
        ("family", "dense"): (2, pytest.approx(1.0), 0),
        ("benchmark", disk.FORWARD): (2, pytest.approx(1.2), 2),
        ("benchmark", disk.DENSE): (2, pytest.approx(1.0), 0),
    }


def test_what_cannot_be_compared_is_named(said):
    found = _document(said, "00000001", "00000002")
    (section,) = found["sections"]
    assert section["only_a"] == []
    assert section["only_b"] == [
        {
            "benchmark": "hardware.CanaryCopy.track_bandwidth",
            "parameters": ["copy.x4llc", "cpu-1"],
            "family": "canary",
            "other": None,
        }
    ]
    assert section["left_out"] == [
        {
            "benchmark": "other.time_old",
            "parameters": [],
            "family": "other",
            "reason": "version 1 in A, 2 in B",
        }
    ]
    assert found["only_one_side"] == [{"machine": "elm", "environment": "py3.11", "measured": "b"}]
    text, _ = said("00000001", "00000002")
    assert "Only B has 1:\n  1 of hardware.CanaryCopy.track_bandwidth: copy.x4llc cpu-1\n" in text
    assert "Left out 1:\n  1 of other.time_old (version 1 in A, 2 in B)\n" in text
    assert "elm, py3.11: measured only B\n" in text


def test_machines_are_compared_at_the_newest_commit_of_both(said):
    (section,) = _document(said, "elm", "oak")["sections"]
    assert section["a"]["commit"] == section["b"]["commit"] == disk.commit(2)
    assert [c["ratio"] for c in section["compared"]] == [pytest.approx(0.5)] * 2
    only = {(o["benchmark"], o["parameters"][-1]): o["other"] for o in section["only_b"] if
            o["benchmark"] in (disk.FORWARD, disk.DENSE)}  # fmt: skip
    assert only == {(disk.FORWARD, "cpu-2"): "failed", (disk.DENSE, "cpu-2"): "skipped"}
    text, _ = said("elm", "oak")
    assert "A: Oak 1." in text
    assert "commit 00000002 of 2026-03-02" in text
    assert "(failed in A)" in text


def test_two_files_of_a_commit_are_said(said, results):
    assert "several result files" not in said("00000001", "00000002")[0]
    shutil.copytree(results / "oak", results / "oak-again")
    assert "There are several result files of a commit: " in said("00000001", "00000002")[0]


def test_devices_are_compared_case_by_case(said):
    (section,) = _document(said, "cpu-1", "cpu-2")["sections"]
    assert (section["a"]["machine"], section["a"]["commit"]) == ("oak", disk.commit(2))
    assert (section["a"]["device"], section["b"]["device"]) == ("cpu-1", "cpu-2")
    assert [(c["parameters"], c["ratio"], c["worse"]) for c in section["compared"]] == [
        ([disk.CASE], pytest.approx(0.5), False),
        ([disk.LAYER], pytest.approx(0.5), False),
    ]


def test_machines_and_devices_can_be_compared_at_a_commit(said):
    (section,) = _document(said, "cpu-1", "cpu-2", commit="00000001")["sections"]
    assert section["a"]["commit"] == disk.commit(1)
    with pytest.raises(UsageError, match="--commit says where machines or devices are compared"):
        said("00000001", "00000002", commit="00000001")
    with pytest.raises(UsageError, match="'elm' is no commit here"):
        said("cpu-1", "cpu-2", commit="elm")


def test_benchmarks_machines_and_environments_can_be_chosen(said):
    found = _document(said, "00000001", "00000002", bench=(r"^conv.*cpu-2\)",), machines=("oak",))
    (section,) = found["sections"]
    (one,) = section["compared"]
    assert (one["benchmark"], one["parameters"]) == (disk.FORWARD, [disk.CASE, "cpu-2"])
    assert found["only_one_side"] == []
    with pytest.raises(UsageError, match="unknown machine 'elk'"):
        said("cpu-1", "cpu-2", machines=("elk",))
    with pytest.raises(UsageError, match="unknown environment 'py2'"):
        said("cpu-1", "cpu-2", environments=("py2",))


def test_a_git_revision_means_the_commit_that_was_measured(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (root / "asv.conf.json").write_text('{"version": 1, "repo": ".", "results_dir": "results"}')
    for command in (["init", "-q"], *[["commit", "-q", "--allow-empty", "-m", "x"]] * 2):
        git(root, *command)
    git(root, "tag", "v1", "HEAD~1")
    new, old = git(root, "rev-list", "HEAD").split()
    for number, hash_, value in ((1, old, 1.0), (2, new, 2.0)):
        row = disk.row([value], day=number)
        disk.write(root / "results", number, at=hash_, other__time_x=row)
    out = io.StringIO()
    assert compare_sides(CompareOptions("v1", "HEAD", as_json=True), out, start=root) == 0
    found = json.loads(out.getvalue())
    assert (found["a"], found["b"]) == (
        {"asked": "v1", "name": old},
        {"asked": "HEAD", "name": new},
    )
    assert found["sections"][0]["compared"][0]["ratio"] == pytest.approx(2.0)
    out = io.StringIO()
    compare_sides(CompareOptions("v1", "HEAD"), out, start=root)
    assert f"A is {old[:8]} of 2026-03-01 (v1)" in out.getvalue()


@pytest.mark.parametrize(
    ("a", "b", "options", "sentence"),
    [
        (
            "00000001",
            "00000002",
            {"bench": ("no such",)},
            "no value that --bench selects in common",
        ),
        ("00000001", "00000002", {"machines": ("elm",)}, None),
        ("oak", "elm", {"commit": "00000001"}, "have no commit that both measured"),
        ("cpu-1", "cpu-2", {"machines": ("elm",)}, None),
        (
            "00000001",
            "00000002",
            {"bench": ("time_old",)},
            "0 only in the first, 0 only in the second, 1 of another version",
        ),
    ],
)
def test_nothing_in_common_is_said_with_its_own_exit_code(said, a, b, options, sentence):
    if sentence is None:
        with pytest.raises(UsageError, match="is no measured commit, machine or device here"):
            said(a, b, **options)
        return
    with pytest.raises(NothingMeasured, match=sentence) as raised:
        said(a, b, **options)
    assert raised.value.exit_code == 5


def test_commits_that_were_measured_apart_are_said_with_where(said, results):
    disk.write(results, 3, "elm", other__time_x=disk.row([1.0], day=3))
    with pytest.raises(
        NothingMeasured,
        match=r"were not measured by one machine in one environment: elm \(py3.11\) measured "
        r"00000003 alone; oak \(py3.11\) measured 00000001 alone",
    ):
        said("00000001", "00000003")


def test_csv_has_a_row_for_everything(said):
    text, _ = said("00000001", "00000002", as_csv=True)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == [column.name for column in compare_data.COLUMNS]
    assert [row["status"] for row in rows] == [*["compared"] * 4, "only b", "left out"]
    first = rows[0]
    assert float(first["ratio"]) == pytest.approx(1.2)
    assert float(first["value_b"]) == pytest.approx(1.2 * float(first["value_a"]))
    assert (first["apart"], first["worse"], first["n_a"]) == ("true", "true", "7")
    assert (first["commit_a"], first["commit_b"]) == (disk.commit(1), disk.commit(2))
    assert first["commit_date_a"] == "2026-03-01T12:00:00+00:00"
    assert (rows[4]["reason"], rows[4]["ratio"]) == ("not there in a", "")
    assert rows[5]["reason"] == "version 1 in A, 2 in B"


def test_csv_and_json_hold_the_same_numbers(said):
    (section,) = _document(said, "cpu-1", "cpu-2")["sections"]
    text, _ = said("cpu-1", "cpu-2", as_csv=True)
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["status"] == "compared"]
    for row, one in zip(rows, section["compared"], strict=True):
        names = {"ratio": "ratio", "low": "ratio_low", "high": "ratio_high"}
        assert {key: float(row[name]) for key, name in names.items()} == {
            key: one[key] for key in names
        }


def test_what_differs_in_software_is_named(said, results, tmp_path):
    folder = tmp_path / "hardware" / "oak"
    folder.mkdir(parents=True)
    for number, torch in ((1, "2.12.0"), (2, "2.13.0")):
        record = {
            "schema": 1,
            "machine": "oak",
            "started_at": f"2026-03-0{number}T12:30:00+00:00",
            "identity": {"cpu_model": "Oak 1"},
            "state_before": {},
            "software": {"packages": {"torch": torch}},
            "asv": {},
            "commit": disk.commit(number),
            "environment": "py3.11",
        }
        (folder / f"{number}.json").write_text(json.dumps(record))
    text, _ = said("00000001", "00000002", hardware=tmp_path / "hardware")
    assert "The software differs: torch 2.12.0 in A, 2.13.0 in B." in text
    found = _document(said, "00000001", "00000002", hardware=tmp_path / "hardware")
    section = found["sections"][0]
    assert section["software"] == [{"name": "torch", "a": "2.12.0", "b": "2.13.0"}]
    assert section["a"]["facts"]["torch"] == "2.12.0"


def test_intervals_come_with_their_method_and_their_limits(said):
    text = " ".join(said("00000001", "00000002")[0].split())
    assert "Interval, about 98%: the two intervals combined as independent ones" in text
    assert "another run of the same code may be further away" in text
    assert "`cnnfc gate A B` decides whether B is slower" in text


def test_a_long_table_shows_what_matters_and_counts_the_rest(tmp_path):
    results = tmp_path / "results"
    axis = [f"x{n}" for n in range(50)]
    for number, factor in ((1, 1.0), (2, 1.1)):
        row = disk.row([factor * (n + 1) ** (number - 1) for n in range(50)], axis)
        disk.write(results, number, suite__time_x=row)
    out = io.StringIO()
    compare_sides(CompareOptions("00000001", "00000002", results=results), out)
    lines = out.getvalue().splitlines()
    assert sum("suite.time_x x" in line for line in lines) == ROWS
    assert "  20 more, 20 of them apart; --all shows them" in lines
    assert "x49" in next(line for line in lines if "suite.time_x" in line)
    out = io.StringIO()
    compare_sides(CompareOptions("00000001", "00000002", results=results, every=True), out)
    assert sum("suite.time_x x" in line for line in out.getvalue().splitlines()) == 50


def test_a_terminal_gets_lines_that_fit_it(said, monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")
    text, _ = said("00000001", "00000002", Terminal())
    assert max(map(len, text.splitlines())) <= 72
    assert "1.200" in text


def test_hostile_names_steer_no_terminal_and_break_no_line(tmp_path):
    results = tmp_path / "results"
    for number in (1, 2):
        row = disk.row([1.0 * number], ["\x1b[31mred\nnext"])
        disk.write(results, number, "oak\x1b[31m", **{"evil\x9bname.time_x": row})
    out = io.StringIO()
    compare_sides(CompareOptions("00000001", "00000002", results=results), out)
    assert not set("\x1b\x9b") & set(out.getvalue())
    assert "\nnext" not in out.getvalue()


def test_files_that_were_left_out_are_named_on_standard_error(said, results):
    for number in range(7):
        (results / "oak" / f"{number:08x}-broken.json").write_text("{")
    _, err = said("cpu-1", "cpu-2")
    assert err.count("left out results/oak/") == 5
    assert "left out 2 more" in err
    assert len(_document(said, "cpu-1", "cpu-2")["problems"]) == 7


def test_reading_changes_no_result(said, results):
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in results.rglob("*") if p.is_file()}
    said("oak", "elm")
    now = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in results.rglob("*") if p.is_file()}
    assert now == before


def test_without_results_the_next_step_is_named(tmp_path):
    with pytest.raises(DataError, match="is not there: measure something first"):
        compare_sides(CompareOptions("a", "b", results=tmp_path / "absent"), io.StringIO())
