"""Draws a Vega-Lite specification as an SVG that may stand inside a page.

vl-convert draws; here its output is made small and safe: nothing but shapes and texts stays, ids
are made unique in the page, a mark's description becomes the text that shows on hovering.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

import vl_convert

from cnnfc.report.model import Spec
from cnnfc.report.text import clean

_NAMESPACE: Final = "{http://www.w3.org/2000/svg}"
_ELEMENTS: Final = frozenset(
    ("svg", "g", "path", "line", "rect", "circle", "text", "tspan", "defs", "clipPath")
)
_ATTRIBUTES: Final = frozenset((
    *("width", "height", "viewBox", "transform", "d", "x", "y", "x1", "y1", "x2", "y2", "r", "rx"),
    *("cx", "cy", "dx", "dy", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity"),
    *("stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "clip-path", "id"),
    *("font-size", "font-weight", "font-style", "text-anchor", "display"),
))  # fmt: skip
_LONG_NUMBER: Final = re.compile(r"-?[0-9]+\.[0-9]{3,}(?:e-?[0-9]+)?")


def render(spec: Spec, prefix: str, label: str) -> str:
    """The SVG element of `spec`, without a font, a class, a style or a link.

    Args:
        spec: a Vega-Lite specification with its data inside; nothing is fetched.
        prefix: what ids start with, ``[a-z0-9-]``, unique in the page.
        label: what the picture shows, in a sentence, for readers who do not see it.
    """
    drawn = vl_convert.vegalite_to_svg(dict(_clean(spec)), allowed_base_urls=[])
    # Our own renderer's output; it has no document type, so no entities to expand.
    root = ET.fromstring(drawn)  # noqa: S314
    _tidy(root, _Ids(prefix))
    root.set("xmlns", _NAMESPACE.strip("{}"))
    root.set("role", "img")
    root.set("aria-label", clean(label))
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _clean(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


class _Ids:
    """New ids for old ones, numbered afresh: vl-convert counts on from picture to picture."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._known: dict[str, str] = {}

    def __call__(self, old: str) -> str:
        return self._known.setdefault(old, f"{self._prefix}-{len(self._known) + 1}")


def _tidy(element: ET.Element, ids: _Ids) -> None:
    element.tag = str(element.tag).removeprefix(_NAMESPACE)
    if element.tag not in _ELEMENTS:
        raise ValueError(f"a chart has an element <{element.tag}>, which pages do not allow")
    said = element.get("aria-label")
    for name, value in list(element.attrib.items()):
        del element.attrib[name]
        if name in _ATTRIBUTES:
            element.set(name, _attribute(name, value, ids))
    for child in list(element):
        _tidy(child, ids)
        if _invisible(child):
            element.remove(child)
    if said and element.tag in ("path", "rect", "line") and len(element) == 0:
        ET.SubElement(element, "title").text = said


def _attribute(name: str, value: str, ids: _Ids) -> str:
    if name == "id":
        return ids(value)
    if name == "clip-path":
        return f"url(#{ids(value.removeprefix('url(#').removesuffix(')'))})"
    if name in ("fill", "stroke"):
        return value
    return _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), value)


def _invisible(element: ET.Element) -> bool:
    """Whether leaving out `element` changes nothing: an empty group, a shape without paint."""
    if element.tag in ("g", "defs"):
        return len(element) == 0
    if element.tag == "path":
        return len(element) == 0 and "fill" not in element.attrib and "stroke" not in element.attrib
    return False
