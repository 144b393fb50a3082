"""``cnnfc report`` from the outside."""

import io
import shutil
import webbrowser
from pathlib import Path

import pytest

from cnnfc.commands import report
from cnnfc.commands.report import write_report
from cnnfc.errors import DataError, UsageError
from testkit.repositories import git, isolate

DATA = Path(__file__).parent.parent / "data" / "results" / "real"


@pytest.fixture
def project(tmp_path):
    """A project with the real results of the test data."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "asv.conf.json").write_text(
        '{"version": 1, "repo": ".", "project": "orchard", "results_dir": "measured"}'
    )
    shutil.copytree(DATA, root / "measured")
    return root


def _report(**options):
    stream = io.StringIO()
    code = write_report(stream=stream, **options)
    return code, stream.getvalue()


def test_a_project_is_reported_into_its_own_site(project):
    code, said = _report(start=project)
    index = project / "reports" / "site" / "index.html"
    assert code == 0
    assert said.splitlines()[-1] == f"report: {index}"
    assert "orchard" in index.read_text(encoding="utf-8")


def test_results_of_no_project_are_reported_to_where_the_user_says(tmp_path):
    shutil.copytree(DATA, tmp_path / "elsewhere" / "results")
    out = tmp_path / "site"
    code, said = _report(results=tmp_path / "elsewhere" / "results", out=out)
    assert code == 0
    assert said.splitlines()[-1] == f"report: {out / 'index.html'}"
    assert "elsewhere" in (out / "index.html").read_text(encoding="utf-8")


def test_foreign_results_inside_a_project_never_replace_its_site(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(DATA, project / "foreign")
    _, said = _report(results=project / "foreign", start=project)
    assert said.splitlines()[-1] == "report: cnnfc-site/index.html"
    assert not (project / "reports").exists()


def test_what_was_read_and_what_was_left_out_is_said(project):
    machine = next(path for path in (project / "measured").iterdir() if path.is_dir())
    (machine / "0badf00d-env.json").write_text("{")
    _, said = _report(start=project)
    first, second = said.splitlines()[:2]
    assert first.startswith("read ")
    assert first.endswith(("machine", "machines"))
    assert second.startswith(f"left out measured/{machine.name}/0badf00d-env.json: ")


def test_a_flood_of_damaged_files_is_cut_short_and_counted(project):
    machine = next(path for path in (project / "measured").iterdir() if path.is_dir())
    for number in range(13):
        (machine / f"{number:08x}-env.json").write_text("{")
    _, said = _report(start=project)
    assert said.count("left out measured/") == 10
    assert "left out 3 more; the report lists them" in said


def test_without_one_readable_result_nothing_is_written_and_the_next_step_is_named(tmp_path):
    folder = tmp_path / "results" / "oak"
    folder.mkdir(parents=True)
    (folder / "0badf00d-env.json").write_text("{")
    with pytest.raises(DataError, match=r"no results in .* can be read: measure with `cnnfc run`"):
        _report(results=tmp_path / "results", out=tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        _report(results=tmp_path / "nowhere", out=tmp_path / "site")


def test_outside_a_project_and_without_results_the_user_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"no asv\.conf\.json"):
        _report(start=tmp_path)


@pytest.mark.parametrize(("starts", "lines"), [(True, 2), (False, 3)])
def test_the_browser_is_opened_on_request_and_its_absence_is_said(
    project, monkeypatch, starts, lines
):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or starts)
    _, said = _report(start=project, open_browser=True)
    assert opened == [(project / "reports" / "site" / "index.html").resolve().as_uri()]
    assert len(said.splitlines()) == lines


def test_git_is_asked_for_the_commits_between_two_that_were_measured(project, monkeypatch):
    isolate(monkeypatch)
    git(project, "init", "-q", "-b", "main")
    hashes = []
    for number in range(4):
        git(project, "commit", "-q", "--allow-empty", "-m", f"commit {number}")
        hashes.append(git(project, "rev-parse", "HEAD"))
    asked = {}
    monkeypatch.setattr(
        report, "write_site", lambda _history, out, **options: asked.update(options) or out
    )
    _report(start=project)
    assert asked["between"](hashes[0], hashes[3]) == tuple(hashes[1:3])
    assert asked["between"]("a" * 40, hashes[3]) is None


def test_outside_of_git_nobody_knows_what_was_not_measured(project, monkeypatch):
    isolate(monkeypatch)
    asked = {}
    monkeypatch.setattr(
        report, "write_site", lambda _history, out, **options: asked.update(options) or out
    )
    _report(start=project)
    assert asked["between"]("a" * 40, "b" * 40) is None
