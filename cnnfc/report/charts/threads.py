"""Charts of layers against the number of CPU threads: speed-up, gain and efficiency.

One function a chart, from plain rows to a Vega-Lite specification.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from cnnfc.report.charts.axes import Axis, value_axis
from cnnfc.report.charts.marks import Mark, Value, styles_of, with_interval
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
from cnnfc.report.palette import Style

#: What is left free at both ends of an axis of doublings, as a factor.
_ROOM: Final = 1.12
#: Labels that an axis of doublings has room for.
_TICKS: Final = 9
#: Pixels around the plotting area; the legend stands in the lowest part.
_MARGINS: Final = {"left": 62, "right": 50, "top": 44, "bottom": 88}
_NARROW_MARGINS: Final = {"left": 54, "right": 44, "top": 44, "bottom": 126}


@dataclass(frozen=True)
class Curve:
    """One layer over the thread counts.

    ``points`` are (threads, speed-up); ``law`` are those of Amdahl's law, empty where it does not
    hold; ``note`` is a second line under the title.
    """

    title: str
    note: str
    style: Style
    points: tuple[tuple[int, Value], ...]
    law: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Family:
    """The efficiency of the layers of one family: (threads, share)."""

    style: Style
    points: tuple[tuple[int, Value], ...]


def speedups(curves: Sequence[Curve], *, compact: bool) -> Spec:
    """Speed-up against threads, a panel a layer, with ideal and Amdahl's law; one curve or more.

    All panels share their axes.
    """
    columns = 1 if compact else min(4, len(curves))
    width, height = (300, 130) if compact else (205, 165)
    data = Data()
    counts = sorted({threads for curve in curves for threads, _ in curve.points})
    ends = [end for curve in curves for _, value in curve.points for end in value.ends]
    x = _doublings(counts, str_of=_count)
    y = _doublings([1.0, counts[-1] / counts[0], *ends], str_of=_times)
    panels = [
        _panel(data, curve, x, y).properties(
            width=width,
            height=height,
            title=alt.TitleParams(
                curve.title,
                subtitle=curve.note,
                anchor="start",
                frame="bounds",
                fontSize=11.5,
                fontWeight="normal",
                color=INK,
                subtitleColor=MUTED,
                subtitleFontSize=11,
                offset=8,
            ),
        )
        for curve in curves
    ]
    chart = panels[0] if len(panels) == 1 else alt.concat(*panels, columns=columns)
    return data.finish(chart)


def gains(marks: Sequence[Mark], ideal: float, base: str, *, compact: bool) -> Spec:
    """Speed-up of every layer against its latency on the fewest threads.

    Args:
        marks: layers; ``x`` is seconds, ``y`` the speed-up, both above 0.
        ideal: the speed-up that more threads allow.
        base: what the horizontal axis is called.
        compact: for a narrow page.
    """
    data = Data()
    size = _size(compact)
    x = value_axis([mark.x for mark in marks], "seconds", log=True)
    y = _doublings([1.0, ideal, *(end for mark in marks for end in mark.y.ends)], str_of=_times)
    at_x = alt.X("x:Q", scale=x.scale, axis=x.axis(base))
    styles = styles_of(marks)
    key = _key(styles, compact)
    rows = [mark.row for mark in marks]
    lines = [
        {"y": ideal, "label": "ideal", "at": x.high},
        {"y": 1.0, "label": "no gain", "at": x.high},
    ]
    chart = alt.layer(
        *_levels(data, lines, y, alt.X("at:Q", scale=x.scale, axis=x.axis(base))),
        data.chart(with_interval(rows))
        .mark_rule(strokeWidth=1.5, opacity=0.6)
        .encode(x=at_x, y=_at_y("low", y), y2="high:Q", color=color(styles, key)),
        data.chart(rows)
        .mark_point(filled=True, size=60, opacity=0.92, stroke=SURFACE, strokeWidth=0.8)
        .encode(
            x=at_x,
            y=_at_y("centre", y),
            color=color(styles, key),
            shape=shape(styles, key),
            description="hover:N",
        ),
    ).properties(**size, title=heading("Speed-up (higher is better)", size["width"], offset=14))
    return data.finish(chart, _NARROW_MARGINS if compact else _MARGINS)


def efficiencies(families: Sequence[Family], *, compact: bool) -> Spec:
    """Efficiency against threads: a line a family, with the spread of its layers."""
    data = Data()
    size = _size(compact)
    x = _doublings({t for family in families for t, _ in family.points}, str_of=_count)
    y = _shares(end for family in families for _, value in family.points for end in value.ends)
    styles = [family.style for family in families]
    key = _key(styles, compact)
    at_x = alt.X("x:Q", scale=x.scale, axis=x.axis("Threads"))
    rows = [
        {"style": family.style.label, "x": threads, **value.row}
        for family in families
        for threads, value in family.points
    ]
    lines = [{"y": 1.0, "label": "ideal", "at": x.high}]
    chart = alt.layer(
        *_levels(data, lines, y, alt.X("at:Q", scale=x.scale, axis=x.axis("Threads"))),
        data.chart(rows)
        .mark_line(strokeWidth=1.75, opacity=0.85)
        .encode(x=at_x, y=_at_y("centre", y), color=color(styles, key)),
        data.chart(with_interval(rows))
        .mark_rule(strokeWidth=2, opacity=0.45)
        .encode(x=at_x, y=_at_y("low", y), y2="high:Q", color=color(styles, key)),
        data.chart(rows)
        .mark_point(filled=True, size=60, opacity=1, stroke=SURFACE, strokeWidth=0.6)
        .encode(
            x=at_x,
            y=_at_y("centre", y),
            color=color(styles, key),
            shape=shape(styles, key),
            description="hover:N",
        ),
    ).properties(**size, title=heading("Efficiency: speed-up / threads", size["width"], offset=14))
    return data.finish(chart, _NARROW_MARGINS if compact else _MARGINS)


def _panel(data: Data, curve: Curve, x: Axis, y: Axis) -> alt.LayerChart | alt.FacetChart:
    first, last = curve.points[0][0], curve.points[-1][0]
    rows = [{"x": threads, **value.row} for threads, value in curve.points]
    at_x = alt.X("x:Q", scale=x.scale, axis=x.axis())
    ideal = {"x": first, "y": 1.0, "x2": last, "y2": last / first}
    layers = [
        data.chart([{"y": 1.0}]).mark_rule(color=FAINT, strokeDash=[2, 4]).encode(y=_at_y("y", y)),
        data.chart([ideal])
        .mark_rule(color=MUTED, strokeWidth=1)
        .encode(x=at_x, y=_at_y("y", y), x2="x2:Q", y2="y2:Q"),
    ]
    if curve.law:
        law = [{"x": threads, "y": speed} for threads, speed in curve.law]
        layers.append(
            data.chart(law)
            .mark_line(color=INK, strokeWidth=1.25, strokeDash=[5, 4])
            .encode(x=at_x, y=_at_y("y", y))
        )
    colour = curve.style.colour
    layers += [
        data.chart(with_interval(rows))
        .mark_rule(strokeWidth=2, opacity=0.55, color=colour)
        .encode(x=at_x, y=_at_y("low", y), y2="high:Q"),
        data.chart(rows)
        .mark_point(
            filled=True,
            size=62,
            opacity=1,
            color=colour,
            shape=curve.style.shape,
            stroke=SURFACE,
            strokeWidth=0.6,
        )
        .encode(x=at_x, y=_at_y("centre", y), description="hover:N"),
    ]
    return alt.layer(*layers)


def _levels(data: Data, lines: Sequence[dict[str, Any]], y: Axis, end: alt.X) -> list[alt.Chart]:
    """Level lines through the area, the first solid, each with its label at the right end."""
    layers = []
    for rows, colour, dash in ((lines[:1], MUTED, [1, 0]), (lines[1:], FAINT, [2, 4])):
        if rows:
            layers.append(
                data.chart(rows).mark_rule(color=colour, strokeDash=dash).encode(y=_at_y("y", y))
            )
    text = data.chart(lines).mark_text(
        color=MUTED, fontSize=11, align="left", baseline="middle", dx=5
    )
    return [*layers, text.encode(x=end, y=_at_y("y", y), text="label:N")]


def _at_y(field: str, axis: Axis) -> alt.Y:
    return alt.Y(f"{field}:Q", scale=axis.scale, axis=axis.axis())


def _size(compact: bool) -> dict[str, int]:
    return {"width": 270, "height": 250} if compact else {"width": 470, "height": 300}


def _key(styles: Sequence[Style], compact: bool) -> alt.Legend:
    return legend(2 if compact else 6 if len(styles) < 6 else 4, 120)


def _doublings(values: Iterable[float], str_of: Callable[[float], str]) -> Axis:
    """A logarithmic axis with a tick at powers of two, every n-th where there are many."""
    # Within what floating point can divide and multiply by the room without leaving its range.
    known = [min(max(value, 1e-290), 1e290) for value in values if math.isfinite(value)]
    low, high = min(known, default=1.0) / _ROOM, max(known, default=2.0) * _ROOM
    powers = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
    every = max(1, math.ceil(len(powers) / _TICKS))
    ticks = tuple(2.0**power for power in powers if power % every == 0)
    return Axis(low, high, log=True, ticks=ticks, labels=tuple(str_of(tick) for tick in ticks))


def _shares(values: Iterable[float]) -> Axis:
    """A linear axis of shares from 0 to above 100%."""
    high = max([1.0, *(value for value in values if math.isfinite(value))]) * 1.08
    step = next((step for step in (0.25, 0.5, 1.0, 2.5, 5.0) if high / step < 7), high / 5)
    ticks = tuple(step * n for n in range(math.floor(high / step) + 1))
    return Axis(0.0, high, log=False, ticks=ticks, labels=tuple(map(_share, ticks)))


def _share(value: float) -> str:
    return f"{value:.0%}" if value < 1000 else f"{value:.0e}"


def _count(value: float) -> str:
    return f"{value:g}"


def _times(value: float) -> str:
    return f"×{value:g}"
