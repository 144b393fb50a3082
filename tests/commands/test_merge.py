import fcntl
import importlib
import io
import json
import os
import sys
import tarfile

import pytest

from cnnfc.cli import main
from cnnfc.commands.merge import MergeOptions, merge
from cnnfc.errors import DataError, UsageError
from testkit.report_folders import record

RECORD = record()
SECTION = {"question": "Why?", "settings": {}, "software": {}, "points": {}, "sittings": []}


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    write(root / "asv.conf.json", {"version": 1, "repo": ".", "results_dir": "asv-results"})
    return root


@pytest.fixture
def box(tmp_path):
    """What another machine measured."""
    write(tmp_path / "box/results/oak/machine.json", {"machine": "oak", "version": 1})
    write(tmp_path / "box/hardware/oak/r.json", RECORD)
    study = {"schema": 1, "study": "s", "machines": {"oak": SECTION}}
    write(tmp_path / "box/studies/s.json", study)
    return tmp_path / "box"


def run(project, *sources, **options):
    out = io.StringIO()
    try:
        code = merge(MergeOptions(tuple(sources), **options), out, start=project)
    except DataError as error:
        return error.exit_code, out.getvalue(), str(error)
    return code, out.getvalue(), ""


def test_measurements_go_where_this_projects_own_are(project, box):
    code, text, _ = run(project, box)
    assert code == 0
    assert (project / "asv-results/oak/machine.json").is_file()
    assert (project / "reports/hardware/oak/r.json").is_file()
    assert (project / "reports/studies/s.json").is_file()
    assert text.splitlines() == [
        f"{box}: a folder of reports with results, hardware, studies",
        "  new: results/oak/machine.json",
        "  new: hardware/oak/r.json",
        "  new: studies/s.json",
        f"merged into {project / 'reports'}: 3 new, 0 united, 0 equal",
    ]


def test_measurements_go_into_the_folder_that_is_named(project, box, tmp_path):
    into = tmp_path / "all"
    assert run(project, box, into=into)[0] == 0
    assert sorted(path.name for path in into.rglob("*.json")) == [
        "machine.json",
        "r.json",
        "s.json",
    ]
    assert not (project / "reports").exists()
    assert not list(into.rglob("*.tmp"))


def test_an_archive_is_merged_like_its_folder(project, box, tmp_path):
    with tarfile.open(tmp_path / "box.tar.gz", "w:gz") as archive:
        archive.add(box, arcname="box")
    code, text, _ = run(project, tmp_path / "box.tar.gz")
    assert (code, "box.tar.gz: an archive of a folder of reports" in text) == (0, True)
    assert "merged into" in text
    assert "3 new" in text


def test_a_dry_run_writes_nothing_at_all(project, box):
    before = sorted(project.rglob("*"))
    code, text, _ = run(project, box, dry_run=True)
    assert code == 0
    assert text.endswith(f"would be merged into {project / 'reports'}: 3 new, 0 united, 0 equal\n")
    assert sorted(project.rglob("*")) == before


def test_conflicts_and_damage_are_named_and_end_in_one_sentence(project, box):
    run(project, box)
    write(box / "hardware/oak/r.json", {**RECORD, "commit": "b"})
    (box / "studies/t.json").write_text("{")
    code, text, error = run(project, box)
    assert code == 2
    assert f"  conflict: hardware/oak/r.json: commit: kept None, {box} has 'b'\n" in text
    assert f"  not merged: studies/t.json in {box}: it is damaged or cut off" in text
    assert error == (
        "1 conflict in 1 file, where what was there is kept and 1 file that could not be read or "
        "united; everything else is merged: settle what is named above and run the same command "
        "again"
    )


def test_many_lines_of_a_kind_are_cut_and_counted(project, box):
    for number in range(30):
        write(box / f"hardware/oak/r{number:02d}.json", RECORD)
    text = run(project, box)[1]
    assert text.count("  new: ") == 21
    assert "  new: 13 more; --json lists all\n" in text


def test_json_has_all_of_it(project, box):
    run(project, box)
    write(box / "hardware/oak/r.json", {**RECORD, "commit": "b"})
    (box / "studies/t.json").write_text("{")
    (box / "notes.txt").write_text("")
    code, text, _ = run(project, box, as_json=True)
    data = json.loads(text)
    assert code == 2
    assert data["into"] == str(project / "reports")
    assert data["dry_run"] is False
    (source,) = data["sources"]
    assert source["parts"] == ["results", "hardware", "studies"]
    assert (data["new"], data["united"]) == ([], [])
    assert data["equal"] == ["results/oak/machine.json", "studies/s.json"]
    assert data["passed_over"] == [f"notes.txt in {box}"]
    assert data["conflicts"] == [
        {
            "file": "hardware/oak/r.json",
            "where": "commit",
            "kept": "None",
            "other": "'b'",
            "source": str(box),
        }
    ]
    (problem,) = data["problems"]
    assert problem["file"] == f"studies/t.json in {box}"


