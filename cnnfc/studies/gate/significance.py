"""Decides between two samples as benchstat and pyperf do, to compare their rules with the gate's.

benchstat (golang.org/x/perf) calls a change real if a two-sided Mann-Whitney U test of the samples
has p < 0.05; each sample is the mean of one run.  pyperf (``compare_to``) does so if Student's t of
the values of all processes reaches the 95% point.  Neither asks how large the change is.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from statistics import fmean, variance
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Both tools' default.
ALPHA: Final = 0.05

#: Degrees of freedom and the two-sided 95% point of Student's t: any table of it.  Between two
#: entries the smaller degrees count, as in pyperf.
_T: Final = (
    *enumerate(
        (
            *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
            *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
            *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
        ),
        start=1,
    ),
    *((40, 2.021), (50, 2.009), (60, 2.000), (80, 1.990), (100, 1.984), (200, 1.960)),
)


def benchstat(baseline: Sequence[float], contender: Sequence[float]) -> int:
    """1: slower, -1: quicker, 0: no significant difference; one value a run."""
    if rank_sum_p(baseline, contender) >= ALPHA:
        return 0
    return _sign(float(np.median(contender)) - float(np.median(baseline)))


def pyperf(baseline: Sequence[float], contender: Sequence[float]) -> int:
    """The same by the means of all values of all processes, two at least on each side."""
    degrees = len(baseline) + len(contender) - 2
    pooled = variance(baseline) * (len(baseline) - 1) + variance(contender) * (len(contender) - 1)
    error = math.sqrt(pooled / degrees * (1 / len(baseline) + 1 / len(contender)))
    difference = fmean(contender) - fmean(baseline)
    if abs(difference) < t_point(degrees) * error or difference == 0:
        return 0
    return _sign(difference)


def t_point(degrees: int) -> float:
    """The 95% point of Student's t for `degrees` of freedom, one at least."""
    return next(point for known, point in reversed(_T) if known <= degrees)


def rank_sum_p(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p of the exact test of H. B. Mann and D. R. Whitney (1947).

    Tied values count half; the distribution is that without ties.
    """
    one, other = np.asarray(first)[:, None], np.asarray(second)[None, :]
    above = float((one > other).sum() + (one == other).sum() / 2)
    ways = _ways(len(first), len(second))
    smaller = min(above, len(first) * len(second) - above)
    tail = ways[: math.floor(smaller) + 1].sum() / ways.sum()
    return min(1.0, 2 * float(tail))


@functools.cache
def _ways(first: int, second: int) -> NDArray[np.float64]:
    """How many orders of so many values of each have each count of inversions."""
    ways = np.zeros(first * second + 1)
    ways[0] = 1.0
    # The coefficients of the Gaussian binomial: prod (1 - q^(second + i)) / (1 - q^i).
    for place in range(1, first + 1):
        size = second + place
        shifted = np.zeros_like(ways)
        shifted[size:] = ways[: len(ways) - size] if size < len(ways) else 0
        ways = ways - shifted
        for index in range(place, len(ways)):
            ways[index] += ways[index - place]
    return ways


def _sign(difference: float) -> int:
    return (difference > 0) - (difference < 0)
