"""Draws a Vega-Lite specification as an SVG that may stand inside a page, or in a file of its own.

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
#: Where a specification has rows and no marks.
_DATA: Final = frozenset(("data", "datasets"))
#: Attributes whose values are colours, and the variables that these may be.
_PAINTS: Final = ("fill", "stroke")
_VARIABLE: Final = re.compile(r"var\(--([a-z0-9-]+)\)")
_LONG_NUMBER: Final = re.compile(r"-?[0-9]+\.[0-9]{3,}(?:e-?[0-9]+)?")


def render(spec: Spec, prefix: str, label: str) -> str:
    """The SVG element of `spec`, without a font, a class, a style or a link.

    Args:
        spec: a Vega-Lite specification with its data inside; nothing is fetched.
        prefix: what ids start with, ``[a-z0-9-]``, unique in the page.
        label: what the picture shows, in a sentence, for readers who do not see it.
    """
    drawn = vl_convert.vegalite_to_svg(_quiet(cleaned(spec)), allowed_base_urls=[])
    # Our own renderer's output; it has no document type, so no entities to expand.
    root = ET.fromstring(drawn)  # noqa: S314
    _tidy(root, _Ids(prefix))
    root.set("xmlns", _NAMESPACE.strip("{}"))
    root.set("role", "img")
    root.set("aria-label", clean(label))
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def standalone(svg: str, colours: Mapping[str, str], font: str) -> str:
    """What `render` drew, as a file that needs no page around it.

    Args:
        svg: the element.
        colours: the values of the page's variables, without their dashes; ``surface`` becomes the
            ground.  A variable that is not among them is drawn in black, as SVG does.
        font: the value of ``font-family``.
    """
    root = ET.fromstring(svg)  # noqa: S314 - as above
    for element in root.iter():
        element.tag = str(element.tag).removeprefix(_NAMESPACE)
        for name in _PAINTS:
            if (paint := element.get(name)) is not None:
                element.set(name, _VARIABLE.sub(lambda m: colours.get(m[1], "#000"), paint))
    root.insert(0, ET.Element("rect", width="100%", height="100%", fill=colours["surface"]))
    root.set("xmlns", _NAMESPACE.strip("{}"))
    root.set("font-family", font)
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def cleaned(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """`value`, JSON all the way down, with every text as `cnnfc.report.text.clean` makes it."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value]
    return value


def _quiet(node: Any) -> Any:  # noqa: ANN401 - a part of a specification
    """Let no mark describe itself but those that a chart has given a text to."""
    if isinstance(node, list):
        return [_quiet(part) for part in node]
    if not isinstance(node, dict):
        return node
    quiet = {key: part if key in _DATA else _quiet(part) for key, part in node.items()}
    mark = node.get("mark")
    mark = {"type": mark} if isinstance(mark, str) else mark
    if isinstance(mark, dict) and "type" in mark and "description" not in node.get("encoding", {}):
        quiet["mark"] = {**mark, "aria": False}
    return quiet


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
    if name in _PAINTS:
        return value
    return _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), value)


def _invisible(element: ET.Element) -> bool:
    """Whether leaving out `element` changes nothing: an empty group, a shape without paint."""
    if element.tag in ("g", "defs"):
        return len(element) == 0
    if element.tag == "path":
        return len(element) == 0 and "fill" not in element.attrib and "stroke" not in element.attrib
    return False
