"""Chooses what a check of the machine measures, with what the history knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cnnfc.analysis.against_history import LEAST_RUNS, MOST_RUNS
from cnnfc.cases import Copy, Gemm, Loop
from cnnfc.harness.devices import Devices
from cnnfc.harness.profiles import measures_on
from cnnfc.harness.suite import Point, Suite
from cnnfc.names import BenchmarkName
from cnnfc.records import BenchmarkInfo, Outcome
from cnnfc.report.text import plural
from cnnfc.timeline.moments import moment_of
from cnnfc.timeline.series import Group, Layer, Reading, Series, as_layer

#: A convolution and a dense layer that threads and start-up cost most, a convolution bound by
#: arithmetic and a dense layer bound by memory.  Every profile measures them, so that every
#: history has them.
LAYERS: Final = (
    "conv2d.3-64.k3.hw32",
    "conv2d.256-256.k3.nobias.hw14",
    "dense.1024-512",
    "dense.2048-1000",
)
#: The number formats whose reference kernel is read: the others show the same units of a machine
#: once more, or only what a GPU has beside them.
FORMATS: Final = ("fp32", "bf16")

#: A benchmark with its parameters as people write them.
Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Item:
    """A canary or layer on a device.

    Attributes:
        point: What asv is asked for.
        layer: Its case and device.
        info: What its numbers are.
        past: What the latest runs measured of it, by the clock, the newest last; `MOST_RUNS` at
            most.
        why_not: Why it cannot be judged; empty if it can.
    """

    point: Point
    layer: Layer
    info: BenchmarkInfo
    past: tuple[Reading, ...] = ()
    why_not: str = ""

    @property
    def key(self) -> Key:
        return self.point.benchmark, self.point.values

    @property
    def id(self) -> str:
        """For programs and for pytest: ``hardware.CanaryCopy.track_bandwidth-copy.x4llc-cpu-1``."""
        return "-".join((self.point.benchmark, *self.point.values))

    @property
    def label(self) -> str:
        """For people: ``memory copy copy.x4llc on cpu-1``."""
        case = self.layer.case
        what = f"{case}"
        if isinstance(case, Gemm):
            what = f"matrix product {case}"
        elif isinstance(case, Copy):
            what = f"memory copy {case}"
        elif isinstance(case, Loop):
            what = f"interpreter {case}"
        elif _is_device_time(BenchmarkName.parse(self.point.benchmark)):
            what = f"device time of {case}"
        return f"{what} on {self.layer.device}"

    @property
    def version(self) -> str | None:
        """Which version of the benchmark the history has; None if it does not say."""
        return self.past[-1].point.version if self.past else None


def choose_items(
    suite: Suite, devices: Devices, infos: Mapping[str, BenchmarkInfo], group: Group | None
) -> tuple[Item, ...]:
    """Canaries and `LAYERS` on the devices of this machine, canaries first.

    On one thread, on the largest power of two that fits, and on every accelerator.  A canary that
    the history has only as skipped (bfloat16 on a CPU that emulates it) is left out: every run
    tries all of them.

    Args:
        suite: What asv last listed.
        devices: What this machine has.
        infos: What is known of the benchmarks, by name.
        group: The history of this machine to judge by; None if it has none.
    """
    found = {} if group is None else {(s.info.name, s.parameters): s for s in group.all_series()}
    items = []
    for point, layer in _candidates(suite, devices):
        series = found.get((point.benchmark, point.values))
        if layer.case.is_canary and _was_only_skipped(series):
            continue
        past = _latest(series)
        info = infos.get(point.benchmark, BenchmarkInfo(point.benchmark))
        items.append(Item(point, layer, info, past, _why_not(len(past), series)))
    return tuple(sorted(items, key=lambda item: not item.layer.case.is_canary))


def measured_at(reading: Reading) -> datetime:
    """When `reading` was taken; the date of its commit where asv did not record it."""
    run = reading.run
    return moment_of(reading.point.started_at or run.started_at or run.commit_date)


def _candidates(suite: Suite, devices: Devices) -> Iterator[tuple[Point, Layer]]:
    for name in sorted(suite.benchmarks):
        parsed = BenchmarkName.parse(name)
        if parsed is None:
            continue
        for point in suite.benchmarks[name].points:
            layer = as_layer(name, point.values)
            if (
                layer is not None
                and _is_chosen(parsed, layer)
                and devices.has(layer.device)
                and measures_on("quick", layer.device, devices.cpus)
            ):
                yield point, layer


def _is_chosen(name: BenchmarkName, layer: Layer) -> bool:
    case, device = layer.case, layer.device
    if name.is_canary:
        return not isinstance(case, Gemm) or case.dtype in FORMATS
    if str(case) not in LAYERS:
        return False
    if _is_device_time(name):
        # The GPU's clocks are read around these, and stand in the hardware record.
        return not device.is_cpu
    return name.is_layer_latency and not name.condition


def _is_device_time(name: BenchmarkName | None) -> bool:
    return name is not None and (name.pass_, name.condition) == ("Forward", "Device")


def _was_only_skipped(series: Series | None) -> bool:
    return series is not None and series.outcome is Outcome.SKIPPED and not series.measured


def _latest(series: Series | None) -> tuple[Reading, ...]:
    """The last readings by the clock: a machine has a state at a time, not at a commit."""
    readings = sorted(series.measured if series else (), key=measured_at)
    return tuple(readings[-MOST_RUNS:])


def _why_not(runs: int, series: Series | None) -> str:
    if runs >= LEAST_RUNS:
        return ""
    older = series.other_versions if series else 0
    left_out = f" ({plural(older, 'run')} of another version of it not counted)" if older else ""
    if not runs:
        return f"no run of this machine has measured it{left_out}"
    return f"{plural(runs, 'run')} of history{left_out}; a verdict takes {LEAST_RUNS} at least"
