"""Collects what one device did with every layer in one run: latency, costs, roofline bound.

The numbers behind the pages on parameters and latency, before any of them is formatted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cnnfc.analysis.predictors import Fit, fit, roofline_seconds
from cnnfc.cases import Case, Gemm
from cnnfc.costs import Costs, costs
from cnnfc.names import BenchmarkName, Device
from cnnfc.records import Run
from cnnfc.timeline.series import Group, Reading, Series

#: Fewer layers than this on a device make no page.
LEAST_LAYERS: Final = 3
#: Cases with equal parameters that make a ladder.
LEAST_RUNGS: Final = 3
#: Layers in a decade of parameters from which the decade is looked at alone.
LEAST_IN_BAND: Final = 10

_GEMM: Final = "hardware.CanaryGemm.track_flops"
_COPY: Final = "hardware.CanaryCopy.track_bandwidth"


@dataclass(frozen=True)
class Measured:
    """One layer: its latency (s), what it costs, and the roofline bound (s) if it is known."""

    case: Case
    benchmark: str
    reading: Reading
    costs: Costs
    bound: float | None

    @property
    def latency(self) -> float:
        return self.reading.summary.centre


@dataclass(frozen=True)
class Ceilings:
    """What reference kernels reached in the same run: FLOP/s by dtype, byte/s."""

    flops: Mapping[str, float]
    bandwidth: float | None


@dataclass(frozen=True)
class Ladder:
    """Layers with one parameter count, the fastest first."""

    parameters: int
    rungs: tuple[Measured, ...]

    @property
    def factor(self) -> float:
        """Slowest / fastest centre."""
        return self.rungs[-1].latency / self.rungs[0].latency


@dataclass(frozen=True)
class Predictor:
    """A quantity that might explain latency, and how well it does."""

    name: str
    counts: str
    fit: Fit


@dataclass(frozen=True)
class FirstCall:
    """A layer's first call in a process beside its warmed latency."""

    case: Case
    first: Reading
    warmed: Reading

    @property
    def factor(self) -> float:
        return self.first.summary.centre / self.warmed.summary.centre


@dataclass(frozen=True)
class DeviceLayers:
    """All layers that one device was measured with in one run."""

    group: Group
    device: Device
    run: Run
    layers: tuple[Measured, ...]
    ceilings: Ceilings
    first_calls: tuple[FirstCall, ...]

    @cached_property
    def predictors(self) -> tuple[Predictor, ...]:
        """Parameters, FLOPs, bytes, activations and the roofline bound against latency."""
        bounded = [one for one in self.layers if one.bound]
        return (
            _predictor(
                "Parameters",
                "weights and bias",
                self.layers,
                [m.costs.parameters for m in self.layers],
            ),
            _predictor(
                "FLOPs", "2 per multiply-add", self.layers, [m.costs.flops for m in self.layers]
            ),
            _predictor(
                "Bytes",
                "input, weights, bias, output, each once",
                self.layers,
                [m.costs.bytes for m in self.layers],
            ),
            _predictor(
                "Activations",
                "bytes of input and output",
                self.layers,
                [m.costs.activation_bytes for m in self.layers],
            ),
            _predictor(
                "Roofline bound",
                "the longer of FLOPs / peak and bytes / bandwidth",
                bounded,
                [m.bound or 0.0 for m in bounded],
            ),
        )

    @cached_property
    def band(self) -> tuple[int, Predictor] | None:
        """The decade of parameter counts with the most layers, alone: its lower end and the fit.

        ``None`` where no decade has `LEAST_IN_BAND` layers, or one has them all.
        """
        decades: dict[int, list[Measured]] = {}
        for one in self.layers:
            decades.setdefault(len(str(one.costs.parameters)) - 1, []).append(one)
        power, members = max(decades.items(), key=lambda item: (len(item[1]), -item[0]))
        if not LEAST_IN_BAND <= len(members) < len(self.layers):
            return None
        found = _predictor("Parameters", "", members, [m.costs.parameters for m in members])
        return 10**power, found

    @cached_property
    def ladders(self) -> tuple[Ladder, ...]:
        """Layers with equal parameter counts, the longest ladder first."""
        same: dict[int, list[Measured]] = {}
        for one in self.layers:
            if one.costs.parameters > 0 and one.latency > 0:
                same.setdefault(one.costs.parameters, []).append(one)
        found = [
            Ladder(count, tuple(sorted(rungs, key=lambda m: m.latency)))
            for count, rungs in same.items()
            if len(rungs) >= LEAST_RUNGS
        ]
        return tuple(sorted(found, key=lambda ladder: -ladder.factor))


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


def _predictor(name: str, counts: str, layers: Sequence[Measured], x: Sequence[float]) -> Predictor:
    return Predictor(name, counts, fit(x, [one.latency for one in layers]))
