"""Recognises what the two names of a comparison are: commits, machines or devices."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cnnfc.errors import CnnfcError, UsageError
from cnnfc.names import Device
from cnnfc.report.text import clean
from cnnfc.timeline.compare.runs import Kind
from cnnfc.timeline.moments import moment_of
from cnnfc.timeline.table.source import Head

#: The least of a hash that is taken for one, as in git.
_HASH: Final = re.compile(r"[0-9a-f]{4,64}")
#: How many commits an error lists.
_LISTED: Final = 8
_SINGULAR: Final = {Kind.COMMITS: "commit", Kind.MACHINES: "machine", Kind.DEVICES: "device"}


@dataclass(frozen=True)
class Known:
    """What there is to compare.

    Attributes:
        machines: Names of machines, in alphabetical order.
        devices: Devices that something was measured on, CPUs by threads first.
        commits: Full hashes with their dates, the newest first.
        aliases: Names of machines by the folders that were named otherwise.
    """

    machines: tuple[str, ...]
    devices: tuple[str, ...]
    commits: Mapping[str, datetime]
    aliases: Mapping[str, str]

    @classmethod
    def of(cls, heads: Collection[Head], aliases: Mapping[str, str]) -> Known:
        """What the runs of `heads` have."""
        devices = {Device.parse(device) for head in heads for device in head.devices}
        dates = {head.commit: head.commit_date for head in heads}
        newest = sorted(dates, key=lambda commit: moment_of(dates[commit]), reverse=True)
        return cls(
            tuple(sorted({head.machine for head in heads})),
            tuple(map(str, sorted(devices, key=lambda d: (not d.is_cpu, d.kind, d.index)))),
            {commit: dates[commit] for commit in newest},
            aliases,
        )

    def said(self) -> str:
        """All of it in a few words."""
        listed = [short(commit) for commit in self.commits][:_LISTED]
        more = len(self.commits) - len(listed)
        commits = ", ".join(listed) + (f" and {more} older ones" if more else "")
        devices = f"; devices: {', '.join(self.devices)}" if self.devices else ""
        # Names in result files may hold what would steer a terminal.
        return clean(f"machines: {', '.join(self.machines)}{devices}; measured commits: {commits}")


#: Gives the full hash of a git revision; None where git knows none, or there is no repository.
Resolve = Callable[[str], str | None]


def recognise(
    names: Sequence[str], known: Known, resolve: Resolve, kind: Kind | None = None
) -> tuple[Kind, tuple[str, str]]:
    """What two `names` are, and the full names of what they mean.

    A name may be a machine, a device, the full or abbreviated hash of a measured commit, or a git
    revision of one.  Where a name could be several things, the other name decides, or `kind`.

    Raises:
        UsageError: a name is none of these, or several; the two are of different kinds, or the
            same.
    """
    readings = [_readings(name, known, resolve, kind) for name in names]
    for name, found in zip(names, readings, strict=True):
        if not found:
            raise _unknown(name, known, resolve, kind)
    shared = [each for each in Kind if each in readings[0] and each in readings[1]]
    if not shared:
        words = [_either(found) for found in readings]
        raise UsageError(
            f"{names[0]!r} is {words[0]} and {names[1]!r} {words[1]}: compare two commits, two "
            f"machines or two devices"
        )
    if len(shared) > 1:
        raise UsageError(
            f"{names[0]!r} and {names[1]!r} can be {' as well as '.join(shared)}: say which with "
            f"--as {shared[0]} or --as {shared[1]}"
        )
    a, b = (found[shared[0]] for found in readings)
    if a == b:
        word = _SINGULAR[shared[0]]
        raise UsageError(f"{names[0]!r} and {names[1]!r} are the same {word}, {a}: name two")
    return shared[0], (a, b)


def find_commit(name: str, known: Known, resolve: Resolve) -> str:
    """The full hash of the measured commit that `name` means.

    Raises:
        UsageError: there is none, or several.
    """
    found = _readings(name, known, resolve, Kind.COMMITS)
    if not found:
        raise _unknown(name, known, resolve, Kind.COMMITS)
    return found[Kind.COMMITS]


def short(commit: str) -> str:
    """The 8 characters of a hash that asv writes too; anything else as it is."""
    return commit[:8] if _HASH.fullmatch(commit) else commit


def _readings(name: str, known: Known, resolve: Resolve, kind: Kind | None) -> dict[Kind, str]:
    """Everything that `name` can be, or of `kind` alone."""
    found: dict[Kind, str] = {}
    machine = known.aliases.get(name, name)
    if kind in (None, Kind.MACHINES) and machine in known.machines:
        found[Kind.MACHINES] = machine
    if kind in (None, Kind.DEVICES) and name in known.devices:
        found[Kind.DEVICES] = name
    if kind in (None, Kind.COMMITS):
        commit = _commit(name, known, resolve)
        if commit is not None:
            found[Kind.COMMITS] = commit
    return found


def _commit(name: str, known: Known, resolve: Resolve) -> str | None:
    """The measured commit that `name` means; of what git knows and nobody measured, None."""
    if name in known.commits:
        return name
    begun: list[str] = []
    if _HASH.fullmatch(name.lower()):
        begun = [commit for commit in known.commits if commit.startswith(name.lower())]
    revision = resolve(name)
    if revision is not None and begun and revision not in begun:
        raise UsageError(
            f"{name!r} is the beginning of {short(begun[0])} and a git revision for "
            f"{short(revision)}: write more of the hash, or refs/heads/ or refs/tags/ before it"
        )
    if revision is not None and revision in known.commits:
        return revision
    if len(begun) > 1:
        raise UsageError(
            f"{name!r} is the beginning of {len(begun)} measured commits: write more of "
            f"{', '.join(commit[: len(name) + 8] for commit in begun[:_LISTED])}"
        )
    return begun[0] if begun else None


def _unknown(name: str, known: Known, resolve: Resolve, kind: Kind | None) -> CnnfcError:
    revision = resolve(name) if kind in (None, Kind.COMMITS) else None
    if revision is not None:
        return UsageError(
            f"{name!r} is commit {short(revision)}, of which nothing was measured here: measure it "
            f"with `cnnfc run {name}`, or choose from {known.said()}"
        )
    words = "measured commit, machine or device" if kind is None else _SINGULAR[kind]
    close = difflib.get_close_matches(name, [*known.machines, *known.devices], n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return UsageError(f"{name!r} is no {words} here; {known.said()}{hint}")


def _either(found: Mapping[Kind, str]) -> str:
    return " or ".join(f"a {_SINGULAR[kind]}" for kind in found)
