"""Says what the other series of a machine did where one of them changed."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cnnfc.cases.canaries import Loop
from cnnfc.names import BenchmarkName
from cnnfc.timeline.courses import Followed
from cnnfc.timeline.series import Group, Series
from cnnfc.timeline.shifts import Pace, Part, Shift, pace_of

#: Most of the suite: so large a part of what can be told of, of at least so many series.  Of fewer,
#: three of four may belong to the same few functions.
MOST: Final = 0.75
LEAST: Final = 6


@dataclass(frozen=True)
class Kernel:
    """A reference kernel near a change: its name for people, how far it moved, and its part."""

    name: str
    shift: Shift
    part: Part


@dataclass(frozen=True)
class Suite:
    """How many series can tell whether they took part in a change, and how many did.

    Attributes:
        told: Series whose noise lets them tell, the changed one included.
        moved: Those of them that moved along.
        factor: Median of the factors of these, above 1 is slower; not a number if there are none.
        families: (moved, told) by the family of the benchmarks, the most series first.
    """

    told: int
    moved: int
    factor: float
    families: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def together(self) -> bool:
        """Whether most of them moved, and there are enough of them to say so."""
        return self.told >= LEAST and self.moved >= MOST * self.told


@dataclass(frozen=True)
class _Member:
    """A series that follows the speed of the machine, with what is asked of it again and again."""

    series: Series
    pace: Pace
    place: str
    family: str


class Neighbours:
    """The series of a group that follow the speed of the machine, reference kernels apart."""

    def __init__(self, group: Group, followed: Sequence[Followed]) -> None:
        self.group = group
        self._kernels: list[_Member] = []
        self._suite: list[_Member] = []
        for one in followed:
            pace = pace_of(one)
            if pace is not None:
                kept = self._kernels if is_canary(one.series) else self._suite
                kept.append(_Member(one.series, pace, place_of(one.series), _family(one.series)))
        # Many series change at the same place, each of which asks for all.
        self._shifts: dict[tuple[int, int], list[tuple[_Member, Shift]]] = {}

    def kernels(self, changed: Series, change: float, before: int, after: int) -> list[Kernel]:
        """What the reference kernels did whose device `changed` runs on.

        Args:
            changed: The series that changed.
            change: Logarithm of the factor of its change, above 0 is slower.
            before: Place of the last run before the change.
            after: Place of the first run after it.
        """
        return [
            Kernel(_label(member.series), shift, shift.part_in(change, sure=True))
            for member in self._kernels
            if _bears_on(member, place_of(changed))
            and (shift := member.pace.shift(before, after)) is not None
        ]

    def suite(self, changed: Series, change: float, before: int, after: int) -> Suite:
        """What the benchmarks on the same device did; arguments as of `kernels`."""
        place = place_of(changed)
        told: Counter[str] = Counter()
        moved: Counter[str] = Counter()
        factors = []
        for member, shift in self._of_suite(before, after):
            part = shift.part_in(change)
            if member.place != place or part is Part.UNCLEAR:
                continue
            told[member.family] += 1
            if part is Part.MOVED:
                moved[member.family] += 1
                factors.append(shift.factor)
        families = {family: (moved[family], count) for family, count in told.most_common()}
        factor = statistics.median(factors) if factors else math.nan
        return Suite(told.total(), moved.total(), factor, families)

    def _of_suite(self, before: int, after: int) -> list[tuple[_Member, Shift]]:
        if (before, after) not in self._shifts:
            shifts = ((member, member.pace.shift(before, after)) for member in self._suite)
            self._shifts[before, after] = [(member, one) for member, one in shifts if one]
        return self._shifts[before, after]


def is_canary(series: Series) -> bool:
    """Whether it is of a reference kernel, which does not depend on the code under test."""
    name = BenchmarkName.parse(series.info.name)
    return name is not None and name.is_canary


def place_of(series: Series) -> str:
    """Which part of the machine it runs on: ``CPU``, ``cuda-0``; empty where it does not say."""
    if series.layer is None:
        return ""
    return "CPU" if series.layer.device.is_cpu else str(series.layer.device)


def _family(series: Series) -> str:
    """The family of a benchmark of this project, the first part of the name of any other."""
    name = BenchmarkName.parse(series.info.name)
    return series.info.name.split(".")[0] if name is None else name.family


def _bears_on(kernel: _Member, place: str) -> bool:
    """Whether `kernel` says something of what runs on `place`.

    Those of the same part of the machine do.  An accelerator also waits for the interpreter that
    feeds it.  Of a benchmark that does not say where it runs, all kernels are asked.
    """
    if place in ("", kernel.place):
        return True
    layer = kernel.series.layer
    return layer is not None and isinstance(layer.case, Loop)


def _label(series: Series) -> str:
    return " on ".join(series.parameters) or series.info.name
