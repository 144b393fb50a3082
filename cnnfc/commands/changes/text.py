"""Prints changes for people: one line each, worst first, in the width that there is."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from cnnfc.report import change_words
from cnnfc.report.change_words import one_line
from cnnfc.report.text import shorten
from cnnfc.timeline.changes import Change

#: Narrower terminals get lines that wrap; wider ones are not filled, since eyes lose the line.
NARROWEST: Final = 80
WIDEST: Final = 120
#: What a name keeps at least when columns are left out for it.
_NAME: Final = 18
#: A number of a foreign file may have hundreds of digits, a unit any length.
_WIDEST_CELL: Final = 12
_NOTHING: Final[tuple[str, ...]] = ()


@dataclass(frozen=True)
class _Column:
    """A column of the table: its head, its cells, and when it is left out if space is short."""

    head: str
    cell: Callable[[Change], str]
    #: Columns with the highest number go first; 0 stays.
    spare: int = 0
    right: bool = False


def width_of(out: TextIO) -> int:
    """How wide lines may be: as the terminal, from 80 to 120; 120 where they go elsewhere."""
    if not out.isatty():
        return WIDEST
    return min(max(shutil.get_terminal_size((WIDEST, 24)).columns, NARROWEST), WIDEST)


def table(changes: Sequence[Change], width: int, *, why: bool = False) -> Iterator[str]:
    """`changes` in lines of at most `width` characters, their heads first.

    Where the width is short, columns are left out before names are cut; a column that says the same
    of all (nothing) is left out too.

    Args:
        changes: In the order in which they are shown, at least one.
        width: In characters.
        why: Also the evidence for each cause, on lines of their own, which may be longer.
    """
    machines = {change.series_key.machine for change in changes}
    environments = {change.series_key.environment for change in changes}

    def name(one: Change) -> str:
        return _name(one, machine=len(machines) > 1, environment=len(environments) > 1)

    columns = [column for column in _COLUMNS if any(map(column.cell, changes))]
    while True:
        widths = [max(len(c.head), *(len(c.cell(one)) for one in changes)) for c in columns]
        left = width - sum(widths) - 2 * len(columns)
        spare = max((column.spare for column in columns), default=0)
        if left >= _NAME or not spare:
            break
        columns = [column for column in columns if column.spare != spare]
    rows = [([c.head for c in columns], "benchmark", _NOTHING)]
    rows += [
        ([c.cell(one) for c in columns], name(one), one.evidence if why else _NOTHING)
        for one in changes
    ]
    for cells, last, evidence in rows:
        padded = (
            cell.rjust(size) if column.right else cell.ljust(size)
            for cell, size, column in zip(cells, widths, columns, strict=True)
        )
        yield "  ".join((*padded, shorten(last, max(left, 3)))).rstrip()
        yield from (f"    {one_line(sentence)}" for sentence in evidence)


def _size(one: Change) -> str:
    return shorten(change_words.size(one), _WIDEST_CELL)


def _interval(one: Change) -> str:
    """Nothing where there is no ratio: differences in a unit are long."""
    if math.isnan(one.ratio):
        return ""
    return shorten("..".join(change_words.interval(one)), 2 * _WIDEST_CELL)


def _gap(one: Change) -> str:
    """How many commits between the two were not measured."""
    return "" if not one.unmeasured else f"+{one.unmeasured:,}"


def _name(one: Change, *, machine: bool, environment: bool) -> str:
    key = one.series_key
    parts = [key.benchmark, *key.parameters]
    if machine:
        parts.append(f"@ {key.machine}")
    if environment:
        parts.append(f"in {key.environment}")
    return one_line(" ".join(parts))


_COLUMNS: Final = (
    _Column("id", lambda one: one.id),
    _Column("", change_words.verdict),
    _Column("change", _size, right=True),
    _Column("95% interval", _interval, spare=3),
    _Column("cause", lambda one: str(one.cause)),
    _Column("good..bad commit", change_words.commit_range),
    _Column("gap", _gap, spare=1, right=True),
    _Column("state", change_words.state, spare=2),
)
