"""The two charts that lead a page on parameters: latency by parameters, and by the roofline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cnnfc.report import palette, text
from cnnfc.report.charts import scatter
from cnnfc.report.charts.marks import Mark
from cnnfc.report.charts.scatter import Bar, Floor
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.measured import Measured
from cnnfc.report.layers.regimes import DeviceRegimes
from cnnfc.report.model import Figure
from cnnfc.report.views import common
from cnnfc.report.views.benchmark.figures import figure
from cnnfc.units import format_count, format_value

#: Ladders whose factor is written over them: more would cover each other.
_LABELLED: Final = 3


def scatter_figures(found: DeviceLayers, regimes: DeviceRegimes) -> Iterator[Figure]:
    """Latency against parameters; beside it, with ceilings, against the roofline bound."""
    placed = [one for one in found.layers if one.costs.parameters > 0]
    marks = [mark(one, float(one.costs.parameters)) for one in placed]
    bars = [
        Bar(
            float(ladder.parameters),
            ladder.rungs[0].latency,
            ladder.rungs[-1].latency,
            text.factor(ladder.factor) if place < _LABELLED else "",
        )
        for place, ladder in enumerate(found.ladders)
    ]
    rungs = (
        " A thick grey bar joins layers with exactly the same number of parameters: its length, "
        "the factor above it, is what parameters cannot explain."
        if bars
        else ""
    )
    floor = _floor(regimes)
    below = (
        " No call was shorter than the dashed line, so that overhead is at most that."
        if floor
        else ""
    )
    yield figure(
        "parameters",
        "Latency against parameters",
        f"One mark a layer, its interval as a bar (often shorter than the mark). On a dotted line "
        f"every parameter takes the same time, which stands at its end.{rungs}{below}",
        f"{len(marks)} layers, latency against number of parameters, both logarithmic",
        lambda compact: scatter.parameters(marks, bars, floor=floor, compact=compact),
    )
    bounded = [mark(one, one.bound) for one in placed if one.bound]
    if bounded:
        yield figure(
            "roofline",
            "Latency against the roofline bound",
            "The same layers and the same height; to the right, the least time that the measured "
            "ceilings of this device allow. On a line, every layer reaches the share of that "
            "bound that stands at its end. Marks below the solid line beat it: data in a cache, or "
            "a faster algorithm.",
            f"{len(bounded)} layers, latency against the roofline bound, both logarithmic",
            lambda compact: scatter.roofline_bound(bounded, marks, floor=floor, compact=compact),
        )


def mark(one: Measured, x: float, *, brief: bool = False) -> Mark:
    """The mark of a layer at `x`; hovering says its case, costs, efficiency, latency and commit.

    A `brief` one says its case, latency and commit.
    """
    name = str(one.case)
    said = name if brief else "\n".join((name, _counts(one), _rates(one)))
    style = palette.family(one.case)
    return Mark(style, name, x, common.chart_value(said, one.reading, "seconds"))


def _counts(one: Measured) -> str:
    costs = one.costs
    return ", ".join(
        (
            f"{format_count(costs.parameters)} parameters",
            format_value(costs.flops, "flops"),
            format_value(costs.bytes, "bytes"),
        )
    )


def _rates(one: Measured) -> str:
    costs = one.costs
    rates = [format_value(costs.flops / one.latency, "flop/s")]
    if costs.parameters:
        rates.insert(0, f"{_rate(one.latency / costs.parameters)} a parameter")
    if one.bound:
        rates.append(f"{text.percent(one.bound / one.latency)} of the roofline bound")
    return ", ".join(rates)


def _rate(seconds: float) -> str:
    """Seconds a parameter in words; picoseconds are common here and nowhere else."""
    if seconds >= 1e-9:
        return format_value(seconds, "seconds")
    return f"{format_value(seconds * 1e12, '')} ps"


def _floor(regimes: DeviceRegimes) -> Floor | None:
    floor = regimes.floor
    if floor is None:
        return None
    return Floor(floor.high, f"overhead ≤ {format_value(floor.high, 'seconds')}")
