"""What an unwarmed stopwatch would have said: first calls beside warmed latency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cnnfc.report import palette, text
from cnnfc.report.charts import rows as row_charts
from cnnfc.report.layers.devices import FirstCall
from cnnfc.report.model import Cell, Column, Figure, Table
from cnnfc.report.views import cells, common
from cnnfc.report.views.benchmark.figures import figure
from cnnfc.units import scale_for

_FIRST: Final = palette.Style("first call", "var(--vermillion)", "diamond")


_WARMED: Final = palette.Style("warmed, with interval", "var(--blue)", "circle")


def first_call_figure(calls: Sequence[FirstCall]) -> Figure:
    """First call and warmed call of every layer, the slowest layer first."""
    pairs = [
        (
            str(one.case),
            common.chart_value(str(one.case), one.first, "seconds"),
            common.chart_value(str(one.case), one.warmed, "seconds"),
        )
        for one in sorted(calls, key=lambda one: -one.warmed.summary.centre)
    ]
    return figure(
        "first-call",
        "First call and warmed call",
        "The first forward call of a process, as an unwarmed stopwatch reads it, and the same "
        "layer once warmed.",
        f"{text.plural(len(pairs), 'layer')}: first call against warmed latency",
        lambda compact: row_charts.first_call(pairs, (_FIRST, _WARMED), compact=compact),
    )


def first_call_table(calls: Sequence[FirstCall]) -> Table:
    """The numbers of that figure."""
    readings = [reading for one in calls for reading in (one.first, one.warmed)]
    scale = scale_for("seconds", [reading.summary.centre for reading in readings])
    shared, note = cells.doubts(readings)
    return Table(
        id="first-calls",
        caption="The same in numbers",
        columns=(
            Column("Case", code=True),
            Column("First call", scale.symbol, numeric=True),
            Column("Warmed", scale.symbol, numeric=True),
            Column("Factor", numeric=True, hint="First call / warmed"),
        ),
        rows=tuple(
            (
                Cell(str(one.case), warning=_first_doubt(one, shared)),
                cells.measured_cell(one.first, scale),
                cells.measured_cell(one.warmed, scale),
                Cell(text.factor(one.factor), sort=repr(one.factor)),
            )
            for one in calls
        ),
        note=f"In small print: {cells.interval_title(readings)} and n. {note}".rstrip(),
    )


def _first_doubt(one: FirstCall, shared: Sequence[str]) -> str:
    doubt = cells.doubt(one.first, shared)
    return f"first call: {doubt}" if doubt else ""


def first_call_answer(calls: Sequence[FirstCall]) -> str:
    """How far first calls are from warmed ones, in a sentence; ``""`` without any."""
    if not calls:
        return ""
    factors = sorted(one.factor for one in calls)
    low, high = (text.factor(factor)[1:] for factor in (factors[0], factors[-1]))
    return (
        f"Over {text.plural(len(calls), 'layer')} the first call took {low} to {high} times as "
        f"long as the warmed one, by their centres."
    )
