"""Runs the detector of change points over every series of a group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cnnfc.analysis.changepoints.steps import Course, Step
from cnnfc.timeline.moments import moment_of
from cnnfc.timeline.series import Group, Reading, Series

#: What finds the steps: values in order of commits, and the interval of each where it is known.
Detect = Callable[[Sequence[float], Sequence[tuple[float, float] | None]], Course]


@dataclass(frozen=True)
class Followed:
    """A series with what the detector makes of it.

    Attributes:
        series: What was measured; the values of the detector are those of its ``measured``.
        positions: Place of each of these readings among the runs of the group.
        course: Segments and steps; their indices count the readings.
    """

    series: Series
    positions: tuple[int, ...]
    course: Course

    @cached_property
    def benchmark(self) -> str:
        return self.series.info.name

    def is_one_version(self, number: int) -> bool:
        """Whether the readings on both sides of step `number` can be of one benchmark version.

        A series leaves other versions than the newest out, but keeps readings that do not say
        which they are of (asv's first format).  Where a step parts these from the others, the
        benchmark may be what has changed.
        """
        old, new = self.course.segments[number : number + 2]
        before, after = (
            {reading.point.version for reading in self.series.measured[part.start : part.stop]}
            for part in (old, new)
        )
        return bool(before & after)


def follow(group: Group, detect: Detect) -> tuple[Followed, ...]:
    """Every series of `group` that has a value, with its course, in the group's order."""
    return tuple(
        Followed(
            series,
            tuple(place for place, one in enumerate(series.readings) if one is not None),
            detect(*values_of(series.measured)),
        )
        for series in group.all_series()
        if series.measured
    )


def values_of(
    readings: Sequence[Reading],
) -> tuple[list[float], list[tuple[float, float] | None]]:
    """The centres of `readings` and their intervals, which may be infinite; None where unknown."""
    intervals: list[tuple[float, float] | None] = []
    for reading in readings:
        low, high = reading.summary.low, reading.summary.high
        intervals.append(None if low is None or high is None else (low, high))
    return [reading.summary.centre for reading in readings], intervals


@dataclass(frozen=True)
class Earlier:
    """What was known of a series at some time: the places of its readings then, and their course.

    Order of time is here when something was measured, as a change comes to light by the readings
    that came last, whichever commits they are of.
    """

    known: tuple[int, ...]
    course: Course

    def has(self, step: Step, later: Course) -> bool:
        """Whether `step` of the `later` course could be seen already.

        It could if there was a step in the same direction at a place that may be the same.
        """
        rising = _rises(later, step)
        return any(
            # A step is before its first new reading and after the one before that; as more is
            # measured, its place may move by one.
            self.known[old.latest] >= step.earliest - 1
            and self.known[max(0, old.earliest - 1)] <= step.latest
            and _rises(self.course, old) is rising
            for old in self.course.steps
        )


def earlier(one: Followed, until: datetime, detect: Detect) -> Earlier | None:
    """What was known of a series from all that was measured up to `until`; None if that is all."""
    measured = one.series.measured
    known = tuple(index for index, reading in enumerate(measured) if _at(reading) <= until)
    if len(known) == len(measured):
        return None
    return Earlier(known, detect(*values_of([measured[index] for index in known])))


def newest_session(group: Group, length: timedelta) -> datetime:
    """When the newest measuring of `group` began: what is later belongs to it.

    A session is all that was measured within `length` of the newest reading.
    """
    latest = max(moment_of(run.started_at or run.commit_date) for run in group.runs)
    return latest - length


def _at(reading: Reading) -> datetime:
    """When it was measured; where no file says, when its commit was made."""
    run = reading.run
    return moment_of(reading.point.started_at or run.started_at or run.commit_date)


def _rises(course: Course, step: Step) -> bool:
    number = course.steps.index(step)
    old, new = course.segments[number : number + 2]
    return new.centre > old.centre
