"""Lays a table out in lines: names to the left, everything else to the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cnnfc.report.text import shorten

#: Room for a name below which other columns have to go, and below which nothing helps.
_NAME: Final = 36
_SHORTEST: Final = 10


def table(
    rows: Sequence[tuple[str, ...]], width: int | None = None, spare: Sequence[int] = ()
) -> list[str]:
    """`rows` as lines of at most `width` characters, as far as that can be.

    Args:
        rows: The head first; all of one length, free of characters that break a line.
        width: How wide the terminal is; None for lines as long as they have to be.
        spare: Places of columns that are left out where names would have less room than
            they need; after that, names are cut in the middle.
    """
    kept = list(range(len(rows[0])))
    longest = max(len(row[0]) for row in rows)
    room = longest
    if width is not None:
        room = _room(rows, kept, width)
        if room < min(longest, _NAME):
            kept = [place for place in kept if place not in spare]
            room = _room(rows, kept, width)
        room = max(min(longest, room), _SHORTEST)
    spaces = [max(len(row[place]) for row in rows) for place in kept[1:]]
    found = []
    for row in rows:
        cells = (row[place].rjust(space) for place, space in zip(kept[1:], spaces, strict=True))
        found.append("  ".join(("", shorten(row[0], room).ljust(room), *cells)).rstrip())
    return found


def _room(rows: Sequence[tuple[str, ...]], kept: Sequence[int], width: int) -> int:
    """What the other columns leave of `width` to the first."""
    others = (max(len(row[place]) for row in rows) + 2 for place in kept[1:])
    return width - 2 - sum(others)
