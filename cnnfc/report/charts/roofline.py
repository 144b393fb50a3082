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

from cnnfc.report.charts.axes import Axis, value_axis
from cnnfc.report.charts.marks import Mark, styles_of, with_interval
from cnnfc.report.charts.parts import (
    FAINT,
    INK,
    MUTED,
    SURFACE,
    Data,
    color,
    heading,
    legend,
    shape,
)
from cnnfc.report.model import Spec
from cnnfc.units import format_value

#: Times of a call that the second plot draws lines of, in seconds.
_TIMES: Final = tuple(10.0**power for power in range(-9, 4))
#: A line of equal time that is nearer to the floor than this factor would run into its label.
_APART: Final = 2.5
#: Labels beside the area need this many pixels each.
_LINE: Final = 14
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
    box = _Box.around(places, marks, roofs, title, compact=compact)
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
    box = _Box.around([mark.x for mark in marks], marks, roofs, title, compact=compact)
    near = [time for time in _TIMES if floor is None or not 1 / _APART < time / floor < _APART]
    guides = [line for time in near if (line := box.stretch(1 / time, _time(time)))]
    behind = [*_guides(data, box, guides, roofs), *_roofs(data, box, roofs, None)]
    if floor:
        behind += _slope(data, box, 1 / floor, math.inf, f"no call under {_time(floor)}")
    over = _OVER_LABELS if any(line["top"] for line in guides) else _OVER_NOTHING
    return _plot(data, behind, marks, box, over, compact=compact)


@dataclass(frozen=True)
class _Box:
    """The plotting area: its two axes, and its size in pixels."""

    x: Axis
    y: Axis
    title: str
    width: int
    height: int

    @classmethod
    def around(
        cls,
        places: Iterable[float],
        marks: Sequence[Mark],
        roofs: Sequence[Roof],
        title: str,
        *,
        compact: bool,
    ) -> _Box:
        """The area for `places` along x, called `title`, and the heights of marks and roofs."""
        heights = [end for mark in marks for end in mark.y.ends] + [roof.flops for roof in roofs]
        # Ticks say the number alone, the titles its unit: "100 GFLOP/s" takes too much room.
        x, y = (value_axis(values, "count", log=True) for values in (places, heights))
        return cls(x, y, title, *((270, 290) if compact else (470, 380)))

    def at_x(self, field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=self.x.scale, axis=self.x.axis(self.title))

    def at_y(self, field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=self.y.scale, axis=self.y.axis())

    def stretch(self, slope: float, label: str, top: float = math.inf) -> dict[str, Any] | None:
        """The part of the line y = slope * x inside the area and not above `top`."""
        left = max(self.x.low, self.y.low / slope)
        right = min(self.x.high, min(self.y.high, top) / slope)
        if not right > left * 1.3:
            return None
        return {
            "x": left,
            "y": slope * left,
            "x2": right,
            "y2": slope * right,
            "top": slope * right >= self.y.high * 0.999,
            "label": label,
        }

    @property
    def angle(self) -> float:
        """Degrees, clockwise, of text along a line y = slope * x."""
        run = self.width / math.log(self.x.high / self.x.low)
        rise = self.height / math.log(self.y.high / self.y.low)
        return -math.degrees(math.atan2(rise, run))


def _roofs(
    data: Data, box: _Box, roofs: Sequence[Roof], bandwidth: float | None
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


def _slope(data: Data, box: _Box, slope: float, top: float, label: str) -> list[alt.Chart]:
    """The solid line y = slope * x up to `top`, with its label along it."""
    line = box.stretch(slope, label, top)
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


def _ridge(data: Data, box: _Box, at: float, peak: float) -> list[alt.Chart]:
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
    data: Data, box: _Box, lines: Sequence[dict[str, Any]], roofs: Sequence[Roof]
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
    box: _Box,
    offset: int,
    *,
    compact: bool,
) -> Spec:
    styles = styles_of(marks)
    rows = [mark.row for mark in marks]
    key = legend(2 if compact else 6 if len(styles) < 6 else 4, 120)
    bars = (
        data.chart(with_interval(rows))
        .mark_rule(strokeWidth=1.5, opacity=0.7)
        .encode(x=box.at_x("x"), y=box.at_y("low"), y2="high:Q", color=color(styles, key))
    )
    points = (
        data.chart(rows)
        .mark_point(
            filled=True, size=56 if compact else 66, opacity=0.92, stroke=SURFACE, strokeWidth=0.8
        )
        .encode(
            x=box.at_x("x"),
            y=box.at_y("centre"),
            color=color(styles, key),
            shape=shape(styles, key),
            description="hover:N",
        )
    )
    title = heading("FLOP/s, logarithmic; higher is better", box.width, offset=offset)
    chart = alt.layer(*behind, bars, points).properties(
        width=box.width, height=box.height, title=title
    )
    return data.finish(chart, _NARROW_MARGINS if compact else _MARGINS)


def _time(seconds: float) -> str:
    return format_value(seconds, "seconds")
