"""The named lists of cases that are measured, read from ``catalogues.toml`` beside this file.

The data file is the one place to add a case.  ``benchmarks/`` reads the same file of the work
tree by itself, so that asv's parameter lists never depend on which commit is installed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from cnnfc.cases import Case
from cnnfc.errors import CaseError, DataError, unknown

_FILE: Final = "catalogues.toml"


@dataclass(frozen=True)
class Entry:
    """A case and how often it occurs in one pass of the network (``times``, 1 and up)."""

    case: Case
    times: int


@dataclass(frozen=True)
class Catalogue:
    """A named list of distinct cases, in the order of the data file.

    ``batch_norm`` says that in the network a batch-norm layer follows every convolution.
    """

    name: str
    title: str
    entries: tuple[Entry, ...]
    batch_norm: bool = False

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(entry.case for entry in self.entries)


@cache
def load() -> Mapping[str, Catalogue]:
    """All catalogues by name, in the order of the data file; a read-only mapping, read once."""
    text = resources.files("cnnfc").joinpath(_FILE).read_text(encoding="utf-8")
    return MappingProxyType(parse(text))


def catalogue(name: str) -> Catalogue:
    """The catalogue called `name`; a `UsageError` lists the names there are."""
    known = load()
    if name not in known:
        raise unknown("catalogue", name, known)
    return known[name]


def parse(text: str, source: str = f"cnnfc/{_FILE}") -> dict[str, Catalogue]:
    """The catalogues in the TOML document `text`.

    Raises:
        DataError: naming `source`, the catalogue and the line's key, for anything but tables with
            a ``title``, ``cases`` (canonical case name = times) and optionally ``batch_norm``.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{source} is not valid TOML: {error}") from None
    return {name: _catalogue(name, table, f"{source} [{name}]") for name, table in document.items()}


def _catalogue(name: str, table: object, where: str) -> Catalogue:
    if not isinstance(table, dict):
        raise DataError(f"{where} must be a table with a title and cases")
    unknown = sorted(table.keys() - {"title", "cases", "batch_norm"})
    if unknown:
        raise DataError(f"{where} has an unknown key {unknown[0]!r}")
    title, cases, batch_norm = (
        table.get("title"),
        table.get("cases"),
        table.get("batch_norm", False),
    )
    if not isinstance(title, str) or not title:
        raise DataError(f'{where} needs a title, such as title = "VGG-16"')
    if not isinstance(cases, dict) or not cases:
        raise DataError(f'{where} needs a table of cases with lines such as "dense.1024-512" = 1')
    if not isinstance(batch_norm, bool):
        raise DataError(f"{where} batch_norm must be true or false, not {batch_norm!r}")
    entries = tuple(_entry(case, times, where) for case, times in cases.items())
    return Catalogue(name, title, entries, batch_norm)


def _entry(name: str, times: object, where: str) -> Entry:
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise DataError(
            f"{where} {name!r} must be a whole number of times from 1, not {times!r}; "
            f"case names with dots need quotes"
        )
    try:
        case = Case.parse(name)
    except CaseError as error:
        raise DataError(f"{where}: {error}") from None
    if str(case) != name:
        raise DataError(f"{where}: write {name!r} as {str(case)!r}")
    return Entry(case, times)
