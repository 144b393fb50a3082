"""Prints changes for people: one line each, worst first, in the width that there is."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from cnnfc.report.text import change as percentage
from cnnfc.report.text import clean, plural, shorten
from cnnfc.timeline.changes import Change, Found, State
from cnnfc.units import format_value

#: Narrower terminals get lines that wrap; wider ones are not filled, since eyes lose the line.
NARROWEST: Final = 80
WIDEST: Final = 120
#: What a name keeps at least when columns are left out for it.
_NAME: Final = 18
#: A number of a foreign file may have hundreds of digits, a unit any length.
_WIDEST_CELL: Final = 12
_NOTHING: Final[tuple[str, ...]] = ()
#: Which way is up differs between a time and a rate, so it is said.
_WORSE: Final = "worse"
_BETTER: Final = "better"


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
        yield from (f"    {_line(sentence)}" for sentence in evidence)


def summary(found: Found, shown: Sequence[Change], machines: int) -> str:
    """One sentence before the table: how many changes, of how many series."""
    series = f"{plural(found.series, 'series', 'series')} on {plural(machines, 'machine')}"
    if not found.changes:
        return f"no change in {series}{_short(found)}"
    new = sum(change.new for change in shown)
    parts = f" ({new} new)" if new else ""
    of = f" of {len(found.changes)}" if len(shown) < len(found.changes) else ""
    return f"{len(shown):,}{of} {_changes(found.changes)}{parts} in {series}{_short(found)}"


def _changes(changes: Sequence[Change]) -> str:
    return "change" if len(changes) == 1 else "changes"


def _short(found: Found) -> str:
    if not found.too_short:
        return ""
    if found.too_short == found.series:
        return "; none of them has enough values yet to find a change in"
    return f"; {found.too_short:,} of them have too few values yet to find a change in"


def _size(one: Change) -> str:
    if not math.isnan(one.ratio):
        return shorten(percentage(one.ratio), _WIDEST_CELL)
    sign = "+" if one.after >= one.before else "−"
    size = format_value(abs(one.after - one.before), _line(one.unit))
    return shorten(f"{sign}{size}", _WIDEST_CELL)


def _interval(one: Change) -> str:
    if math.isnan(one.ratio):
        return ""
    return shorten(f"{percentage(one.low)}..{percentage(one.high)}", 2 * _WIDEST_CELL)


def _commits(one: Change) -> str:
    return f"{_line(one.last_good.commit)[:8]}..{_line(one.first_bad.commit)[:8]}"


def _gap(one: Change) -> str:
    """How many commits between the two were not measured."""
    return "" if not one.unmeasured else f"+{one.unmeasured:,}"


def _state(one: Change) -> str:
    words = "" if one.state is State.PRESENT else str(one.state).removesuffix(" recovered")
    return ", ".join(filter(None, (words, "new" if one.new else "")))


def _name(one: Change, *, machine: bool, environment: bool) -> str:
    key = one.series_key
    parts = [key.benchmark, *key.parameters]
    if machine:
        parts.append(f"@ {key.machine}")
    if environment:
        parts.append(f"in {key.environment}")
    return _line(" ".join(parts))


def _line(text: str) -> str:
    """`text` on one line, without what a terminal would obey."""
    return " ".join(clean(text).split())


_COLUMNS: Final = (
    _Column("id", lambda one: one.id),
    _Column("", lambda one: _WORSE if one.is_worse else _BETTER),
    _Column("change", _size, right=True),
    _Column("95% interval", _interval, spare=3),
    _Column("cause", lambda one: str(one.cause)),
    _Column("good..bad commit", _commits),
    _Column("gap", _gap, spare=1, right=True),
    _Column("state", _state, spare=2),
)
