"""Turns commits and the work tree as it stands into folders of files.

The repository is only read: what git has to write (an index, objects of files that nobody has
committed) goes into folders of the gate's own.  So the user's index, stash, references and work
tree stay as they are, and a repository that may not be written to will do.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from cnnfc.errors import UsageError
from cnnfc.gate.preparing.git import Git
from cnnfc.gate.preparing.kept import temporary

#: What a work tree is called where a commit has the name that was typed.
WORK_TREE: Final = "work tree"


def find_commit(git: Git, text: str) -> str:
    """Full hash of the one commit that `text` names.

    Raises:
        UsageError: git knows none of that name.
    """
    found = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", text + "^{commit}")
    if not found.returncode and text.strip():
        return found.stdout.decode().strip()
    if git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}").returncode:
        raise UsageError(
            f"the git repository {git.folder} has no commit yet: the gate compares with a commit, "
            f"so make one first"
        )
    if ".." in text:
        raise UsageError(
            f"{text!r} is a range: the gate compares two commits, so name each by itself, as in "
            f"`cnnfc gate main HEAD`"
        )
    if _is_shallow(git):
        raise UsageError(
            f"git knows no commit {text!r} in {git.folder}, which is a shallow clone: bring the "
            f"rest of its history with `git fetch --unshallow` (in GitHub Actions `fetch-depth: 0` "
            f"for actions/checkout)"
        )
    raise UsageError(
        f"git knows no commit {text!r} in {git.folder}: name a commit, a branch or a tag, and "
        f"fetch it first if it is on a server"
    )


def tree_of(git: Git, commit: str) -> str:
    """Hash of the content of `commit`."""
    return git.line("rev-parse", "--verify", commit + "^{tree}")


def relation(git: Git, base: str, head: str) -> str | None:
    """What is odd about comparing these two commits, as a sentence; None if nothing is."""
    merge_base = git.ask("merge-base", base, head).stdout.decode().strip()
    if not merge_base:
        if _is_shallow(git):
            return (
                "this is a shallow clone, so it is not known whether the baseline has commits that "
                "the contender lacks"
            )
        return "the two commits have no common history"
    ahead = git.ask("rev-list", "--count", base, "^" + head).stdout.decode().strip()
    if merge_base in (base, head) or ahead in ("", "0"):
        return None
    commits = f"{ahead} commit{'s' * (ahead != '1')}"
    return (
        f"the baseline has {commits} that the contender lacks, and they count in the comparison; "
        f"where the two parted is {merge_base[:12]}"
    )


@contextlib.contextmanager
def private(git: Git, scratch: Path) -> Iterator[Git]:
    """The same git, writing what it must into a folder in `scratch` that is gone afterwards."""
    shared = Path(git.line("rev-parse", "--git-path", "objects"))
    with temporary(scratch, "objects") as folder:
        (folder / "objects").mkdir()
        own_alternates = git.variables.get("GIT_ALTERNATE_OBJECT_DIRECTORIES")
        inherited = own_alternates or os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
        objects = _quoted(str((git.folder / shared).resolve()))
        yield git.having(
            GIT_OBJECT_DIRECTORY=str(folder / "objects"),
            GIT_ALTERNATE_OBJECT_DIRECTORIES=os.pathsep.join(filter(None, (objects, inherited))),
            GIT_INDEX_FILE=str(folder / "index"),
        )


def work_tree(git: Git, without: Sequence[Path] = ()) -> str:
    """Hash of the work tree's content as it stands now.

    Files that git ignores do not count, nor do new ones in the folders `without`; everything else
    does, whether it was ever added or not.

    Args:
        git: from `private`; the content goes there.
        without: folders of generated files.
    """
    index = Path(git.variables["GIT_INDEX_FILE"])
    outside = Git(git.folder)
    users = git.folder / outside.line("rev-parse", "--git-path", "index")
    with contextlib.suppress(FileNotFoundError):
        # With its time, by which git tells which entries it has to look at again.
        shutil.copy2(users, index)
    ignored = tuple(os.fsencode(path.resolve()) for path in without)
    top = os.fsencode(git.folder)
    changed = git.tell("ls-files", "-z", "--modified", "--deleted")
    added = git.tell("ls-files", "-z", "--others", "--exclude-standard")
    names = {name: None for name in changed.split(b"\0") if name}
    # A repository within this one is listed with a slash at its end, and passed over by git.
    for name in filter(None, added.split(b"\0")):
        if not any(os.path.join(top, name).startswith(path + b"/") for path in ignored):  # noqa: PTH118
            names[name] = None
    listed = b"".join(name + b"\0" for name in names)
    git.tell("update-index", "-z", "--add", "--remove", "--replace", "--stdin", given=listed)
    return git.line("write-tree")


def unpack(git: Git, tree: str, folder: Path) -> None:
    """Write all files of `tree` into the empty `folder`.

    Not ``git archive``, which leaves out what ``.gitattributes`` marks for no export, as many
    projects do with their benchmarks.

    Args:
        git: from `private`.
        tree: hash of a tree.
        folder: exists and is empty.
    """
    index = Path(git.variables["GIT_INDEX_FILE"] + "-unpack")
    own = git.having(GIT_INDEX_FILE=str(index))
    index.unlink(missing_ok=True)
    # Without -u, so that a sparse work tree does not thin this one out.
    own.tell("read-tree", tree)
    own.tell("checkout-index", "--all", "--quiet", f"--prefix={folder}/")


def as_repository(git: Git, tree: str, commit: str, folder: Path) -> None:
    """Make the unpacked `folder` a repository in which `commit` is checked out.

    Builds that take their version from tags work then, and none looks for a repository above.

    Args:
        git: from `private`, whose folder must live as long as the repository is used.
        tree: hash of what was unpacked.
        commit: the commit it was made from; the work tree's files may differ from it.
        folder: has the files of `tree`.
    """
    bare = Git(folder)
    bare.tell("init", "--quiet", "--template=")
    inside = folder / ".git"
    alternates = [git.variables["GIT_OBJECT_DIRECTORY"]]
    shared = git.folder / Git(git.folder).line("rev-parse", "--git-path", "objects")
    alternates.append(str(shared.resolve()))
    info = inside / "objects" / "info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "alternates").write_text("\n".join(alternates) + "\n", encoding="utf-8")
    shallow = git.folder / git.line("rev-parse", "--git-path", "shallow")
    with contextlib.suppress(OSError):
        shutil.copyfile(shallow, inside / "shallow")
    tags = git.ask("show-ref", "--tags").stdout
    (inside / "packed-refs").write_bytes(tags)
    bare.tell("update-ref", "--no-deref", "HEAD", commit)
    bare.tell("read-tree", tree)


def _is_shallow(git: Git) -> bool:
    return git.ask("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _quoted(path: str) -> str:
    """`path` as git wants it in a list of paths."""
    if os.pathsep in path or path.startswith('"'):
        return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return path
