"""Looks back once for all pages: what each series did, what changed, which software was new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cnnfc.analysis.changepoints.steps import Course, find_steps
from cnnfc.timeline.changes import (
    Between,
    Change,
    Found,
    SeriesKey,
    State,
    changes_in,
    join,
    nothing_between,
)
from cnnfc.timeline.courses import Detect, follow
from cnnfc.timeline.series import Group, Series
from cnnfc.timeline.updates import Update, updates

_Place = tuple[str, str]


@dataclass(frozen=True)
class Past:
    """What the series of a history did over the commits.

    ``found`` has all changes; the rest is asked for by group and series.
    """

    found: Found
    _courses: Mapping[SeriesKey, Course]
    _changes: Mapping[SeriesKey, tuple[Change, ...]]
    _groups: Mapping[_Place, Found]
    _updates: Mapping[_Place, tuple[Update, ...]]

    def course(self, group: Group, series: Series) -> Course | None:
        """Segments and steps of `series`; None where it has no value."""
        return self._courses.get(key_of(group, series))

    def changes(self, group: Group, series: Series) -> tuple[Change, ...]:
        """The changes of `series`, the worst first."""
        return self._changes.get(key_of(group, series), ())

    def of(self, group: Group) -> Found:
        """What was found in `group`, and how much was looked at."""
        return self._groups[_place(group)]

    def updates(self, group: Group) -> tuple[Update, ...]:
        """Where the software of `group` changed."""
        return self._updates[_place(group)]


def look_back(
    groups: Sequence[Group], between: Between = nothing_between, detect: Detect = find_steps
) -> Past:
    """Everything about the past of `groups` that pages show.

    Args:
        groups: Of `cnnfc.timeline.arrange.arrange`.
        between: Asks git for the commits between two.
        detect: Finds the steps of a series.
    """
    courses: dict[SeriesKey, Course] = {}
    parts: dict[_Place, Found] = {}
    for group in groups:
        followed = follow(group, detect)
        courses |= {key_of(group, one.series): one.course for one in followed}
        too_short = sum(not one.course.enough for one in followed)
        changes = tuple(changes_in(group, followed, detect))
        parts[_place(group)] = Found(changes, len(followed), too_short)
    found = join(parts.values(), between)
    of_series: dict[SeriesKey, list[Change]] = {}
    of_group: dict[_Place, list[Change]] = {}
    for change in found.changes:
        key = change.series_key
        of_series.setdefault(key, []).append(change)
        of_group.setdefault((key.machine, key.environment), []).append(change)
    return Past(
        found,
        courses,
        {key: tuple(changes) for key, changes in of_series.items()},
        {
            place: replace(part, changes=tuple(of_group.get(place, ())))
            for place, part in parts.items()
        },
        {_place(group): tuple(updates(group)) for group in groups},
    )


def key_of(group: Group, series: Series) -> SeriesKey:
    """Which series of the history `series` of `group` is."""
    return SeriesKey(group.machine, group.environment, series.info.name, series.parameters)


def worse(changes: Sequence[Change]) -> list[Change]:
    """Those for the worse that are there still, in part at least."""
    return [one for one in changes if one.is_worse and one.state is not State.RECOVERED]


def _place(group: Group) -> _Place:
    return group.machine, group.environment
