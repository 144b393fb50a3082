"""Small multiples on a page about parameters: the same question asked of parts of the layers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from cnnfc.analysis.predictors import Fit
from cnnfc.report import text
from cnnfc.report.charts import multiples as charts
from cnnfc.report.charts.multiples import Panel
from cnnfc.report.layers.slices import Slice, Slices
from cnnfc.report.model import Cell, Column, Figure, Table
from cnnfc.report.views import cells
from cnnfc.report.views.benchmark.figures import figure
from cnnfc.report.views.parameters.figures import mark
from cnnfc.report.views.parameters.tables import explained_cell
from cnnfc.units import format_value

_TITLES: Final = {
    "device": ("by-device", "By device"),
    "batch size": ("by-batch", "By batch size"),
    "pass": ("by-pass", "By pass"),
}


def multiples_figures(cuts: Sequence[Slices]) -> Iterator[Figure]:
    """A row of small scatter plots for each thing that layers are cut by."""
    for cut in cuts:
        id_, title = _TITLES[cut.what]
        yield _figure(id_, title, cut)


def _figure(id_: str, title: str, cut: Slices) -> Figure:
    panels = [_panel(one) for one in cut.slices]
    # Parts that hold every layer have nothing to be seen against.
    whole = cut.what == "device"
    return figure(
        id_,
        title,
        "Latency against parameters, both logarithmic and on the same axes in every panel; lower "
        "is better. A line is the power law of the marks in colour; too few have none."
        + ("" if whole else " Grey dots are the marks of all panels."),
        f"{len(panels)} panels of latency against parameters, by {cut.what}",
        lambda compact: charts.multiples(panels, shadow=not whole, compact=compact),
    )


def _panel(one: Slice) -> Panel:
    counts = [float(layer.costs.parameters) for layer in one.layers if layer.costs.parameters]
    low, high = min(counts, default=1.0), max(counts, default=1.0)
    left, right = one.parameters.predict(low), one.parameters.predict(high)
    line = None
    # A slope that the table has no interval for is not drawn either.
    known = one.parameters.slope_low is not None
    if known and left and right and max(left, right) < math.inf:
        line = ((low, left), (high, right))
    return Panel(
        one.label,
        tuple(
            mark(layer, float(layer.costs.parameters), brief=True)
            for layer in one.layers
            if layer.costs.parameters
        ),
        line,
    )


def slices_table(cuts: Sequence[Slices]) -> Table | None:
    """The numbers of those plots; None without any."""
    if not cuts:
        return None
    return Table(
        id="slices",
        caption="How much is explained in each part",
        columns=(
            Column("Layers of"),
            Column("Cut by"),
            Column("Layers", numeric=True),
            Column("Variance explained", "by parameters", numeric=True),
            Column("Variance explained", "by the roofline bound", numeric=True),
            Column(
                "Latency × for",
                "10 × parameters",
                numeric=True,
                hint="By the power law: 10 means that latency is proportional to parameters",
            ),
            Column("Fastest and slowest", numeric=True),
        ),
        rows=tuple(_row(cut.what, one) for cut in cuts for one in cut.slices),
        note="Each part has a law of its own, judged by the layers that it is fitted to. In small "
        "print: 95% intervals from a bootstrap over the layers.",
    )


def _row(what: str, one: Slice) -> tuple[Cell, ...]:
    latencies = [layer.latency for layer in one.layers]
    low, high = min(latencies), max(latencies)
    return (
        Cell(one.label, warning="; ".join(one.parameters.warnings)),
        Cell(what),
        cells.count(len(one.layers)),
        explained_cell(one.parameters),
        explained_cell(one.bound),
        _growth(one.parameters),
        Cell(
            f"{format_value(low, 'seconds')} – {format_value(high, 'seconds')}",
            sort=repr(high / low),
        ),
    )


def _growth(fit: Fit) -> Cell:
    """What the law multiplies latency by where parameters are 10 times as many."""
    if fit.slope is None or fit.slope_low is None or fit.slope_high is None:
        return Cell(text.MISSING, tone="muted")
    middle, low, high = (_power(one) for one in (fit.slope, fit.slope_low, fit.slope_high))
    return Cell(
        text.factor(middle), sort=repr(middle), detail=f"{text.factor(low)} – {text.factor(high)}"
    )


def _power(slope: float) -> float:
    """Ten to the `slope`, within what floats can hold."""
    return float(10.0 ** min(slope, 300.0))
