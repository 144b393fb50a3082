"""Arranges the points of a group into one value a commit, of one version of each benchmark.

The rules are those of `cnnfc.timeline.arrange`, which makes objects: of two points of one commit
the one measured last counts, and only the version of a benchmark that was measured last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnfc.history.index.columns import MEASURED, Floats, Integers
from cnnfc.history.index.groups import GroupSeries, IndexedRun

_Columns = dict[str, NDArray[Any]]


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
    """

    benchmark: str
    parameters: tuple[str, ...]
    commit: Integers
    centre: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int32]
    other_versions: int


class Tracks:
    """The series of a group with their values in the order of commits."""

    def __init__(self, found: GroupSeries) -> None:
        self._found = found
        self._places, self.commits = _commits(found.group.runs)

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
