"""Turns what one asv result file holds of one benchmark into points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cnnfc.history.asv_benchmarks import kind_of
from cnnfc.history.parameters import parse_axis, shown
from cnnfc.records import Outcome, Point

#: Combinations of parameters in one file.  A list of results cannot be longer than its file, but
#: ``null`` stands for all combinations at once.
MAX_POINTS: Final = 200_000

#: Times from here on (ms since 1970: the year 2200) are no times of asv.
LAST_MS: Final = 7_258_118_400_000


class RowError(Exception):
    """The whole benchmark has to be left out; the message is the reason."""


@dataclass
class Row:
    """What was read of one benchmark in one file.

    Attributes:
        points: In the order of asv: the product of the parameters, the last one fastest.
        dropped: Reasons why single values were left out, one for each.
    """

    points: list[Point] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def drop(self, what: str, parameters: tuple[str, ...], fault: str = "") -> None:
        """Note down that `what` is left out of the point with `parameters`."""
        where = f" of ({', '.join(parameters)})" if parameters else ""
        self.dropped.append(f"{what}{where}{fault}")


def read_row(name: str, cells: Mapping[str, object], limit: int = MAX_POINTS) -> Row:
    """The points of benchmark `name`.

    Args:
        name: Name of the benchmark.
        cells: asv's columns of version 2 by name; a column that is missing is ``None``.  Unknown
            columns are ignored.
        limit: How many combinations of parameters there may be.

    Returns:
        The points.  A value that is no finite number (or, for a time, is negative) leaves its
        combination out and is named, so that the value of every measured point is finite.  The
        same goes for single values of a sample.  An interval, a quartile, a count, a version or
        a time that cannot be is named and left out, the rest of its point is kept.  asv's interval
        of a single value, ``(-inf, inf)``, is kept as it is.

    Raises:
        RowError: The lists do not fit the parameters, so no value has a certain place.
    """
    row = Row()
    combinations = _combinations(cells.get("params"), limit)
    size = len(combinations)
    values = _values(cells.get("result"), size)
    samples = _column(cells, "samples", size)
    intervals = _pairs(cells, "stats_ci_99_a", "stats_ci_99_b", size)
    quartiles = _pairs(cells, "stats_q_25", "stats_q_75", size)
    numbers = _column(cells, "stats_number", size)
    repeats = _column(cells, "stats_repeat", size)
    version = _version(cells.get("version"), row.dropped)
    started_at = _started_at(cells.get("started_at"), row.dropped)
    least = 0.0 if kind_of(name)[0] == "time" else -math.inf

    columns = zip(
        combinations, values, samples, intervals, quartiles, numbers, repeats, strict=True
    )
    for parameters, value, sample, interval, quartile, number, repeat in columns:
        if value is None or value != value:  # noqa: PLR0124 - nothing but not-a-number differs
            outcome = Outcome.FAILED if value is None else Outcome.SKIPPED
            point = Point(name, parameters, outcome, version=version, started_at=started_at)
        else:
            centre = finite(value)
            if centre is None or centre < least:
                row.drop(f"the value {shown(value)}", parameters, _fault(value))
                continue
            point = Point(
                name,
                parameters,
                Outcome.MEASURED,
                centre,
                () if sample is None else _sample(sample, least, row, parameters),
                _pair(interval, "interval", row, parameters),
                _pair(quartile, "quartiles", row, parameters),
                _count(number, "number", row, parameters),
                _count(repeat, "repeat", row, parameters),
                version,
                started_at,
            )
        row.points.append(point)
    return row


def finite(value: object) -> float | None:
    """`value` as a finite float; None for anything else, truth values and text included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if type(value) is float:
        return value if math.isfinite(value) else None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def parse_time(value: object) -> datetime | None:
    """The UTC time of a JavaScript timestamp (ms since 1970); None if it is not in 1970 to 2200."""
    number = finite(value)
    if number is None or not 0 <= number < LAST_MS:
        return None
    seconds, milliseconds = divmod(round(number), 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=1000 * milliseconds)


