"""Scatter plots of layers: latency against a predictor, both axes logarithmic.

One function a chart, from plain rows to a Vega-Lite specification.  The plotting area and the
margins around it are fixed, so that two plots side by side share the height of every value.

What a script may join is named: the layers of marks are called ``marks`` and ``intervals`` in every
specification here (``marks_0``, ``marks_1``, ... in the panels of `multiples` and `ladders`), and
each of their rows carries the case in ``label``, the same in every chart of a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from cnnfc.report.charts.axes import value_axis
from cnnfc.report.charts.marks import Mark
from cnnfc.report.charts.parts import FAINT, INK, MUTED, SURFACE, Data, heading
from cnnfc.report.charts.plane import Plane
from cnnfc.report.model import Spec
from cnnfc.units import format_value

_RATES: Final = tuple(10.0**power for power in range(-15, 1))
_SHARES: Final = {1.0: "100%", 10.0: "10%", 100.0: "1%", 1000.0: "0.1%"}
#: A line is drawn where its ends are apart by this factor.
_SHORTEST: Final = 1.5
#: Pixels around the plotting area; the legend stands in the lowest part.
_MARGINS: Final = {"left": 62, "right": 50, "top": 44, "bottom": 88}
_NARROW_MARGINS: Final = {"left": 54, "right": 44, "top": 44, "bottom": 126}


@dataclass(frozen=True)
class Bar:
    """A ladder: layers with ``x`` parameters whose latency reaches from ``low`` to ``high``.

    ``label`` stands over its upper end; it may be empty.
    """

    x: float
    low: float
    high: float
    label: str = ""


@dataclass(frozen=True)
class Floor:
    """The most that the overhead of a call can be (s), and what to write beside the line."""

    latency: float
    label: str


def parameters(
    marks: Sequence[Mark], ladders: Sequence[Bar], *, floor: Floor | None = None, compact: bool
) -> Spec:
    """Latency (s) against parameters over lines of equal time a parameter.

    Args:
        marks: layers; ``x`` is the number of parameters (1 and up).
        ladders: layers with equal parameter counts.
        floor: the overhead of a call, if it is known.
        compact: for a narrow page.
    """
    data = Data()
    box = _plane(marks, marks, "Parameters", "parameters", floor, compact=compact)
    lines = _proportions(box, {rate: _rate(rate) for rate in _RATES})
    behind = [*_guides(data, box, lines), *_floor(data, box, floor), *_ladders(data, box, ladders)]
    front = _factors(data, box, ladders)
    return _scatter(data, behind, marks, box, front, compact=compact)


def roofline_bound(
    marks: Sequence[Mark], every: Sequence[Mark], *, floor: Floor | None = None, compact: bool
) -> Spec:
    """Latency (s) against the roofline bound (s) over lines of equal efficiency.

    `every` are the marks of the chart beside it, whose vertical axis and `floor` this one shares.
    """
    data = Data()
    box = _plane(marks, every, "Roofline bound", "seconds", floor, compact=compact)
    guides = _guides(data, box, _proportions(box, _SHARES), firm=1.0)
    return _scatter(data, [*guides, *_floor(data, box, floor)], marks, box, compact=compact)


def _plane(
    marks: Sequence[Mark],
    every: Sequence[Mark],
    title: str,
    unit: str,
    floor: Floor | None,
    *,
    compact: bool,
) -> Plane:
    """The area for the x of `marks`, called `title`, and the y of `every` mark and `floor`."""
    x = value_axis([mark.x for mark in marks], unit, log=True)
    ends = [end for mark in every for end in mark.y.ends]
    # Room for the words below its line.
    y = value_axis([*ends, *([floor.latency / 1.3] if floor else [])], "seconds", log=True)
    return Plane.of(x, y, f"{title} (logarithmic)", compact=compact)


def _proportions(box: Plane, labels: dict[float, str]) -> list[dict[str, Any]]:
    """The stretch of each line y = slope * x inside the area, and which edge it leaves by."""
    return [
        {**line, "slope": slope}
        for slope, label in labels.items()
        if (line := box.stretch(slope, label, least=_SHORTEST))
    ]


def _floor(data: Data, box: Plane, floor: Floor | None) -> list[alt.Chart]:
    """A line across the area, with its words on the left below it."""
    if floor is None:
        return []
    base = data.chart(
        [{"x": box.x.low, "x2": box.x.high, "y": floor.latency, "label": floor.label}]
    ).encode(x=box.at_x("x"), y=box.at_y("y"))
    return [
        base.mark_rule(color=MUTED, strokeDash=[7, 3]).encode(x2="x2:Q").properties(name="floor"),
        *_words(base, MUTED, align="left", baseline="top", dx=4, dy=4),
    ]


def _ladders(data: Data, box: Plane, ladders: Sequence[Bar]) -> list[alt.Chart]:
    """Thick bars from the fastest to the slowest layer with equally many parameters."""
    if not ladders:
        return []
    bars = data.chart({"x": bar.x, "low": bar.low, "high": bar.high} for bar in ladders)
    return [
        bars.mark_rule(strokeWidth=9, strokeCap="round", color=FAINT, opacity=0.22)
        .encode(x=box.at_x("x"), y=box.at_y("low"), y2="high:Q")
        .properties(name="ladders")
    ]


def _factors(data: Data, box: Plane, ladders: Sequence[Bar]) -> list[alt.Chart]:
    """What stands over the bars, before all marks."""
    labels = [{"x": bar.x, "high": bar.high, "label": bar.label} for bar in ladders if bar.label]
    if not labels:
        return []
    base = data.chart(labels).encode(x=box.at_x("x"), y=box.at_y("high"))
    return _words(base, INK, fontWeight="bold", baseline="bottom", dy=-9)


def _words(base: alt.Chart, colour: str, **options: Any) -> list[alt.Chart]:  # noqa: ANN401 - altair's
    """The labels of `base`, edged with the ground so that no line crosses them out."""
    edge: dict[str, Any] = {"color": SURFACE, "stroke": SURFACE, "strokeWidth": 4}
    return [
        base.mark_text(fontSize=11, **style, **options).encode(text="label:N")
        for style in (edge, {"color": colour})
    ]


def _guides(
    data: Data, box: Plane, lines: Sequence[dict[str, Any]], firm: float | None = None
) -> list[alt.Chart]:
    """Lines of proportion, each labelled where it leaves the area; the `firm` one is solid."""
    layers = []
    for chosen, colour, dash in ((True, MUTED, [1, 0]), (False, FAINT, [2, 4])):
        some = [line for line in lines if (line["slope"] == firm) == chosen]
        if some:
            layers.append(
                data.chart(some)
                .mark_rule(color=colour, strokeDash=dash)
                .encode(x=box.at_x("x"), y=box.at_y("y"), x2="x2:Q", y2="y2:Q")
            )
    above = data.chart([line for line in lines if line["top"]])
    beside = data.chart([line for line in lines if not line["top"]])
    texts = (
        above.mark_text(
            color=MUTED, fontSize=11, align="center", baseline="bottom", dy=-5, aria=False
        ),
        beside.mark_text(
            color=MUTED, fontSize=11, align="left", baseline="middle", dx=6, aria=False
        ),
    )
    ends = {"x": box.at_x("x2"), "y": box.at_y("y2"), "text": "label:N"}
    return [*layers, *(text.encode(**ends) for text in texts)]


def _scatter(
    data: Data,
    behind: Sequence[alt.Chart],
    marks: Sequence[Mark],
    box: Plane,
    front: Sequence[alt.Chart] = (),
    *,
    compact: bool,
) -> Spec:
    layers = box.layers(data, marks, compact=compact)
    chart = alt.layer(*behind, *layers, *front).properties(
        width=box.width,
        height=box.height,
        title=heading("Latency (logarithmic; lower is better)", box.width, offset=22),
    )
    return data.finish(chart, _NARROW_MARGINS if compact else _MARGINS)


def _rate(seconds: float) -> str:
    """Seconds a parameter in words; picoseconds are common here and nowhere else."""
    return format_value(seconds, "seconds") if seconds >= 1e-9 else f"{seconds * 1e12:g} ps"
