import shutil

import pytest

from cnnfc.errors import UsageError
from cnnfc.harness import here
from cnnfc.harness.here import check_installed, environment_name
from cnnfc.harness.repository import open_repository


@pytest.fixture
def repository(project):
    return open_repository(project.root, ".")


@pytest.fixture
def install(monkeypatch):
    """Puts a folder where imports find it."""

    def at(folder):
        monkeypatch.setenv("PYTHONPATH", str(folder))

    return at


def test_an_interpreter_without_torch_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(here.here_name, "torch_version", lambda: None)
    with pytest.raises(UsageError, match=r"has no torch: install it there .*leave --here out"):
        environment_name()


def test_the_checked_out_package_may_be_measured(project, repository, install):
    install(project.root)
    check_installed(project.root, "p", repository)


def test_uncommitted_changes_in_the_package_are_refused(project, repository, install):
    install(project.root)
    project.write("p/__init__.py", "x = 1\n")
    with pytest.raises(UsageError, match=r"p/__init__\.py has uncommitted changes: commit"):
        check_installed(project.root, "p", repository)
    project.write("p/new.py", "")
    with pytest.raises(UsageError, match=r"p/__init__\.py and 1 more have uncommitted changes"):
        check_installed(project.root, "p", repository)


def test_uncommitted_changes_elsewhere_are_no_matter(project, repository, install):
    install(project.root)
    project.write("benchmarks/b.py", "x = 1\n")
    check_installed(project.root, "p", repository)


def test_a_copy_that_is_installed_from_this_commit_may_be_measured(
    project, repository, install, tmp_path
):
    shutil.copytree(project.root / "p", tmp_path / "site" / "p")
    install(tmp_path / "site")
    check_installed(project.root, "p", repository)


def test_a_copy_of_something_else_is_refused(project, repository, install, tmp_path):
    shutil.copytree(project.root / "p", tmp_path / "site" / "p")
    (tmp_path / "site" / "p" / "__init__.py").write_text("old = 1\n")
    install(tmp_path / "site")
    with pytest.raises(UsageError, match=r"is not the checked-out one: .*pip install -e"):
        check_installed(project.root, "p", repository)


def test_a_copy_that_lacks_a_file_is_refused(project, repository, install, tmp_path):
    shutil.copytree(project.root / "p", tmp_path / "site" / "p")
    project.write("p/more.py", "")
    project.commit("more")
    install(tmp_path / "site")
    with pytest.raises(UsageError, match="is not the checked-out one"):
        check_installed(project.root, "p", repository)


def test_the_current_folder_is_no_place_that_benchmarks_import_from(
    project, repository, monkeypatch
):
    monkeypatch.chdir(project.root)
    with pytest.raises(UsageError, match="cannot import p: install it"):
        check_installed(project.root, "p", repository)


def test_a_package_that_is_not_installed_is_said(project, repository):
    project.write("unheard_of/__init__.py", "")
    project.commit("another")
    with pytest.raises(UsageError, match="cannot import unheard_of: install it"):
        check_installed(project.root, "unheard_of", repository)


def test_the_src_layout_is_understood(project, repository, install):
    project.write("src/q/__init__.py", "")
    project.commit("src")
    install(project.root / "src")
    check_installed(project.root, "q", repository)
    project.write("src/q/__init__.py", "x = 1\n")
    with pytest.raises(UsageError, match=r"src/q/__init__\.py has uncommitted"):
        check_installed(project.root, "q", repository)


def test_with_another_layout_every_uncommitted_python_file_counts(project, repository):
    check_installed(project.root, "nowhere", repository)
    project.write("notes.txt", "")
    check_installed(project.root, "nowhere", repository)
    project.write("lib/code.py", "")
    with pytest.raises(UsageError, match=r"lib/code\.py has uncommitted changes"):
        check_installed(project.root, "nowhere", repository)
