"""Ladders: layers with equal parameters, along the one thing that they differ in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt

from cnnfc.report.charts.axes import Axis, value_axis
from cnnfc.report.charts.marks import Mark, styles_of, with_interval
from cnnfc.report.charts.parts import (
    FAINT,
    INK,
    SURFACE,
    Data,
    color,
    heading,
    legend,
    shape,
)
from cnnfc.report.model import Spec
from cnnfc.report.palette import Style

#: Pixels that a label at the end of a line needs.
_LINE: Final = 15


@dataclass(frozen=True)
class Line:
    """One ladder: its rungs by their place on the axis, and what stands at its end."""

    marks: tuple[Mark, ...]
    label: str


@dataclass(frozen=True)
class Panel:
    """All ladders along one axis; ``title`` says what the axis is, in which unit."""

    title: str
    lines: tuple[Line, ...]


def ladders(panels: Sequence[Panel], *, compact: bool) -> Spec:
    """Latency (s) along each axis, one panel an axis; all share the height of a latency.

    Args:
        panels: ``x`` of a mark is its place on the axis of its panel, above 0.
        compact: for a narrow page.
    """
    data = Data()
    marks = [mark for panel in panels for line in panel.lines for mark in line.marks]
    y = value_axis((end for mark in marks for end in mark.y.ends), "seconds", log=True)
    # Beside the panel stand the labels at the ends of its lines.
    width = 200 if compact else (1100 - 120 * len(panels)) // max(2, len(panels))
    height = 200 if compact else 260
    frame = _Frame(data, y, tuple(styles_of(marks)), height, compact)
    parts = [
        _panel(frame, panel).properties(
            width=width, height=height, title=heading(panel.title, width)
        )
        for panel in panels
    ]
    columns = 1 if compact else len(parts)
    return data.finish(alt.concat(*parts, columns=columns, spacing=24))


@dataclass(frozen=True)
class _Frame:
    """What all panels share: rows, the axis of latency, styles, and their height in pixels."""

    data: Data
    y: Axis
    styles: tuple[Style, ...]
    height: int
    compact: bool


def _panel(frame: _Frame, panel: Panel) -> alt.LayerChart | alt.FacetChart:
    """One panel; altair appends its number to the name of its marks."""
    data, styles = frame.data, frame.styles
    x = _places([mark.x for line in panel.lines for mark in line.marks])
    key = legend(2 if frame.compact else 6, 110)

    def at_x(field: str = "x") -> alt.X:
        return alt.X(f"{field}:Q", scale=x.scale, axis=x.axis(labelOverlap=True, grid=False))

    def at_y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=frame.y.scale, axis=frame.y.axis())

    rows = [
        mark.row | {"line": index} for index, line in enumerate(panel.lines) for mark in line.marks
    ]
    return alt.layer(
        data.chart(rows)
        .mark_line(color=FAINT, strokeWidth=1.75, opacity=0.8)
        .encode(x=at_x(), y=at_y("centre"), detail="line:N"),
        data.chart(with_interval(rows))
        .mark_rule(strokeWidth=1.5, opacity=0.7)
        .encode(x=at_x(), y=at_y("low"), y2="high:Q", color=color(styles, key)),
        data.chart(rows)
        .mark_point(filled=True, size=58, opacity=0.95, stroke=SURFACE, strokeWidth=0.8)
        .encode(
            x=at_x(),
            y=at_y("centre"),
            color=color(styles, key),
            shape=shape(styles, key),
            description="hover:N",
        )
        .properties(name="marks"),
        data.chart(_ends(frame, panel.lines, x))
        .mark_text(color=INK, fontSize=11, align="left", baseline="middle", dx=8)
        .encode(x=at_x(), y=at_y("y"), text="label:N"),
    )


def _places(values: Sequence[float]) -> Axis:
    """A logarithmic axis whose ticks are the places that occur."""
    ticks = tuple(sorted(set(values)))
    low, high = ticks[0], ticks[-1]
    margin = (high / low) ** 0.06 if high > low else 2.0
    return Axis(low / margin, high * margin, True, ticks, tuple(f"{tick:,.4g}" for tick in ticks))


def _ends(frame: _Frame, lines: Sequence[Line], x: Axis) -> list[dict[str, float | str]]:
    """A label at the end of each line, at the edge of the panel; none over another."""
    y = frame.y
    least = _LINE / frame.height * math.log(y.high / y.low)
    ends = sorted((math.log(line.marks[-1].y.centre), line.label) for line in lines)
    placed: list[float] = []
    for end, _ in ends:
        placed.append(max(end, placed[-1] + least) if placed else end)
    # What was pushed up beyond the panel goes down again, and what is below it with it.
    top = math.log(y.high)
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], top)
        top = placed[index] - least
    return [
        {"x": x.high, "y": math.exp(at), "label": label}
        for at, (_, label) in zip(placed, ends, strict=True)
    ]
