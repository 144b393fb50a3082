import os

import pytest

from cnnfc.commands.place import Place, find_place
from cnnfc.errors import UsageError
from testkit.repositories import git


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    (root / "measured").mkdir(parents=True)
    (root / "asv.conf.json").write_text('{"version": 1, "repo": ".", "results_dir": "measured"}')
    (root / "pyproject.toml").write_text('[tool.cnnfc.aliases]\nhost = "oak"\n')
    return root


def test_a_project_knows_its_results_records_and_aliases(project):
    (project / "reports" / "hardware").mkdir(parents=True)
    found = find_place(None, None, project)
    assert found.results == project / "measured"
    assert found.hardware == project / "reports" / "hardware"
    assert found.aliases == {"host": "oak"}
    assert find_place(project / "measured", None, project) == found


def test_without_records_there_are_none(project):
    assert find_place(None, None, project).hardware is None


def test_results_of_no_project_have_their_records_beside_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "elsewhere" / "results"
    results.mkdir(parents=True)
    assert find_place(results, None).hardware is None
    (results.parent / "hardware").mkdir()
    assert find_place(results, None).hardware == results.parent / "hardware"
    assert find_place(results, tmp_path).hardware == tmp_path


def test_results_inside_another_project_are_not_taken_for_its_own(project):
    (project / "foreign").mkdir()
    assert find_place(project / "foreign", None, project).aliases == {}


def test_the_index_lies_with_the_reports_of_the_project_if_it_has_any(project, caches):
    of_users = caches / "cnnfc" / "index"
    # A project of somebody else is given no folder that it has not had.
    assert find_place(None, None, project).index_folder == of_users
    (project / "reports").mkdir()
    own = project / "reports" / ".cnnfc-index"
    assert find_place(None, None, project).index_folder == own
    assert find_place(project / "measured", None).index_folder == own
    (project / "foreign").mkdir()
    assert find_place(project / "foreign", None, project).index_folder == of_users


@pytest.mark.parametrize("has_one", [True, False])
def test_where_the_project_may_not_be_written_to_the_index_lies_with_the_user(
    project, caches, monkeypatch, has_one
):
    reports = project / "reports"
    own = reports / ".cnnfc-index"
    (own if has_one else reports).mkdir(parents=True)
    refused = own if has_one else reports
    monkeypatch.setattr(os, "access", lambda path, _mode: path != refused)
    assert find_place(None, None, project).index_folder == caches / "cnnfc" / "index"


@pytest.mark.parametrize("folder", ["reports", "."])
def test_no_index_lies_among_results(project, caches, folder):
    (project / "reports").mkdir()
    text = (project / "asv.conf.json").read_text().replace("measured", folder)
    (project / "asv.conf.json").write_text(text)
    assert find_place(None, None, project).index_folder == caches / "cnnfc" / "index"


def test_without_results_or_a_project_the_next_step_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"asv\.conf\.json"):
        find_place(None, None, tmp_path)


def test_revisions_are_those_of_the_repository(project):
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "one")
    git(project, "tag", "v1")
    git(project, "commit", "-q", "--allow-empty", "-m", "two")
    place = find_place(None, None, project)
    first = git(project, "rev-parse", "v1")
    assert place.revision("v1") == place.revision("HEAD~1") == first
    assert place.revision("no-such") is None
    assert place.revision("") is None


def test_a_range_is_no_commit_even_if_it_holds_a_single_one(project):
    git(project, "init", "-q")
    for name in ("one", "two"):
        git(project, "commit", "-q", "--allow-empty", "-m", name)
    place = find_place(None, None, project)
    assert place.revision("HEAD") is not None
    assert [place.revision(text) for text in ("HEAD~1..HEAD", "-n1 HEAD", "HEAD~1..")] == [None] * 3


def test_without_a_repository_there_are_no_revisions(tmp_path):
    assert Place(tmp_path, root=(tmp_path, ".")).revision("HEAD") is None
    assert Place(tmp_path, root=(tmp_path, "https://example.org/x.git")).revision("HEAD") is None
