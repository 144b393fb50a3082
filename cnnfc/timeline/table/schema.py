"""Describes tables for other programs: their columns, with type, unit and meaning."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from cnnfc.timeline.moments import utc

#: What a cell may hold; None is a value that is not known.
Value: TypeAlias = str | float | int | bool | datetime | Mapping[str, str] | None
Row: TypeAlias = tuple[Value, ...]

#: Whole numbers beyond this do not fit a 64-bit column; no count of a benchmark is that large.
LARGEST: Final = 2**63 - 1


class Type(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    #: A finite double.
    NUMBER = "number"
    #: At most `LARGEST`, on either side of 0.
    INTEGER = "integer"
    BOOLEAN = "boolean"
    #: A moment in UTC.
    TIMESTAMP = "timestamp"
    #: Texts by name.
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what its values are and mean, and their unit, empty for none."""

    name: str
    type: Type
    meaning: str
    unit: str = ""


def described(columns: Sequence[Column]) -> list[dict[str, str]]:
    """The columns as plain data, for a file that explains itself."""
    return [
        {"name": one.name, "type": one.type.value, "unit": one.unit, "meaning": one.meaning}
        for one in columns
    ]


def explained(columns: Sequence[Column], width: int = 100) -> Iterator[str]:
    """The columns as lines for people: name, type and unit, meaning."""
    names = max(len(one.name) for one in columns)
    kinds = [f"{one.type}{f', {one.unit}' if one.unit else ''}" for one in columns]
    widest = max(map(len, kinds))
    for one, kind in zip(columns, kinds, strict=True):
        start = f"{one.name.ljust(names)}  {kind.ljust(widest)}  "
        yield from textwrap.wrap(
            one.meaning, width, initial_indent=start, subsequent_indent=" " * len(start)
        )


def text(value: object) -> str | None:
    """`value` as a cell of text; None for an empty one and for anything but text and numbers.

    What UTF-8 cannot hold (half characters in the names of files) becomes ``?``.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).encode("utf-8", "replace").decode() or None


def number(value: float | None) -> float | None:
    """`value` as a cell; None if it is not finite."""
    return value if value is not None and math.isfinite(value) else None


def integer(value: object) -> int | None:
    """`value` as a cell; None for anything but a whole number of at most `LARGEST`."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -LARGEST <= value <= LARGEST else None


def moment(value: datetime | None) -> datetime | None:
    """`value` as a cell, in UTC."""
    return None if value is None else utc(value)
