"""Chooses which runs a comparison sets against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cnnfc.records import Outcome, Point, Run
from cnnfc.timeline.moments import moment_of
from cnnfc.timeline.table.source import Head


class Kind(StrEnum):
    """What is compared."""

    COMMITS = "commits"
    MACHINES = "machines"
    DEVICES = "devices"


@dataclass(frozen=True)
class Side:
    """One side of a pairing: one commit on one machine in one environment.

    ``heads`` are its result files, two and more where folders of one machine under two names hold
    the commit.  ``device`` limits it to one device.
    """

    heads: tuple[Head, ...]
    device: str | None = None

    @property
    def machine(self) -> str:
        return self.heads[0].machine

    @property
    def environment(self) -> str:
        return self.heads[0].environment

    @property
    def commit(self) -> str:
        return self.heads[0].commit

    @property
    def commit_date(self) -> datetime:
        return self.heads[0].commit_date

    @property
    def started_at(self) -> datetime | None:
        """When it was first measured, as far as asv recorded it."""
        return min((h.started_at for h in self.heads if h.started_at), default=None)


@dataclass(frozen=True)
class Pairing:
    """Two sides to compare, and why just these, in words."""

    a: Side
    b: Side
    note: str = ""


#: Results of one commit by one machine in one environment are under one such key.
_Key = tuple[str, str]


def pair_commits(heads: Iterable[Head], a: str, b: str) -> tuple[list[Pairing], list[Side]]:
    """Commits `a` and `b` wherever both were measured, and the sides where only one was.

    In order of machine and environment.
    """
    first, second = (_sides(h for h in heads if h.commit == commit) for commit in (a, b))
    pairs = [Pairing(first[key], second[key]) for key in sorted(first.keys() & second.keys())]
    lonely = {**first, **second}
    return pairs, [lonely[key] for key in sorted(first.keys() ^ second.keys())]


def pair_machines(heads: Sequence[Head], a: str, b: str) -> list[Pairing]:
    """Machines `a` and `b` in every environment that both have.

    Of each the newest commit that both have measured, or else the newest of each.  Where they have
    no environment in common, the newest run of each.
    """
    first, second = ([h for h in heads if h.machine == machine] for machine in (a, b))
    shared = {h.environment for h in first} & {h.environment for h in second}
    found = []
    for environment in sorted(shared):
        inside = [[h for h in side if h.environment == environment] for side in (first, second)]
        found.append(_same_commit(*inside))
    if not found and first and second:
        pair = Pairing(_newest(first), _newest(second))
        found.append(replace(pair, note="they have no environment in common: the newest of each"))
    return found


def pair_devices(heads: Iterable[Head], a: str, b: str) -> list[Pairing]:
    """Devices `a` and `b` in every environment of every machine that has measured both.

    Of each the newest commit that was measured on both.
    """
    groups: dict[_Key, list[Head]] = {}
    for head in heads:
        groups.setdefault((head.machine, head.environment), []).append(head)
    found = []
    for key in sorted(groups):
        sides = [
            side
            for side in _by_commit(groups[key])
            if {a, b} <= set[str]().union(*(head.devices for head in side.heads))
        ]
        if sides:
            newest = max(sides, key=_age)
            note = _counted(len(sides), "with values of both")
            pair = Pairing(replace(newest, device=a), replace(newest, device=b), note)
            found.append(pair)
    return found


def newest_points(
    side: Side, load: Callable[[Head], Run]
) -> tuple[list[Run], dict[tuple[str, tuple[str, ...]], Point]]:
    """The runs of `side`, and its points by benchmark and parameters.

    Of points that several files have, the one that was measured, and measured last, counts (as in
    `cnnfc.timeline.arrange`).
    """
    runs = sorted(map(load, side.heads), key=lambda run: moment_of(run.started_at))
    points: dict[tuple[str, tuple[str, ...]], Point] = {}
    for run in runs:
        for point in run.points:
            key = (point.benchmark, point.parameters)
            if key not in points or point.outcome is Outcome.MEASURED:
                points[key] = point
    return runs, points


def _same_commit(first: list[Head], second: list[Head]) -> Pairing:
    common = {h.commit for h in first} & {h.commit for h in second}
    if not common:
        return Pairing(_newest(first), _newest(second), "no commit was measured by both")
    inside = [[h for h in side if h.commit in common] for side in (first, second)]
    newest = _newest(inside[0])
    (other,) = (side for side in _by_commit(inside[1]) if side.commit == newest.commit)
    return Pairing(newest, other, _counted(len(common), "measured by both"))


def _newest(heads: Iterable[Head]) -> Side:
    return max(_by_commit(heads), key=_age)


def _by_commit(heads: Iterable[Head]) -> Iterator[Side]:
    commits: dict[tuple[str, str, str], list[Head]] = {}
    for head in heads:
        commits.setdefault((head.commit, head.machine, head.environment), []).append(head)
    yield from (Side(tuple(same)) for same in commits.values())


def _age(side: Side) -> tuple[datetime, datetime]:
    return moment_of(side.commit_date), moment_of(side.started_at)


def _sides(heads: Iterable[Head]) -> dict[_Key, Side]:
    found: dict[_Key, list[Head]] = {}
    for head in heads:
        found.setdefault((head.machine, head.environment), []).append(head)
    return {key: Side(tuple(same)) for key, same in found.items()}


def _counted(number: int, what: str) -> str:
    return f"the newest of {number} commits {what}" if number > 1 else f"the only commit {what}"
