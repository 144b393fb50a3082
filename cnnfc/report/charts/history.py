"""Charts over commits: a few series in their unit, or many relative to what is usual for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from cnnfc.report.charts.axes import Axis, commit_axis, ratio_axis, value_axis
from cnnfc.report.charts.marks import Value, with_interval
from cnnfc.report.charts.parts import (
    FAINT,
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

#: Pixels that a label of a commit takes.
_LABEL_WIDTH: Final = 72
_BREAK: Final = "break-paths-show-path-domains"


@dataclass(frozen=True)
class Line:
    """One series over the commits of a chart; ``None`` leaves a gap."""

    style: Style
    values: tuple[Value | None, ...]

    @property
    def found(self) -> list[Value]:
        return [value for value in self.values if value is not None]


@dataclass(frozen=True)
class Panel:
    """One small chart of several: lines in colour before a crowd of faint ones."""

    title: str
    lines: tuple[Line, ...]
    crowd: tuple[tuple[float | None, ...], ...] = ()


def history(
    lines: Sequence[Line], commits: Sequence[str], unit: str, title: str, *, compact: bool
) -> Spec:
    """Up to 8 series over commits, each value with its interval.

    `commits` are labels ``hash|date``, the oldest first; `title` says what the axis shows.
    """
    width, height = (310, 240) if compact else (960, 300)
    axis = value_axis((end for line in lines for v in line.found for end in v.ends), unit)
    frame = _Frame(Data(), commits, axis, [line.style for line in lines], width, compact)
    layers = frame.lines(lines, legend=len(lines) > 1)
    chart = alt.layer(*layers).properties(width=width, height=height, title=heading(title, width))
    return frame.data.finish(chart)


def relative_history(
    panels: Sequence[Panel], commits: Sequence[str], title: str, *, compact: bool
) -> Spec:
    """Many series over commits as ratios to each one's usual value; one panel a device.

    All panels share their axes.  The values of lines and crowds are ratios above 0; intervals
    that are much wider than the centres are apart are cut off at the edge.
    """
    columns = 1 if compact or len(panels) == 1 else 2
    width, height = (310, 180) if compact else (960 if columns == 1 else 440, 240)
    centres = [v.centre for panel in panels for line in panel.lines for v in line.found]
    crowds = [r for panel in panels for crowd in panel.crowd for r in crowd if r is not None]
    styles = list({line.style: None for panel in panels for line in panel.lines})
    frame = _Frame(Data(), commits, ratio_axis(centres + crowds), styles, width, compact)
    parts = []
    for number, panel in enumerate(panels):
        name = f"{title} · {panel.title}" if panel.title and number == 0 else panel.title or title
        layers = [frame.usual(), *frame.crowd(panel.crowd), *frame.lines(panel.lines, legend=True)]
        parts.append(
            alt.layer(*layers).properties(width=width, height=height, title=heading(name, width))
        )
    chart = parts[0] if len(parts) == 1 else alt.concat(*parts, columns=columns)
    return frame.data.finish(chart)


@dataclass(frozen=True)
class _Frame:
    """What the layers of one chart share: data, commits, value axis, styles and size."""

    data: Data
    commits: Sequence[str]
    axis: Axis
    styles: Sequence[Style]
    width: int
    compact: bool

    def usual(self) -> alt.Chart:
        """The line of no difference."""
        line: alt.Chart = self.data.chart([{"one": 1}]).mark_rule(color=MUTED, strokeWidth=1)
        return line.encode(y="one:Q")

    def crowd(self, crowd: Sequence[Sequence[float | None]]) -> list[alt.Chart]:
        """Faint lines without points."""
        rows = [
            {"commit": commit, "ratio": ratio, "series": index}
            for index, values in enumerate(crowd)
            for commit, ratio in zip(self.commits, values, strict=True)
        ]
        if not rows:
            return []
        lines = self.data.chart(rows).mark_line(
            color=FAINT, opacity=0.45, strokeWidth=1, invalid=_BREAK
        )
        return [lines.encode(x=self._x(), y=self._y("ratio"), detail="series:N")]

    def lines(self, lines: Sequence[Line], *, legend: bool) -> list[alt.Chart]:
        """Lines in colour, with points and interval bars."""
        if not self.styles:
            return []
        key = self._key() if legend else None
        nothing = {"centre": None, "low": None, "high": None, "hover": ""}
        rows: list[dict[str, Any]] = [
            {"style": line.style.label, "commit": commit, **(value.row if value else nothing)}
            for line in lines
            for commit, value in zip(self.commits, line.values, strict=True)
        ]
        found = [row for row in rows if row["centre"] is not None]
        size = 22 if len(self.commits) > 60 else 46
        return [
            self.data.chart(rows)
            .mark_line(strokeWidth=1.75, opacity=0.85, invalid=_BREAK)
            .encode(x=self._x(), y=self._y("centre"), color=color(self.styles, key)),
            self.data.chart(with_interval(rows))
            .mark_rule(strokeWidth=2, opacity=0.5, clip=True)
            .encode(x=self._x(), y=self._y("low"), y2="high:Q", color=color(self.styles, key)),
            self.data.chart(found)
            .mark_point(filled=True, size=size, opacity=1, stroke=SURFACE, strokeWidth=0.6)
            .encode(
                x=self._x(),
                y=self._y("centre"),
                color=color(self.styles, key),
                shape=shape(self.styles, key),
                description="hover:N",
            ),
        ]

    def _key(self) -> alt.Legend:
        return legend(1 if self.compact else 2, 290 if self.compact else 400)

    def _x(self) -> alt.X:
        return alt.X(
            "commit:O",
            scale=alt.Scale(domain=list(self.commits), padding=0.5),
            axis=commit_axis(self.commits, self.width // _LABEL_WIDTH),
            sort=None,
        )

    def _y(self, field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=self.axis.scale, axis=self.axis.axis())