def test_a_slip_in_a_later_name_costs_nothing(project, box, tmp_path):
    with pytest.raises(UsageError, match="nowhere is not there"):
        run(project, box, tmp_path / "nowhere")
    assert not (project / "asv-results").exists()


def test_a_run_that_is_measuring_is_not_merged_into(project, box):
    lock = project / "reports" / "asv" / "run.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(f"{os.getpid()}\n")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="another run is measuring"):
            run(project, box)
        # What is only looked at disturbs nobody.
        assert run(project, box, dry_run=True)[0] == 0


@pytest.mark.parametrize(
    ("options", "results"),
    [({}, "results"), ({"results_dir": "kept/asv"}, "kept/asv")],
    ids=["default", "elsewhere"],
)
def test_a_project_is_merged_from_where_it_keeps_its_measurements(
    project, box, tmp_path, options, results
):
    other = tmp_path / "other"
    write(other / "asv.conf.json", {"version": 1, "repo": ".", **options})
    (other / results).parent.mkdir(parents=True, exist_ok=True)
    (box / "results").rename(other / results)
    (other / "reports").mkdir()
    for part in ("hardware", "studies"):
        (box / part).rename(other / "reports" / part)
    code, text, _ = run(project, other)
    assert code == 0
    assert f"{other}: a project with results, hardware, studies\n" in text
    assert (project / "asv-results/oak/machine.json").is_file()
    assert (project / "reports/hardware/oak/r.json").is_file()
    assert (project / "reports/studies/s.json").is_file()


@pytest.mark.parametrize("configured", [True, False])
def test_into_the_reports_of_another_project_waits_for_its_runs(box, tmp_path, project, configured):
    other = tmp_path / "other"
    (other / "reports" / "asv").mkdir(parents=True)
    if configured:
        write(other / "asv.conf.json", {"version": 1, "repo": ".", "results_dir": "kept"})
    lock = other / "reports" / "asv" / "run.lock"
    lock.write_text(f"{os.getpid()}\n")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="another run is measuring"):
            run(project, box, into=other / "reports")
    assert run(project, box, into=other / "reports")[0] == 0
    results = other / ("kept" if configured else "reports/results")
    assert (results / "oak/machine.json").is_file()


def test_a_system_without_the_locks_of_runs_merges_into_a_folder(
    project, box, tmp_path, monkeypatch
):
    # As on Windows, where the module cannot be imported.
    monkeypatch.setitem(sys.modules, "cnnfc.harness.lock", None)
    monkeypatch.delitem(sys.modules, "cnnfc.commands.merge")
    fresh = importlib.import_module("cnnfc.commands.merge")
    options = fresh.MergeOptions((box,), into=tmp_path / "all")
    assert fresh.merge(options, io.StringIO(), start=project) == 0
    with pytest.raises(UsageError, match="which this system does not have: merge into a new"):
        fresh.merge(fresh.MergeOptions((box,)), io.StringIO(), start=project)


def test_differences_without_harm_are_said_and_nothing_is_wrong(project, box):
    write(project / "asv-results/oak/machine.json", {"machine": "oak", "os": "Linux 5"})
    write(box / "results/oak/machine.json", {"machine": "oak", "os": "Linux 6"})
    code, text, _ = run(project, box)
    where = "results/oak/machine.json: os"
    assert code == 0
    assert f"  differs without harm: {where}: kept 'Linux 5', {box} has 'Linux 6'\n" in text
    (note,) = json.loads(run(project, box, as_json=True)[1])["notes"]
    assert (note["where"], note["kept"], note["other"]) == ("os", "'Linux 5'", "'Linux 6'")


def test_a_target_that_is_no_folder_of_reports_is_refused(project, box, tmp_path):
    with pytest.raises(UsageError, match="is a file: name a folder"):
        run(project, box, into=project / "asv.conf.json")
    with pytest.raises(UsageError, match="is asv's results folder: name the folder above"):
        run(project, box, into=box / "results")


def test_without_a_project_the_target_must_be_named(box, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no asv\.conf\.json"):
        run(tmp_path / "empty", box)
    assert run(tmp_path / "empty", box, into=tmp_path / "all")[0] == 0


def test_the_command_line_hands_everything_on(box, tmp_path, capsys):
    into = tmp_path / "all"
    assert main(["merge", str(box), "--into", str(into), "--dry-run", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["dry_run"], data["into"]) == (True, str(into))
    assert main(["merge", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.startswith("cnnfc: error: ")
