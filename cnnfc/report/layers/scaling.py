"""Collects how every layer of a machine scales with the number of CPU threads in one run.

The numbers behind the pages on threads, before any of them is formatted.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cnnfc.analysis.scaling import (
    Effect,
    Estimate,
    Law,
    Stop,
    Timing,
    amdahl,
    effect,
    efficiency,
    speedup,
    stop,
)
from cnnfc.analysis.summary import CONFIDENCE, median_interval
from cnnfc.cases import Case
from cnnfc.names import BenchmarkName
from cnnfc.records import Run
from cnnfc.report.layers.devices import record_of
from cnnfc.timeline.series import Group, Reading

#: The family of the benchmark that measures every thread count, one next to the other.
SCALING_FAMILY = "threads"


@dataclass(frozen=True)
class Scaled:
    """One layer over the thread counts, the fewest first; two counts or more."""

    case: Case
    benchmark: str
    readings: tuple[tuple[int, Reading], ...]

    @cached_property
    def timings(self) -> tuple[Timing, ...]:
        return tuple(
            Timing(threads, reading.summary.centre, *(reading.interval or (None, None)))
            for threads, reading in self.readings
        )

    @cached_property
    def law(self) -> Law | None:
        return amdahl(self.timings)

    @cached_property
    def effect(self) -> Effect:
        return effect(self.timings)

    @cached_property
    def stop(self) -> Stop:
        return stop(self.timings)

    @cached_property
    def gain(self) -> Estimate:
        """The speed-up from the fewest to the most threads."""
        return speedup(self.timings[0], self.timings[-1])

    @cached_property
    def efficiency(self) -> Estimate:
        """That speed-up over the factor of threads."""
        return efficiency(self.timings[0], self.timings[-1])

    @property
    def counts(self) -> tuple[int, ...]:
        """The thread counts."""
        return tuple(threads for threads, _ in self.readings)

    @property
    def is_planned(self) -> bool:
        """Whether it is of the benchmark that measures every count next to each other."""
        return self.benchmark.startswith(f"{SCALING_FAMILY}.")


@dataclass(frozen=True)
class MachineScaling:
    """All layers of one run with two thread counts or more.

    ``counts`` are all thread counts on which the run measured a layer; with fewer than two there
    are no ``layers``.
    """

    group: Group
    run: Run
    counts: tuple[int, ...]
    layers: tuple[Scaled, ...]

    @property
    def usable(self) -> int | None:
        """How many threads could run, by the record of the run; None where it does not say."""
        record = record_of(self.group, self.run)
        cpu = record.state_before.get("cpu") if record is not None else None
        usable = cpu.get("usable") if isinstance(cpu, Mapping) else None
        return usable if isinstance(usable, int) and usable > 0 else None

    @cached_property
    def ends(self) -> tuple[int, int]:
        """Fewest and most threads of most layers; of equals, those that are furthest apart.

        Layers need not have the same counts: one benchmark measures more of them than the others.
        """
        spans = Counter((one.counts[0], one.counts[-1]) for one in self.layers)
        return max(spans, key=lambda span: (spans[span], span[1] / span[0]), default=(1, 1))

    @cached_property
    def gains(self) -> tuple[tuple[Scaled, Estimate], ...]:
        """Every layer that has both `ends`, with its speed-up from the one to the other."""
        found = []
        for one in self.layers:
            known = {timing.threads: timing for timing in one.timings}
            first, last = (known.get(threads) for threads in self.ends)
            if first is not None and last is not None:
                found.append((one, speedup(first, last)))
        return tuple(found)

    @cached_property
    def median_gain(self) -> Estimate | None:
        """The median of `gains`, with its interval over these layers."""
        gains = sorted(gain.centre for _, gain in self.gains)
        if not gains:
            return None
        found = median_interval(len(gains), CONFIDENCE)
        middle = statistics.median(gains)
        if found is None:
            return Estimate(middle)
        return Estimate(middle, gains[found[0] - 1], gains[-found[0]])


def all_scalings(groups: Sequence[Group]) -> Iterator[MachineScaling]:
    """For every group its newest run with a layer on two thread counts.

    Where no run has that, the newest run with any layer on a CPU stands in, without layers.  Groups
    that measured no layer on a CPU are passed over.
    """
    for group in groups:
        single: MachineScaling | None = None
        for index in range(len(group.runs) - 1, -1, -1):
            found = _scaling(group, index)
            if found is not None and found.layers:
                yield found
                break
            single = single or found
        else:
            if single is not None:
                yield single


def _scaling(group: Group, index: int) -> MachineScaling | None:
    """What one run says; None without any layer on a CPU."""
    every: dict[Case, dict[str, dict[int, Reading]]] = {}
    for benchmark, case, threads, reading in _readings(group, index):
        every.setdefault(case, {}).setdefault(benchmark, {})[threads] = reading
    counts = {threads for many in every.values() for one in many.values() for threads in one}
    if not counts:
        return None
    layers = [_scaled(case, many) for case, many in every.items()]
    return MachineScaling(
        group,
        group.runs[index],
        tuple(sorted(counts)),
        tuple(one for one in layers if len(one.readings) > 1),
    )


def _scaled(case: Case, many: Mapping[str, Mapping[int, Reading]]) -> Scaled:
    """The layer by that benchmark which measured it on the most thread counts.

    Counts of two benchmarks are not mixed: each measured its own minute.  Of equals, the one that
    measures all counts next to each other is best.
    """
    name = max(
        many, key=lambda name: (len(many[name]), name.startswith(f"{SCALING_FAMILY}."), name)
    )
    return Scaled(case, name, tuple(sorted(many[name].items())))


def _readings(group: Group, index: int) -> Iterator[tuple[str, Case, int, Reading]]:
    for name, series in group.series.items():
        parsed = BenchmarkName.parse(name)
        if parsed is None or not _is_layer(parsed):
            continue
        for one in series:
            reading = one.readings[index]
            if reading is None or one.layer is None or not one.layer.device.is_cpu:
                continue
            if 0 < reading.summary.centre < math.inf:
                yield name, one.layer.case, one.layer.device.index, reading


def _is_layer(name: BenchmarkName) -> bool:
    """Seconds a warmed forward call of one layer, thread scaling included."""
    threads = (name.family, name.pass_, name.condition) == (SCALING_FAMILY, "Forward", "")
    return name.is_layer_latency or (threads and (name.type, name.quantity) == ("time", "layer"))
