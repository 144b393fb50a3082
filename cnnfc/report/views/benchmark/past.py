"""What a benchmark's charts draw of its past: levels, change points, updates, and the end: now."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cnnfc.report import change_words, palette, text
from cnnfc.report.charts.history import Line
from cnnfc.report.charts.levels import Event, Level, Turn
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.past import Past
from cnnfc.report.views import common
from cnnfc.report.views.changes.table import commit_cell
from cnnfc.report.views.common import Context
from cnnfc.timeline.changes import Change, MeasuredCommit, State
from cnnfc.timeline.series import Group, Series
from cnnfc.timeline.updates import Update

#: Updates that a chart marks, the newest; the table has more of them.
_MARKED: Final = 12
_ROWS: Final = 50
#: Characters: of a label in a chart, of what hovering says of one thing.
_LABEL: Final = 28
_LONGEST: Final = 200


@dataclass(frozen=True)
class Drawn:
    """The past of a group as far as a chart shows it: from the commit at place ``start`` on."""

    group: Group
    past: Past
    context: Context
    start: int

    @cached_property
    def labels(self) -> list[str]:
        """Labels of the commits shown."""
        return common.commit_labels(self.group.runs[self.start :])

    @property
    def end(self) -> str:
        """The label of the end of the axis."""
        return f"now|{text.day(self.context.now)}"

    def changed(self, series: Sequence[Series]) -> list[Series]:
        """Those of `series` with a change that is shown, the worst change first."""
        known = {id(one): self.past.changes(self.group, one) for one in series}
        order = {one.id: place for place, one in enumerate(self.past.of(self.group).changes)}
        shown = [
            one
            for one in series
            if any(self._place(change) is not None for change in known[id(one)])
        ]
        return sorted(shown, key=lambda one: min(order[change.id] for change in known[id(one)]))

    def levels(self, one: Series, unit: float = 1.0) -> tuple[Level, ...]:
        """The levels of a series in `unit`; none of one that is too short to say so much."""
        course = self.past.course(self.group, one)
        if course is None or not course.enough:
            return ()
        places = [n - self.start for n, reading in enumerate(one.readings) if reading is not None]
        return tuple(
            Level(
                max(0, places[part.start]),
                places[part.stop - 1],
                part.centre / unit,
                part.low / unit,
                part.high / unit,
            )
            for part in course.segments
            if places[part.stop - 1] >= 0 and math.isfinite(part.centre)
        )

    def turns(self, one: Series, unit: float = 1.0) -> tuple[Turn, ...]:
        """The change points of a series, levels in `unit`."""
        return tuple(
            Turn(
                palette.CAUSES[change.cause],
                place,
                change.before / unit,
                change.after / unit,
                change.state is State.RECOVERED,
                f"{change_words.size(change)} {change.cause}",
                hover(change, one.label),
            )
            for change in self.past.changes(self.group, one)
            if (place := self._place(change)) is not None
        )

    @cached_property
    def events(self) -> list[Event]:
        """The newest changes of the software."""
        shown = [one for one in self.past.updates(self.group) if one.after >= self.start]
        return [
            Event(one.after - self.start, text.shorten(_short(one), _LABEL), _update_hover(one))
            for one in shown[-_MARKED:]
        ]

    def caption(self, lines: Iterable[Line]) -> str:
        """What else a chart with these lines shows."""
        found = list(lines)
        parts = []
        if any(line.levels for line in found):
            parts.append("Thick lines are levels with the band of their 95% interval.")
        if any(line.turns for line in found):
            parts.append("A riser with a mark is a change; a hollow mark is gone again.")
        if self.events:
            parts.append("Dotted lines: the software was another from there on.")
        measured = text.ago(self.group.last_run_at, self.context.now)
        parts.append(f"The axis ends now; last measured {measured}.")
        return " ".join(parts)

    def alt(self, lines: Iterable[Line]) -> str:
        """How much of this a chart with these lines shows, to go on a sentence."""
        changes = sum(len(line.turns) for line in lines)
        parts = [text.plural(changes, "change")] if changes else []
        if self.events:
            parts.append(text.plural(len(self.events), "update") + " of software")
        return f"; {text.listing(parts)}" if parts else ""

    @cached_property
    def _places(self) -> dict[str, int]:
        return {run.commit: place - self.start for place, run in enumerate(self.group.runs)}

    def _place(self, change: Change) -> int | None:
        """Where on the chart its first bad commit is; None for one that is left out."""
        place = self._places.get(change.first_bad.commit, -1)
        return place if place >= 0 else None


def hover(change: Change, what: str) -> str:
    """What a mark says of its change; `what` is the first line."""
    low, high = change_words.interval(change)
    day = text.day(change.first_bad.date)
    evidence = text.shorten("; ".join(change.evidence), _LONGEST)
    return text.clean(
        f"{text.shorten(what, _LONGEST)}\n"
        f"{change_words.size(change)}, {low} to {high}: {change_words.verdict(change)}, "
        f"{change.state}\n"
        f"{change_words.commit_range(change)}, {day}\n"
        f"{change.cause}: {evidence}"
    )


def updates_table(group: Group, past: Past, context: Context, id_: str) -> Table | None:
    """When the software of `group` changed, the newest first; None where it never did."""
    newest = reversed(past.updates(group))
    rows = [row for one in newest for row in _update_rows(one, group, context)]
    if not rows:
        return None
    more = len(rows) - _ROWS
    return Table(
        id=f"updates-{id_}",
        caption="Software that changed",
        columns=(
            Column("First commit with it", code=True),
            Column("What"),
            Column("Before"),
            Column("From then on"),
        ),
        rows=tuple(rows[:_ROWS]),
        note=f"{text.plural(more, 'older one')} not shown." if more > 0 else "",
    )


def _update_rows(one: Update, group: Group, context: Context) -> Iterator[tuple[Cell, ...]]:
    run = group.runs[one.after]
    commit = commit_cell(MeasuredCommit(run.commit, run.commit_date), context)
    for found in one.differences:
        yield (commit, Cell(found.name), Cell(found.before, tone="muted"), Cell(found.after))


def _short(one: Update) -> str:
    """The first difference in a few words, and how many more there are."""
    first, *others = one.differences
    more = f" +{len(others)}" if others else ""
    return text.clean(f"{first.name} {first.after}{more}")


def _update_hover(one: Update) -> str:
    lines = [str(found) for found in one.differences[:_MARKED]]
    more = len(one.differences) - len(lines)
    lines += [f"and {more} more"] if more > 0 else []
    return text.clean("\n".join(lines))
