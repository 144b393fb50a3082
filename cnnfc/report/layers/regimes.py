"""Collects what binds every layer of a device: ceilings, overhead and the shares they take.

The numbers behind the roofline pages, before any of them is formatted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cnnfc.analysis.roofline import Cause, Regime, judge, overhead_floor, ridge
from cnnfc.machine.schema import HardwareRecord
from cnnfc.report.layers.devices import DeviceLayers, Measured, record_of


@dataclass(frozen=True)
class Floor:
    """What the shortest call says of overhead: at least ``low`` and at most ``high`` seconds."""

    shortest: Measured
    low: float
    high: float


@dataclass(frozen=True)
class Placed:
    """One layer on the roofline.

    ``interval`` are the ends of its latency in seconds, None where it has no usable interval;
    ``regime`` is None where that, or a ceiling, is missing.
    """

    layer: Measured
    interval: tuple[float, float] | None
    regime: Regime | None

    @property
    def intensity(self) -> float:
        """FLOP per compulsory byte."""
        return self.layer.costs.intensity

    @property
    def flops(self) -> float:
        """FLOP/s that were reached."""
        return self.layer.costs.flops / self.layer.latency

    @property
    def bandwidth(self) -> float:
        """Compulsory byte/s that were reached."""
        return self.layer.costs.bytes / self.layer.latency


@dataclass(frozen=True)
class DeviceRegimes:
    """All layers of one device with what binds them, the slowest first.

    ``cache`` is the size in bytes of one last-level cache, None where no record says it.
    """

    found: DeviceLayers
    placed: tuple[Placed, ...]
    floor: Floor | None
    cache: int | None

    @property
    def peak(self) -> tuple[str, float] | None:
        """The dtype that most layers have, of those with a ceiling, and its FLOP/s."""
        ceilings = self.found.ceilings.flops
        used = Counter(dtype_of(one.layer) for one in self.placed)
        known = [dtype for dtype, _ in used.most_common() if dtype in ceilings]
        return (known[0], ceilings[known[0]]) if known else None

    @property
    def ridge(self) -> float | None:
        """FLOP/byte from which on arithmetic needs longer than memory, for that dtype."""
        bandwidth = self.found.ceilings.bandwidth
        if self.peak is None or bandwidth is None:
            return None
        return ridge(self.peak[1], bandwidth)

    @cached_property
    def judged(self) -> tuple[tuple[Placed, Regime], ...]:
        """The layers that something could be said about."""
        return tuple((one, one.regime) for one in self.placed if one.regime is not None)

    def count(self, cause: Cause | None) -> int:
        """How many layers `cause` binds for certain; None counts those that are unclear."""
        return sum(regime.cause is cause for _, regime in self.judged)

    def at_most(self, cause: Cause) -> int:
        """How many layers `cause` may bind, by the intervals."""
        return sum(cause in regime.between for _, regime in self.judged)


def dtype_of(layer: Measured) -> str:
    """The dtype of a layer, which decides whose ceiling it has."""
    return str(getattr(layer.case, "dtype", "fp32"))


def regimes(found: DeviceLayers) -> DeviceRegimes:
    """What binds each layer of `found`; layers without FLOPs or bytes are left out."""
    layers = sorted(
        (one for one in found.layers if one.costs.flops > 0 and one.costs.bytes > 0),
        key=lambda one: -one.latency,
    )
    floor = _floor(layers)
    cache = _cache_bytes(found)
    return DeviceRegimes(
        found, tuple(_placed(one, found, floor, cache) for one in layers), floor, cache
    )


def _placed(one: Measured, found: DeviceLayers, floor: Floor | None, cache: int | None) -> Placed:
    interval = _interval(one)
    peak, bandwidth = found.ceilings.flops.get(dtype_of(one)), found.ceilings.bandwidth
    if interval is None or peak is None or bandwidth is None or floor is None:
        return Placed(one, interval, None)
    regime = judge(
        interval,
        compute=one.costs.flops / peak,
        memory=one.costs.bytes / bandwidth,
        floor=(floor.low, floor.high),
        fits_cache=None if cache is None else one.costs.bytes <= cache,
    )
    return Placed(one, interval, regime)


def _interval(one: Measured) -> tuple[float, float] | None:
    interval = one.reading.interval
    return interval if interval is not None and 0 < interval[0] <= interval[1] else None


def _floor(layers: Sequence[Measured]) -> Floor | None:
    """The overhead by the layer that took least time, of those with an interval."""
    known = [(one, interval) for one in layers if (interval := _interval(one)) is not None]
    if not known:
        return None
    shortest, interval = min(known, key=lambda pair: pair[0].latency)
    return Floor(shortest, *overhead_floor(interval, shortest.bound or 0.0))


def _cache_bytes(found: DeviceLayers) -> int | None:
    """Bytes of one last-level cache of the CPU, by the record of the run.

    One instance and not all: the cores of a device need not share more than one.
    """
    if not found.device.is_cpu:
        return None
    record = record_of(found.group, found.run)
    return None if record is None else last_level_cache(record)


def last_level_cache(record: HardwareRecord) -> int | None:
    """Bytes of one instance of the last-level cache; None where `record` does not say."""
    detail = record.identity.get("detail")
    caches = detail.get("caches") if isinstance(detail, Mapping) else None
    sizes = [
        (one["level"], one["bytes"])
        for one in (caches if isinstance(caches, list) else [])
        if isinstance(one, Mapping)
        and one.get("type") in ("data", "unified")
        and _is_count(one.get("level"))
        and _is_count(one.get("bytes"))
    ]
    return int(max(sizes)[1]) if sizes else None


def _is_count(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0
