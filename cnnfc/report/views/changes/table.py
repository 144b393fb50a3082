"""Rows of changes: what, how much, by which commits, laid to what, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.report import change_words, links, text
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.views import common
from cnnfc.report.views.common import Context
from cnnfc.timeline.causes import Cause
from cnnfc.timeline.changes import Change, MeasuredCommit, SeriesKey, State
from cnnfc.timeline.series import Group
from cnnfc.units import scale_for

#: Tables of changes have ids that begin so; the style sheet gives their sentences room.
ID: Final = "steps"
#: The page of all changes.
PATH: Final = "changes.html"
#: Characters of evidence in a row.
_LONGEST: Final = 160


@dataclass(frozen=True)
class Where:
    """How rows name and link what changed: addresses of series, labels of machines."""

    addresses: Mapping[SeriesKey, str]
    labels: Mapping[tuple[str, str], str]

    def machine(self, key: SeriesKey) -> Cell:
        """The machine, with its environment where it has several."""
        label = self.labels.get((key.machine, key.environment), key.machine)
        return Cell(label, href=common.machine_path(key.machine))


def labels(groups: Sequence[Group]) -> dict[tuple[str, str], str]:
    """What each group is called beside the others."""
    return {(one.machine, one.environment): common.group_label(one, groups) for one in groups}


def of_all(changes: Sequence[Change], where: Where, context: Context) -> Table:
    """Changes of any series, each with its benchmark and its machine."""
    named = [
        (Column("Benchmark", code=True), lambda one: _series(one, where)),
        (Column("Machine"), lambda one: where.machine(one.series_key)),
    ]
    return _table(changes, [*named, *_columns(context)])


def of_benchmark(changes: Sequence[Change], context: Context) -> Table:
    """Changes of one benchmark on one machine, each with its parameters."""
    named = [(Column("Parameters", code=True), _parameters)]
    return _table(changes, [*named, *_columns(context)])


def change_cell(one: Change) -> Cell:
    """How large it is, with an arrow, a word and its interval."""
    arrow = "▲" if one.after > one.before else "▼"
    tone = "bad" if one.is_worse else "good"
    low, high = change_words.interval(one)
    return Cell(
        f"{arrow} {change_words.size(one)}",
        tone="muted" if one.state is State.RECOVERED else tone,
        sort=repr(one.ratio) if math.isfinite(one.ratio) else "",
        detail=f"{change_words.verdict(one)}, {low} to {high}",
    )


def cause_cell(one: Change) -> Cell:
    """What it is laid to, and what speaks most for it; changes at one commit share the rest."""
    evidence = text.shorten(one.evidence[0] if one.evidence else "", _LONGEST)
    return Cell(str(one.cause), tone="muted" if one.cause is Cause.UNKNOWN else "", detail=evidence)


def commit_cell(one: MeasuredCommit, context: Context, detail: str = "") -> Cell:
    """A commit with its date, linked where the repository's address is known."""
    return Cell(
        links.short_commit(one.commit),
        href=links.commit_href(context.commit_base, one.commit),
        sort=one.date.isoformat(),
        detail=", ".join(filter(None, (text.day(one.date), detail))),
    )


_Column = tuple[Column, Callable[[Change], Cell]]


def _table(changes: Sequence[Change], columns: Sequence[_Column]) -> Table:
    return Table(
        id=ID,
        caption="Changes",
        columns=tuple(column for column, _ in columns),
        rows=tuple(tuple(cell(one) for _, cell in columns) for one in changes),
        filterable=len(changes) > 8,
    )


def _columns(context: Context) -> list[_Column]:
    return [
        (Column("Change", numeric=True, hint="New level against the old one"), change_cell),
        (
            Column("Before", numeric=True, hint="The old level"),
            lambda one: _level(one, one.before, one.values_before),
        ),
        (
            Column("After", numeric=True, hint="The new level"),
            lambda one: _level(one, one.after, one.values_after),
        ),
        (Column("Laid to", hint="And what speaks most for it"), cause_cell),
        (
            Column("Last before", code=True, hint="Last measured commit with the old level"),
            lambda one: commit_cell(one.last_good, context, _gap(one)),
        ),
        (
            Column("First after", code=True, hint="First measured commit with the new level"),
            lambda one: commit_cell(one.first_bad, context, _doubt(one)),
        ),
        (
            Column("By chance", numeric=True, hint="Probability of such a step in a flat series"),
            lambda one: Cell(change_words.chance(one), sort=repr(one.p_value)),
        ),
        (Column("State", hint="And its id, for cnnfc changes --bisect"), _state),
    ]


def _series(one: Change, where: Where) -> Cell:
    key = one.series_key
    return Cell(key.benchmark, href=where.addresses.get(key, ""), detail=" · ".join(key.parameters))


def _parameters(one: Change) -> Cell:
    key = one.series_key
    return Cell(" · ".join(key.parameters) or key.benchmark)


def _level(one: Change, level: float, values: int) -> Cell:
    """A level with its unit, in one scale before and after."""
    scale = scale_for(one.unit, [one.before, one.after])
    words = f"{scale.format(level)} {text.shorten(scale.symbol, 20)}".rstrip()
    return Cell(words, sort=repr(level), detail=f"n = {values:,}")


def _gap(one: Change) -> str:
    """How many commits behind it were not measured."""
    return f"{one.unmeasured:,} after it not measured" if one.unmeasured else ""


def _doubt(one: Change) -> str:
    """Which other measured commits may be the first one."""
    if one.earliest.commit == one.latest.commit:
        return ""
    ends = (links.short_commit(end.commit) for end in (one.earliest, one.latest))
    return f"or any of {' to '.join(ends)}"


def _state(one: Change) -> Cell:
    tone = "muted" if one.state is State.RECOVERED else ""
    return Cell(str(one.state), tone=tone, detail=f"{'new, ' if one.new else ''}id {one.id}")
