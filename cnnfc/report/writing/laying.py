"""Lays pages out with Jinja2, the only module that does, and says which files belong to them.

The macros ask for what a page offers to take away: a table for its downloads, a figure for its
drawings.  So a page has the files of exactly those tables and figures that are on it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

import jinja2
from markupsafe import Markup

from cnnfc.report.links import slug
from cnnfc.report.model import Figure, Page, Site, Spec, Table
from cnnfc.report.svg import render
from cnnfc.report.text import clean
from cnnfc.report.views.gate.page import GatePage
from cnnfc.report.writing.assets import asset, script, stylesheet
from cnnfc.report.writing.downloads import as_csv, as_json
from cnnfc.report.writing.figures import ROOM, draw, size_of

_PATH: Final = re.compile(r"([a-z0-9-]+/)?[a-z0-9-]+\.html")
_NAME: Final = re.compile(r"[a-z0-9-]{1,120}")


@dataclass(frozen=True)
class Laid:
    """A page as text, and the files that belong to it by their paths in the site."""

    html: str
    files: dict[str, str]
    charts: bool


@dataclass(frozen=True)
class Downloads:
    """Where a table's files are, as seen from its page."""

    csv: str
    json: str


@dataclass(frozen=True)
class Drawing:
    """A figure as its template shows it; addresses are as seen from the page.

    ``wide`` and ``narrow`` are elements, or empty where the page shows them from files: ``file``
    with ``dark`` and ``small`` with ``small_dark``, whose sizes a page must know before they are
    there, or it moves under the reader.  ``data`` is the script with the chart.
    """

    wide: Markup
    narrow: Markup
    file: str
    dark: str
    small: str
    small_dark: str
    size: tuple[int, int]
    small_size: tuple[int, int]
    data: str


@dataclass
class _Open:
    """The page that is being laid out: its files so far, and room for drawings in characters."""

    room: int
    page: Page | None = None
    files: dict[str, str] = field(default_factory=dict)
    charts: bool = False

    def add(self, id_: str, suffix: str, text: str) -> str:
        """Take in a file about the part `id_`; its address as seen from the page."""
        if self.page is None:
            raise ValueError("files belong to a page, and none is being laid out")
        name = id_ if _NAME.fullmatch(id_) else slug(id_)
        path = f"data/{self.page.path.removesuffix('.html')}/{name}{suffix}"
        if path in self.files:
            raise ValueError(f"{self.page.path!r} has several parts called {id_!r}")
        self.files[path] = text
        return self.page.root + path


class Layout:
    """The templates, ready to lay out one page after the other.

    Args:
        room: Characters of drawings that a page may hold.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._open = _Open(room)
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("cnnfc.report", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            finalize=_printable,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters |= {
            "svg": _svg,
            "drawing": self._drawing,
            "downloads": self._downloads,
        }
        # Asked at the end of a page, when all of its figures have been laid out.
        self._environment.globals["has_charts"] = lambda: self._open.charts

    def page(self, site: Site, page: Page) -> Laid:
        """`page` of `site` as HTML, with its files.

        Raises:
            ValueError: The page's path is none, or two of its parts have one name.
        """
        if not _PATH.fullmatch(page.path):
            raise ValueError(f"{page.path!r} cannot be the path of a page")
        self._open = _Open(self._room, page)
        template = self._environment.get_template(page.template)
        html = template.render(site=site, page=page, body=page.body, root=page.root)
        return Laid(html, self._open.files, self._open.charts)

    def gate(self, page: GatePage) -> str:
        """The one file about a gate: styles, script and icon inside, and a policy for these."""
        self._open = _Open(self._room)
        style = stylesheet() + asset("gate/gate.css")
        code = script() + asset("gate/gate.js")
        icon = base64.b64encode(asset("favicon.svg").encode()).decode()
        return self._environment.get_template("gate.html.j2").render(
            page=page,
            # Our own files, known by their hashes to the policy.
            style=Markup(style),  # noqa: S704
            script=Markup(code),  # noqa: S704
            style_hash=_hash(style),
            script_hash=_hash(code),
            icon=f"data:image/svg+xml;base64,{icon}",
        )

    def _downloads(self, table: Table) -> Downloads | None:
        """The files of `table`; None on a page that has to stand alone, or without rows."""
        if self._open.page is None or not table.rows:
            return None
        return Downloads(
            csv=self._open.add(table.id, ".csv", as_csv(table)),
            json=self._open.add(table.id, ".json", as_json(table)),
        )

    def _drawing(self, figure: Figure) -> Drawing:
        drawn = draw(figure)
        outside = drawn.length > self._open.room
        self._open.room -= 0 if outside else drawn.length
        self._open.charts = True
        places = {
            suffix: self._open.add(figure.id, suffix, text)
            for suffix, text in drawn.files(outside=outside).items()
        }
        return Drawing(
            # Built from an allow-list of elements and attributes, with every text escaped.
            wide=Markup("" if outside else drawn.wide),  # noqa: S704
            narrow=Markup("" if outside else drawn.narrow),  # noqa: S704
            file=places[".svg"],
            dark=places.get(".dark.svg", ""),
            small=places.get(".narrow.svg", ""),
            small_dark=places.get(".narrow.dark.svg", ""),
            size=size_of(drawn.wide),
            small_size=size_of(drawn.narrow),
            data=places[".js"],
        )


def _printable(value: object) -> object:
    """What a template prints: names from files may hold characters that a page must not."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _svg(spec: Spec, prefix: str, label: str) -> Markup:
    # As in `Layout._drawing`.
    return Markup(render(spec, prefix, label))  # noqa: S704


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
