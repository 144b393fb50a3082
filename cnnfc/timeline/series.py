"""Series: one benchmark with one set of parameters over the commits.

A `Group` is one machine in one environment; only inside a group are numbers comparable.  Order of
time is that of the commits; a result file of an old commit that is written today is still old.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from cnnfc.analysis.summary import Summary
from cnnfc.cases import Case
from cnnfc.errors import UsageError
from cnnfc.machine.schema import HardwareRecord
from cnnfc.names import BenchmarkName, Device
from cnnfc.records import BenchmarkInfo, Outcome, Point, Run
from cnnfc.timeline.moments import moment_of


@dataclass(frozen=True)
class Layer:
    """The parameters of a benchmark of this project: what is measured and where it runs."""

    case: Case
    device: Device


@dataclass(frozen=True)
class Reading:
    """One measured point with its summary and the run that it is from."""

    run: Run
    point: Point
    summary: Summary

    @property
    def interval(self) -> tuple[float, float] | None:
        """Low and high end where both are known and finite."""
        low, high = self.summary.low, self.summary.high
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            return None
        return low, high


@dataclass(frozen=True)
class Series:
    """One benchmark with one set of parameters, aligned with the runs of its group.

    ``readings`` has ``None`` where a run did not measure it, or measured another version of the
    benchmark than the newest.
    """

    info: BenchmarkInfo
    parameters: tuple[str, ...]
    readings: tuple[Reading | None, ...]
    #: How it ended in the newest run that knows it.
    outcome: Outcome
    #: How many values of other versions were left out.
    other_versions: int = 0

    @cached_property
    def layer(self) -> Layer | None:
        """Case and device, for the benchmarks of this project."""
        return as_layer(self.info.name, self.parameters)

    @property
    def label(self) -> str:
        """The parameters in a few words; the benchmark's name where it has none."""
        return " · ".join(self.parameters) or self.info.name

    @cached_property
    def measured(self) -> tuple[Reading, ...]:
        return tuple(reading for reading in self.readings if reading is not None)

    @cached_property
    def usual(self) -> float | None:
        """The median of all centres; ``None`` if nothing was measured."""
        centres = [reading.summary.centre for reading in self.measured]
        return statistics.median(centres) if centres else None

    @property
    def newest(self) -> Reading | None:
        return self.measured[-1] if self.measured else None

    @property
    def previous(self) -> Reading | None:
        """What was measured before `newest`."""
        return self.measured[-2] if len(self.measured) > 1 else None

    @property
    def ratio(self) -> float | None:
        """Newest centre / the one before, where both are above 0."""
        if self.newest is None or self.previous is None:
            return None
        new, old = self.newest.summary.centre, self.previous.summary.centre
        return new / old if new > 0 and old > 0 else None

    @property
    def comparable(self) -> bool:
        """Whether the newest value and the one before both have an interval."""
        both = (self.newest, self.previous)
        return all(reading is not None and reading.interval is not None for reading in both)

    @property
    def parted(self) -> bool:
        """Whether the newest interval and the one before have no value in common."""
        new = self.newest.interval if self.newest else None
        old = self.previous.interval if self.previous else None
        return new is not None and old is not None and (new[0] > old[1] or new[1] < old[0])

    @property
    def better(self) -> bool | None:
        """Whether the newest value is better than the one before; ``None`` without a difference."""
        if self.ratio is None or self.ratio == 1:
            return None
        return (self.ratio > 1) == self.info.higher_is_better


@dataclass(frozen=True)
class Counts:
    """How the combinations of one run ended.

    ``absent`` are skips on a device that this machine has never measured anything on; ``expected``
    is what remains of all combinations without them.
    """

    measured: int
    skipped: int
    failed: int
    absent: int

    @property
    def expected(self) -> int:
        return self.measured + self.skipped + self.failed


@dataclass(frozen=True)
class Group:
    """One machine in one environment: its runs, the oldest commit first, and its series."""

    machine: str
    environment: str
    runs: tuple[Run, ...]
    series: Mapping[str, tuple[Series, ...]]
    records: tuple[HardwareRecord | None, ...]

    @property
    def current(self) -> Run:
        """The run of the newest commit."""
        return self.runs[-1]

    @cached_property
    def last_run_at(self) -> datetime:
        """When anything was last measured; the date of the newest commit where no file says."""
        times = [run.started_at for run in self.runs if run.started_at is not None]
        return max(times, default=self.current.commit_date, key=moment_of)

    @cached_property
    def devices(self) -> tuple[Device, ...]:
        """Devices that were measured on, CPUs by threads first, then accelerators."""
        found = {
            s.layer.device for many in self.series.values() for s in many if s.layer and s.measured
        }
        return tuple(sorted(found, key=lambda d: (not d.is_cpu, d.kind, d.index)))

    def counts(self, run: Run) -> Counts:
        """How the combinations of `run` ended."""
        tally = dict.fromkeys(Outcome, 0)
        absent = 0
        for point in run.points:
            tally[point.outcome] += 1
            if point.outcome is Outcome.SKIPPED:
                layer = as_layer(point.benchmark, point.parameters)
                absent += layer is not None and layer.device not in self.devices
        skipped = tally[Outcome.SKIPPED] - absent
        return Counts(tally[Outcome.MEASURED], skipped, tally[Outcome.FAILED], absent)

    def all_series(self) -> Iterator[Series]:
        """Every series, benchmark by benchmark."""
        for many in self.series.values():
            yield from many


def newest_first(groups: Iterable[Group]) -> list[Group]:
    """`groups`, the one that measured last first."""
    return sorted(groups, key=lambda group: moment_of(group.last_run_at), reverse=True)


def movers(series: Iterable[Series]) -> list[Series]:
    """Series whose newest interval parted from the one before, the largest factor first."""
    parted = [(abs(math.log(s.ratio)), s) for s in series if s.parted and s.ratio]
    return [one for _, one in sorted(parted, key=lambda pair: -pair[0])]


def typical(series: Sequence[Series], length: int) -> list[float | None]:
    """How a whole machine did at each of `length` runs: 1 is usual, above 1 is slower.

    Each series is divided by its own median over the runs, so that slow and fast cases count the
    same; then the median over the series that were measured in a run is taken.
    """
    columns: list[list[float]] = [[] for _ in range(length)]
    for one in series:
        middle = one.usual
        if middle is None or middle <= 0:
            continue
        for index, reading in enumerate(one.readings):
            if reading is not None:
                columns[index].append(reading.summary.centre / middle)
    return [statistics.median(column) if column else None for column in columns]


@lru_cache(maxsize=100_000)
def as_layer(benchmark: str, parameters: tuple[str, ...]) -> Layer | None:
    """What the parameters of a benchmark of this project stand for; ``None`` for any other."""
    if len(parameters) != 2 or BenchmarkName.parse(benchmark) is None:
        return None
    try:
        return Layer(Case.parse(parameters[0]), Device.parse(parameters[1]))
    except UsageError:
        return None
