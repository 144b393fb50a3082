"""Finds the changes of a history: what, when, how much, whether it is still so, and why.

A change is a step of one series that the detector (`cnnfc.analysis.changepoints`) confirmed.  It
never joins two machines, two environments or two versions of a benchmark.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cnnfc.analysis.changepoints.steps import find_steps
from cnnfc.timeline.causes import Cause, Happening, find_cause
from cnnfc.timeline.courses import Detect, Followed, earlier, follow, newest_session
from cnnfc.timeline.neighbours import Neighbours
from cnnfc.timeline.recovery import State, state_of
from cnnfc.timeline.series import Group

__all__ = [
    "Between",
    "Cause",
    "Change",
    "Direction",
    "Found",
    "MeasuredCommit",
    "SeriesKey",
    "State",
    "changes_in",
    "find_changes",
    "join",
    "look_for_changes",
]

#: The commits after the first and before the second, the oldest first; None where nobody knows.
Between = Callable[[str, str], Sequence[str] | None]

#: A nightly job measures for hours and begins a night after the one before: what was measured
#: within this time of the newest value is its work, and what that brought to light is new.
SESSION: Final = timedelta(hours=20)


class Direction(StrEnum):
    """Which way it went; of what is no time, ``slower`` means worse."""

    SLOWER = "slower"
    QUICKER = "quicker"


@dataclass(frozen=True)
class SeriesKey:
    """Which series of a history."""

    machine: str
    environment: str
    benchmark: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class MeasuredCommit:
    """A commit that has a value in the series."""

    commit: str
    date: datetime


@dataclass(frozen=True)
class Change:
    """A step of one series.

    Attributes:
        id: Eight letters and digits: a hash of the series and the first bad commit.  It stays as
            long as the detector finds the step at the same commit.
        series_key: Machine, environment, benchmark and parameters.
        last_good: The last measured commit before the step.
        first_bad: The first measured commit after it.
        unmeasured: How many commits lie between these two; None where git cannot say.
        ratio: Newer / older level; above 1 is slower of a time.  Not a number where levels are not
            positive.
        low: Lower end of its interval (95%); where there is no ratio, of the difference of levels.
        high: Upper end.
        p_value: Probability that a flat series of this length shows a step as strong anywhere.
        direction: Whether it got worse, by the benchmark's ``higher_is_better``.
        state: Whether it is still so.
        cause: What it is laid to.
        evidence: Why, in sentences without a full stop.
        earliest: The first commit that may be the first bad one, with the detector's confidence.
        latest: The last one that may be.
        surely_good: The last measured commit before ``earliest``.
        between: The commits that ``unmeasured`` counts, the oldest first.
        before: Level before, in ``unit``.
        after: Level after.
        unit: Of the levels.
        values_before: Values that the level before is made of.
        values_after: The same of the level after.
        new: Whether it was not to be seen before the newest measuring, see `SESSION`.
    """

    id: str
    series_key: SeriesKey
    last_good: MeasuredCommit
    first_bad: MeasuredCommit
    unmeasured: int | None
    ratio: float
    low: float
    high: float
    p_value: float
    direction: Direction
    state: State
    cause: Cause
    evidence: tuple[str, ...]
    earliest: MeasuredCommit
    latest: MeasuredCommit
    surely_good: MeasuredCommit
    between: tuple[str, ...]
    before: float
    after: float
    unit: str
    values_before: int
    values_after: int
    new: bool

    @property
    def is_worse(self) -> bool:
        return self.direction is Direction.SLOWER

    @property
    def size(self) -> float:
        """The change as a fraction of the level before, 0.05 is 5% either way; infinite from 0."""
        if math.isfinite(self.ratio):
            return abs(self.ratio - 1)
        return abs((self.after - self.before) / self.before) if self.before else math.inf


@dataclass(frozen=True)
class Found:
    """The changes of a history, worst first, and how much there was to find any in.

    ``series`` counts those with a value, ``too_short`` those of them with too few to say anything.
    """

    changes: tuple[Change, ...]
    series: int
    too_short: int


def nothing_between(_good: str, _bad: str) -> None:
    """A `Between` for a history whose commits nobody knows."""


def find_changes(
    groups: Sequence[Group],
    between: Between = nothing_between,
    detect: Detect = find_steps,
) -> tuple[Change, ...]:
    """The changes of `look_for_changes` alone."""
    return look_for_changes(groups, between, detect).changes


def look_for_changes(
    groups: Sequence[Group],
    between: Between = nothing_between,
    detect: Detect = find_steps,
) -> Found:
    """Every change in the series of `groups`, worst first.

    First what is worse and still so (in part at least), then what was worse for a while, then what
    is better; the largest factor first.

    Args:
        groups: Of `cnnfc.timeline.arrange.arrange`.
        between: Asks git for the commits between two.
        detect: Finds the steps of a series.
    """

    def of_groups() -> Iterator[Found]:
        for group in groups:
            followed = follow(group, detect)
            too_short = sum(not one.course.enough for one in followed)
            changes = tuple(changes_in(group, followed, detect))
            yield Found(changes, len(followed), too_short)

    return join(of_groups(), between)


def join(parts: Iterable[Found], between: Between = nothing_between) -> Found:
    """What was found in several groups as one, worst first, with what git says of it."""
    changes: list[Change] = []
    series = too_short = 0
    for part in parts:
        series += part.series
        too_short += part.too_short
        changes += (_with_commits(change, between) for change in part.changes)
    return Found(tuple(sorted(changes, key=_worst_first)), series, too_short)


def _with_commits(change: Change, between: Between) -> Change:
    commits = between(change.last_good.commit, change.first_bad.commit)
    if commits is None:
        return change
    return replace(change, unmeasured=len(commits), between=tuple(commits))


def changes_in(
    group: Group, followed: Sequence[Followed], detect: Detect = find_steps
) -> Iterator[Change]:
    """The changes in the series of one group, in their order; git is not asked about any.

    Args:
        group: The group.
        followed: Those of its series that have a value.
        detect: What finds steps, for what was known of a series before the newest measuring.
    """
    changed = [one for one in followed if one.course.steps]
    # Most groups have no change, and need none of this.
    if not changed:
        return
    neighbours = Neighbours(group, followed)
    session = newest_session(group, SESSION)
    for one in changed:
        known = earlier(one, session, detect)
        for number, step in enumerate(one.course.steps):
            if one.is_one_version(number):
                is_new = known is not None and not known.has(step, one.course)
                yield _change(one, number, neighbours, new=is_new)


def _change(one: Followed, number: int, neighbours: Neighbours, *, new: bool) -> Change:
    step, group, info = one.course.steps[number], neighbours.group, one.series.info
    old, now = one.course.segments[number : number + 2]
    last_good, first_bad = _commit(one, step.index - 1), _commit(one, step.index)
    # A detector whose range reached back to the first value would have none before it.
    surely = max(0, step.earliest - 1)
    happening = Happening(one.series, step.ratio, one.positions[surely], one.positions[step.latest])
    finding = find_cause(happening, neighbours)
    key = SeriesKey(group.machine, group.environment, info.name, one.series.parameters)
    rises = now.centre > old.centre
    return Change(
        id=_id(key, first_bad.commit),
        series_key=key,
        last_good=last_good,
        first_bad=first_bad,
        unmeasured=None,
        ratio=step.ratio,
        low=step.low,
        high=step.high,
        p_value=step.p_value,
        direction=Direction.QUICKER if rises == info.higher_is_better else Direction.SLOWER,
        state=state_of(one.course, number),
        cause=finding.cause,
        evidence=finding.evidence,
        earliest=_commit(one, step.earliest),
        latest=_commit(one, step.latest),
        surely_good=_commit(one, surely),
        between=(),
        before=old.centre,
        after=now.centre,
        unit=info.unit,
        values_before=old.stop - old.start,
        values_after=now.stop - now.start,
        new=new,
    )


def _commit(one: Followed, index: int) -> MeasuredCommit:
    run = one.series.measured[index].run
    return MeasuredCommit(run.commit, run.commit_date)


def _id(key: SeriesKey, first_bad: str) -> str:
    words = (key.machine, key.environment, key.benchmark, *key.parameters, first_bad)
    digest = hashlib.sha256("\x1f".join(words).encode("utf-8", "surrogatepass")).digest()
    # 40 bits: of 10,000 changes two share an id once in 20,000 histories.
    return base64.b32encode(digest[:5]).decode("ascii").lower()


def _worst_first(change: Change) -> tuple[int, float, str]:
    rank = 2 if not change.is_worse else 1 if change.state is State.RECOVERED else 0
    is_factor = 0 < change.ratio < math.inf
    size = abs(math.log(change.ratio)) if is_factor else change.size
    return rank, -size, change.id
