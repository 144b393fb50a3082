"""Reduces what a pair measured to one number: the logarithm of contender / baseline.

Two statistics are used, chosen by the recordings of `cnnfc study gate` on a shared machine with two
cores, quiet and beside other work (`cnnfc.studies.gate.options` prints the comparison):

``low``
    5% quantile of all values of a side in the pair.  What disturbs a shared machine comes in
    bursts that are longer than a leg and only ever slows down, so the low end of all legs together
    is what the code takes when it is left alone.  Reducing each leg for itself and taking the
    median of the blocks, as is usual, lets every burst in that outlasts a leg.
``quietest``
    Mean of the leg that was disturbed least.  A low quantile is blind to a slowdown that hits some
    of the calls alone; a mean sees it, and the quietest leg has it without the bursts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: What a pair is reduced to for the question whether typical calls are slower.
TYPICAL: Final = "low"
#: What it is reduced to for the question whether some of the calls are.
TAIL: Final = "quietest"
#: Values count in the clipped mean up to so many times a low value of the pair.
CLIP: Final = 2.0


@dataclass(frozen=True)
class Leg:
    """An uninterrupted stretch of values of one side.

    Attributes:
        values: Seconds a call, each the mean of `number` calls.
        number: Calls that make a value.
        threads: Threads that torch used; None if unknown.
        clock_hz: Mean clock of the GPU meanwhile; None if unknown.
        reasons: Heat or power that held that clock down.
    """

    values: tuple[float, ...]
    number: int
    threads: int | None
    clock_hz: float | None
    reasons: tuple[str, ...] = ()

    def first(self, share: float) -> Leg:
        """The leg as if it had been stopped after `share` of its time."""
        if share >= 1:
            return self
        ends = np.cumsum(self.values)
        count = max(1, int(np.searchsorted(ends, share * ends[-1], side="right")))
        return replace(self, values=self.values[:count])

    def in_cycles(self) -> Leg:
        """The leg with values in cycles of the GPU's clock, which must be known."""
        return replace(self, values=tuple(value * (self.clock_hz or 1) for value in self.values))


@dataclass(frozen=True)
class Block:
    """Four legs in the order ``ABBA`` or ``BAAB``; A is the baseline."""

    order: str
    legs: tuple[Leg, ...]

    def side(self, letter: str) -> list[Leg]:
        """The two legs of ``A`` or ``B``."""
        return [leg for place, leg in zip(self.order, self.legs, strict=True) if place == letter]


#: Legs of one side, and the logarithm of the time of a call that they stand for.
_Reduce = Callable[[Sequence[Leg]], float]


def pair_value(blocks: Sequence[Block], statistic: str, share: float = 1.0) -> float:
    """Natural logarithm of contender / baseline of one pair.

    Args:
        blocks: what the pair measured.
        statistic: a name of `STATISTICS`, or ``mean``: of values that count up to `CLIP` times the
            lower quartile of both sides together.
        share: only the first part of each leg counts.
    """
    sides = {letter: _legs(blocks, letter, share) for letter in "AB"}
    if statistic == "mean":
        ceiling = CLIP * float(np.quantile(_pooled([*sides["A"], *sides["B"]]), 0.25))
        return math.log(
            np.minimum(_pooled(sides["B"]), ceiling).mean()
            / np.minimum(_pooled(sides["A"]), ceiling).mean()
        )
    reduce = STATISTICS[statistic]
    return reduce(sides["B"]) - reduce(sides["A"])


def cycles_value(blocks: Sequence[Block], statistic: str) -> float | None:
    """The same in clock cycles; None where the clock of a leg is not known.

    Each leg is converted by its own clock before legs are reduced: a low quantile takes the values
    of quick legs alone, and the clock of the slow ones says nothing about those.
    """
    if not all(leg.clock_hz for block in blocks for leg in block.legs):
        return None
    counted = [Block(one.order, tuple(leg.in_cycles() for leg in one.legs)) for one in blocks]
    return pair_value(counted, statistic)


def typical(blocks: Sequence[Block], letter: str, statistic: str) -> float:
    """Seconds a call of the side ``A`` or ``B``."""
    return math.exp(STATISTICS[statistic](_legs(blocks, letter, 1.0)))


def _legs(blocks: Sequence[Block], letter: str, share: float) -> list[Leg]:
    return [leg.first(share) for block in blocks for leg in block.side(letter)]


def _pooled(legs: Sequence[Leg]) -> NDArray[np.float64]:
    return np.concatenate([np.asarray(leg.values) for leg in legs])


def _quantile(share: float) -> _Reduce:
    """That quantile of all values of the legs."""
    return lambda legs: math.log(float(np.quantile(_pooled(legs), share)))


def _legwise(share: float) -> _Reduce:
    """That quantile of each leg, and the middle one of the legs."""
    return lambda legs: median(math.log(float(np.quantile(leg.values, share))) for leg in legs)


def _quietest(legs: Sequence[Leg]) -> float:
    return math.log(min(fmean(leg.values) for leg in legs))


STATISTICS: Final[Mapping[str, _Reduce]] = {
    "low": _quantile(0.05),
    "quietest": _quietest,
    "min": _quantile(0.0),
    "q10": _quantile(0.1),
    "q25": _quantile(0.25),
    "median": _quantile(0.5),
    "legs-q25": _legwise(0.25),
    "legs-median": _legwise(0.5),
}
