"""Small multiples: several little scatter plots of latency against parameters on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from cnnfc.report.charts.axes import Axis, value_axis
from cnnfc.report.charts.marks import Mark, styles_of
from cnnfc.report.charts.parts import FAINT, MUTED, SURFACE, Data, color, heading, legend, shape
from cnnfc.report.model import Spec
from cnnfc.report.palette import Style

#: Panels beside each other.
_COLUMNS = 4
_NARROW_COLUMNS = 2


@dataclass(frozen=True)
class Panel:
    """One small plot: its title and the layers in it; ``x`` of a mark is its parameters.

    ``line`` are the ends of the law fitted to these layers, as (parameters, latency); None without
    a law.
    """

    title: str
    marks: tuple[Mark, ...]
    line: tuple[tuple[float, float], tuple[float, float]] | None = None


def multiples(panels: Sequence[Panel], *, shadow: bool, compact: bool) -> Spec:
    """Latency (s) against parameters, one panel a slice, all with the same axes.

    Args:
        panels: the slices.
        shadow: whether the marks of all panels stand in faint grey behind those of each.
        compact: for a narrow page.
    """
    data = Data()
    every = [mark for panel in panels for mark in panel.marks]
    x = value_axis((mark.x for mark in every), "parameters", log=True)
    y = value_axis((mark.y.centre for mark in every), "seconds", log=True)
    most = _NARROW_COLUMNS if compact else _COLUMNS
    columns = min(most, len(panels))
    width = 126 if compact else (1060 - 40 * columns) // columns
    height = 130 if compact else 230
    styles = styles_of(every)
    behind = sorted({(mark.x, mark.y.centre) for mark in every}) if shadow else []
    parts = []
    for number, panel in enumerate(panels):
        frame = _Frame(data, x, y, tuple(styles), number % columns == 0, compact)
        parts.append(
            _panel(frame, panel, behind).properties(
                width=width, height=height, title=heading(panel.title, width)
            )
        )
    return data.finish(alt.concat(*parts, columns=columns, spacing=18 if compact else 26))


@dataclass(frozen=True)
class _Frame:
    """What all panels share; only the ``first`` of a row says its latencies."""

    data: Data
    x: Axis
    y: Axis
    styles: tuple[Style, ...]
    first: bool
    compact: bool

    def at_x(self, field: str = "x") -> alt.X:
        return alt.X(
            f"{field}:Q",
            scale=self.x.scale,
            axis=self.x.axis("Parameters", labelOverlap=True, labelFontSize=11),
        )

    def at_y(self, field: str) -> alt.Y:
        return alt.Y(
            f"{field}:Q",
            scale=self.y.scale,
            axis=self.y.axis(labels=self.first, labelOverlap=True, labelFontSize=11),
        )


def _panel(
    frame: _Frame, panel: Panel, behind: Sequence[tuple[float, float]]
) -> alt.LayerChart | alt.FacetChart:
    """One panel; altair appends its number to the name of its marks."""
    key = legend(2 if frame.compact else 6, 110)
    layers = []
    if behind:
        layers.append(
            frame.data.chart({"x": x, "y": y} for x, y in behind)
            .mark_circle(size=7, color=FAINT, opacity=0.28)
            .encode(x=frame.at_x(), y=frame.at_y("y"))
        )
    if panel.line:
        (left, bottom), (right, top) = panel.line
        layers.append(
            frame.data.chart([{"x": left, "y": bottom, "x2": right, "y2": top}])
            .mark_rule(color=MUTED, strokeWidth=1.25, clip=True)
            .encode(x=frame.at_x(), y=frame.at_y("y"), x2="x2:Q", y2="y2:Q")
        )
    layers.append(
        frame.data.chart(mark.row for mark in panel.marks)
        .mark_point(
            filled=True,
            size=22 if frame.compact else 34,
            opacity=0.9,
            stroke=SURFACE,
            strokeWidth=0.5,
        )
        .encode(
            x=frame.at_x(),
            y=frame.at_y("centre"),
            color=color(frame.styles, key),
            shape=shape(frame.styles, key),
            description="hover:N",
        )
        .properties(name="marks")
    )
    return alt.layer(*layers)
