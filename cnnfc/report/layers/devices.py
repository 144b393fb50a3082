"""Collects what one device did with every layer in one run: latency, costs, roofline bound.

The numbers behind the pages on parameters and latency, before any of them is formatted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from cnnfc.analysis.predictors import roofline_seconds
from cnnfc.cases import Case, Gemm
from cnnfc.costs import costs
from cnnfc.machine.schema import HardwareRecord
from cnnfc.names import BenchmarkName, Device
from cnnfc.records import Run
from cnnfc.report.layers import explained, ladders
from cnnfc.report.layers.explained import Band, Predictor
from cnnfc.report.layers.ladders import Ladder
from cnnfc.report.layers.measured import Ceilings, FirstCall, Measured, Pass
from cnnfc.timeline.series import Group, Reading, Series

__all__ = [
    "LEAST_LAYERS",
    "Ceilings",
    "DeviceLayers",
    "FirstCall",
    "Measured",
    "all_devices",
    "record_of",
]

#: Fewer layers than this on a device make no page.
LEAST_LAYERS: Final = 3

_GEMM: Final = "hardware.CanaryGemm.track_flops"
_COPY: Final = "hardware.CanaryCopy.track_bandwidth"
#: Pass and condition of a benchmark -> what it is called, and whether the roofline bound of a
#: forward call holds for it.
_PASSES: Final = {
    ("Forward", "Cold"): ("forward, cold caches", True),
    ("Backward", ""): ("backward", False),
    ("TrainStep", ""): ("training step", False),
}


@dataclass(frozen=True)
class DeviceLayers:
    """All layers that one device was measured with in one run."""

    group: Group
    device: Device
    run: Run
    layers: tuple[Measured, ...]
    ceilings: Ceilings
    first_calls: tuple[FirstCall, ...]
    passes: tuple[Pass, ...] = ()

    @cached_property
    def predictors(self) -> tuple[Predictor, ...]:
        """Parameters, FLOPs, bytes, activations and the roofline bound against latency."""
        return explained.predictors(self.layers)

    @cached_property
    def band(self) -> Band | None:
        """The decade of parameter counts with the most layers, alone; None without such a one."""
        return explained.band(self.layers)

    @cached_property
    def ladders(self) -> tuple[Ladder, ...]:
        """Layers with equal parameter counts, the longest ladder first."""
        return ladders.equal_parameters(self.layers)

    @cached_property
    def steps(self) -> tuple[Ladder, ...]:
        """Ladders whose rungs differ in one thing only, by `ladders.AXES`, the longest first."""
        return tuple(one for axis in ladders.AXES for one in ladders.along(axis, self.layers))

    @property
    def cold(self) -> dict[Case, Measured]:
        """Layers measured with cold caches, by case."""
        label = _PASSES["Forward", "Cold"][0]
        return {m.case: m for other in self.passes if other.label == label for m in other.layers}


def record_of(group: Group, run: Run) -> HardwareRecord | None:
    """The hardware record of one run of `group`; None where none belongs to it."""
    pairs = zip(group.runs, group.records, strict=True)
    return next((record for known, record in pairs if known is run), None)


def all_devices(groups: Sequence[Group]) -> Iterator[DeviceLayers]:
    """For every device of every group its newest run with at least `LEAST_LAYERS` layers."""
    for group in groups:
        for device in group.devices:
            for index in range(len(group.runs) - 1, -1, -1):
                found = _layers(group, device, index)
                if len(found) < LEAST_LAYERS:
                    continue
                ceilings = _ceilings(group, device, index)
                yield DeviceLayers(
                    group,
                    device,
                    group.runs[index],
                    tuple(
                        _measured(name, reading, case, ceilings) for case, name, reading in found
                    ),
                    ceilings,
                    tuple(_first_calls(group, device, index, found)),
                    tuple(_passes(group, device, index, ceilings)),
                )
                break


def _layers(group: Group, device: Device, index: int) -> list[tuple[Case, str, Reading]]:
    """Warmed forward latency of every case, from the plain benchmark where several have it."""
    found: dict[Case, tuple[str, Reading]] = {}
    for name, series in group.series.items():
        parsed = BenchmarkName.parse(name)
        if parsed is None or not parsed.is_layer_latency or parsed.pass_ != "Forward":
            continue
        for case, reading in _readings(series, device, index):
            plain = parsed.family == case.family and not parsed.condition
            if reading.summary.centre > 0 and (plain or case not in found):
                found[case] = (name, reading)
    return [(case, name, reading) for case, (name, reading) in found.items()]


def _passes(group: Group, device: Device, index: int, ceilings: Ceilings) -> Iterator[Pass]:
    """Latency of the same layers in other passes, for those that were measured."""
    for (pass_, condition), (label, bounded) in _PASSES.items():
        found: dict[Case, Measured] = {}
        for name, series in group.series.items():
            parsed = BenchmarkName.parse(name)
            if parsed is None or parsed.family not in ("conv", "dense"):
                continue
            asked = (pass_, condition, "time", "layer")
            if (parsed.pass_, parsed.condition, parsed.type, parsed.quantity) != asked:
                continue
            for case, reading in _readings(series, device, index):
                if reading.summary.centre > 0:
                    one = _measured(name, reading, case, ceilings)
                    found[case] = one if bounded else replace(one, bound=None)
        if found:
            yield Pass(label, tuple(found.values()))


def _first_calls(
    group: Group, device: Device, index: int, warmed: list[tuple[Case, str, Reading]]
) -> Iterator[FirstCall]:
    known = {case: reading for case, _, reading in warmed}
    for name, series in group.series.items():
        parsed = BenchmarkName.parse(name)
        if parsed is None or (parsed.pass_, parsed.condition, parsed.quantity) != (
            "Forward",
            "First",
            "latency",
        ):
            continue
        for case, reading in _readings(series, device, index):
            if case in known and reading.summary.centre > 0:
                yield FirstCall(case, reading, known[case])


def _readings(
    series: Sequence[Series], device: Device, index: int
) -> Iterator[tuple[Case, Reading]]:
    for one in series:
        reading = one.readings[index]
        if reading is not None and one.layer is not None and one.layer.device == device:
            yield one.layer.case, reading


def _ceilings(group: Group, device: Device, index: int) -> Ceilings:
    """The best value of each dtype and of the copies.

    A ceiling is what was ever reached in the run, not what is usual.
    """
    flops: dict[str, float] = {}
    for case, reading in _readings(group.series.get(_GEMM, ()), device, index):
        if isinstance(case, Gemm):
            flops[case.dtype] = max(flops.get(case.dtype, 0.0), _best(reading))
    copies = [_best(r) for _, r in _readings(group.series.get(_COPY, ()), device, index)]
    usable = {dtype: value for dtype, value in flops.items() if value > 0}
    return Ceilings(usable, max((c for c in copies if c > 0), default=None))


def _best(reading: Reading) -> float:
    finite = [value for value in reading.point.samples if math.isfinite(value)]
    return max(finite, default=reading.summary.centre)


def _measured(name: str, reading: Reading, case: Case, ceilings: Ceilings) -> Measured:
    paper = costs(case)
    peak = ceilings.flops.get(getattr(case, "dtype", "fp32"))
    bound = None
    if peak is not None and ceilings.bandwidth is not None:
        bound = roofline_seconds(paper.flops, paper.bytes, peak, ceilings.bandwidth)
    return Measured(case, name, reading, paper, bound)
