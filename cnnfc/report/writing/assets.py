"""Gives the files that all pages share: stylesheet, scripts, icon; and the colours in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cnnfc.report.writing.bundle import chart_library

#: The parts of the scripts, in the order in which they need each other.
_SCRIPT: Final = ("state.js", "tables.js")
_CHART_SCRIPT: Final = ("axes.js", "charts.js")
#: The first says the colours of light pages, the second those that dark ones have instead.
_COLOURS: Final = re.compile(r":root \{([^}]*)\}")
_COLOUR: Final = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]{3,8});")


@cache
def asset(name: str) -> str:
    """The text of the file `name` below ``assets/``."""
    # As a browser reads it, whatever git made of the ends of lines.
    return _folder().joinpath(*name.split("/")).read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def stylesheet() -> str:
    """The one stylesheet: ``site.css`` and, in the order of their names, the parts in ``css/``."""
    parts = sorted(part.name for part in _folder().joinpath("css").iterdir())
    return asset("site.css") + "".join(asset(f"css/{name}") for name in parts)


@cache
def script() -> str:
    """The one script of every page."""
    return "".join(asset(name) for name in _SCRIPT)


@cache
def colours(theme: str) -> Mapping[str, str]:
    """The colours that pages have in `theme`, ``light`` or ``dark``, by the names of variables."""
    light, dark, *_ = (dict(_COLOUR.findall(found)) for found in _COLOURS.findall(stylesheet()))
    return MappingProxyType(light if theme == "light" else light | dark)


def write_assets(folder: Path, *, charts: bool) -> None:
    """Write the shared files into `folder`, which must not exist.

    Args:
        folder: ``assets`` of a site.
        charts: whether any page has a chart.
    """
    folder.mkdir()
    for name, text in _files(charts=charts):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _files(*, charts: bool) -> Iterator[tuple[str, str]]:
    yield "site.css", stylesheet()
    yield "site.js", script()
    yield "favicon.svg", asset("favicon.svg")
    if charts:
        yield "charts.js", "".join(asset(name) for name in _CHART_SCRIPT)
        yield "vega.js", chart_library()


def _folder() -> Traversable:
    return resources.files("cnnfc.report").joinpath("assets")
