"""Takes a caller's word for the commit of a project's files, where git cannot be asked."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cnnfc.errors import UsageError
from cnnfc.harness.repository import Commit, Repository, Tree, open_repository

#: SHA-1, and SHA-256 as new repositories may have it.
_HASH: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
#: asv writes dates in ms since 1970, and `cnnfc.history` reads none after 2200.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class CopiedTree:
    """A copy of a project's files in the folder ``path``, without their history."""

    path: Path

    def changes(self, paths: Sequence[Path] = ()) -> tuple[str, ...]:  # noqa: ARG002 - as git's
        """None: nobody knows what was committed."""
        return ()

    def top(self) -> Path:
        """The project's folder."""
        return self.path

    def fingerprint(self, without: Sequence[Path] = ()) -> str:
        """A text that changes when a file below the folder does, by its time and size.

        Hidden files and folders, compiled Python and the folders `without` do not count.
        """
        digest = hashlib.sha256()
        for path in self._files({folder.resolve() for folder in without}):
            try:
                status = path.stat()
            except OSError:
                continue
            name = path.relative_to(self.path)
            digest.update(f"{name}\0{status.st_mtime_ns}\0{status.st_size}\0".encode())
        return digest.hexdigest()

    def _files(self, without: AbstractSet[Path]) -> Iterator[Path]:
        for root, folders, files in os.walk(self.path):
            # In place, as os.walk wants it.
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".")
                and name != "__pycache__"
                and Path(root, name).resolve() not in without
            )
            yield from (Path(root, name) for name in sorted(files) if not name.startswith("."))


@dataclass(frozen=True)
class Told:
    """The commit that a caller named: its files, and its date where git does not know it."""

    commit: Commit
    tree: Tree
    date: datetime | None


def believe(hash_: str, date: str | None, *, config: Path, repo: str) -> Told:
    """The commit `hash_` that the project with the configuration file `config` is said to be.

    If the files are a git work tree, git is asked and must agree.  If they are a copy (no
    ``.git``, no git, or a folder that the repository around it ignores), `hash_` is believed.

    Args:
        hash_: a full hash.
        date: when the commit was written, in ISO 8601 with a time zone; None if not said.
        config: asv's configuration file.
        repo: asv's setting ``repo``.

    Raises:
        UsageError: no full hash, no date that can be, git knows better, or git cannot say the
            date and nobody else did.
    """
    if not _HASH.fullmatch(hash_):
        raise UsageError(
            f"--commit takes the full hash of a commit, 40 hexadecimal digits as "
            f"`git rev-parse HEAD` prints them, not {hash_!r}"
        )
    moment = None if date is None else parse_date(date)
    repository = _repository(config, repo)
    if repository is None:
        if moment is None:
            raise UsageError(
                f"--commit {hash_[:8]} needs --date DATE here, since {config.parent} is no git "
                f"repository to ask: `git show -s --format=%aI {hash_[:8]}` prints it elsewhere"
            )
        return Told(Commit(hash_), CopiedTree(config.parent), moment)
    head = repository.head()
    if head.hash != hash_:
        raise UsageError(
            f"--commit says {hash_[:8]}, but git has {head.short} checked out in "
            f"{repository.path}: leave --commit out, or check that commit out"
        )
    known = repository.date(hash_)
    if moment is not None and moment != known:
        raise UsageError(
            f"--date says {date}, but git knows {known.isoformat()} of {head.short}: leave --date "
            f"out"
        )
    return Told(head, repository, None)


def parse_date(text: str) -> datetime:
    """The moment that an ISO 8601 `text` with a time zone means; `UsageError` for anything else."""
    example = "2026-11-21T10:01:39+00:00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--date takes a time such as {example}, not {text!r}") from None
    if moment.tzinfo is None:
        raise UsageError(f"--date {text!r} has no time zone: write it as {example}")
    if not _FIRST <= moment < _LAST:
        raise UsageError(f"--date {text!r} is not between 1970 and 2200")
    return moment


def _repository(config: Path, repo: str) -> Repository | None:
    """The repository that has `config` under version control; ``None`` if git knows of none."""
    try:
        repository = open_repository(config.parent, repo)
        return repository if repository.holds(config) else None
    except UsageError:
        return None
