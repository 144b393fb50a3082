"""Makes what a figure needs besides its page: the drawing, its files, and its data for a browser.

A page shows a drawing, made here.  Beside it lie the drawing as a file to take away and a script
with the chart's specification and rows: a classic script, because ``fetch`` and modules do not work
on pages that are opened as files, and not inside the page, because nobody waits for it: it is asked
for when the chart comes into view.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from cnnfc.report.charts.interactive import interactive
from cnnfc.report.model import Figure, Spec
from cnnfc.report.svg import cleaned, render, standalone
from cnnfc.report.writing.assets import colours

#: Characters of drawings that a page may hold, beyond which they become files of their own: about
#: 60 kB of the 100 kB that a page may have gzipped.
ROOM: Final = 480_000
_SIZE: Final = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
_FONT: Final = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, sans-serif"


@dataclass(frozen=True)
class Drawn:
    """A figure with its drawings for wide and narrow pages, as SVG elements."""

    figure: Figure
    wide: str
    narrow: str

    @property
    def length(self) -> int:
        """Characters of both."""
        return len(self.wide) + len(self.narrow)

    def files(self, *, outside: bool) -> dict[str, str]:
        """The texts of the figure's files by the ends of their names.

        Args:
            outside: whether the page shows the drawings from files, and needs all four.
        """
        found = {
            ".js": f"cnnfc.chart({_json(self.figure.id)}, {_shard(self.figure)});\n",
            ".svg": _alone(self.wide, "light"),
        }
        if outside:
            found |= {
                ".dark.svg": _alone(self.wide, "dark"),
                ".narrow.svg": _alone(self.narrow, "light"),
                ".narrow.dark.svg": _alone(self.narrow, "dark"),
            }
        return found


def draw(figure: Figure) -> Drawn:
    """`figure` as SVG elements whose colours are left to the page."""
    return Drawn(
        figure,
        render(figure.wide, f"{figure.id}-w", figure.alt),
        render(figure.narrow, f"{figure.id}-n", figure.alt),
    )


def size_of(svg: str) -> tuple[int, int]:
    """Width and height of a drawing in pixels, as `render` has written it."""
    found = _SIZE.search(svg)
    if found is None:
        raise ValueError("a drawing without a size")
    return round(float(found[1])), round(float(found[2]))


def _alone(svg: str, theme: str) -> str:
    return standalone(svg, colours(theme), _FONT)


def _shard(figure: Figure) -> str:
    """Both charts of `figure`; rows that both have are there once."""
    sets: list[str] = []
    parts = {"wide": _part(figure.wide, figure.alt, sets)}
    parts["narrow"] = _part(figure.narrow, figure.alt, sets)
    whole = ", ".join(f'"{name}": {_json(part)}' for name, part in parts.items())
    return f'{{{whole}, "sets": [{", ".join(sets)}]}}'


def _part(spec: Spec, label: str, sets: list[str]) -> dict[str, Any]:
    """The chart of `spec`, with numbers of `sets` for its rows, which are appended there."""
    chart = interactive(spec, label)
    rows = {}
    for name, some in chart.rows.items():
        text = _json(some)
        if text not in sets:
            sets.append(text)
        rows[name] = sets.index(text)
    return {
        "spec": chart.spec,
        "rows": rows,
        "series": chart.series,
        "spans": {name: asdict(span) for name, span in chart.spans.items()},
        "area": chart.area,
    }


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Plain ASCII, and never what only Python takes for JSON: a number that is none is null."""
    return json.dumps(_finite(cleaned(value)), allow_nan=False, separators=(",", ":"))


def _finite(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
