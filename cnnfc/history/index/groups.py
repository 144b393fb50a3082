"""All points of one machine in one environment, series by series, as columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnfc.history.index.columns import Floats, Integers
from cnnfc.history.index.numbers import Arrays, SeriesKey
from cnnfc.history.index.reading import Head
from cnnfc.history.result_file import ResultFile


@dataclass(frozen=True)
class IndexedRun:
    """A run of the index.

    Attributes:
        head: What its file says beside its points, under the name of its machine.
        digest: Of the content of its file.
        file: The path of that inside the results folder.
        place: The same, as it is read.
    """

    head: Head
    digest: str
    file: str
    place: ResultFile


@dataclass(frozen=True)
class IndexedGroup:
    """One machine in one environment.

    Attributes:
        machine: Its name.
        environment: asv's name of the environment.
        runs: Its runs by the date of their commits, then by when they were started.  Two may be of
            one commit, if an alias made one machine of two folders.
        rule: How centres and intervals were computed (`Summariser.name`).
    """

    machine: str
    environment: str
    runs: tuple[IndexedRun, ...]
    rule: str

    @cached_property
    def fingerprint(self) -> str:
        """The same as long as nothing was measured, removed or changed: what it says of its points.

        What describes the suite or the machine (``benchmarks.json``, hardware records) is not in
        it, as the index does not keep that.
        """
        runs = [(r.head.run.path, r.head.run.commit, r.digest) for r in self.runs]
        text = json.dumps([self.machine, self.environment, self.rule, runs])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def scope(self, what: str) -> str:
        """The name under which an index keeps `what` of this group."""
        return json.dumps([what, self.machine, self.environment])


def group_of(scope: str) -> tuple[str, str] | None:
    """Machine and environment of the group whose `IndexedGroup.scope` it is; None if of none."""
    try:
        _, machine, environment = json.loads(scope)
    except ValueError:
        return None
    return machine, environment


@dataclass(frozen=True)
class SeriesColumns:
    """One benchmark with one set of parameters, an entry a point, in the order of the runs.

    Attributes:
        benchmark: Its name.
        parameters: As in `cnnfc.records.Point`.
        run: Places in the runs of its group.
        outcome: Places in `cnnfc.history.index.columns.OUTCOMES`.
        version: Places in `GroupSeries.versions`; -1 where the file does not say.
        started_at: ms since 1970; -1 where the file does not say.
        value: asv's result, in the unit of the benchmark; not-a-number unless measured.
        centre: What the point comes to by the rule of the group.
        low: Lower end of its interval; not-a-number where there is none.
        high: Upper end.
        n: How many values it is made of; 0 if that is not known.
    """

    benchmark: str
    parameters: tuple[str, ...]
    run: Integers
    outcome: NDArray[np.int8]
    version: NDArray[np.int32]
    started_at: Integers
    value: Floats
    centre: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.run)


@dataclass(frozen=True)
class GroupSeries:
    """The series of a group.

    Attributes:
        group: The group.
        versions: Versions of benchmarks by the number that columns have.
        columns: All points by series and run; the names are those of `SeriesColumns` and
            ``series``, the number of the series.
        keys: Benchmark and parameters by that number.
    """

    group: IndexedGroup
    versions: Sequence[str]
    columns: Arrays
    keys: Sequence[SeriesKey]

    def __iter__(self) -> Iterator[SeriesColumns]:
        """Every series; benchmarks as the index came to know them, so nothing hangs on order."""
        numbers = self.columns["series"]
        if not len(numbers):
            return
        ends = [*np.flatnonzero(np.diff(numbers)) + 1, len(numbers)]
        start = 0
        for end in ends:
            benchmark, parameters = self.keys[numbers[start]]
            yield SeriesColumns(
                benchmark,
                parameters,
                **{k: v[start:end] for k, v in self.columns.items() if k != "series"},
            )
            start = int(end)


def arrange(
    group: IndexedGroup,
    numbers: Sequence[int],
    points: Arrays,
    keys: Sequence[SeriesKey],
    versions: Sequence[str],
) -> GroupSeries:
    """The series of `group` from the `points` of its files, which are in any order.

    `numbers` are those of the files, in the order of the group's runs; `keys` and `versions` have
    what the numbers of series and of versions stand for.
    """
    files = np.array(numbers, np.int64)
    # From the number of a file to the place of its run; a file that is gone (-1) has no points.
    places = np.full(int(files.max(initial=-1)) + 2, -1, np.int64)
    places[files] = np.arange(len(files))
    run = places[points["file"]]
    order = np.argsort(points["series"].astype(np.int64) * len(files) + run, kind="stable")
    columns: dict[str, NDArray[Any]] = {
        name: column[order] for name, column in points.items() if name != "file"
    }
    columns["run"] = run[order]
    return GroupSeries(group, versions, columns, keys)
