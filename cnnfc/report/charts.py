"""Charts of series and rows: one function a chart, from plain rows to a Vega-Lite specification.

Every function draws for a wide page or, with ``compact``, for a narrow one.  Texts come ready to
print; ``hover`` is what a reader sees who points at a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from cnnfc.report.chart_parts import (
    FAINT,
    GRID,
    INK,
    MUTED,
    SURFACE,
    Axis,
    Data,
    color,
    commit_axis,
    heading,
    legend,
    ratio_axis,
    shape,
    value_axis,
)
from cnnfc.report.model import Spec
from cnnfc.report.palette import FAMILIES, Style

#: Marks a chart may have; callers leave out the oldest commits or the middle of the crowd.
BUDGET: Final = 5_000

_ORDER: Final = {style: place for place, style in enumerate(FAMILIES)}


@dataclass(frozen=True)
class Value:
    """A centre with its interval (``None`` where there is none) and what hovering says."""

    centre: float
    low: float | None = None
    high: float | None = None
    hover: str = ""


@dataclass(frozen=True)
class Line:
    """One series over the commits of a chart; ``None`` leaves a gap."""

    style: Style
    values: tuple[Value | None, ...]


@dataclass(frozen=True)
class Panel:
    """One small chart of several: lines in colour before a crowd of faint ones."""

    title: str
    lines: tuple[Line, ...]
    crowd: tuple[tuple[float | None, ...], ...] = ()


@dataclass(frozen=True)
class Mark:
    """One case in a scatter plot or on a row of its own."""

    style: Style
    label: str
    x: float
    y: Value


def history(
    lines: Sequence[Line], commits: Sequence[str], unit: str, title: str, *, compact: bool
) -> Spec:
    """Up to 8 series over commits, each value with its interval.

    `commits` are labels ``hash|date``, the oldest first; `title` says what the axis shows.
    """
    data = Data()
    shown = [value for line in lines for value in line.values if value is not None]
    ends = [
        end for value in shown for end in (value.low, value.high, value.centre) if end is not None
    ]
    axis = value_axis(ends, unit)
    size = (310, 240) if compact else (880, 300)
    with_legend = len(lines) > 1
    layers = _lines(data, lines, commits, axis, compact=compact, with_legend=with_legend)
    chart = alt.layer(*layers).properties(width=size[0], height=size[1], title=heading(title))
    return data.finish(chart)


def relative_history(
    panels: Sequence[Panel], commits: Sequence[str], title: str, *, compact: bool
) -> Spec:
    """Many series over commits as ratios to each one's usual value; one panel a device.

    All panels share their axes.  The values of lines and crowds are ratios above 0.
    """
    data = Data()
    ratios = [
        end
        for panel in panels
        for line in panel.lines
        for value in line.values
        if value is not None
        for end in (value.low, value.high, value.centre)
        if end is not None
    ]
    ratios += [r for panel in panels for crowd in panel.crowd for r in crowd if r is not None]
    axis = ratio_axis(ratios)
    columns = 1 if compact or len(panels) == 1 else 2
    width, height = (310, 180) if compact else (880 if columns == 1 else 415, 240)
    styles = list({line.style: None for panel in panels for line in panel.lines})
    parts = []
    for number, panel in enumerate(panels):
        crowd = [
            {"commit": commit, "ratio": ratio, "series": index}
            for index, values in enumerate(panel.crowd)
            for commit, ratio in zip(commits, values, strict=True)
        ]
        layers: list[alt.Chart] = [_usual(data)]
        if crowd:
            layers.append(
                data.chart(crowd)
                .mark_line(
                    color=FAINT,
                    opacity=0.45,
                    strokeWidth=1,
                    invalid="break-paths-show-path-domains",
                )
                .encode(
                    x=_commits(commits, compact=compact),
                    y=alt.Y("ratio:Q", scale=axis.scale, axis=axis.axis()),
                    detail="series:N",
                )
            )
        layers += _lines(
            data,
            panel.lines,
            commits,
            axis,
            compact=compact,
            with_legend=bool(styles),
            styles=styles,
        )
        name = f"{title} · {panel.title}" if panel.title and number == 0 else panel.title or title
        parts.append(alt.layer(*layers).properties(width=width, height=height, title=heading(name)))
    if len(parts) == 1:
        return data.finish(parts[0])
    return data.finish(alt.concat(*parts, columns=columns))


def dots(marks: Sequence[Mark], unit: str, title: str, *, compact: bool) -> Spec:
    """One labelled row a case: centre and interval; for up to about 40 rows."""
    data = Data()
    ends = [
        end for mark in marks for end in (mark.y.low, mark.y.high, mark.y.centre) if end is not None
    ]
    axis = value_axis(ends, unit)
    styles = styles_of(marks)
    rows = [mark_row(mark) | {"row": index} for index, mark in enumerate(marks)]
    key = legend(2 if compact else 6, 150) if len(styles) > 1 else None
    layers = _rows(data, rows, compact=compact)
    layers += [
        data.chart([row for row in rows if row["low"] is not None])
        .mark_rule(strokeWidth=2, opacity=0.6)
        .encode(x=_x("low", axis), x2="high:Q", y=_row(), color=color(styles, key)),
        data.chart(rows)
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=_x("centre", axis),
            y=_row(),
            color=color(styles, key),
            shape=shape(styles, key),
            description="hover:N",
        ),
    ]
    return _row_chart(data, layers, len(rows), title, compact=compact)


def strips(marks: Sequence[Mark], unit: str, title: str, *, compact: bool) -> Spec:
    """A crowd of cases by family: one row a family, one tick a case."""
    data = Data()
    axis = value_axis([mark.y.centre for mark in marks], unit)
    styles = styles_of(marks)
    names = [style.label for style in styles]
    rows = [mark_row(mark) for mark in marks]
    chart = (
        data.chart(rows)
        .mark_tick(thickness=2, size=20, opacity=0.75)
        .encode(
            x=_x("centre", axis, ""),
            y=alt.Y("style:N", sort=names, axis=alt.Axis(title=None, labelLimit=110)),
            color=color(styles, None),
            description="hover:N",
        )
        .properties(
            width=230 if compact else 760,
            height=30 * len(styles) + 10,
            title=heading(title),
        )
    )
    return data.finish(chart)


def first_call(
    pairs: Sequence[tuple[str, Value, Value]], styles: tuple[Style, Style], *, compact: bool
) -> Spec:
    """One row a case: the first call of a process (s) beside the warmed latency (s)."""
    data = Data()
    ends = [end for _, *both in pairs for v in both for end in (v.low, v.high, v.centre) if end]
    axis = value_axis(ends, "seconds", log=True)
    rows = []
    links = []
    for index, (label, *both) in enumerate(pairs):
        links.append({"row": index, "label": label, "low": both[0].centre, "high": both[1].centre})
        for style, value in zip(styles, both, strict=True):
            rows.append(mark_row(Mark(style, label, 0, value)) | {"row": index})
    key = legend(2, 200)
    layers = _rows(data, links, compact=compact)
    layers += [
        data.chart(links)
        .mark_rule(color=FAINT, strokeWidth=1.5)
        .encode(x=_x("low", axis), x2="high:Q", y=_row()),
        data.chart([row for row in rows if row["low"] is not None])
        .mark_rule(strokeWidth=3, opacity=0.5)
        .encode(x=_x("low", axis), x2="high:Q", y=_row(), color=color(styles, key)),
        data.chart(rows)
        .mark_point(filled=True, size=80, opacity=1)
        .encode(
            x=_x("centre", axis),
            y=_row(),
            color=color(styles, key),
            shape=shape(styles, key),
            description="hover:N",
        ),
    ]
    return _row_chart(
        data, layers, len(pairs), "Latency of one call (logarithmic)", compact=compact
    )


def _lines(
    data: Data,
    lines: Sequence[Line],
    commits: Sequence[str],
    axis: Axis,
    *,
    compact: bool,
    with_legend: bool,
    styles: Sequence[Style] | None = None,
) -> list[alt.Chart]:
    """Layers for coloured lines with points and interval bars."""
    styles = styles if styles is not None else [line.style for line in lines]
    if not styles:
        return []
    rows: list[dict[str, Any]] = []
    for line in lines:
        for commit, value in zip(commits, line.values, strict=True):
            row: dict[str, Any] = {"style": line.style.label, "commit": commit}
            if value is None:
                rows.append(row | {"centre": None, "low": None, "high": None, "hover": ""})
            else:
                rows.append(
                    row
                    | {
                        "centre": value.centre,
                        "low": value.low,
                        "high": value.high,
                        "hover": value.hover,
                    }
                )
    key = legend(1 if compact else 2, 290 if compact else 400) if with_legend else None
    x = _commits(commits, compact=compact)
    found = [row for row in rows if row["centre"] is not None]
    points = 22 if len(commits) > 60 else 46
    return [
        data.chart(rows)
        .mark_line(strokeWidth=1.75, opacity=0.85, invalid="break-paths-show-path-domains")
        .encode(
            x=x,
            y=alt.Y("centre:Q", scale=axis.scale, axis=axis.axis()),
            color=color(styles, key),
        ),
        data.chart([row for row in found if row["low"] is not None])
        .mark_rule(strokeWidth=2, opacity=0.5)
        .encode(x=x, y=_y("low", axis), y2="high:Q", color=color(styles, key)),
        data.chart(found)
        .mark_point(filled=True, size=points, opacity=1, stroke=SURFACE, strokeWidth=0.6)
        .encode(
            x=x,
            y=alt.Y("centre:Q", scale=axis.scale, axis=axis.axis()),
            color=color(styles, key),
            shape=shape(styles, key),
            description="hover:N",
        ),
    ]


def _usual(data: Data) -> alt.Chart:
    line: alt.Chart = data.chart([{"one": 1}]).mark_rule(color=MUTED, strokeWidth=1)
    return line.encode(y="one:Q")


def _rows(data: Data, rows: Sequence[dict[str, Any]], *, compact: bool) -> list[alt.Chart]:
    """Labels and guide lines of a chart with one row a case; on narrow pages over the row."""
    base = data.chart([{"row": row["row"], "label": row["label"]} for row in rows])
    if compact:
        texts = base.mark_text(align="left", dy=-11, color=MUTED, fontSize=11, limit=330)
    else:
        texts = base.mark_text(align="right", dx=-12, color=INK, fontSize=12, limit=300)
    return [
        base.mark_rule(color=GRID).encode(y=_row()),
        texts.encode(x=alt.value(0), y=_row(), text="label:N"),
    ]


def _row_chart(
    data: Data, layers: Sequence[alt.Chart], count: int, title: str, *, compact: bool
) -> Spec:
    width, step = (320, 34) if compact else (600, 24)
    chart = alt.layer(*layers).properties(
        width=width, height=max(1, count) * step, title=heading(title)
    )
    return data.finish(chart)


def mark_row(mark: Mark) -> dict[str, Any]:
    """A mark as a row of data."""
    value = mark.y
    return {
        "style": mark.style.label,
        "label": mark.label,
        "x": mark.x,
        "centre": value.centre,
        "low": value.low,
        "high": value.high,
        "hover": value.hover,
    }


def styles_of(marks: Sequence[Mark]) -> list[Style]:
    """The styles that occur, in an order that does not depend on which marks are shown."""
    return sorted({mark.style for mark in marks}, key=lambda style: _ORDER.get(style, len(_ORDER)))


def _x(field: str, axis: Axis, title: str | None = None) -> alt.X:
    return alt.X(f"{field}:Q", scale=axis.scale, axis=axis.axis(title))


def _y(field: str, axis: Axis) -> alt.Y:
    return alt.Y(f"{field}:Q", scale=axis.scale, axis=axis.axis())


def _row() -> alt.Y:
    return alt.Y("row:O", axis=None)


def _commits(commits: Sequence[str], *, compact: bool) -> alt.X:
    room = 4 if compact else 10
    return alt.X(
        "commit:O",
        scale=alt.Scale(domain=list(commits), padding=0.5),
        axis=commit_axis(commits, room),
        sort=None,
    )
