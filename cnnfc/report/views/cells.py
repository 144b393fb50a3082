"""Cells of tables: numbers with their intervals, changes, warnings, sparklines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cnnfc.analysis.summary import NOT_RECORDED
from cnnfc.report import text
from cnnfc.report.model import Cell, Sparkline, Table
from cnnfc.timeline.series import Reading, Series
from cnnfc.units import Scale, scale_for


def without_empty(table: Table, *titles: str) -> Table:
    """`table` without those columns called one of `titles` that say nothing in any row."""
    kept = [
        n
        for n, column in enumerate(table.columns)
        if column.title not in titles or any(_says(row[n]) for row in table.rows)
    ]
    return replace(
        table,
        columns=tuple(table.columns[n] for n in kept),
        rows=tuple(tuple(row[n] for n in kept) for row in table.rows),
    )


def _says(cell: Cell) -> bool:
    return cell.text not in ("", text.MISSING) or cell.spark is not None


def value_scale(series: Iterable[Series]) -> Scale:
    """The one scale of a column with the newest values of `series`."""
    found = [(one.info.unit, one.newest.summary.centre) for one in series if one.newest]
    return scale_for(found[0][0] if found else "", [centre for _, centre in found])


def interval_title(readings: Iterable[Reading]) -> str:
    """``95% interval``, or ``≥ 95% interval`` where levels differ; the least is rounded down."""
    levels = {reading.summary.confidence or 0 for reading in readings if reading.interval}
    if not levels:
        return "interval"
    least = f"{math.floor(min(levels) * 1000 + 1e-6) / 10:g}%"
    return (
        f"{least} interval" if len(levels) == 1 else f"≥ {math.floor(min(levels) * 100)}% interval"
    )


def interval_text(reading: Reading, scale: Scale) -> str:
    """``1.20 – 1.29`` in `scale`; a dash where there is no interval."""
    if reading.interval is None:
        return text.MISSING
    low, high = (scale.format(end) for end in reading.interval)
    return f"{low} – {high}"


def number(value: float | None, scale: Scale, *, tone: str = "") -> Cell:
    """A number in a column's `scale`, sortable by its value; a dash for ``None``."""
    if value is None or not math.isfinite(value):
        return Cell(text.MISSING, tone="muted")
    return Cell(scale.format(value), tone=tone, sort=repr(float(value)))


def count(value: int) -> Cell:
    """A count, sortable by its value."""
    return Cell(f"{value:,}", sort=str(value))


def values(reading: Reading | None) -> Cell:
    """The number n of values behind a reading; a dash where no file says it."""
    if reading is None or not reading.summary.n:
        return Cell(text.MISSING, tone="muted")
    return count(reading.summary.n)


def doubts(readings: Iterable[Reading]) -> tuple[tuple[str, ...], str]:
    """Warnings to say once for a whole table, and the sentence that says them (or ``""``).

    These are the warnings of every row, and that a plain `asv run` keeps no single values.
    """
    every = [set(reading.summary.warnings) for reading in readings]
    shared = sorted(set.intersection(*every)) if len(every) > 1 else []
    said = [f"All of them: {'; '.join(shared)}."] if shared else []
    if NOT_RECORDED not in shared and any(NOT_RECORDED in warnings for warnings in every):
        shared.append(NOT_RECORDED)
        said.append(f"Some of them: {NOT_RECORDED}.")
    return tuple(shared), " ".join(said)


def doubt(reading: Reading | None, shared: Sequence[str] = ()) -> str:
    """The warnings of one reading but those that all share, as one text."""
    own = reading.summary.warnings if reading else ()
    return "; ".join(warning for warning in own if warning not in shared)


def measured_cell(reading: Reading | None, scale: Scale) -> Cell:
    """Centre in a column's `scale`, with interval and n in small print."""
    if reading is None:
        return Cell(text.MISSING, tone="muted")
    n = f"n = {reading.summary.n}" if reading.summary.n else "n not known"
    interval = "no interval" if reading.interval is None else interval_text(reading, scale)
    centre = reading.summary.centre
    return Cell(scale.format(centre), sort=repr(centre), detail=f"{interval}, {n}")


def change_cell(series: Series) -> Cell:
    """How the newest value compares with the one before it.

    Coloured and with an arrow only where the intervals parted: a difference inside the noise is
    not a change.
    """
    ratio = series.ratio
    if ratio is None:
        return Cell(text.MISSING, tone="muted")
    words = text.change(ratio)
    if not series.parted or series.better is None:
        return Cell(words, tone="muted", sort=repr(ratio))
    arrow = "▲" if ratio > 1 else "▼"
    word = "better" if series.better else "worse"
    return Cell(
        f"{arrow} {words}", tone="good" if series.better else "bad", sort=repr(ratio), detail=word
    )


def trend_cell(series: Series) -> Cell:
    """A sparkline of the series; empty with fewer than two values."""
    values = [None if r is None else r.summary.centre for r in series.readings]
    spark = sparkline(values, f"{len(series.measured)} values over {len(values)} commits")
    return Cell("", spark=spark, tone="muted")


def sparkline(values: Sequence[float | None], label: str, limit: int = 60) -> Sparkline | None:
    """The last `limit` of `values` as a line in a box of 100 by 24; ``None`` without two values.

    A flat line stays in the middle: a span under 2% of the middle value does not fill the box.
    """
    shown = values[-limit:]
    known = [value for value in shown if value is not None and math.isfinite(value)]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    least = abs(low + high) / 2 * 0.02
    span = max(high - low, least) or 1.0
    middle = (low + high) / 2
    places = [
        None
        if value is None or not math.isfinite(value)
        else (3 + 94 * index / (len(shown) - 1), 12 - 18 * (value - middle) / span)
        for index, value in enumerate(shown)
    ]
    paths, stretch = [], ""
    last = (0.0, 0.0)
    for place in [*places, None]:
        if place is None:
            if stretch:
                # A single value between two gaps is a dot: a line of no length with round ends.
                paths.append(stretch if "L" in stretch else f"{stretch}h0")
            stretch = ""
            continue
        last = place
        stretch += f"{'L' if stretch else 'M'}{place[0]:.1f} {place[1]:.1f}"
    return Sparkline(tuple(paths), (f"{last[0]:.1f}", f"{last[1]:.1f}"), label)
