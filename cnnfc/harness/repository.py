"""Asks git: which commits a range means, and what is not committed."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cnnfc.errors import UsageError

#: Set by git while a hook runs; they would turn every question to the hook's repository.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


@dataclass(frozen=True)
class Commit:
    """A commit by its full hash, with the first line of its message."""

    hash: str
    subject: str = ""

    @property
    def short(self) -> str:
        """The 8 characters that asv puts into the names of result files."""
        return self.hash[:8]


class Tree(Protocol):
    """The files of a project as they lie on this disk: a `Repository`, or a copy without git."""

    def changes(self, paths: Sequence[Path] = ()) -> tuple[str, ...]: ...

    def fingerprint(self, without: Sequence[Path] = ()) -> str: ...

    def top(self) -> Path: ...


@dataclass(frozen=True)
class Repository:
    """A git repository on this disk; ``path`` is its work tree."""

    path: Path

    def head(self) -> Commit:
        """The commit that is checked out; `UsageError` where nothing was ever committed."""
        found = self._ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if found.returncode:
            raise UsageError(
                f"the git repository {self.path} has no commit yet: asv measures commits, so make "
                f"one first"
            )
        return self.commit(found.stdout.strip())

    def resolve(self, text: str) -> tuple[Commit, ...]:
        """The commits that `text` means, newest first.

        A branch, tag or hash is the one commit it names.  Anything else is what ``git rev-list
        --first-parent`` makes of it, as in asv: ``v1.0..HEAD``, ``HEAD~5..``, ``-n5 HEAD``.

        Raises:
            UsageError: no such revision, or a range without commits.
        """
        head = self.head()
        if text.strip() in ("HEAD", ""):
            return (head,)
        single = self._ask(
            "rev-parse", "--verify", "--quiet", "--end-of-options", text + "^{commit}"
        )
        if not single.returncode:
            return (self.commit(single.stdout.strip()),)
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"range {text!r} cannot be read: {error}") from None
        listed = self._ask("rev-list", "--first-parent", *words, "--")
        if listed.returncode and self.ends():
            raise UsageError(
                f"git knows no revision {text!r} in {self.path}, which is a shallow clone: bring "
                f"the rest of its history with `git fetch --unshallow`"
            )
        if listed.returncode:
            raise UsageError(
                f"git knows no revision {text!r} in {self.path}: name a commit, a branch, a tag or "
                f"a range such as HEAD~3..HEAD"
            )
        hashes = listed.stdout.split()
        if not hashes:
            raise UsageError(
                f"the range {text!r} has no commits: its left side may be the newer one"
            )
        return tuple(self.commit(hash_) for hash_ in hashes)

    def first_parents(self, start: str = "HEAD") -> tuple[str, ...]:
        """Hashes from `start` back to the beginning, newest first, along first parents."""
        return tuple(self._ask("rev-list", "--first-parent", start, "--").stdout.split())

    def ends(self) -> frozenset[str]:
        """Full hashes of the commits whose parents a shallow clone lacks; none in a whole one."""
        path = self.path / self._ask("rev-parse", "--git-path", "shallow").stdout.rstrip("\n")
        try:
            return frozenset(path.read_text(encoding="ascii").split())
        except OSError:
            return frozenset()

    def changes(self, paths: Sequence[Path] = ()) -> tuple[str, ...]:
        """Files with uncommitted changes, new files included, relative to the repository's top.

        Limited to `paths` if there are any.  Ignored files do not count.
        """
        arguments = [
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=all",
            "--no-renames",
            "--",
        ]
        status = self._ask(*arguments, *map(str, paths)).stdout
        return tuple(sorted(entry[3:] for entry in status.split("\0") if entry))

    def fingerprint(self, without: Sequence[Path] = ()) -> str:
        """A text that changes when a file of the work tree does, by its time and size.

        Ignored files do not count, nor do those in the folders `without`.
        """
        top = self.top()
        ignored = tuple(path.resolve() for path in without)
        listed = _git(top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        digest = hashlib.sha256()
        for name in sorted(set(filter(None, listed.stdout.split("\0")))):
            path = top / name
            if any(path.is_relative_to(folder) for folder in ignored):
                continue
            try:
                status = path.lstat()
            except OSError:
                continue
            digest.update(f"{name}\0{status.st_mtime_ns}\0{status.st_size}\0".encode())
        return digest.hexdigest()

    def top(self) -> Path:
        """The top folder of the work tree."""
        return Path(self._ask("rev-parse", "--show-toplevel").stdout.rstrip("\n"))

    def date(self, hash_: str) -> datetime:
        """When the commit of a full hash was written, which is the date that asv stores."""
        seconds = self._ask("log", "-1", "--format=%at", hash_, "--").stdout
        return datetime.fromtimestamp(int(seconds), UTC)

    def holds(self, path: Path) -> bool:
        """Whether `path` is a file that is under version control here."""
        return not self._ask("ls-files", "--error-unmatch", "--", str(path)).returncode

    def commit(self, hash_: str) -> Commit:
        """The commit of a full hash."""
        subject = self._ask("log", "-1", "--format=%s", hash_, "--").stdout
        return Commit(hash_, subject.strip())

    def _ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _git(self.path, *arguments)


def open_repository(root: Path, written: str) -> Repository:
    """The repository that asv's setting ``repo`` (`written`) means for a project at `root`.

    Raises:
        UsageError: it is an address instead of a folder, there is no repository, or no git.
    """
    path = (root / written).resolve()
    if not path.is_dir():
        raise UsageError(
            f"repo is {written!r} in the asv configuration of {root}: cnnfc run needs a repository "
            f"on this disk, such as {'.'!r}"
        )
    if _git(path, "rev-parse", "--is-inside-work-tree").stdout.strip() != "true":
        raise UsageError(
            f"{path} is not inside a git repository: results are filed under commits, so run "
            f"`git init` and commit first"
        )
    return Repository(path)


def _git(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in _HOOK_VARIABLES}
    try:
        return subprocess.run(
            ["git", "-C", str(path), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            # Read-only questions must not take the lock that a commit beside us needs.
            env={**environment, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"},
            check=False,
            timeout=60,
        )
    except FileNotFoundError:
        raise UsageError("git was not found: install it, or put it on PATH") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git did not answer within a minute in {path}") from None
