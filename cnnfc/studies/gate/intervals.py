"""Intervals of a probability, from how often something happened in how many trials."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

#: Confidence of the intervals that the study prints.
CONFIDENCE: Final = 0.95
#: The two-sided quantile of the normal distribution for it.
_Z: Final = 1.959964
#: Halvings of the unit interval: more than a double has digits.
_HALVINGS: Final = 60


def wilson(count: int, trials: int) -> tuple[float, float]:
    """The 95% score interval of E. B. Wilson (1927) of `count` in `trials`; (0, 1) of none.

    >>> [round(end, 3) for end in wilson(98, 100)]
    [0.93, 0.994]
    """
    if not trials:
        return 0.0, 1.0
    share, square = count / trials, _Z * _Z
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    half = _Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    half /= 1 + square / trials
    return max(0.0, centre - half), min(1.0, centre + half)


def exact(count: int, trials: int) -> tuple[float, float]:
    """The exact interval of C. J. Clopper and E. S. Pearson (1934); (0, 1) of no trials.

    With `count` 0 or `trials` only one end can be wrong, and that end still has half of the error:
    0 of 60 gives 0 to 6%.
    """
    if not trials:
        return 0.0, 1.0
    error = (1 - CONFIDENCE) / 2
    low = high = 0.0
    if count:
        low = _crossing(lambda p: 1 - _at_most(count - 1, trials, p), error)
    high = _crossing(lambda p: -_at_most(count, trials, p), -error) if count < trials else 1.0
    return low, high


def largest_rate(trials: int) -> float:
    """The probability that 0 of `trials` still allows, at 95% one-sided (4.9% of 60)."""
    return -math.expm1(math.log1p(-CONFIDENCE) / trials) if trials else 1.0


def _crossing(rising: Callable[[float], float], wanted: float) -> float:
    """Where `rising`, a function that grows on the unit interval, reaches `wanted`."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if rising(middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _at_most(count: int, trials: int, probability: float) -> float:
    """The binomial probability of at most `count`."""
    if not 0 < probability < 1:
        return 1.0 if probability <= 0 else float(count >= trials)
    yes, no = math.log(probability), math.log1p(-probability)
    whole = math.lgamma(trials + 1)
    logs = (
        whole - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * yes + (trials - k) * no
        for k in range(count + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logs)))
