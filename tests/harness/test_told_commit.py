import shutil
from datetime import UTC, datetime

import pytest

from cnnfc.errors import UsageError
from cnnfc.harness.repository import Repository
from cnnfc.harness.told_commit import CopiedTree, believe, parse_date

HASH = "5" * 40
DATE = "2024-05-06T09:08:09+02:00"
MOMENT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def copy(project, tmp_path):
    """The project's files without their history."""
    root = tmp_path / "copy"
    shutil.copytree(project.root, root, ignore=shutil.ignore_patterns(".git"))
    return root


def ask(root, hash_=HASH, date=DATE):
    return believe(hash_, date, config=root / "asv.conf.json", repo=".")


def test_where_there_is_no_git_the_caller_is_believed(copy):
    told = ask(copy)
    assert (told.commit.hash, told.date) == (HASH, MOMENT)
    assert told.tree == CopiedTree(copy)
    assert told.tree.changes() == ()


def test_a_machine_without_git_is_one_where_nothing_can_be_asked(project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert ask(project.root).commit.hash == HASH


def test_a_copy_in_a_folder_that_the_repository_around_it_ignores_is_a_copy(project):
    inner = project.root / "reports" / "copy"
    shutil.copytree(project.root / "p", inner / "p")
    shutil.copy(project.root / "asv.conf.json", inner)
    assert ask(inner).tree == CopiedTree(inner)


def test_without_git_the_date_must_be_said(copy):
    with pytest.raises(UsageError, match=r"55555555 needs --date DATE here.*git show -s") as caught:
        ask(copy, date=None)
    assert "\n" not in str(caught.value)


def test_git_that_agrees_is_believed_and_knows_the_date(project):
    told = ask(project.root, project.first, None)
    assert (told.commit.hash, told.commit.subject, told.date) == (project.first, "first", None)
    assert isinstance(told.tree, Repository)
    assert told.tree.date(project.first) == MOMENT
    assert ask(project.root, project.first, DATE).commit.hash == project.first


def test_git_that_disagrees_about_the_commit_is_not_overruled(project):
    second = project.commit("second")
    with pytest.raises(UsageError, match=f"git has {second[:8]} checked out in"):
        ask(project.root, project.first, None)


def test_git_that_disagrees_about_the_date_is_not_overruled(project):
    with pytest.raises(UsageError, match=r"git knows 2024-05-06T07:08:09\+00:00 of"):
        ask(project.root, project.first, "2024-05-06T07:08:10+00:00")


@pytest.mark.parametrize("text", ["", "HEAD", "55555555", "5" * 41, "G" * 40, "5" * 40 + "\n"])
def test_a_commit_is_named_in_full(copy, text):
    with pytest.raises(UsageError, match="takes the full hash of a commit, 40 hex"):
        ask(copy, text)


def test_a_hash_of_sha256_is_a_hash(copy):
    assert ask(copy, "a" * 64).commit.short == "a" * 8


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("yesterday", "takes a time such as"),
        ("2024-05-06T07:08:09", "has no time zone"),
        ("1969-12-31T00:00:00+00:00", "not between 1970 and 2200"),
        ("2200-01-01T00:00:00Z", "not between 1970 and 2200"),
    ],
)
def test_a_date_that_cannot_be_is_refused(text, reason):
    with pytest.raises(UsageError, match=reason):
        parse_date(text)


def test_a_fingerprint_of_a_copy_changes_with_its_files(copy):
    tree = CopiedTree(copy)
    before = tree.fingerprint()
    assert tree.fingerprint() == before
    (copy / "benchmarks" / "new.py").write_text("x = 1\n")
    after = tree.fingerprint()
    assert after != before
    (copy / "benchmarks" / "new.py").write_text("x = 12\n")
    assert tree.fingerprint() != after


def test_what_a_run_writes_does_not_change_the_fingerprint_of_a_copy(copy, tmp_path):
    tree = CopiedTree(copy)
    # The reports may lie elsewhere.
    (tmp_path / "elsewhere").mkdir()
    (copy / "reports").symlink_to(tmp_path / "elsewhere")
    before = tree.fingerprint([copy / "reports"])
    (copy / "reports" / "r.json").write_text("1")
    (copy / ".hidden").write_text("1")
    (copy / "p" / "__pycache__").mkdir()
    (copy / "p" / "__pycache__" / "x.pyc").write_text("1")
    assert tree.fingerprint([copy / "reports"]) == before
