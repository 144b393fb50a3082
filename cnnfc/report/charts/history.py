"""Charts over commits: a few series in their unit, or many relative to what is usual for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from cnnfc.report.charts.axes import ratio_axis, value_axis
from cnnfc.report.charts.frame import Frame
from cnnfc.report.charts.levels import (
    Event,
    Level,
    Turn,
    event_layers,
    level_layers,
    turn_layers,
)
from cnnfc.report.charts.marks import Value, with_interval
from cnnfc.report.charts.parts import FAINT, MUTED, SURFACE, color, heading, shape
from cnnfc.report.model import Spec
from cnnfc.report.palette import Style

_BREAK: Final = "break-paths-show-path-domains"


@dataclass(frozen=True)
class Line:
    """One series over the commits of a chart; ``None`` leaves a gap.

    ``levels`` and ``turns`` are what a detector made of it, if it was asked.
    """

    style: Style
    values: tuple[Value | None, ...]
    levels: tuple[Level, ...] = ()
    turns: tuple[Turn, ...] = ()

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
    lines: Sequence[Line],
    commits: Sequence[str],
    unit: str,
    title: str,
    *,
    compact: bool,
    end: str = "",
    events: Sequence[Event] = (),
) -> Spec:
    """Up to 8 series over commits, each value with its interval.

    Args:
        lines: The series.
        commits: Labels ``hash|date``, the oldest first.
        unit: Of the values.
        title: What the vertical axis shows.
        compact: For a narrow page.
        end: Label of the end of the axis beyond the newest commit, ``now|date``.
        events: What happened between commits.
    """
    width, height = (310, 240) if compact else (960, 300)
    axis = value_axis((one for line in lines for v in line.found for one in v.ends), unit)
    styles = [line.style for line in lines]
    frame = Frame(commits, end, axis, styles, width, height, compact)
    layers = [
        *event_layers(frame, events),
        *_lines(frame, lines, frame.key() if len(lines) > 1 else None),
    ]
    chart = alt.layer(*layers).properties(width=width, height=height, title=heading(title, width))
    return frame.data.finish(chart)


def relative_history(
    panels: Sequence[Panel],
    commits: Sequence[str],
    title: str,
    *,
    compact: bool,
    end: str = "",
    events: Sequence[Event] = (),
) -> Spec:
    """Many series over commits as ratios to each one's usual value; one panel a device.

    All panels share their axes.  The values of lines and crowds are ratios above 0; intervals
    that are much wider than the centres are apart are cut off at the edge.  Arguments as of
    `history`.
    """
    columns = 1 if compact or len(panels) == 1 else 2
    width, height = (310, 180) if compact else (960 if columns == 1 else 440, 240)
    centres = [v.centre for panel in panels for line in panel.lines for v in line.found]
    crowds = [r for panel in panels for crowd in panel.crowd for r in crowd if r is not None]
    styles = list({line.style: None for panel in panels for line in panel.lines})
    axis = ratio_axis(centres + crowds)
    frame = Frame(commits, end, axis, styles, width, height, compact)
    parts = []
    for number, panel in enumerate(panels):
        name = f"{title} · {panel.title}" if panel.title and number == 0 else panel.title or title
        layers = [
            _usual(frame),
            *event_layers(frame, events),
            *_crowd(frame, panel.crowd),
            *_lines(frame, panel.lines, frame.key()),
        ]
        parts.append(
            alt.layer(*layers).properties(width=width, height=height, title=heading(name, width))
        )
    chart = parts[0] if len(parts) == 1 else alt.concat(*parts, columns=columns)
    return frame.data.finish(chart)


def _usual(frame: Frame) -> alt.Chart:
    """The line of no difference."""
    line: alt.Chart = frame.data.chart([{"one": 1}]).mark_rule(color=MUTED, strokeWidth=1)
    return line.encode(y="one:Q")


def _crowd(frame: Frame, crowd: Sequence[Sequence[float | None]]) -> list[alt.Chart]:
    """Faint lines without points."""
    rows = [
        {"commit": commit, "ratio": ratio, "series": index}
        for index, values in enumerate(crowd)
        for commit, ratio in zip(frame.commits, values, strict=True)
    ]
    if not rows:
        return []
    lines = frame.data.chart(rows).mark_line(
        color=FAINT, opacity=0.45, strokeWidth=1, invalid=_BREAK
    )
    return [lines.encode(x=frame.x(), y=frame.y("ratio"), detail="series:N")]


def _lines(frame: Frame, lines: Sequence[Line], key: alt.Legend | None) -> list[alt.Chart]:
    """Lines in colour, with points and interval bars, on their levels and below their turns."""
    if not frame.styles:
        return []
    nothing = {"centre": None, "low": None, "high": None, "hover": ""}
    rows: list[dict[str, Any]] = [
        {"style": line.style.label, "commit": commit, **(value.row if value else nothing)}
        for line in lines
        for commit, value in zip(frame.commits, line.values, strict=True)
    ]
    found = [row for row in rows if row["centre"] is not None]
    # Levels say what the line between noisy values would be drawn for.
    levelled = any(line.levels for line in lines)
    size = 22 if len(frame.commits) > 60 else 46
    return [
        *level_layers(frame, [(line.style, line.levels) for line in lines], key),
        frame.data.chart(rows)
        .mark_line(
            strokeWidth=1 if levelled else 1.75, opacity=0.5 if levelled else 0.85, invalid=_BREAK
        )
        .encode(x=frame.x(), y=frame.y("centre"), color=color(frame.styles, key)),
        frame.data.chart(with_interval(rows))
        .mark_rule(strokeWidth=2, opacity=0.5, clip=True)
        .encode(x=frame.x(), y=frame.y("low"), y2="high:Q", color=color(frame.styles, key)),
        frame.data.chart(found)
        .mark_point(filled=True, size=size, opacity=1, stroke=SURFACE, strokeWidth=0.6)
        .encode(
            x=frame.x(),
            y=frame.y("centre"),
            color=color(frame.styles, key),
            shape=shape(frame.styles, key),
            description="hover:N",
        ),
        *turn_layers(frame, [(line.style, turn) for line in lines for turn in line.turns]),
    ]
