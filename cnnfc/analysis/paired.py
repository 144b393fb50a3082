"""Decides from the pairs that were measured so far whether a contender is slower than its baseline.

A pair's value is the natural logarithm of contender / baseline, so its centre is that of a ratio.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from cnnfc.analysis.sequential import LOOKS, fewest_pairs, level
from cnnfc.analysis.signed_rank import bounds, hodges_lehmann, p_above, p_below
from cnnfc.verdicts import Effect

__all__ = ["Decision", "Rule", "decide", "effect", "excluded", "fewest_pairs", "spread"]

#: Confidence of the intervals that are shown; decisions have levels of their own.
CONFIDENCE: Final = 0.95
#: A slowdown must be estimated at this share of the threshold at least.  In the middle between no
#: slowdown and the threshold both mistakes would be equally large.
SMALLEST_SHARE: Final = 0.5


class Decision(StrEnum):
    """What the pairs so far allow to say."""

    SLOWER = "slower"
    NOT_SLOWER = "not slower"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Rule:
    """When pairs are enough, and for what.

    Attributes:
        threshold: Slowdown that must be caught, as a fraction: 0.03 is 3%.
        slower_level: Largest p-value of "not slower at all" with which a contender is called
            slower.
        not_slower_level: Largest p-value of "slower by the threshold" with which it passes.
    """

    threshold: float
    slower_level: float
    not_slower_level: float

    @classmethod
    def of(cls, threshold: float, *, false_slower: float, missed: float) -> Rule:
        """The rule that errs at most so often over all looks together.

        Args:
            threshold: as in the class.
            false_slower: probability of calling a contender slower that is as fast as its baseline.
            missed: probability of passing one that is slower by the threshold.
        """
        return cls(threshold, level(false_slower), level(missed))


def decide(values: Sequence[float], rule: Rule) -> Decision:
    """What `values`, one a pair, allow to say; at numbers of pairs not in `LOOKS` nothing.

    A contender whose slowdown is certain but certainly below the threshold is slower if it is
    estimated at half the threshold or more, else it passes.
    """
    if len(values) not in LOOKS:
        return Decision.UNDECIDED
    target = math.log1p(rule.threshold)
    if p_above(values) <= rule.slower_level and hodges_lehmann(values) >= SMALLEST_SHARE * target:
        return Decision.SLOWER
    if p_below(values, target) <= rule.not_slower_level:
        return Decision.NOT_SLOWER
    return Decision.UNDECIDED


def effect(values: Sequence[float], confidence: float = CONFIDENCE) -> Effect:
    """The ratio that `values` stand for, with its interval at `confidence`."""
    low, high = bounds(values, (1 - confidence) / 2)
    return Effect(
        ratio=math.exp(hodges_lehmann(values)),
        low=math.exp(low),
        high=math.exp(high),
        confidence=confidence,
        spread=spread(values),
        pairs=len(values),
    )


def excluded(values: Sequence[float], look_level: float) -> float:
    """The slowdown, as a fraction, above which `values` exclude every one at `look_level`.

    A contender passes if this is below its threshold.  Infinity with fewer values than
    `fewest_pairs`; below zero if the contender is certainly quicker.
    """
    return math.expm1(bounds(values, look_level)[1])


def spread(values: Sequence[float]) -> float:
    """Typical distance of a pair from the centre: the median one, as a standard deviation.

    The factor is that of a normal distribution (1 / 0.6745), so the figure can be compared with
    the spreads of power tables and is not moved by a few outlying pairs.
    """
    array = np.asarray(values, dtype=float)
    return float(1.4826 * np.median(np.abs(array - np.median(array))))
