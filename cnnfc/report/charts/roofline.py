"""Roofline plots of layers: FLOP/s that were reached, against intensity and against size.

One function a chart, from plain rows to a Vega-Lite specification.  The plotting area and the
margins around it are fixed, so that the two plots side by side share the height of every value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from cnnfc.report.charts.axes import value_axis
from cnnfc.report.charts.marks import Mark
from cnnfc.report.charts.parts import FAINT, INK, MUTED, Data, heading
from cnnfc.report.charts.plane import Plane
from cnnfc.report.model import Spec
from cnnfc.units import format_value

#: Times of a call that the second plot draws lines of, in seconds.
_TIMES: Final = tuple(10.0**power for power in range(-9, 4))
#: A line of equal time that is nearer to the floor than this factor would run into its label.
_APART: Final = 2.5
#: Labels beside the area need this many pixels each.
_LINE: Final = 14
#: A line is drawn where its ends are apart by this factor.
_SHORTEST: Final = 1.3
#: Pixels around the plotting area; the legend stands in the lowest part.
_MARGINS: Final = {"left": 62, "right": 50, "top": 54, "bottom": 88}
_NARROW_MARGINS: Final = {"left": 54, "right": 46, "top": 54, "bottom": 126}
#: Pixels between the area and its heading, with and without labels between them.
_OVER_LABELS: Final = 22
_OVER_NOTHING: Final = 38


@dataclass(frozen=True)
class Roof:
    """What arithmetic can reach at most: FLOP/s (above 0) in one dtype, and what to call it."""

    flops: float
    label: str


def roofline(
    marks: Sequence[Mark], roofs: Sequence[Roof], bandwidth: float | None, *, compact: bool
) -> Spec:
    """FLOP/s against intensity under the ceilings that were measured.

    Args:
        marks: layers; ``x`` is FLOP per compulsory byte, ``y`` FLOP/s, both above 0.
        roofs: the ceilings of arithmetic, that of most layers first.
        bandwidth: byte/s of the memory, above 0; None where it was not measured.
        compact: for a narrow page.
    """
    data = Data()
    ridge = roofs[0].flops / bandwidth if roofs and bandwidth else None
    places = [mark.x for mark in marks] + ([ridge] if ridge else [])
    title = "FLOP per compulsory byte (logarithmic)"
    box = _plane(places, marks, roofs, title, compact=compact)
    behind = _roofs(data, box, roofs, bandwidth)
    if bandwidth:
        top = max((roof.flops for roof in roofs), default=math.inf)
        behind += _slope(data, box, bandwidth, top, format_value(bandwidth, "byte/s"))
    if ridge and roofs:
        behind += _ridge(data, box, ridge, roofs[0].flops)
    return _plot(data, behind, marks, box, _OVER_NOTHING, compact=compact)


def overhead(
    marks: Sequence[Mark], roofs: Sequence[Roof], floor: float | None, *, compact: bool
) -> Spec:
    """FLOP/s against the FLOPs of a call, over lines of equal time.

    Args:
        marks: layers; ``x`` is FLOPs of a call, ``y`` as in `roofline`, whose axis this shares.
        roofs: as in `roofline`.
        floor: the shortest time that a call took, seconds above 0; None if there is none.
        compact: for a narrow page.
    """
    data = Data()
    title = "FLOPs of a call (logarithmic)"
    box = _plane([mark.x for mark in marks], marks, roofs, title, compact=compact)
    near = [time for time in _TIMES if floor is None or not 1 / _APART < time / floor < _APART]
    guides = [
        line for time in near if (line := box.stretch(1 / time, _time(time), least=_SHORTEST))
    ]
    behind = [*_guides(data, box, guides, roofs), *_roofs(data, box, roofs, None)]
    if floor:
        behind += _slope(data, box, 1 / floor, math.inf, f"no call under {_time(floor)}")
    over = _OVER_LABELS if any(line["top"] for line in guides) else _OVER_NOTHING
    return _plot(data, behind, marks, box, over, compact=compact)


def _plane(
    places: Iterable[float],
    marks: Sequence[Mark],
    roofs: Sequence[Roof],
    title: str,
    *,
    compact: bool,
) -> Plane:
    """The area for `places` along x, called `title`, and the heights of marks and roofs."""
    heights = [end for mark in marks for end in mark.y.ends] + [roof.flops for roof in roofs]
    # Ticks say the number alone, the titles its unit: "100 GFLOP/s" takes too much room.
    x, y = (value_axis(values, "count", log=True) for values in (places, heights))
    return Plane.of(x, y, title, compact=compact)


def _roofs(
    data: Data, box: Plane, roofs: Sequence[Roof], bandwidth: float | None
) -> list[alt.Chart]:
    """Level lines from where they meet the slope of the memory; the first roof is solid."""
    rows: list[dict[str, Any]] = [
        {
            "x": max(box.x.low, roof.flops / bandwidth if bandwidth else 0.0),
            "x2": box.x.high,
            "y": roof.flops,
            "label": roof.label,
            "first": index == 0,
        }
        for index, roof in enumerate(roofs)
    ]
    layers = []
    for first, dash in ((True, [1, 0]), (False, [5, 4])):
        some = [row for row in rows if row["first"] is first and row["x"] < row["x2"]]
        if some:
            layers.append(
                data.chart(some)
                .mark_rule(color=INK if first else MUTED, strokeDash=dash, strokeWidth=1.5)
                .encode(x=box.at_x("x"), y=box.at_y("y"), x2="x2:Q")
            )
    texts = (
        data.chart(rows)
        .mark_text(color=MUTED, fontSize=11, align="left", baseline="middle", dx=6)
        .encode(x=box.at_x("x2"), y=box.at_y("y"), text="label:N")
    )
    return [*layers, *([texts] if rows else [])]


def _slope(data: Data, box: Plane, slope: float, top: float, label: str) -> list[alt.Chart]:
    """The solid line y = slope * x up to `top`, with its label along it."""
    line = box.stretch(slope, label, least=_SHORTEST, top=top)
    if line is None:
        return []
    rule = (
        data.chart([line])
        .mark_rule(color=INK, strokeWidth=1.5)
        .encode(x=box.at_x("x"), y=box.at_y("y"), x2="x2:Q", y2="y2:Q")
    )
    text = (
        # At its upper end, where fewer marks are.
        data.chart([line])
        .mark_text(
            color=MUTED,
            fontSize=11,
            angle=box.angle % 360,
            align="right",
            baseline="bottom",
            dx=-6,
            dy=-5,
        )
        .encode(x=box.at_x("x2"), y=box.at_y("y2"), text="label:N")
    )
    return [rule, text]


def _ridge(data: Data, box: Plane, at: float, peak: float) -> list[alt.Chart]:
    """Where memory and arithmetic meet."""
    row = {"x": at, "y": box.y.low, "y2": peak, "label": f"ridge {format_value(at, 'count')}"}
    base = data.chart([row])
    # On the side with more room.
    right = at < math.sqrt(box.x.low * box.x.high)
    return [
        base.mark_rule(color=FAINT, strokeDash=[2, 4]).encode(
            x=box.at_x("x"), y=box.at_y("y"), y2="y2:Q"
        ),
        base.mark_text(
            color=MUTED,
            fontSize=11,
            align="left" if right else "right",
            baseline="bottom",
            dx=5 if right else -5,
            dy=-5,
        ).encode(x=box.at_x("x"), y=box.at_y("y"), text="label:N"),
    ]


def _guides(
    data: Data, box: Plane, lines: Sequence[dict[str, Any]], roofs: Sequence[Roof]
) -> list[alt.Chart]:
    """Dotted lines of equal time, each labelled where it leaves the area and there is room."""
    if not lines:
        return []
    room = math.exp(_LINE * math.log(box.y.high / box.y.low) / box.height)
    above = data.chart([line for line in lines if line["top"]])
    beside = data.chart(
        line
        for line in lines
        if not line["top"] and not any(1 / room < line["y2"] / roof.flops < room for roof in roofs)
    )
    ends = {"x": box.at_x("x2"), "y": box.at_y("y2"), "text": "label:N"}
    return [
        data.chart(lines)
        .mark_rule(color=FAINT, strokeDash=[2, 4])
        .encode(x=box.at_x("x"), y=box.at_y("y"), x2="x2:Q", y2="y2:Q"),
        above.mark_text(color=MUTED, fontSize=11, align="center", baseline="bottom", dy=-5).encode(
            **ends
        ),
        beside.mark_text(color=MUTED, fontSize=11, align="left", baseline="middle", dx=6).encode(
            **ends
        ),
    ]


def _plot(
    data: Data,
    behind: Sequence[alt.Chart],
    marks: Sequence[Mark],
    box: Plane,
    offset: int,
    *,
    compact: bool,
) -> Spec:
    title = heading("FLOP/s, logarithmic; higher is better", box.width, offset=offset)
    chart = alt.layer(*behind, *box.layers(data, marks, compact=compact)).properties(
        width=box.width, height=box.height, title=title
    )
    return data.finish(chart, _NARROW_MARGINS if compact else _MARGINS)


def _time(seconds: float) -> str:
    return format_value(seconds, "seconds")
