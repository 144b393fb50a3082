"""Turns the specification of a drawing into that of the same chart in a browser: it can be moved.

The browser's chart looks like the drawing until somebody hides a series or zooms.  What may change
is a parameter of the specification, and ``charts.js`` sets it: which series are hidden, where the
axes begin and end, and which ticks they have.  Expressions hold names of our own fields and
parameters alone; every text of a file is data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from cnnfc.report.charts.scales import Span, commit_span, value_span
from cnnfc.report.model import Spec

#: The field that says which series a row belongs to; rows without it are never hidden.
_SERIES: Final = "style"
#: The page shows its own font, so texts are measured in it.
_FONT: Final = "system-ui, sans-serif"
#: Marks for which an axis of names has bands (Vega-Lite 6, default type of a scale).
_BANDED: Final = frozenset(("bar", "image", "rect", "rule", "tick"))
_PARTS: Final = ("layer", "concat", "hconcat", "vconcat")


@dataclass(frozen=True)
class Interactive:
    """A chart for the browser.

    Attributes:
        spec: The specification without its rows.
        rows: The rows by the names of their sets.
        series: Labels of the legend in its order; empty where there is none.
        spans: What is known of the axes that can be moved, by channel, ``x`` and ``y``.
        area: Width and height in pixels of the plotting area, or of each of several.
    """

    spec: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    series: tuple[str, ...]
    spans: dict[str, Span]
    area: tuple[float, float]


@dataclass(frozen=True)
class _Unit:
    """A part of a specification with one kind of mark: its rows' name and its area's size."""

    spec: dict[str, Any]
    rows: str
    area: tuple[float, float]

    @property
    def mark(self) -> dict[str, Any]:
        found: dict[str, Any] = self.spec["mark"]
        return found

    @property
    def encoding(self) -> dict[str, Any]:
        found: dict[str, Any] = self.spec["encoding"]
        return found

    def keep_if(self, expression: str) -> None:
        """Show only the rows for which `expression` is true."""
        self.spec.setdefault("transform", []).append({"filter": expression})


def interactive(spec: Spec, label: str) -> Interactive:
    """The chart that a drawing of `spec` is replaced by where scripts run.

    Args:
        spec: a Vega-Lite specification as `cnnfc.report.charts.parts.Data.finish` makes it.
        label: what the chart shows, in a sentence.
    """
    new = {key: deepcopy(value) for key, value in spec.items() if key != "datasets"}
    rows = {name: list(some) for name, some in spec["datasets"].items()}
    units = list(_units(new))
    spans = {channel: span for channel in ("x", "y") if (span := _span(units, channel)) is not None}
    for unit in units:
        _point_at(unit)
        _hide_in(unit, rows)
        _move_in(unit, spans)
    _place_by_number(units, spans, rows)
    new["description"] = label
    new["config"] = {**new.get("config", {}), "font": _FONT}
    new["params"] = list(_parameters(spans))
    area = max((unit.area for unit in units), default=(0.0, 0.0))
    return Interactive(new, rows, _series(units), spans, area)


def _units(
    node: dict[str, Any],
    rows: str = "",
    area: tuple[float, float] = (0.0, 0.0),
    shared: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[_Unit]:
    """Every part of `node` with a mark; what is said of several parts at once holds for each."""
    rows = node.get("data", {}).get("name", rows)
    size = (node.get("width"), node.get("height"))
    if all(isinstance(one, int | float) for one in size):
        area = (float(size[0] or 0), float(size[1] or 0))
    if "mark" in node:
        node["mark"] = {"type": node["mark"]} if isinstance(node["mark"], str) else node["mark"]
        node["encoding"] = {**deepcopy(dict(shared)), **node.get("encoding", {})}
        yield _Unit(node, rows, area)
        return
    shared = {**shared, **node.pop("encoding", {})}
    for part in [one for key in _PARTS for one in node.get(key, [])]:
        yield from _units(part, rows, area, shared)


def _channels(units: Iterable[_Unit], name: str) -> list[dict[str, Any]]:
    """What the units say of channel `name`, where it shows a field."""
    found = (unit.encoding.get(name) for unit in units)
    return [one for one in found if isinstance(one, dict) and "field" in one]


def _span(units: Sequence[_Unit], channel: str) -> Span | None:
    """The one axis of `channel` that all units share; None if it cannot be moved."""
    said = _channels(units, channel)
    scales = [one["scale"] for one in said if one.get("scale")]
    axes = [one["axis"] for one in said if one.get("axis")]
    if not scales or not axes or any(scale != scales[0] for scale in scales):
        return None
    # One axis may have a title that the others leave out.
    marks = [{key: axis.get(key) for key in ("values", "labelExpr")} for axis in axes]
    kinds = {one.get("type") for one in said}
    if any(mark != marks[0] for mark in marks) or len(kinds) != 1:
        return None
    kind = kinds.pop()
    if kind == "quantitative":
        return value_span(scales[0], axes[0])
    if kind == "ordinal":
        banded = any(unit.mark["type"] in _BANDED for unit in units if channel in unit.encoding)
        return commit_span(scales[0], axes[0], banded=banded and scales[0].get("type") != "point")
    return None


def _series(units: Iterable[_Unit]) -> tuple[str, ...]:
    """The labels of the legend."""
    for one in _channels(units, "color"):
        if one["field"] == _SERIES and one.get("legend"):
            return tuple(one["scale"]["domain"])
    return ()


def _point_at(unit: _Unit) -> None:
    """Pointing at a mark says what reading it said."""
    said = unit.encoding.pop("description", None)
    if said is not None:
        unit.encoding["tooltip"] = {"field": said["field"], "type": "nominal"}
    # A reader who does not see the marks has the table, and the chart's own description.
    unit.mark.update(aria=False, tooltip=None)


def _hide_in(unit: _Unit, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    some = rows.get(unit.rows, ())
    if some and _SERIES in some[0]:
        unit.keep_if(f"indexof(hidden, datum[{json.dumps(_SERIES)}]) < 0")


def _move_in(unit: _Unit, spans: Mapping[str, Span]) -> None:
    """Let the axes of `unit` follow the parameters, and keep its marks inside the area."""
    inside = []
    for channel, span in spans.items():
        said = unit.encoding.get(channel)
        if not isinstance(said, dict) or "field" not in said:
            continue
        ends = [{"expr": f"{channel}_from"}, {"expr": f"{channel}_to"}]
        inside.append(
            f"inrange(datum[{json.dumps(said['field'])}], [{channel}_from, {channel}_to])"
        )
        if span.names:
            said.pop("sort", None)
            said["type"] = "quantitative"
            said["scale"] = {"type": "linear", "nice": False, "zero": False}
            if isinstance(offset := unit.mark.get("xOffset"), int | float):
                unit.mark["xOffset"] = {"expr": f"{offset} * x_zoom"}
        if said.get("scale"):
            said["scale"] = {**said["scale"], "domain": ends}
            if span.log:
                # Vega-Lite complains where a browser shows it: a logarithm has no zero.
                said["scale"].pop("zero", None)
        if said.get("axis"):
            said["axis"] = {
                **said["axis"],
                "values": {"expr": f"{channel}_ticks"},
                "labelExpr": f"{channel}_texts[indexof({channel}_ticks, datum.value)]",
            }
    if unit.mark["type"] == "text":
        # A text that is cut off says something else; so it is there or it is not.
        if inside:
            unit.keep_if(f"!zoomed || ({' && '.join(inside)})")
    elif spans and not unit.mark.get("clip"):
        unit.mark["clip"] = {"expr": "zoomed"}


def _place_by_number(
    units: Iterable[_Unit], spans: Mapping[str, Span], rows: dict[str, list[dict[str, Any]]]
) -> None:
    """Numbers for the names along the horizontal axis: only numbers can be zoomed into."""
    span = spans.get("x")
    if span is None or not span.names:
        return
    places = {name: number for number, name in enumerate(span.names)}
    fields: dict[str, set[str]] = {}
    for unit in units:
        for channel in ("x", "x2"):
            said = unit.encoding.get(channel)
            if isinstance(said, dict) and "field" in said:
                fields.setdefault(unit.rows, set()).add(said["field"])
    for name, chosen in fields.items():
        rows[name] = [
            {key: places.get(value) if key in chosen else value for key, value in row.items()}
            for row in rows.get(name, [])
        ]


def _parameters(spans: Mapping[str, Span]) -> Iterator[dict[str, Any]]:
    values: dict[str, Any] = {"hidden": [], "zoomed": False, "x_zoom": 1}
    for channel, span in spans.items():
        values |= {
            f"{channel}_from": span.low,
            f"{channel}_to": span.high,
            f"{channel}_ticks": list(span.ticks),
            f"{channel}_texts": list(span.texts),
        }
    for name, value in values.items():
        yield {"name": name, "value": value}