def _combinations(params: object, limit: int) -> list[tuple[str, ...]]:
    if params is None:
        return [()]
    axes = [parse_axis(axis) for axis in params] if isinstance(params, list) else [None]
    lists = [axis for axis in axes if axis is not None]
    if len(lists) < len(axes):
        raise RowError("its parameters are not lists of plain values")
    count = math.prod(map(len, lists))
    if count > limit:
        raise RowError(f"its parameters have {count:,} combinations, more than {limit:,} in a file")
    return list(itertools.product(*lists))


def _values(result: object, size: int) -> Sequence[object]:
    if result is None:
        return [None] * size
    if not isinstance(result, list):
        raise RowError(f"its result is {shown(result)} and not a list")
    return _fitting(result, "result", size)


def _column(cells: Mapping[str, object], column: str, size: int) -> Sequence[object]:
    cell = cells.get(column)
    if cell is None:
        return [None] * size
    if not isinstance(cell, list):
        raise RowError(f"its {column} is {shown(cell)} and not a list")
    return _fitting(cell, column, size)


def _fitting(cell: list[object], column: str, size: int) -> list[object]:
    if len(cell) != size:
        raise RowError(
            f"its {column} has {len(cell)} entries for {size} combination{'s' * (size != 1)} of "
            f"parameters"
        )
    return cell


def _pairs(
    cells: Mapping[str, object], first: str, second: str, size: int
) -> list[tuple[object, object]]:
    return list(zip(_column(cells, first, size), _column(cells, second, size), strict=True))


def _sample(cell: object, least: float, row: Row, parameters: tuple[str, ...]) -> tuple[float, ...]:
    """The finite values of a sample that are at least `least`, in their order."""
    if not isinstance(cell, list):
        row.drop(f"the sample {shown(cell)}", parameters)
        return ()
    # Nearly always all is well, and then no value is looked at in Python.
    if set(map(type, cell)) == {float} and all(map(math.isfinite, cell)) and min(cell) >= least:
        return tuple(cell)
    kept = tuple(_at_least(least, cell))
    if len(kept) < len(cell):
        row.drop(f"{len(cell) - len(kept)} of {len(cell)} values of the sample", parameters)
    return kept


def _at_least(least: float, cell: list[object]) -> Iterator[float]:
    for value in cell:
        number = finite(value)
        if number is not None and number >= least:
            yield number


def _pair(
    cells: tuple[object, object], what: str, row: Row, parameters: tuple[str, ...]
) -> tuple[float, float] | None:
    """Two bounds in their order, infinite ones included; None where there is none."""
    low, high = cells
    if low is None or high is None:
        return None
    if type(low) is float and type(high) is float and low <= high:
        return low, high
    lower, upper = _bound(low), _bound(high)
    if lower is not None and upper is not None and lower <= upper:
        return lower, upper
    row.drop(f"the {what} {shown(low)} to {shown(high)}", parameters)
    return None


def _bound(value: object) -> float | None:
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return finite(value)


def _count(value: object, what: str, row: Row, parameters: tuple[str, ...]) -> int | None:
    if value is None:
        return None
    if type(value) is int and value > 0:
        return value
    number = finite(value)
    if number is not None and number >= 1 and number.is_integer():
        return int(number)
    row.drop(f"the {what} {shown(value)}", parameters)
    return None


def _version(value: object, dropped: list[str]) -> str | None:
    if value is None or isinstance(value, str):
        return value
    dropped.append(f"its version {shown(value)} is not text")
    return None


def _started_at(value: object, dropped: list[str]) -> datetime | None:
    if value is None:
        return None
    time = parse_time(value)
    if time is None:
        dropped.append(f"its start {shown(value)} is not in ms between 1970 and 2200")
    return time


def _fault(value: object) -> str:
    number = finite(value)
    if number is not None:
        return ", which is negative,"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ", which is not finite,"
    return ", which is not a number,"
