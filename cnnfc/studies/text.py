"""Lays out the tables of studies as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column to the left, all others to the right."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join((first, *others)).rstrip()

    return [line(head), line(["-" * width for width in widths]), *map(line, rows)]


def percent(share: float, digits: int = 3) -> str:
    """``0.0123`` as ``1.23%``; at most `digits` significant digits."""
    return f"{100 * share:.{digits}g}%"
