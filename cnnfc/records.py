"""What was measured: frozen, plain records between the reader of result files and its users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How a benchmark with one set of parameters ended in one run."""

    MEASURED = "measured"
    #: Skipped on purpose, or not selected: asv writes the same NaN for both.
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Point:
    """One benchmark with one set of parameters in one run: a *sample* and what asv made of it.

    Values are in the benchmark's unit (seconds a call for timings; asv has already divided by
    ``number``).  ``samples`` is empty where asv was not asked to record them; then ``interval``
    (asv's 99% interval of the median), ``quartiles``, ``number`` (calls a value) and ``repeat``
    (how many values) are what is known.  Each may be ``None`` in old files.

    As read from files, ``value`` is a finite number exactly if the outcome is ``MEASURED``, and
    samples are finite; an ``interval`` may be infinite, which is what asv makes of one value.
    """

    benchmark: str
    parameters: tuple[str, ...]
    outcome: Outcome
    value: float | None = None
    samples: tuple[float, ...] = ()
    interval: tuple[float, float] | None = None
    quartiles: tuple[float, float] | None = None
    number: int | None = None
    repeat: int | None = None
    version: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True)
class Run:
    """Everything one machine measured of one commit in one environment (one asv result file)."""

    machine: str
    commit: str
    commit_date: datetime
    environment: str
    python: str
    points: tuple[Point, ...]
    #: asv's machine description (``cpu``, ``num_cpu``, ``ram``, ...), strings as asv wrote them.
    machine_facts: Mapping[str, str] = field(default_factory=dict)
    requirements: Mapping[str, str] = field(default_factory=dict)
    path: str = ""

    @property
    def started_at(self) -> datetime | None:
        """When its first benchmark started, if asv recorded it."""
        times = [point.started_at for point in self.points if point.started_at is not None]
        return min(times, default=None)

    @property
    def measured(self) -> int:
        return sum(point.outcome is Outcome.MEASURED for point in self.points)

    @property
    def failed(self) -> int:
        return sum(point.outcome is Outcome.FAILED for point in self.points)


@dataclass(frozen=True)
class BenchmarkInfo:
    """What asv's ``benchmarks.json`` says of a benchmark; defaults where it says nothing."""

    name: str
    type: str = "time"
    unit: str = "seconds"
    parameter_names: tuple[str, ...] = ()
    version: str | None = None
    higher_is_better: bool = False


@dataclass(frozen=True)
class Problem:
    """A file that was left out, or a part of one, with the reason in words."""

    path: str
    reason: str
