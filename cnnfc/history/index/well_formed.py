"""Takes the columns of a result file straight from its parsed JSON, if all is as asv writes it.

The tolerant reader (`cnnfc.history.asv_row`) makes an object of every point and has a sentence for
everything that may be odd; this one looks at whole columns and gives up at the first oddity, so
that whatever it does return is what the tolerant reader would have said, without a complaint.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnfc.history.asv_benchmarks import kind_of
from cnnfc.history.asv_row import LAST_MS, MAX_POINTS
from cnnfc.history.index.columns import (
    FAILED,
    MAX_COUNT,
    MEASURED,
    SKIPPED,
    Combinations,
    FileColumns,
    Floats,
    Integers,
    Row,
)
from cnnfc.history.parameters import parse_axis

#: Columns of asv with an entry a point that must be numbers; what is not needed is checked.
_NUMBERS: Final = (
    *("result", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25", "stats_q_75"),
    *("stats_number", "stats_repeat"),
)
_PLAIN: Final = frozenset({float, int, type(None)})
#: Parameter lists that are remembered; a suite has one a benchmark or fewer.
_MOST_LISTS: Final = 10_000


class _Odd(Exception):
    """Something is not as asv writes it; the tolerant reader knows what to make of it."""


def columns_of(data: Mapping[str, object]) -> FileColumns | None:
    """The columns of the result file with the JSON object `data`; None if anything in it is odd.

    Odd is whatever the tolerant reader would complain about, but also the old format and what is
    sound but unusual.  The head of the file (commit, date, environment, ...) is not looked at.
    """
    try:
        return _columns(data)
    except (_Odd, OverflowError):  # the latter: an integer that no float can hold
        return None


class _Gathered:
    """The cells of all rows, one list a column."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.lengths: list[int] = []
        self.numbers: dict[str, list[Any]] = {name: [] for name in _NUMBERS}
        self.samples: list[Any] = []

    def add(self, row: Row, cells: Mapping[str, Any]) -> None:
        size = len(row.combinations)
        if not size:
            raise _Odd
        self.rows.append(row)
        self.lengths.append(size)
        for name in _NUMBERS:
            self.numbers[name] += _fitting(cells.get(name), size)
        self.samples += _fitting(cells.get("samples"), size)


def _columns(data: Mapping[str, object]) -> FileColumns:
    names, results = data.get("result_columns"), data.get("results")
    # A column that is named twice would hide the other.
    if data.get("version") != 2 or not isinstance(names, list) or not isinstance(results, dict):
        raise _Odd
    if set(map(type, names)) != {str} or len(set(names)) < len(names) or "result" not in names:
        raise _Odd
    gathered, points = _Gathered(), 0
    for benchmark, row in results.items():
        if type(row) is not list:
            raise _Odd
        cells = dict(zip(names, row, strict=False))
        combinations = _combinations(cells.get("params"))
        points += len(combinations)
        if points > MAX_POINTS:
            raise _Odd
        version, started_at = cells.get("version"), cells.get("started_at")
        if version is not None and type(version) is not str:
            raise _Odd
        gathered.add(Row(benchmark, combinations, version, _ms(started_at)), cells)
    return _checked(gathered)


def _checked(gathered: _Gathered) -> FileColumns:
    """The columns of what was gathered, if every cell of a measured point is sound."""
    results = gathered.numbers["result"]
    value = _floats(results)
    outcome = np.full(len(value), MEASURED, np.int8)
    outcome[np.isnan(value)] = SKIPPED
    if None in results:
        outcome[[place for place, cell in enumerate(results) if cell is None]] = FAILED
    measured = outcome == MEASURED
    leasts = [0.0 if _is_time(row.benchmark) else -math.inf for row in gathered.rows]
    least = np.repeat(np.array(leasts, np.float64), np.array(gathered.lengths, np.int64))
    if np.isinf(value).any() or (value[measured] < least[measured]).any():
        raise _Odd
    low, high = _pair(gathered, "stats_ci_99_a", "stats_ci_99_b", measured)
    _pair(gathered, "stats_q_25", "stats_q_75", measured)
    repeat = _counts(gathered.numbers["stats_repeat"], measured)
    _counts(gathered.numbers["stats_number"], measured)
    samples, sizes = _samples(gathered.samples, measured)
    if not (samples >= np.repeat(least, sizes)).all():
        raise _Odd
    rows = tuple(gathered.rows)
    return FileColumns(rows, outcome, value, low, high, repeat, samples, sizes)


