"""Writes tables as CSV and JSON: the numbers behind the texts, in base units.

A CSV file has one line of titles; a unit stands behind its title in brackets.  Where the table of
the page shows a number in a convenient unit, the file has it in full and in the base unit: seconds,
bytes, FLOP/s; a change is a ratio, newer / older.  What a cell adds in small print, and what is
doubted about a row, are columns of their own.  The JSON file says the same with the kind of each
column, and ``null`` for what is not there.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.text import MISSING, clean

Value = str | float | int | None

#: Symbols of scales (`cnnfc.units`), and the base units that they are made of.
_BASES: Final = {
    **dict.fromkeys(("ns", "µs", "ms", "s"), "s"),
    **dict.fromkeys(("B", "KiB", "MiB", "GiB", "TiB"), "B"),
    **{
        prefix + base: base
        for prefix in ("", "k", "M", "G", "T", "P")
        for base in ("FLOP/s", "B/s", "Hz", "FLOP", "MAC")
    },
}
#: Prefixes alone: a count in thousands, millions, ...
_PREFIXES: Final = frozenset("kMGTP")
_PLAIN: Final = re.compile(r"[-−]?[0-9][0-9,]*(\.[0-9]+)?")
#: A text with two ends is not said by one number.
_RANGE: Final = re.compile(r"\S (–|to) \S")
#: What makes a spreadsheet take a text for a formula (OWASP, CSV Injection), wide forms included.
_FORMULA: Final = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")


@dataclass(frozen=True)
class _Field:
    """One column of a file: its title, unit, explanation, kind, and values."""

    title: str
    unit: str
    about: str
    values: tuple[Value, ...]

    @property
    def kind(self) -> str:
        is_text = any(isinstance(value, str) for value in self.values)
        return "text" if is_text or all(v is None for v in self.values) else "number"

    @property
    def head(self) -> str:
        return f"{self.title} ({self.unit})" if self.unit else self.title


def as_csv(table: Table) -> str:
    """`table` as comma-separated values (RFC 4180), UTF-8, with one line of titles.

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    fields = _fields(table)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([_harmless(field.head) for field in fields])
    for number in range(len(table.rows)):
        writer.writerow([_harmless(field.values[number]) for field in fields])
    return file.getvalue()


def as_json(table: Table) -> str:
    """`table` as a JSON object; ``rows`` are lists of values in the order of ``columns``."""
    fields = _fields(table)
    whole = {
        "table": table.id,
        "caption": clean(table.caption),
        "note": clean(table.note),
        "units": "base units: s, B, FLOP/s; a change is the ratio newer / older",
        "columns": [
            {"title": field.title, "unit": field.unit, "kind": field.kind, "about": field.about}
            for field in fields
        ],
        "rows": [[field.values[number] for field in fields] for number in range(len(table.rows))],
    }
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _fields(table: Table) -> list[_Field]:
    """The columns of the file; no two have one title."""
    found: list[_Field] = []
    titles: dict[str, int] = {}
    for field in _all_fields(table):
        count = titles[field.head] = titles.get(field.head, 0) + 1
        title = f"{field.title} {count}" if count > 1 else field.title
        found.append(_Field(title, field.unit, field.about, field.values))
    return found


def _all_fields(table: Table) -> Iterator[_Field]:
    for number, column in enumerate(table.columns):
        cells = [row[number] for row in table.rows]
        # A sparkline is a picture of numbers that are on other pages.
        if cells and all(cell.spark is not None or not cell.text for cell in cells):
            continue
        values = tuple(_value(cell, column) for cell in cells)
        is_base = any(isinstance(value, int | float) for value in values)
        unit = _base(column.unit) if is_base else column.unit
        title = clean(column.title) or f"Column {number + 1}"
        yield _Field(title, clean(unit), clean(column.hint), values)
        yield from _texts(cells, lambda cell: cell.detail, f"{title}, small print", "")
    doubts = [Cell("; ".join(cell.warning for cell in row if cell.warning)) for row in table.rows]
    yield from _texts(doubts, lambda cell: cell.text, "Doubts", "What to doubt about the row")


def _texts(
    cells: Sequence[Cell], of: Callable[[Cell], str], title: str, about: str
) -> Iterator[_Field]:
    """A column of texts, if any cell has one."""
    texts = [clean(of(cell)) or None for cell in cells]
    if any(texts):
        yield _Field(title, "", about, tuple(texts))


def _value(cell: Cell, column: Column) -> Value:
    """What a cell is in a file: the number it is sorted by in a column of numbers, else its text.

    A number without a sort key is one only where its column has no unit: it may be rounded.
    """
    if cell.spark is not None or cell.text in ("", MISSING):
        return None
    if column.numeric and not _RANGE.search(cell.text):
        number = _number(cell.sort)
        if number is not None:
            return number
        if not column.unit and not cell.sort and _PLAIN.fullmatch(cell.text):
            return _number(cell.text.replace(",", "").replace("−", "-"))
    return clean(cell.text)


def _number(text: str) -> float | int | None:
    """The finite number that `text` is; an integer where it is one: 7, not 7.0."""
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if abs(number) < 2**53 and number == int(number) else number


def _base(unit: str) -> str:
    return "" if unit in _PREFIXES else _BASES.get(unit, unit)


def _harmless(value: Value) -> str:
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return "" if value is None else repr(value)
