"""The plane that layers lie on in a scatter plot: two logarithmic axes of a fixed size.

Its size and the margins around it are fixed, so that plots side by side share the height of every
value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from cnnfc.report.charts.axes import Axis
from cnnfc.report.charts.marks import Mark, styles_of, with_interval
from cnnfc.report.charts.parts import SURFACE, Data, color, legend, shape


@dataclass(frozen=True)
class Plane:
    """The plotting area: its two axes, the title of the lower one, and its size in pixels."""

    x: Axis
    y: Axis
    title: str
    width: int
    height: int

    @classmethod
    def of(cls, x: Axis, y: Axis, title: str, *, compact: bool) -> Plane:
        """The area for `x`, called `title`, and `y`; smaller if `compact`, for a narrow page."""
        return cls(x, y, title, *((270, 290) if compact else (470, 380)))

    def at_x(self, field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=self.x.scale, axis=self.x.axis(self.title))

    def at_y(self, field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=self.y.scale, axis=self.y.axis())

    def stretch(
        self, slope: float, label: str, *, least: float, top: float = math.inf
    ) -> dict[str, Any] | None:
        """The part of the line y = slope * x inside the area and not above `top`.

        None if its ends are not apart by the factor `least` (1 and up).  ``top`` of the row says
        whether the line leaves the area by its upper edge.
        """
        left = max(self.x.low, self.y.low / slope)
        right = min(self.x.high, min(self.y.high, top) / slope)
        if not right > left * least:
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

    def layers(self, data: Data, marks: Sequence[Mark], *, compact: bool) -> list[alt.Chart]:
        """Intervals and marks with their legend, named ``intervals`` and ``marks``."""
        styles = styles_of(marks)
        rows = [mark.row for mark in marks]
        key = legend(2 if compact else 6 if len(styles) < 6 else 4, 120)
        bars = (
            data.chart(with_interval(rows))
            .mark_rule(strokeWidth=1.5, opacity=0.7)
            .encode(x=self.at_x("x"), y=self.at_y("low"), y2="high:Q", color=color(styles, key))
            .properties(name="intervals")
        )
        points = (
            data.chart(rows)
            .mark_point(
                filled=True,
                size=56 if compact else 66,
                opacity=0.92,
                stroke=SURFACE,
                strokeWidth=0.8,
            )
            .encode(
                x=self.at_x("x"),
                y=self.at_y("centre"),
                color=color(styles, key),
                shape=shape(styles, key),
                description="hover:N",
            )
            .properties(name="marks")
        )
        return [bars, points]
