"""Commits and work trees become files, and the repository stays as it is."""

import os
import subprocess

import pytest

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import snapshot
from cnnfc.gate.preparing.git import Git, open_work_tree


def contents(folder):
    """Every file below `folder` with what is in it, and when whatever is not an object was changed.

    git renews the time of an object that it would have written, lest it be removed as unused.
    """
    found = {}
    for path in folder.rglob("*"):
        time = None if "objects" in path.parts and path.is_file() else path.lstat().st_mtime_ns
        found[path] = (time, path.read_bytes() if path.is_file() else None)
    return found


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


@pytest.fixture
def taken(plain, tmp_path):
    """Gives the folder that the work tree was unpacked to."""

    def take(without=()):
        folder = tmp_path / "taken"
        folder.mkdir()
        git = open_work_tree(plain.root)
        with snapshot.private(git, tmp_path / "scratch") as own:
            tree = snapshot.work_tree(own, without)
            snapshot.unpack(own, tree, folder)
        return folder

    return take


def test_a_dirty_repository_is_not_touched_at_all(plain):
    plain.write({"stashed.txt": ""})
    plain.git("stash", "-u")
    plain.commit({".gitignore": "ignored\n"})
    plain.write({"tiny.py": "VALUE = 3\n", "new.txt": "", "ignored": ""})
    plain.git("add", "tiny.py")
    plain.write({"tiny.py": "VALUE = 4\n"})
    (plain.root / "benchmarks" / "it.py").unlink()
    before = contents(plain.root)
    plain.prepare("HEAD~1")
    plain.prepare("HEAD~1", "HEAD")
    after = contents(plain.root)
    assert [path for path in {**before, **after} if before.get(path) != after.get(path)] == []


