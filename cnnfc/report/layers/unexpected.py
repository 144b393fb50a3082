"""Collects the layers that are far from what their parameters let expect, with likely causes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cnnfc.analysis.residuals import (
    Reason,
    Work,
    factors,
    is_large,
    large_from,
    reasons,
    usual,
)
from cnnfc.analysis.roofline import Cause
from cnnfc.cases import Case, Convolution
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.measured import Measured
from cnnfc.report.layers.regimes import DeviceRegimes

#: Seconds; no call was ever shorter, and beyond this ratios leave what floats can hold.
_LEAST: Final = 1e-100


@dataclass(frozen=True)
class Unexpected:
    """A layer far from the law of all layers.

    Attributes:
        layer: The layer.
        expected: Seconds that are usual for its parameters.
        uses: FLOPs per parameter, and that over what is usual for its parameters.
        speed: FLOP/s reached, and that over what is usual for its parameters.
        reasons: Likely causes, the most important one first; none if the rule knows none.
        cold: Its latency with cold caches over the warmed one, if that was measured.
    """

    layer: Measured
    expected: float
    uses: tuple[float, float]
    speed: tuple[float, float]
    reasons: tuple[Reason, ...]
    cold: float | None

    @property
    def ratio(self) -> float:
        """Measured / expected; above 1 it is slower."""
        return self.layer.latency / self.expected


@dataclass(frozen=True)
class UnexpectedLayers:
    """Those of ``layers`` layers that are off by ``limit`` or more, the farthest first."""

    layers: int
    limit: float
    found: tuple[Unexpected, ...]


def unexpected(device: DeviceLayers, regimes: DeviceRegimes) -> UnexpectedLayers | None:
    """The layers of `device` with large residuals; None where no law could be fitted.

    Args:
        device: The layers.
        regimes: What binds each of them.
    """
    error = device.predictors[0].fit.median_fold_error
    works = dict(_works(device, regimes))
    if error is None or not math.isfinite(error) or not works:
        return None
    law = usual(works.values())
    cold = device.cold
    found = []
    for one in device.layers:
        work = works.get(one.case)
        if work is None or not is_large(work.latency / law.expected(work.parameters), error):
            continue
        uses, speed = factors(work, law)
        found.append(
            Unexpected(
                one,
                law.expected(work.parameters),
                (work.uses, uses),
                (work.speed, speed),
                reasons(work, law),
                cold[one.case].latency / one.latency if one.case in cold else None,
            )
        )
    found.sort(key=lambda one: abs(math.log(one.ratio)), reverse=True)
    return UnexpectedLayers(len(works), large_from(error), tuple(found))


def _works(device: DeviceLayers, regimes: DeviceRegimes) -> Iterator[tuple[Case, Work]]:
    """Every layer as the rule sees it, but those whose numbers leave what floats can hold."""
    bound_by = {
        one.layer.case: one.regime.cause for one in regimes.placed if one.regime is not None
    }
    for one in device.layers:
        flops, seconds = one.costs.flops, one.latency
        if one.costs.parameters > 0 and flops > 0 and _LEAST < seconds < 1 / _LEAST:
            yield one.case, _work(one, bound_by.get(one.case))


def _work(one: Measured, bound_by: Cause | None) -> Work:
    return Work(
        latency=one.latency,
        parameters=one.costs.parameters,
        flops=one.costs.flops,
        weight_share=one.costs.weight_bytes / one.costs.bytes,
        grouped=isinstance(one.case, Convolution) and one.case.groups > 1,
        bound_by=bound_by,
    )
