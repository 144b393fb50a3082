import pytest

from cnnfc.errors import UsageError
from cnnfc.harness import repository as module
from cnnfc.harness.repository import open_repository
from testkit import projects


@pytest.fixture
def repository(project):
    return open_repository(project.root, ".")


def test_a_branch_a_tag_a_hash_and_nothing_are_the_commit_they_name(project, repository):
    second = project.commit("second")
    projects.git(project.root, "tag", "-a", "-m", "annotated", "v1")
    for name in ("main", "v1", second[:10], "HEAD", ""):
        (commit,) = repository.resolve(name)
        assert (commit.hash, commit.subject) == (second, "second")


def test_a_range_is_newest_first_and_along_first_parents(project, repository):
    projects.git(project.root, "checkout", "-q", "-b", "side")
    side = project.commit("side")
    projects.git(project.root, "checkout", "-q", "main")
    second = project.commit("second")
    projects.git(project.root, "merge", "-q", "--no-ff", "-m", "merge", "side")
    merge = projects.git(project.root, "rev-parse", "HEAD")
    hashes = [commit.hash for commit in repository.resolve(f"{project.first}..HEAD")]
    assert hashes == [merge, second]
    assert side not in hashes


def test_options_of_rev_list_are_taken_as_asv_takes_them(project, repository):
    second = project.commit("second")
    assert [c.hash for c in repository.resolve("-n2 HEAD")] == [second, project.first]


def test_the_first_commit_is_a_commit_like_any_other(project, repository):
    project.commit("second")
    assert [commit.hash for commit in repository.resolve("HEAD~1")] == [project.first]


@pytest.mark.parametrize("name", ["nowhere", "v1..v2", "--no-such-option", "deadbeef"])
def test_an_unknown_revision_is_named(repository, name):
    with pytest.raises(UsageError, match=f"git knows no revision '{name}'"):
        repository.resolve(name)


def test_an_empty_range_is_said(repository):
    with pytest.raises(UsageError, match=r"'HEAD\.\.HEAD' has no commits"):
        repository.resolve("HEAD..HEAD")


def test_a_range_with_an_open_quote_is_said(repository):
    with pytest.raises(UsageError, match="cannot be read"):
        repository.resolve("HEAD 'x")


def test_a_repository_without_a_commit_is_said(tmp_path):
    projects.git(tmp_path, "init", "-q")
    with pytest.raises(UsageError, match="has no commit yet"):
        open_repository(tmp_path, ".").resolve("HEAD")


def test_a_folder_without_a_repository_is_said(tmp_path):
    with pytest.raises(UsageError, match=r"is not inside a git repository: .*git init"):
        open_repository(tmp_path, ".")


def test_an_address_instead_of_a_folder_is_said(project):
    with pytest.raises(UsageError, match=r"repo is 'https://host/x\.git'.*on this disk"):
        open_repository(project.root, "https://host/x.git")


def test_a_machine_without_git_is_said(project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="git was not found"):
        open_repository(project.root, ".")


def test_a_git_that_does_not_answer_is_said(project, monkeypatch):
    def hang(*_, **__):
        raise module.subprocess.TimeoutExpired("git", 60)

    monkeypatch.setattr(module.subprocess, "run", hang)
    with pytest.raises(UsageError, match="did not answer"):
        open_repository(project.root, ".")


def test_a_hook_of_another_repository_does_not_turn_questions_there(project, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    projects.git(elsewhere, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(elsewhere / ".git"))
    assert open_repository(project.root, ".").head().hash == project.first


def test_changes_are_those_that_no_commit_holds(project, repository):
    assert repository.changes() == ()
    project.write("p/__init__.py", "x = 1\n")
    project.write("p/new file.py", "")
    project.write("results/ignored.json", "")
    assert repository.changes() == ("p/__init__.py", "p/new file.py")
    assert repository.changes([project.root / "benchmarks"]) == ()


def test_a_fingerprint_changes_with_every_file_that_git_does_not_ignore(project, repository):
    before = repository.fingerprint()
    assert repository.fingerprint() == before
    project.write("results/ignored.json", "x")
    assert repository.fingerprint() == before
    project.write("benchmarks/new.py", "x = 1\n")
    changed = repository.fingerprint()
    assert changed != before
    project.write("benchmarks/new.py", "x = 12\n")
    assert repository.fingerprint() != changed
    assert repository.fingerprint([project.root / "benchmarks"]) == repository.fingerprint(
        [project.root / "benchmarks"]
    )


def test_a_fingerprint_leaves_out_the_folders_it_is_told(project, repository):
    project.write("kept/r.json", "1")
    before = repository.fingerprint([project.root / "kept"])
    project.write("kept/r.json", "12")
    assert repository.fingerprint([project.root / "kept"]) == before


def test_a_fingerprint_covers_the_whole_repository(project):
    project.write("sub/asv.conf.json", "{}")
    project.commit("sub")
    below = open_repository(project.root, "sub")
    before = below.fingerprint()
    project.write("p/__init__.py", "x = 1\n")
    assert below.fingerprint() != before


def test_a_deleted_file_changes_the_fingerprint(project, repository):
    before = repository.fingerprint()
    (project.root / "p" / "__init__.py").unlink()
    assert repository.fingerprint() != before


def test_a_subject_is_the_first_line_of_the_message(project, repository):
    project.commit("first line\n\nthe rest")
    assert repository.head().subject == "first line"


def test_first_parents_go_back_to_the_beginning(project, repository):
    second = project.commit("second")
    assert repository.first_parents() == (second, project.first)
