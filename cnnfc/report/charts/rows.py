"""Charts with one row a case, or one row a family: newest values, first calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from cnnfc.report.charts.axes import Axis, value_axis
from cnnfc.report.charts.marks import Mark, Value, styles_of, with_interval
from cnnfc.report.charts.parts import (
    FAINT,
    GRID,
    INK,
    MUTED,
    Data,
    color,
    heading,
    legend,
    shape,
)
from cnnfc.report.model import Spec
from cnnfc.report.palette import Style


def dots(marks: Sequence[Mark], unit: str, title: str, *, compact: bool) -> Spec:
    """One labelled row a case: centre and interval; for up to about 40 rows."""
    data = Data()
    axis = value_axis((end for mark in marks for end in mark.y.ends), unit)
    styles = styles_of(marks)
    rows = [mark.row | {"row": index} for index, mark in enumerate(marks)]
    key = legend(2 if compact else 6, 150) if len(styles) > 1 else None
    layers = [*_labels(data, rows, compact=compact), *_points(data, rows, axis, styles, key)]
    return _row_chart(data, layers, len(rows), title, compact=compact)


def strips(
    marks: Sequence[Mark], every: Sequence[float], unit: str, title: str, *, compact: bool
) -> Spec:
    """A crowd of cases by family: one row a family, one tick a case.

    `every` are the values of all such charts on a page, so that they share their axis.
    """
    data = Data()
    axis = value_axis(every, unit)
    styles = styles_of(marks)
    ticks = (
        data.chart(mark.row for mark in marks)
        .mark_tick(thickness=2, size=20, opacity=0.75)
        .encode(
            x=_x("centre", axis),
            y=alt.Y(
                "style:N",
                sort=[style.label for style in styles],
                axis=alt.Axis(title=None, labelLimit=110),
            ),
            color=color(styles, None),
            description="hover:N",
        )
    )
    width = 230 if compact else 800
    chart = alt.layer(ticks).properties(
        width=width, height=30 * len(styles) + 10, title=heading(title, width)
    )
    return data.finish(chart)


def first_call(
    pairs: Sequence[tuple[str, Value, Value]], styles: tuple[Style, Style], *, compact: bool
) -> Spec:
    """One row a case: the first call of a process (s) beside the warmed latency (s)."""
    data = Data()
    axis = value_axis(
        (end for _, *both in pairs for v in both for end in v.ends), "seconds", log=True
    )
    links = [
        {"row": index, "label": label, "low": first.centre, "high": warmed.centre}
        for index, (label, first, warmed) in enumerate(pairs)
    ]
    rows = [
        Mark(style, label, 0.0, value).row | {"row": index}
        for index, (label, *both) in enumerate(pairs)
        for style, value in zip(styles, both, strict=True)
    ]
    layers = [
        *_labels(data, links, compact=compact),
        data.chart(links)
        .mark_rule(color=FAINT, strokeWidth=1.5)
        .encode(x=_x("low", axis), x2="high:Q", y=_row()),
        *_points(data, rows, axis, styles, legend(2, 200)),
    ]
    title = "Latency of one call (logarithmic)"
    return _row_chart(data, layers, len(pairs), title, compact=compact)


def _points(
    data: Data,
    rows: Sequence[dict[str, Any]],
    axis: Axis,
    styles: Sequence[Style],
    key: alt.Legend | None,
) -> list[alt.Chart]:
    """Centres with their intervals along the rows."""
    return [
        data.chart(with_interval(rows))
        .mark_rule(strokeWidth=2.5, opacity=0.55)
        .encode(x=_x("low", axis), x2="high:Q", y=_row(), color=color(styles, key)),
        data.chart(rows)
        .mark_point(filled=True, size=74, opacity=1)
        .encode(
            x=_x("centre", axis),
            y=_row(),
            color=color(styles, key),
            shape=shape(styles, key),
            description="hover:N",
        ),
    ]


def _labels(data: Data, rows: Sequence[dict[str, Any]], *, compact: bool) -> list[alt.Chart]:
    """The name of each row and its guide line; on narrow pages the name stands over the row."""
    base = data.chart({"row": row["row"], "label": row["label"]} for row in rows)
    if compact:
        texts = base.mark_text(align="left", dy=-11, color=MUTED, fontSize=11, limit=330)
    else:
        texts = base.mark_text(align="right", dx=-12, color=INK, fontSize=12, limit=380)
    return [
        base.mark_rule(color=GRID).encode(y=_row()),
        texts.encode(x=alt.value(0), y=_row(), text="label:N"),
    ]


def _row_chart(
    data: Data, layers: Sequence[alt.Chart], count: int, title: str, *, compact: bool
) -> Spec:
    width, step = (320, 34) if compact else (600, 24)
    chart = alt.layer(*layers).properties(
        width=width, height=max(1, count) * step, title=heading(title, width)
    )
    return data.finish(chart)


def _x(field: str, axis: Axis) -> alt.X:
    return alt.X(f"{field}:Q", scale=axis.scale, axis=axis.axis())


def _row() -> alt.Y:
    return alt.Y("row:O", axis=None)
