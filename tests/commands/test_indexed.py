"""The index of what a command is about, and what is said of it."""

import io

import pytest

from cnnfc.commands.indexed import indexed
from cnnfc.commands.place import find_place
from cnnfc.history.index.place import index_file
from testkit import results_on_disk as disk
from testkit.repositories import git


@pytest.fixture
def project(tmp_path):
    """A project with results and a folder of reports."""
    root = tmp_path / "project"
    (root / "reports").mkdir(parents=True)
    (root / "asv.conf.json").write_text(
        '{"version": 1, "repo": ".", "results_dir": "reports/results"}'
    )
    disk.small(root / "reports" / "results")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    return root


def test_it_holds_what_is_there_and_git_sees_nothing_of_it(project):
    err = io.StringIO()
    place = find_place(None, None, project)
    for read in (3, 0):
        with indexed(place, err) as opened:
            assert opened.index.refreshed.read == read
            assert len(opened.index.runs) == 3
    assert err.getvalue() == ""
    assert (project / "reports" / ".cnnfc-index").is_dir()
    assert git(project, "status", "--porcelain") == ""


def test_what_is_wrong_with_it_is_said_in_one_line_without_what_steers_a_terminal(project):
    err = io.StringIO()
    place = find_place(None, None, project)
    with indexed(place, io.StringIO()):
        pass
    index_file(place.index_folder, place.results).write_bytes(b"\x1b[31m" * 5000)
    with indexed(place, err) as opened:
        assert len(opened.index.runs) == 3
    (line,) = err.getvalue().splitlines()
    assert line.startswith("cnnfc: the index could not be used (")
    assert "\x1b" not in line
