"""Rows of occurrences: what changed at once, by how much, where, and why."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

from cnnfc.report import change_words, text
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.views.changes.table import PATH, Where, commit_cell
from cnnfc.report.views.common import Context
from cnnfc.timeline.causes import Cause
from cnnfc.timeline.changes import Change, State
from cnnfc.timeline.occurrences import Occurrence, occurrences

#: Rows of a table; its note counts the others.
_MOST: Final = 100
#: Characters of evidence; a cause has at most a dozen short sentences.
_LONGEST: Final = 600


def occurrences_table(
    changes: Sequence[Change], where: Where, context: Context, most: int = _MOST
) -> Table:
    """`changes`, the worst first, put together where they happened at once."""
    found = occurrences(changes)
    more = len(found) - most
    return Table(
        id="occurrences",
        caption="What happened",
        columns=(
            Column("What"),
            Column("By", numeric=True, hint="Median of the new levels against the old ones"),
            Column("Laid to", hint="And what speaks for it"),
            Column("Machine"),
            Column("Last before", code=True, hint="Last measured commit with the old level"),
            Column("First after", code=True, hint="First measured commit with the new level"),
            Column("State"),
        ),
        rows=tuple(_row(one, where, context) for one in found[:most]),
        note=f"The {most} worst; {more:,} more not shown." if more > 0 else "",
        empty="No change was found.",
    )


def _row(one: Occurrence, where: Where, context: Context) -> tuple[Cell, ...]:
    first = one.first
    return (
        _what(one, where),
        _size(one),
        _cause(first),
        where.machine(first.series_key),
        commit_cell(first.last_good, context),
        commit_cell(first.first_bad, context),
        _states(one),
    )


def _cause(one: Change) -> Cell:
    """What a change is laid to, and all that speaks for it."""
    evidence = text.shorten("; ".join(one.evidence), _LONGEST)
    return Cell(str(one.cause), tone="muted" if one.cause is Cause.UNKNOWN else "", detail=evidence)


def _what(one: Occurrence, where: Where) -> Cell:
    """How many series went which way, and which the first of them is."""
    key, others = one.first.series_key, len(one.changes) - 1
    names = [key.benchmark, *key.parameters]
    more = f" and {text.plural(others, 'more', 'more')}" if others else ""
    series = text.plural(len(one.changes), "series", "series")
    return Cell(
        f"{series} {change_words.verdict(one.first)}",
        href=f"{PATH}#steps" if others else where.addresses.get(key, PATH),
        detail=f"{text.shorten(' · '.join(names), 120)}{more}",
    )


def _size(one: Occurrence) -> Cell:
    first = one.first
    arrow = "▲" if first.after > first.before else "▼"
    largest = change_words.size(first)
    is_ratio = math.isfinite(one.ratio)
    low, high = change_words.interval(first)
    gone = all(change.state is State.RECOVERED for change in one.changes)
    return Cell(
        f"{arrow} {text.change(one.ratio) if is_ratio else largest}",
        tone="muted" if gone else "bad" if first.is_worse else "good",
        sort=repr(one.ratio) if is_ratio else "",
        detail=f"up to {largest}" if len(one.changes) > 1 else f"{low} to {high}",
    )


def _states(one: Occurrence) -> Cell:
    """What became of the changes; counted where they differ."""
    counts = Counter(change.state for change in one.changes)
    new = sum(change.new for change in one.changes)
    differ = len(counts) > 1
    parts = [f"{counts[state]:,} {state}" for state in State if counts[state] and differ]
    parts += [f"{new:,} new"] if new else []
    return Cell(
        "mixed" if differ else str(one.first.state),
        tone="muted" if set(counts) == {State.RECOVERED} else "",
        detail=", ".join(parts),
    )
