"""Writes tables as text that other programs read: CSV and JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from cnnfc.timeline.table.schema import Column, Row, Type, Value, described

#: What a spreadsheet takes for the beginning of a formula, in whatever width it is written, and
#: the mark itself that is put before it (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")

#: How CSV differs from the values themselves.
CSV_RULES: Final = """\
CSV is RFC 4180 in UTF-8 with one line of names. Empty is not known; there is no NaN and no
infinity. Numbers have as many digits as they need to be read back as they are. Times are ISO 8601
in UTC, truth values true or false, objects JSON. So that no spreadsheet takes a name for a formula,
a text that begins with = + - @ ' (or one of these in full width), tab or a line break has one '
put before it: drop the first ' of a text to have the text itself"""


class Sink(Protocol):
    """Something that text can be written to."""

    def write(self, text: str, /) -> object: ...


def write_csv(columns: Sequence[Column], rows: Iterable[Row], sink: Sink) -> int:
    """Write the names of `columns` and `rows` as `CSV_RULES` says; gives the number of rows.

    Rows are written one by one as they come.
    """
    writer = csv.writer(sink)
    writer.writerow(one.name for one in columns)
    count = 0
    for cells in _converted(columns, rows, _CSV):
        writer.writerow(cells)
        count += 1
    return count


def unguarded(cell: str) -> str:
    """The text that a cell of text of `write_csv` stands for.

    >>> unguarded("'=cmd()"), unguarded("oak")
    ('=cmd()', 'oak')
    """
    return cell.removeprefix("'")


def write_json(
    columns: Sequence[Column], rows: Iterable[Row], sink: Sink, about: Mapping[str, Any]
) -> int:
    """Write one JSON object: what `about` says, ``columns`` and, a line each, ``rows`` by name.

    An unknown value is ``null``; there is no NaN and no infinity.  Times are ISO 8601 in UTC.
    Rows are written one by one as they come.  Gives their number.
    """
    head = json.dumps({**about, "columns": described(columns)}, indent=1, ensure_ascii=False)
    sink.write(f'{head.removesuffix("}").rstrip()},\n "rows": [')
    names = [one.name for one in columns]
    count = 0
    for cells in _converted(columns, rows, _JSON):
        line = json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False, allow_nan=False)
        sink.write(f"{',' if count else ''}\n  {line}")
        count += 1
    sink.write("\n ]\n}\n")
    return count


def _converted(
    columns: Sequence[Column],
    rows: Iterable[Row],
    converters: Mapping[Type, Callable[[Any], Value]],
) -> Iterator[list[Value]]:
    """`rows` with what is known in a column of a type in `converters` as that says."""
    places = [(at, converters[c.type]) for at, c in enumerate(columns) if c.type in converters]
    for row in rows:
        cells = list(row)
        for at, convert in places:
            value = cells[at]
            if value is not None:
                cells[at] = convert(value)
        yield cells


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


#: Numbers are written as they are: Python's ``repr`` has the digits that reading needs.
_CSV: Final[Mapping[Type, Callable[[Any], Value]]] = {
    Type.TEXT: _guarded,
    Type.BOOLEAN: lambda value: "true" if value else "false",
    Type.TIMESTAMP: datetime.isoformat,
    Type.OBJECT: lambda value: json.dumps(value, ensure_ascii=False),
}
_JSON: Final[Mapping[Type, Callable[[Any], Value]]] = {Type.TIMESTAMP: datetime.isoformat}
