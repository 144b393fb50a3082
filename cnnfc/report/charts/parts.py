"""What all charts share: theme, rows of data, colour and shape, legend, heading."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import altair as alt

from cnnfc.report.palette import Style

#: vl-convert ships it, so that texts have the same width on every machine that writes a report.
#: Pages show their own font, which is narrower.
FONT: Final = "Roboto"
INK: Final = "var(--ink)"
MUTED: Final = "var(--ink-2)"
FAINT: Final = "var(--ink-3)"
GRID: Final = "var(--grid)"
SURFACE: Final = "var(--surface)"
#: Width in pixels of a character of a heading, on average and rounded up.
_CHARACTER: Final = 7


def color(styles: Sequence[Style], legend: alt.Legend | None) -> alt.Color:
    """Colour bound to the identity of `styles` by the field ``style``."""
    names = [style.label for style in styles]
    return alt.Color(
        "style:N",
        scale=alt.Scale(domain=names, range=[style.colour for style in styles]),
        legend=legend,
        sort=names,
    )


def shape(styles: Sequence[Style], legend: alt.Legend | None) -> alt.Shape:
    """Shape bound to the identity of `styles` by the field ``style``."""
    names = [style.label for style in styles]
    return alt.Shape(
        "style:N",
        scale=alt.Scale(domain=names, range=[style.shape for style in styles]),
        legend=legend,
        sort=names,
    )


def legend(columns: int, limit: int) -> alt.Legend:
    """A legend under the chart, in `columns` columns with labels of at most `limit` pixels."""
    return alt.Legend(
        title=None,
        orient="bottom",
        direction="horizontal",
        columns=columns,
        labelLimit=limit,
        symbolOpacity=1,
        symbolSize=80,
    )


def heading(text: str, width: int, offset: int = 10) -> alt.TitleParams:
    """The line over a chart that says what its vertical axis is.

    Broken into at most three lines that are about as wide as the plotting area, `width` pixels: a
    longer one would make the picture wider, and everything in it smaller.
    """
    lines = textwrap.wrap(text, max(20, width // _CHARACTER), max_lines=3, placeholder=" …")
    return alt.TitleParams(
        lines or "",
        anchor="start",
        frame="bounds",
        fontSize=12,
        fontWeight="normal",
        color=MUTED,
        offset=offset,
    )


#: A plain value: altair's `configure` would copy the whole chart once for every line of it.
_THEME: Final = {
    "font": FONT,
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "titlePadding": 8,
        "labelFontSize": 12,
        "gridColor": GRID,
        "domainColor": FAINT,
        "tickColor": FAINT,
        "ticks": False,
        "labelPadding": 6,
        "aria": False,
    },
    "axisY": {"domain": False},
    "legend": {
        "labelColor": INK,
        "labelFontSize": 12,
        "aria": False,
        "padding": 4,
        "columnPadding": 18,
    },
    "title": {"aria": False},
    "concat": {"spacing": 34},
}


class Data:
    """The rows of one chart, kept beside its altair objects.

    altair copies whatever is inside a chart at every step of building it; so its objects only
    know the names of data sets, and `finish` puts the rows into the specification.
    """

    def __init__(self) -> None:
        self._sets: dict[str, list[dict[str, Any]]] = {}

    def chart(self, rows: Iterable[dict[str, Any]]) -> alt.Chart:
        """A chart of `rows`; equal rows are stored once."""
        found = list(rows)
        name = next((n for n, known in self._sets.items() if known == found), "")
        name = name or f"rows{len(self._sets) + 1}"
        self._sets[name] = found
        return alt.Chart(alt.NamedData(name))

    def finish(
        self,
        chart: alt.LayerChart | alt.FacetChart | alt.ConcatChart,
        margins: Mapping[str, int] | None = None,
    ) -> dict[str, Any]:
        """The specification of `chart`, with its rows and the theme.

        With `margins` (pixels on each side) the picture has exactly their size and that of the
        plotting area, whatever the texts around it need.
        """
        # Checking against Vega-Lite's schema takes as long as drawing; the tests do it.
        spec: dict[str, Any] = chart.to_dict(validate=False)
        spec |= {"background": "transparent", "config": _THEME}
        if margins is not None:
            spec |= {"autosize": {"type": "none"}, "padding": dict(margins)}
        # altair puts an empty set there for every name that it does not know.
        spec["datasets"] = dict(self._sets)
        return spec
