"""The frozen pieces that pages are made of: text that is ready to print, and specs of charts.

Nothing here computes.  A view of `cnnfc.report.views` fills these, a template lays them out.
Addresses (`Cell.href`) are relative to the root of the site unless they start with ``http``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

#: Characters of a name that fit into a column beside others.
_LONG: Final = 44

#: A Vega-Lite specification, as plain JSON values.
Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Sparkline:
    """A small line for a table cell, in a box of 100 by 24 units.

    ``paths`` are SVG path data, one for each stretch without a gap; ``last`` is the newest point;
    ``label`` says in words what is drawn.
    """

    paths: tuple[str, ...]
    last: tuple[str, str]
    label: str


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    ``tone`` is ``""``, ``good``, ``bad``, ``warn`` or ``muted``; ``sort`` the key that a script
    sorts by where the text does not do; ``detail`` a second line in small print; ``warning`` what
    to doubt about the row; ``bar`` a share from 0 to 100 drawn under the text.
    """

    text: str
    href: str = ""
    tone: str = ""
    sort: str = ""
    detail: str = ""
    warning: str = ""
    spark: Sparkline | None = None
    bar: str = ""

    @property
    def long(self) -> bool:
        """Whether the text must be broken into lines even where names are kept whole."""
        return len(self.text) > _LONG


@dataclass(frozen=True)
class Column:
    """The head of a column; ``unit`` stands behind the title, ``hint`` explains it on hover."""

    title: str
    unit: str = ""
    numeric: bool = False
    code: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its caption.

    ``note`` is what all rows have in common; ``empty`` is printed instead of no rows; a
    ``filterable`` table gets a search field where scripts run.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = "Nothing to show."
    filterable: bool = False


@dataclass(frozen=True)
class Figure:
    """One chart, drawn for wide and for narrow pages, with its caption.

    ``alt`` says in one sentence what a reader who does not see it should know; the numbers
    themselves are in a table of the same page.
    """

    id: str
    title: str
    caption: str
    alt: str
    wide: Spec
    narrow: Spec


@dataclass(frozen=True)
class Stat:
    """A number that a page leads with."""

    label: str
    value: str
    detail: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Fact:
    """One line of a list of facts: what, and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class Facts:
    """A titled list of facts."""

    title: str
    facts: tuple[Fact, ...]
    note: str = ""


@dataclass(frozen=True)
class Link:
    """Where another page is."""

    text: str
    href: str
    current: bool = False


@dataclass(frozen=True)
class Notice:
    """A sentence that stands out; ``tone`` as in `Cell`."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Page:
    """A page: its place, its template and everything that the template prints.

    ``question`` is its first sentence and ``answer`` what the numbers say to it; ``section`` is
    the entry of the navigation it belongs to; ``siblings`` are pages of the same kind, ``related``
    those that ask something else of the same machine and device.
    """

    path: str
    template: str
    title: str
    question: str
    section: str
    body: object
    answer: tuple[Notice, ...] = ()
    how_to_read: tuple[str, ...] = ()
    trail: tuple[Link, ...] = ()
    siblings: tuple[Link, ...] = ()
    related: tuple[Link, ...] = ()

    @property
    def root(self) -> str:
        """The way from this page to the root of the site: ``""`` or ``"../"``."""
        return "../" * self.path.count("/")


@dataclass(frozen=True)
class Site:
    """All pages and what is the same on each of them."""

    project: str
    as_of: str
    version: str
    navigation: tuple[Link, ...]
    pages: tuple[Page, ...]
