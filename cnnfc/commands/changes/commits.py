"""Puts the commits of a history in order: what lies between two, and what came after a third."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cnnfc.errors import CnnfcError, UsageError
from cnnfc.harness.repository import Repository, open_repository
from cnnfc.records import Run
from cnnfc.report.text import clean, day
from cnnfc.timeline.changes import MeasuredCommit
from cnnfc.timeline.moments import moment_of

#: Results name commits, and only a hash may get to git.
_HASH: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT: Final = re.compile(r"[0-9a-f]{4,64}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?", re.ASCII)


class Commits:
    """Lines of first parents, each asked of git once; without git nothing is known."""

    def __init__(self, repository: Repository | None) -> None:
        self._repository = repository
        self._lines: list[tuple[Sequence[str], dict[str, int]]] = []
        self._unknown: set[str] = set()

    def between(self, good: str, bad: str) -> tuple[str, ...] | None:
        """The commits after `good` and before `bad`, the oldest first.

        Along first parents, as asv walks; None without git, or where `good` is not on the line that
        leads to `bad`.
        """
        places = self._places(good, bad)
        if places is None:
            return None
        line, old, new = places
        return tuple(reversed(line[new + 1 : old])) if new < old else None

    def is_after(self, commit: str, other: str) -> bool | None:
        """Whether `commit` came after `other`; None where neither leads to the other."""
        places = self._places(other, commit) or self._places(commit, other)
        if places is None:
            return None
        line, old, new = places
        return new < old if line[new] == commit else old < new

    def _places(self, older: str, newer: str) -> tuple[Sequence[str], int, int] | None:
        """A line that has both, and their places on it, counted from its newest commit."""
        for line, places in self._lines:
            if older in places and newer in places:
                return line, places[older], places[newer]
        if any(newer in places for _, places in self._lines) or not self._fetch(newer):
            return None
        line, places = self._lines[-1]
        return (line, places[older], places[newer]) if older in places else None

    def _fetch(self, commit: str) -> bool:
        """Get the line that leads to `commit`, or to the commit that is checked out."""
        if self._repository is None or commit in self._unknown or not _HASH.fullmatch(commit):
            return False
        # Most histories are of one line, of which the commit that is checked out is the end.
        for start in (commit,) if self._lines else ("HEAD", commit):
            line = self._repository.first_parents(start)
            places = {one: place for place, one in enumerate(line)}
            if commit in places:
                self._lines.append((line, places))
                return True
        self._unknown.add(commit)
        return False


@dataclass(frozen=True)
class Since:
    """From when on changes are wanted: after a commit, or from a moment on."""

    moment: datetime
    commit: str | None = None

    def includes(self, one: MeasuredCommit, commits: Commits) -> bool:
        """Whether `one` is after the commit; where git cannot say, by its date."""
        if self.commit is None:
            return moment_of(one.date) >= self.moment
        if one.commit == self.commit:
            return False
        after = commits.is_after(one.commit, self.commit)
        return moment_of(one.date) > self.moment if after is None else after


def find_repository(root: Path, written: str) -> Repository | None:
    """The repository that `open_repository` gives, None where git cannot be asked."""
    try:
        return open_repository(root, written)
    except CnnfcError:
        return None


def parse_since(text: str, repository: Repository | None, runs: Sequence[Run]) -> Since:
    """What ``--since TEXT`` means: a date as ``2026-11-01``, a revision, or a measured commit.

    Args:
        text: What was typed.
        repository: Where revisions are looked up, None without git.
        runs: Whose commits may be named by the beginning of their hash without git.

    Raises:
        UsageError: It is none of these; the sentence names what there is.
    """
    if _DATE.fullmatch(text):
        try:
            return Since(moment_of(datetime.fromisoformat(text)))
        except ValueError:
            raise UsageError(
                f"--since {text!r} is not a date: write it as 2026-11-01 or 2026-11-01T18:00"
            ) from None
    # Nothing is HEAD to git, and what begins with a dash an option.
    if repository is not None and text.strip() and not text.startswith("-"):
        try:
            found = repository.resolve(text)
        except UsageError:
            found = ()
        if len(found) == 1:
            return Since(repository.date(found[0].hash), found[0].hash)
    if _SHORT.fullmatch(text):
        measured = {run.commit: run.commit_date for run in runs if run.commit.startswith(text)}
        if len(measured) == 1:
            ((commit, date),) = measured.items()
            return Since(moment_of(date), commit)
    raise UsageError(
        f"--since {text!r} is neither a date such as 2026-11-01 nor a commit, branch or tag that "
        f"is known here: {_measured(runs)}"
    )


def _measured(runs: Iterable[Run]) -> str:
    """Which commits there are, in words."""
    ordered = sorted(runs, key=lambda run: moment_of(run.commit_date))
    first, last = ordered[0], ordered[-1]
    return (
        f"measured commits go from {clean(first.commit)[:8]} ({day(first.commit_date)}) "
        f"to {clean(last.commit)[:8]} ({day(last.commit_date)})"
    )
