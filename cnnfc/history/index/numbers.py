"""Gives series and versions of benchmarks the numbers by which the columns of points name them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnfc.history.index.columns import MEASURED, Centres, Combinations, FileColumns, Integers

#: A benchmark with one set of parameters.
SeriesKey = tuple[str, tuple[str, ...]]
#: Columns of points, by their names in the table.
Arrays = Mapping[str, NDArray[Any]]


class Numbers:
    """Numbers are given in the order of coming, and never change.

    Attributes:
        series: All series; their number is their place.
        versions: All versions; their number is their place.
    """

    def __init__(self) -> None:
        self.series: list[SeriesKey] = []
        self.versions: list[str] = []
        self._series: dict[SeriesKey, int] = {}
        self._versions: dict[str, int] = {}
        self._rows: dict[tuple[str, Combinations], NDArray[np.int32]] = {}
        self._repeating: set[tuple[str, Combinations]] = set()

    def add_series(self, benchmark: str, parameters: tuple[str, ...]) -> int:
        """The number of a series, the next one if it is new."""
        key = (benchmark, parameters)
        number = self._series.setdefault(key, len(self.series))
        if number == len(self.series):
            self.series.append(key)
        return number

    def add_version(self, version: str | None) -> int:
        """The number of a version, the next one if it is new; -1 for none."""
        if version is None:
            return -1
        number = self._versions.setdefault(version, len(self.versions))
        if number == len(self.versions):
            self.versions.append(version)
        return number

    def arrays(self, file: int, columns: FileColumns, centres: Centres) -> Arrays:
        """The rows of the table of points for a file with the number `file`.

        A list of parameters may hold a value twice: of two points of one series the one measured
        last counts, as in `cnnfc.timeline.arrange`.
        """
        sizes = [len(row.combinations) for row in columns.rows]
        versions = [self.add_version(row.version) for row in columns.rows]
        starts = [-1 if row.started_at is None else row.started_at for row in columns.rows]
        series = [self._row(row.benchmark, row.combinations) for row in columns.rows]
        found: Arrays = {
            "file": np.full(len(columns), file, np.int32),
            "series": np.concatenate([np.empty(0, np.int32), *series]),
            "version": np.repeat(np.array(versions, np.int32), sizes),
            "started_at": np.repeat(np.array(starts, np.int64), sizes),
            "outcome": columns.outcome,
            "value": columns.value,
            "centre": centres.centre,
            "low": centres.low,
            "high": centres.high,
            "n": centres.n.astype(np.int32),
        }
        if not any((row.benchmark, row.combinations) in self._repeating for row in columns.rows):
            return found
        places = _distinct(found["series"], found["outcome"])
        return {name: column[places] for name, column in found.items()}

    def _row(self, benchmark: str, combinations: Combinations) -> NDArray[np.int32]:
        """The numbers of all series of a row; most files of a history have the same rows."""
        row = (benchmark, combinations)
        found = self._rows.get(row)
        if found is None:
            numbers = [self.add_series(benchmark, parameters) for parameters in combinations]
            found = self._rows[row] = np.array(numbers, np.int32)
            if len(set(numbers)) < len(numbers):
                self._repeating.add(row)
        return found


def _distinct(series: NDArray[np.int32], outcome: NDArray[np.int8]) -> Integers:
    """Places of one point a series: the last that was measured, else the first."""
    chosen: dict[int, int] = {}
    for place, (number, code) in enumerate(zip(series.tolist(), outcome.tolist(), strict=True)):
        if code == MEASURED or number not in chosen:
            chosen[number] = place
    return np.array(sorted(chosen.values()), np.int64)


def series_text(key: SeriesKey) -> str:
    """The series `key` as `parse_series` takes it, in plain ASCII."""
    return json.dumps(key)


def parse_series(text: str) -> SeriesKey:
    """The series that `series_text` has written."""
    benchmark, parameters = json.loads(text)
    return benchmark, tuple(parameters)