def test_a_repository_that_may_not_be_written_to_will_do(plain):
    plain.write({"tiny.py": "VALUE = 4\n"})
    folders = [plain.root, *(path for path in plain.root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        sides = plain.prepare()
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert (sides.contender.path[0] / "tiny.py").read_text() == "VALUE = 4\n"


def test_a_change_of_equal_length_in_the_moment_of_the_commit_is_seen(plain, taken):
    # git tells by time and size whether a file changed, unless the index is no younger than it.
    plain.git("config", "core.trustctime", "false")
    path, moment = plain.root / "tiny.py", (10**9, 10**9)
    os.utime(path, moment)
    plain.git("add", "tiny.py")
    path.write_text("VALUE = 9\n")
    os.utime(path, moment)
    os.utime(plain.root / ".git" / "index", moment)
    assert (taken() / "tiny.py").read_text() == "VALUE = 9\n"


def test_names_that_are_no_text_and_links_come_along(plain, taken):
    (plain.root / os.fsdecode(b"a\xff\nb")).write_text("x")
    (plain.root / "link").symlink_to("tiny.py")
    program = plain.root / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    folder = taken()
    assert (folder / os.fsdecode(b"a\xff\nb")).read_text() == "x"
    assert (folder / "link").readlink().name == "tiny.py"
    assert os.access(folder / "program", os.X_OK)


def test_a_folder_that_became_a_file_and_a_file_that_became_a_folder_come_along(plain, taken):
    (plain.root / "tiny.py").unlink()
    plain.write({"tiny.py/inside.txt": ""})
    plain.git("rm", "-rq", "--cached", "benchmarks")
    for path in (plain.root / "benchmarks").iterdir():
        path.unlink()
    (plain.root / "benchmarks").rmdir()
    (plain.root / "benchmarks").write_text("")
    assert files(taken()) == ["asv.conf.json", "benchmarks", "tiny.py/inside.txt"]


def test_files_marked_for_no_export_come_along(plain, taken):
    plain.write({".gitattributes": "benchmarks export-ignore\n"})
    assert "benchmarks/it.py" in files(taken())


def test_a_work_tree_in_the_middle_of_a_merge_is_taken_as_its_files_are(plain, taken):
    plain.git("switch", "-qc", "other", "HEAD~1")
    plain.commit({"tiny.py": "VALUE = 3\n"})
    plain.git("merge", "main", ok=False)
    assert "<<<<<<<" in (taken() / "tiny.py").read_text()


def test_a_file_that_is_only_announced_to_git_comes_along(plain, taken):
    plain.write({"new.txt": "new"})
    plain.git("add", "--intent-to-add", "new.txt")
    assert (taken() / "new.txt").read_text() == "new"


def test_a_sparse_work_tree_is_taken_whole(plain, taken):
    plain.git("sparse-checkout", "set", "benchmarks")
    plain.commit({"benchmarks/more.py": ""})
    (plain.root / "tiny.py").unlink()
    plain.git("sparse-checkout", "set", "--no-cone", "/benchmarks/")
    assert not (plain.root / "tiny.py").exists()
    assert "tiny.py" in files(taken())


def test_generated_folders_and_repositories_within_do_not_count(plain, taken):
    plain.write({"env/x.txt": "", "nested/y.txt": ""})
    for command in ("init -q", "commit -q --allow-empty -m x"):
        plain.git("-C", "nested", *command.split())
    assert not any(
        name.startswith(("env", "nested")) for name in files(taken([plain.root / "env"]))
    )


def test_a_linked_work_tree_of_a_repository_is_taken(plain, tmp_path):
    linked = tmp_path / "linked"
    plain.git("worktree", "add", "-q", str(linked), "HEAD~1")
    (linked / "tiny.py").write_text("VALUE = 5\n")
    project = type(plain)(linked, linked / "benchmarks", linked / "asv.conf.json", plain.scratch)
    sides = project.prepare("main")
    assert (sides.contender.path[0] / "tiny.py").read_text() == "VALUE = 5\n"


def test_the_variables_of_a_hook_lead_nowhere_else(plain, monkeypatch, tmp_path):
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", other], check=True, timeout=60)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    sides = plain.prepare()
    assert (sides.baseline.path[0] / "tiny.py").read_text() == "VALUE = 1\n"


def test_an_unknown_commit_is_named_with_what_to_do(plain):
    with pytest.raises(UsageError, match=r"^git knows no commit 'v9' in .*: name a commit, a bra"):
        plain.prepare("v9")
    with pytest.raises(UsageError, match=r"^git knows no commit '--all' in "):
        plain.prepare("--all")
    with pytest.raises(UsageError, match=r"^git knows no commit '' in "):
        plain.prepare("")
    with pytest.raises(UsageError, match=r"^git knows no commit 'gone' in "):
        plain.prepare("HEAD~1", "gone")


def test_a_range_is_told_from_a_commit(plain):
    with pytest.raises(UsageError, match=r"^'main\.\.HEAD' is a range: .* `cnnfc gate main HEAD`$"):
        plain.prepare("main..HEAD")


def test_a_shallow_clone_says_how_to_get_the_rest(plain, tmp_path):
    clone = tmp_path / "clone"
    plain.git("clone", "-q", "--depth", "1", f"file://{plain.root}", str(clone))
    project = type(plain)(clone, clone / "benchmarks", clone / "asv.conf.json", plain.scratch)
    with pytest.raises(UsageError, match=r"which is a shallow clone: .*`git fetch --unshallow`"):
        project.prepare("HEAD~1")
    (clone / "tiny.py").write_text("VALUE = 5\n")
    assert project.prepare("HEAD").notes == ()


def test_a_folder_without_a_repository_is_refused(tmp_path, plain):
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "asv.conf.json").write_text("{}")
    project = type(plain)(bare, bare / "benchmarks", bare / "asv.conf.json", plain.scratch)
    with pytest.raises(UsageError, match=r"bare is not inside a git repository: .* `git init`"):
        project.prepare("HEAD")


def test_a_repository_without_a_commit_is_refused(empty):
    empty.config_path.write_text("{}")
    with pytest.raises(UsageError, match="has no commit yet: the gate compares with a commit"):
        empty.prepare("HEAD")


def test_a_machine_without_git_is_told_so(plain, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"^git was not found: install it, or put it on PATH$"):
        plain.prepare()


def test_commits_without_common_history_are_compared_with_a_note(plain):
    plain.git("switch", "-q", "--orphan", "other")
    plain.git("checkout", "-q", "main", "--", ".")
    plain.commit({"tiny.py": "VALUE = 3\n"})
    assert plain.prepare("main").notes == ("the two commits have no common history",)


def test_a_baseline_with_commits_of_its_own_is_compared_with_a_note(plain):
    fork = plain.git("rev-parse", "HEAD~1")
    plain.git("switch", "-qc", "other", "HEAD~1")
    plain.commit({"tiny.py": "VALUE = 3\n"})
    (note,) = plain.prepare("main").notes
    assert note == (
        "the baseline has 1 commit that the contender lacks, and they count in the comparison; "
        f"where the two parted is {fork[:12]}"
    )
    assert plain.prepare(fork).notes == ()


def test_an_annotated_tag_is_its_commit(plain):
    plain.git("tag", "-am", "one", "v1", "HEAD~1")
    assert plain.prepare("v1").baseline.commit == plain.git("rev-parse", "HEAD~1")


def test_a_build_finds_the_tags_of_its_commit_and_no_changes(plain, tmp_path):
    plain.git("tag", "-am", "one", "v1.5", "HEAD~1")
    git = open_work_tree(plain.root)
    commit = snapshot.find_commit(git, "HEAD")
    folder = tmp_path / "unpacked"
    folder.mkdir()
    with snapshot.private(git, tmp_path / "scratch") as own:
        tree = snapshot.tree_of(own, commit)
        snapshot.unpack(own, tree, folder)
        snapshot.as_repository(own, tree, commit, folder)
        made = Git(folder)
        assert made.line("describe", "--dirty").startswith("v1.5-1-g")
        assert "dirty" not in made.line("describe", "--dirty")
        assert made.tell("status", "--porcelain") == b""
        (folder / "tiny.py").write_text("VALUE = 0\n")
        assert made.line("describe", "--dirty").endswith("-dirty")
