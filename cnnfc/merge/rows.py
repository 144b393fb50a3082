"""Unites what two result files of asv hold of one benchmark, value by value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cnnfc.history.asv_row import MAX_POINTS
from cnnfc.history.parameters import shown
from cnnfc.merge.united import (
    Conflict,
    conflict,
    is_number,
    larger_version,
    same,
    unite_axes,
)

#: Columns with an entry for every combination of parameters, as asv writes them.
_LISTS: Final = (
    *("result", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25", "stats_q_75"),
    *("stats_number", "stats_repeat", "samples"),
)
#: When the benchmark was run last (ms since 1970) and for how long (s): asv keeps one of each for
#: all combinations, so of two shards the later and the longer stand, whichever comes first.
_LARGER: Final = ("started_at", "duration")

Cells = Mapping[str, object]
_Combination = tuple[str, ...]
_Entry = Mapping[str, object]

#: What a result says, in rising order: the combination is not there, it was skipped or not asked
#: for (asv writes not-a-number for both), it failed, it was measured.
_NOTHING, _SKIPPED, _FAILED, _MEASURED = range(4)


class UnfitRow(Exception):
    """A row that is not as asv writes it, so that no value has a certain place."""


@dataclass(frozen=True)
class _Row:
    axes: list[list[str]]
    entries: Mapping[_Combination, _Entry]
    rest: Mapping[str, object]

    @property
    def is_measured(self) -> bool:
        return any(_rank(entry) == _MEASURED for entry in self.entries.values())


def unite_rows(name: str, ours: Cells, theirs: Cells) -> tuple[Cells, tuple[Conflict, ...]]:
    """The cells of benchmark `name` with the values of both, and where they contradict.

    Cells are asv's columns of format 2 by name.  Per combination of parameters a measured value
    stands before a failure, a failure before a skip (which asv does not tell from "not asked
    for"), anything before nothing.  A sample that begins with the other one is that one continued
    (asv appends to canaries), and stands.  Other measured values must be the same, and so must
    what belongs to them (statistics, samples), where both have it.  Rows of different versions of
    the benchmark cannot be united, unless only one of them has a value at all: then that one
    stands, and the larger version where neither has one.

    Raises:
        UnfitRow: one of them is not as asv writes it; the message says what is wrong.
    """
    one, other = _read(ours), _read(theirs)
    mine, its = one.rest.get("version"), other.rest.get("version")
    if not same(mine, its):
        if one.is_measured and other.is_measured:
            return ours, (conflict(f"{name}: version", mine, its),)
        if one.is_measured == other.is_measured:
            return (ours if larger_version(mine, its) else theirs), ()
        return (ours if one.is_measured else theirs), ()
    axes = unite_axes(one.axes, other.axes)
    if axes is None:
        return ours, (conflict(f"{name}: parameters", one.axes, other.axes),)
    entries: dict[_Combination, _Entry] = {}
    conflicts: list[Conflict] = []
    for combination in itertools.product(*axes):
        where = f"{name}({', '.join(combination)})" if combination else name
        entry, contradictions = _unite_entries(
            where, one.entries.get(combination), other.entries.get(combination)
        )
        entries[combination] = entry
        conflicts += contradictions
    rest, contradictions = _unite_rest(name, one.rest, other.rest)
    united = _Row(axes, entries, rest)
    conflicts += contradictions
    # What asv has written stays as it is, where there is nothing to add.
    unchanged = same(_written(united), _written(one))
    return ours if unchanged else _written(united), tuple(conflicts)


def _read(cells: Cells) -> _Row:
    axes = cells.get("params") or []
    if not isinstance(axes, list) or not all(
        isinstance(axis, list) and all(isinstance(value, str) for value in axis) for axis in axes
    ):
        raise UnfitRow(f"its parameters are {shown(axes)} and not lists of text")
    if any(len(set(axis)) < len(axis) for axis in axes):
        raise UnfitRow("a parameter has the same value twice")
    size = math.prod(map(len, axes))
    if size > MAX_POINTS:
        raise UnfitRow(f"its parameters have {size:,} combinations, more than {MAX_POINTS:,}")
    columns = {column: _column(cells, column, size) for column in _LISTS}
    entries = {
        combination: {column: values[index] for column, values in columns.items()}
        for index, combination in enumerate(itertools.product(*axes))
    }
    rest = {k: v for k, v in cells.items() if k != "params" and k not in _LISTS and v is not None}
    return _Row(axes, entries, rest)


def _column(cells: Cells, column: str, size: int) -> list[object]:
    cell = cells.get(column)
    if cell is None:
        return [None] * size
    if not isinstance(cell, list) or len(cell) != size:
        raise UnfitRow(f"its {column} is no list of {size}, one for each set of parameters")
    return cell


def _rank(entry: _Entry | None) -> int:
    if entry is None:
        return _NOTHING
    value = entry["result"]
    if value is None:
        return _FAILED
    return _SKIPPED if isinstance(value, float) and math.isnan(value) else _MEASURED


def _unite_entries(
    where: str, one: _Entry | None, other: _Entry | None
) -> tuple[_Entry, tuple[Conflict, ...]]:
    if one is None or other is None or _rank(one) != _rank(other):
        best = one if _rank(one) >= _rank(other) else other
        return best or {"result": math.nan}, ()
    longer = _continuation(one, other)
    if longer is not None:
        return longer, ()
    differ = [
        column
        for column, value in one.items()
        if None not in (value, other[column]) and not same(value, other[column])
    ]
    if differ:
        first = differ[0]
        label = where if first == "result" else f"{where}: {first}"
        return one, (conflict(label, one[first], other[first]),)
    return {c: other[c] if value is None else value for c, value in one.items()}, ()


def _continuation(one: _Entry, other: _Entry) -> _Entry | None:
    """The entry whose sample begins with the other's: it was measured on since; None if neither."""
    mine, its = one["samples"], other["samples"]
    if not isinstance(mine, list) or not isinstance(its, list) or len(mine) == len(its):
        return None
    shorter, longer, best = (mine, its, other) if len(mine) < len(its) else (its, mine, one)
    return best if shorter and same(longer[: len(shorter)], shorter) else None


def _unite_rest(
    name: str, one: Mapping[str, object], other: Mapping[str, object]
) -> tuple[Mapping[str, object], tuple[Conflict, ...]]:
    rest, conflicts = dict(one), []
    for column, value in other.items():
        if column not in rest or same(rest[column], value):
            rest[column] = value
        elif column in _LARGER and is_number(value) and is_number(mine := rest[column]):
            rest[column] = max(mine, value)
        else:
            conflicts.append(conflict(f"{name}: {column}", rest[column], value))
    return rest, tuple(conflicts)


def _written(row: _Row) -> Cells:
    """The cells of `row` as asv writes them: a list of nothing but nulls is null."""
    combinations = list(itertools.product(*row.axes))
    cells: dict[str, object] = {"params": row.axes, **row.rest}
    for column in _LISTS:
        values = [row.entries[combination].get(column) for combination in combinations]
        cells[column] = None if all(value is None for value in values) else values
    return cells
