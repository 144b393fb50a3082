"""Arranges the points of a group into one value a commit, of one version of each benchmark.

The rules are those of `cnnfc.timeline.arrange`, which makes objects: of two points of one commit
the one measured last counts, and only the version of a benchmark that was measured last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnfc.history.index.columns import MEASURED, Floats, Integers
from cnnfc.history.index.groups import GroupSeries, IndexedRun

_Columns = dict[str, NDArray[Any]]
#: Later than any moment (ms since 1970).
_NEVER: Final = 2**62


@dataclass(frozen=True)
class Track:
    """One benchmark with one set of parameters over the commits; an entry a value.

    Attributes:
        benchmark: Its name.
        parameters: As in `cnnfc.records.Point`.
        commit: Places in the commits of its group.
        centre: In the unit of the benchmark; finite.
        low: Lower end of its interval; not-a-number where there is none.
        high: Upper end.
        n: How many values it is made of; 0 if that is not known.
        other_versions: How many values of other versions were left out.
        version: Of each value, places in `GroupSeries.versions`; -1 where the file does not say.
        started_at: When each value was measured (ms since 1970); -1 where the file does not say.
        outcome: How it ended at the newest commit that knows it, a place in
            `cnnfc.history.index.columns.OUTCOMES`.
    """

    benchmark: str
    parameters: tuple[str, ...]
    commit: Integers
    centre: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int32]
    other_versions: int
    version: NDArray[np.int32]
    started_at: Integers
    outcome: int


class Tracks:
    """The series of a group with their values in the order of commits.

    Attributes:
        commits: The commits, the oldest first.
        runs: The run of each; of several the one that was started last.
        versions: Versions of benchmarks by the number that tracks have.
    """

    def __init__(self, found: GroupSeries) -> None:
        self._found = found
        self._places, self.commits = _commits(found.group.runs)
        latest = dict(zip(self._places.tolist(), found.group.runs, strict=True))
        self.runs = tuple(latest[place] for place in range(len(self.commits)))
        self.versions = found.versions

    @cached_property
    def _columns(self) -> _Columns:
        """One point a commit and series, by series and commit, with a mark on those that count."""
        columns = dict(self._found.columns)
        columns["commit"] = self._places[columns["run"]]
        if len(self.commits) < len(self._places):
            columns = _one_a_commit(columns)
        measured = columns["outcome"] == MEASURED
        benchmark = self._benchmarks[columns["series"]]
        current = _current_versions(columns, benchmark, measured)
        own = (columns["version"] < 0) | (columns["version"] == current[benchmark])
        sound = measured & np.isfinite(columns["centre"])
        return {**columns, "counts": sound & own, "other": sound & ~own}

    @cached_property
    def _benchmarks(self) -> Integers:
        """The number of its benchmark for each number of a series."""
        numbers: dict[str, int] = {}
        names = (name for name, _ in self._found.keys)
        return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)

    def starts(self) -> list[int | None]:
        """When the first point of each commit was measured (ms since 1970); None if none says."""
        columns = self._columns
        first = np.full(len(self.commits), _NEVER, np.int64)
        known = columns["started_at"] >= 0
        np.minimum.at(first, columns["commit"][known], columns["started_at"][known])
        return [None if start == _NEVER else start for start in first.tolist()]

    def __iter__(self) -> Iterator[Track]:
        """Every series of the group; one that was never measured has no values."""
        columns = self._columns
        numbers = columns["series"]
        if not len(numbers):
            return
        start = 0
        for end in [*(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]:
            counts = columns["counts"][start:end]
            benchmark, parameters = self._found.keys[numbers[start]]
            yield Track(
                benchmark,
                parameters,
                commit=columns["commit"][start:end][counts],
                centre=columns["centre"][start:end][counts],
                low=columns["low"][start:end][counts],
                high=columns["high"][start:end][counts],
                n=columns["n"][start:end][counts],
                other_versions=int(np.count_nonzero(columns["other"][start:end])),
                version=columns["version"][start:end][counts],
                started_at=columns["started_at"][start:end][counts],
                outcome=int(columns["outcome"][end - 1]),
            )
            start = end


def _commits(runs: tuple[IndexedRun, ...]) -> tuple[Integers, tuple[str, ...]]:
    """The place of each run's commit among all commits, in the order in which they come up."""
    places: dict[str, int] = {}
    of_runs = [places.setdefault(run.head.run.commit, len(places)) for run in runs]
    return np.array(of_runs, np.int64), tuple(places)


def _one_a_commit(columns: _Columns) -> _Columns:
    """Of the points of one series and commit the one measured last, else the first."""
    order = np.lexsort((columns["run"], columns["commit"], columns["series"]))
    columns = {name: column[order] for name, column in columns.items()}
    changes = (np.diff(columns["series"]) != 0) | (np.diff(columns["commit"]) != 0)
    starts = np.concatenate([np.zeros(1, np.int64), np.flatnonzero(changes) + 1])
    places = np.where(columns["outcome"] == MEASURED, np.arange(len(order)), -1)
    last = np.maximum.reduceat(places, starts) if len(order) else starts[:0]
    kept = np.where(last >= 0, last, starts[: len(last)])
    return {name: column[kept] for name, column in columns.items()}


def _current_versions(
    columns: _Columns, benchmark: Integers, measured: NDArray[np.bool_]
) -> Integers:
    """The number of the version of each benchmark that was measured last; -2 where none is known.

    Last by the clock; of points that were measured at the same time, or that do not say when, the
    one of the newest commit counts.
    """
    chosen = np.flatnonzero(measured & (columns["version"] >= 0))
    current = np.full(int(benchmark.max(initial=-1)) + 1, -2, np.int64)
    keys = (columns["commit"][chosen], columns["started_at"][chosen], benchmark[chosen])
    order = chosen[np.lexsort(keys)]
    # Of several values for one place the last one stays.
    current[benchmark[order]] = columns["version"][order]
    return current