@lru_cache(maxsize=_MOST_LISTS)
def _is_time(benchmark: str) -> bool:
    """Whether a value of `benchmark` is a time, which cannot be negative."""
    return kind_of(benchmark)[0] == "time"


def _combinations(params: object) -> Combinations:
    if params is None:
        return ((),)
    if type(params) is not list or not all(type(axis) is list for axis in params):
        raise _Odd
    try:
        return _product(tuple(map(tuple, params)))
    except TypeError:  # a value in it is a list
        raise _Odd from None


@lru_cache(maxsize=_MOST_LISTS)
def _product(axes: tuple[tuple[str, ...], ...]) -> Combinations:
    # Nothing but text equals text, so what is remembered is never given to a number.
    if not set(map(type, itertools.chain.from_iterable(axes))) <= {str}:
        raise _Odd
    if math.prod(map(len, axes)) > MAX_POINTS:
        raise _Odd
    return tuple(itertools.product(*(parse_axis(list(axis)) or () for axis in axes)))


def _fitting(cell: object, size: int) -> list[Any]:
    if cell is None:
        return [None] * size
    if type(cell) is not list or len(cell) != size:
        raise _Odd
    return cell


def _floats(cells: Sequence[Any]) -> Floats:
    """Numbers as a column; None becomes not-a-number.  Truth values are no numbers."""
    if not _PLAIN.issuperset(map(type, cells)):
        raise _Odd
    return np.array(cells, np.float64)


def _pair(
    gathered: _Gathered, first: str, second: str, measured: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Two bounds, not-a-number where there are none; their order must be right."""
    low, high = (_known(gathered.numbers[name]) for name in (first, second))
    low[~measured] = high[~measured] = np.nan
    if (np.isnan(low) != np.isnan(high)).any() or (low > high).any():
        raise _Odd
    return low, high


def _known(cells: Sequence[Any]) -> Floats:
    """Numbers as a column, where not-a-number stands for None alone."""
    column = _floats(cells)
    if np.count_nonzero(np.isnan(column)) != cells.count(None):
        raise _Odd
    return column


def _counts(cells: Sequence[Any], measured: NDArray[np.bool_]) -> Integers:
    """Whole numbers from 1 on as a column; 0 for None and where nothing was measured."""
    column = _known(cells)
    column[~measured] = np.nan
    found = column[~np.isnan(column)]
    if not ((found >= 1) & np.isfinite(found) & (np.floor(found) == found)).all():
        raise _Odd
    return np.nan_to_num(np.minimum(column, MAX_COUNT), nan=0).astype(np.int64)


def _samples(cells: Sequence[Any], measured: NDArray[np.bool_]) -> tuple[Floats, Integers]:
    if not {list, type(None)}.issuperset(map(type, cells)):
        raise _Odd
    sizes = np.array([0 if cell is None else len(cell) for cell in cells], np.int64)
    if sizes[~measured].any():
        raise _Odd
    samples = _floats(list(_chained(cells)))
    if not np.isfinite(samples).all():
        raise _Odd
    return samples, sizes


def _chained(cells: Sequence[Any]) -> Iterator[Any]:
    return itertools.chain.from_iterable(cell for cell in cells if cell is not None)


def _ms(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LAST_MS:
        raise _Odd
    return round(value)
