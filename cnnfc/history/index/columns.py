"""The points of one result file as columns instead of objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cnnfc.history.index.times import to_ms
from cnnfc.records import Outcome, Point

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Outcomes by their code in a column.
OUTCOMES: Final = (Outcome.MEASURED, Outcome.SKIPPED, Outcome.FAILED)
MEASURED, SKIPPED, FAILED = range(3)

#: The largest count that is kept; more calls or values than that are as many as that.
MAX_COUNT: Final = 2**31 - 1

#: A point's parameters, for each of the points of a row.
Combinations = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Row:
    """What one file says of one benchmark, beside its values.

    Attributes:
        benchmark: Its name.
        combinations: The parameters of each of its points, in their order.
        version: Its version; None if the file does not say.
        started_at: When it was started (ms since 1970); None if the file does not say.
    """

    benchmark: str
    combinations: Combinations
    version: str | None
    started_at: int | None


@dataclass(frozen=True)
class FileColumns:
    """The points of a file, row after row.

    All arrays but `samples` have one entry a point.  What is not known is not-a-number, or 0 for
    `repeat`; of points that were not measured that is everything.

    Attributes:
        rows: The benchmarks, each with its parameters.
        outcome: Places in `OUTCOMES`.
        value: asv's result, in the unit of the benchmark.
        low: Lower end of asv's 99% interval; may be minus infinity.
        high: Its upper end; may be infinity.
        repeat: How many values asv took, at most `MAX_COUNT`.
        samples: All single values, those of one point after those of another.
        sizes: How many of them each point has; 0 where they were not recorded.
    """

    rows: tuple[Row, ...]
    outcome: NDArray[np.int8]
    value: Floats
    low: Floats
    high: Floats
    repeat: Integers
    samples: Floats
    sizes: Integers

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True)
class Centres:
    """What points come to, one entry a point; not-a-number (0 for `n`) where it is not known.

    Attributes:
        centre: In the unit of the benchmark.
        low: Lower end of its interval.
        high: Upper end.
        n: How many values it is made of.
    """

    centre: Floats
    low: Floats
    high: Floats
    n: Integers


class Summariser(Protocol):
    """Sums up all points of a file at once; what it says of a point depends on that point alone."""

    #: Names the rule, with its version: what was kept under another name is computed anew.
    name: str

    def __call__(self, columns: FileColumns) -> Centres:
        """Centre and interval of every point of `columns`."""
        ...


class PlainValues:
    """The simplest `Summariser`: asv's own result and interval, as they are in the file."""

    name = "asv 1"

    def __call__(self, columns: FileColumns) -> Centres:
        return Centres(columns.value, columns.low, columns.high, columns.repeat)


def of_points(points: Sequence[Point]) -> FileColumns:
    """The columns of `points`, in which those of one benchmark follow one another."""
    rows: list[Row] = []
    start = 0
    for end in range(1, len(points) + 1):
        first = points[start]
        if end < len(points) and _of_one_row(points[end], first):
            continue
        combinations = tuple(point.parameters for point in points[start:end])
        started_at = None if first.started_at is None else to_ms(first.started_at)
        rows.append(Row(first.benchmark, combinations, first.version, started_at))
        start = end
    intervals = [point.interval or (np.nan, np.nan) for point in points]
    values = [np.nan if point.value is None else point.value for point in points]
    return FileColumns(
        rows=tuple(rows),
        outcome=np.array([OUTCOMES.index(point.outcome) for point in points], np.int8),
        value=floats(values),
        low=floats(low for low, _ in intervals),
        high=floats(high for _, high in intervals),
        repeat=np.array([min(point.repeat or 0, MAX_COUNT) for point in points], np.int64),
        samples=floats(value for point in points for value in point.samples),
        sizes=np.array([len(point.samples) for point in points], np.int64),
    )


def floats(values: Iterable[Any]) -> Floats:
    """`values` as a column; None becomes not-a-number."""
    return np.array(values if isinstance(values, list) else list(values), np.float64)


def _of_one_row(point: Point, first: Point) -> bool:
    return (point.benchmark, point.version, point.started_at) == (
        first.benchmark,
        first.version,
        first.started_at,
    )
