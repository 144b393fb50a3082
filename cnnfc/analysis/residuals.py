"""Decides what makes a layer slower or faster than its number of parameters lets expect.

The identity behind the rule, exact for every layer::

    latency = parameters * (FLOPs / parameter) / (FLOP/s reached)

So layers of equally many parameters differ in latency in two ways only: how often each parameter
is *used*, and how fast the arithmetic *runs*.  For a convolution the first is 2 FLOPs for each
output position of each image, for a dense layer 2 for each row of its input (see `cnnfc.costs`).

What is *usual* for a number of parameters is read from power laws through all layers of the device,
one for the uses and one for the speed.  Least squares are linear, so the law of the latency is
exactly ``parameters * usual uses / usual speed``, and every residual is exactly a product::

    latency / expected = (uses / usual uses) * (usual speed / speed)

The rule.  A factor counts if it is off by `LEAST_FACTOR` or more in the direction of the residual;
of two that count the larger one comes first.  The first factor has the reason `REUSED` or, the
other way, `FEW_USES`.  A fast second factor is `FAST`.  A slow one has the reason that explains
slow arithmetic, the first of these that is so:

* overhead binds the layer, by the rule of `cnnfc.analysis.roofline`: `OVERHEAD`;
* the convolution has groups: `GROUPED`, since each group is a product of small matrices;
* memory or a cache binds it: `WEIGHTS` or `ACTIVATIONS`, whichever has more of its bytes, or
  `CACHED` for a cache;
* nothing that has a ceiling binds it: `KERNEL`, which suits the shape badly;
* else `SLOW`: what binds it is not known, or arithmetic does, and others are faster.

Few uses of each parameter are why memory binds a layer, so that `FEW_USES` becomes `WEIGHTS` or
`CACHED` where memory or a cache binds it and weights are most of its bytes.  These are likely
causes by what was measured, not proofs: no reason is tested by changing the layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cnnfc.analysis.roofline import Cause

#: A residual is large only from this factor on, however well the law fits.
LARGE: Final = 2.0
#: A factor counts from here on: half as much again as is usual, or less by that.
LEAST_FACTOR: Final = 1.5
#: From this share of a layer's bytes on, its weights are most of them.
MOST: Final = 0.5


class Reason(StrEnum):
    """Why a layer is slower or faster than its parameters let expect."""

    REUSED = "reused"
    FEW_USES = "few-uses"
    WEIGHTS = "weights"
    ACTIVATIONS = "activations"
    CACHED = "cached"
    OVERHEAD = "overhead"
    GROUPED = "grouped"
    KERNEL = "kernel"
    SLOW = "slow"
    FAST = "fast"


@dataclass(frozen=True, slots=True)
class Work:
    """One layer as the rule sees it; all numbers above 0.

    Attributes:
        latency: Seconds.
        parameters: Weights and bias, a count.
        flops: Operations of a call.
        weight_share: Bytes of weights and bias / all compulsory bytes, 0 to 1.
        grouped: Whether it is a convolution with more than one group.
        bound_by: What binds it; None where that is not known or not clear.
    """

    latency: float
    parameters: float
    flops: float
    weight_share: float
    grouped: bool
    bound_by: Cause | None

    @property
    def uses(self) -> float:
        """FLOPs per parameter."""
        return self.flops / self.parameters

    @property
    def speed(self) -> float:
        """FLOP/s reached."""
        return self.flops / self.latency


@dataclass(frozen=True, slots=True)
class Usual:
    """Power laws in the number of parameters: FLOPs per parameter, and FLOP/s reached.

    ``centre`` is the geometric mean of the parameters, ``uses`` and ``speed`` are what is usual
    there, and the slopes are the exponents.
    """

    centre: float
    uses: float
    uses_slope: float
    speed: float
    speed_slope: float

    def uses_at(self, parameters: float) -> float:
        """FLOPs per parameter that are usual for so many `parameters`."""
        return float(self.uses * (parameters / self.centre) ** self.uses_slope)

    def speed_at(self, parameters: float) -> float:
        """FLOP/s that are usual for so many `parameters`."""
        return float(self.speed * (parameters / self.centre) ** self.speed_slope)

    def expected(self, parameters: float) -> float:
        """Seconds that are usual for so many `parameters`."""
        return parameters * self.uses_at(parameters) / self.speed_at(parameters)


def usual(layers: Iterable[Work]) -> Usual:
    """The laws through `layers`, which are one or more; level where all have equal parameters."""
    logs = [(math.log(one.parameters), math.log(one.uses), math.log(one.speed)) for one in layers]
    x, uses, speed = (list(column) for column in zip(*logs, strict=True))
    centre, uses_centre, speed_centre = (math.fsum(many) / len(many) for many in (x, uses, speed))
    deviations = [value - centre for value in x]
    variance = math.fsum(one * one for one in deviations)

    def slope(y: Sequence[float]) -> float:
        found = math.fsum(one * value for one, value in zip(deviations, y, strict=True))
        return found / variance if variance > 0 else 0.0

    return Usual(
        math.exp(centre), math.exp(uses_centre), slope(uses), math.exp(speed_centre), slope(speed)
    )


def is_large(ratio: float, median_fold_error: float) -> bool:
    """Whether a residual is worth a word.

    Args:
        ratio: Measured / expected latency, 0 and up.
        median_fold_error: That of the law over all layers, 1 and up.
    """
    limit = large_from(median_fold_error)
    return ratio >= limit or ratio <= 1 / limit


def large_from(median_fold_error: float) -> float:
    """The factor from which on a residual is large: the square of the median error, or `LARGE`.

    In a normal sample about one residual in six is beyond that square.
    """
    return max(LARGE, median_fold_error * median_fold_error)


def factors(one: Work, law: Usual) -> tuple[float, float]:
    """Uses over the usual uses, and speed over the usual speed, for its number of parameters.

    Their quotient is latency / expected.
    """
    return one.uses / law.uses_at(one.parameters), one.speed / law.speed_at(one.parameters)


def reasons(one: Work, law: Usual) -> tuple[Reason, ...]:
    """The likely causes of a residual by the rule of this module, the most important one first.

    Args:
        one: The layer.
        law: What is usual for all layers of the device.

    Returns:
        Up to two reasons; none where neither factor counts.
    """
    uses, speed = (math.log(factor) for factor in factors(one, law))
    slower = uses > speed
    toward = 1 if slower else -1
    parts = (
        (toward * uses, _of_uses(one, slower=slower)),
        (toward * -speed, _of_speed(one, slower=slower)),
    )
    found = [part for part in parts if part[0] >= math.log(LEAST_FACTOR)]
    return tuple(reason for _, reason in sorted(found, key=lambda part: -part[0]))


def _of_uses(one: Work, *, slower: bool) -> Reason:
    if slower:
        return Reason.REUSED
    if one.weight_share >= MOST:
        if one.bound_by is Cause.MEMORY:
            return Reason.WEIGHTS
        if one.bound_by is Cause.CACHE:
            return Reason.CACHED
    return Reason.FEW_USES


def _of_speed(one: Work, *, slower: bool) -> Reason:
    if not slower:
        return Reason.FAST
    if one.bound_by is Cause.OVERHEAD:
        return Reason.OVERHEAD
    if one.grouped:
        return Reason.GROUPED
    if one.bound_by is Cause.MEMORY:
        return Reason.WEIGHTS if one.weight_share >= MOST else Reason.ACTIVATIONS
    if one.bound_by is Cause.CACHE:
        return Reason.CACHED
    return Reason.KERNEL if one.bound_by is Cause.NONE else Reason.SLOW
