"""Looks for structure in a sample that a median and its interval do not show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

#: Fewer values than this show no structure that could be told from chance.
LEAST_VALUES: Final = 10

#: One-sided 1% of the normal distribution: one independent sample in a hundred is suspected.
_SUSPICION: Final = 2.326

_LEAST_SHARE: Final = 0.2
_LEAST_EXPLAINED: Final = 0.95
_LEAST_DISTANCE: Final = 0.05


class Groups(NamedTuple):
    """Two groups in a sample: the values in each, and the ratio of their geometric means."""

    below: int
    above: int
    ratio: float


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 1 on; equal values share the mean of their ranks.

    >>> ranks([3.0, 1.0, 3.0])
    [2.5, 1.0, 2.5]
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or values[order[end]] != values[order[start]]:
            mean = (start + 1 + end) / 2
            for index in order[start:end]:
                found[index] = mean
            start = end
    return found


def follow_one_another(values: Sequence[float]) -> bool:
    """Whether neighbours in the order of measuring are more alike than chance makes them.

    Von Neumann's ratio of ranks, the sum of squared differences of neighbours over the sum of
    squared deviations, against its normal approximation of mean 2 and variance
    ``4 (n - 2) (5 n**2 - 2 n - 9) / (5 n (n + 1) (n - 1)**2)`` (R. Bartels, The Rank Version of
    von Neumann's Ratio Test for Randomness, JASA 77, 1982, p. 40), one-sided at 1%.  False for
    fewer than `LEAST_VALUES` values.
    """
    n = len(values)
    if n < LEAST_VALUES:
        return False
    ranked = ranks(values)
    middle = (n + 1) / 2
    total = sum((rank - middle) ** 2 for rank in ranked)
    if total == 0:
        return False
    ratio = sum((after - before) ** 2 for before, after in pairwise(ranked)) / total
    variance = 4 * (n - 2) * (5 * n * n - 2 * n - 9) / (5 * n * (n + 1) * (n - 1) ** 2)
    return ratio < 2 - _SUSPICION * math.sqrt(variance)


def two_groups(ordered: Sequence[float]) -> Groups | None:
    """The two groups that positive values in ascending order fall into; None for one group.

    The cut is where the means of the logarithms on either side explain the largest share of their
    variance (Otsu's criterion: N. Otsu, IEEE Transactions on Systems, Man and Cybernetics 9, 1979,
    p. 62).  They are two groups if that share is at least 95% (the best cut explains 64% of a large
    normal sample and 75% of a uniform one), each has at least a fifth of the values, and the means
    are at least 5% apart, so that the steps of a coarse clock are none.  None for fewer than
    `LEAST_VALUES` values.
    """
    n = len(ordered)
    if n < LEAST_VALUES or ordered[0] <= 0:
        return None
    centre = math.log(ordered[n // 2])
    shifted = [math.log(value) - centre for value in ordered]  # small, where values are close
    total = sum(shifted)
    squares = sum((value - total / n) ** 2 for value in shifted)
    if squares == 0:
        return None
    least = math.ceil(_LEAST_SHARE * n)
    best, cut, sum_at_cut, partial = 0.0, 0, 0.0, sum(shifted[: least - 1])
    for count in range(least, n - least + 1):
        partial += shifted[count - 1]
        between = (partial - count * total / n) ** 2 * n / (count * (n - count))
        if between > best:
            best, cut, sum_at_cut = between, count, partial
    if best < _LEAST_EXPLAINED * squares:
        return None
    distance = (total - sum_at_cut) / (n - cut) - sum_at_cut / cut
    if distance < math.log(1 + _LEAST_DISTANCE):
        return None
    return Groups(cut, n - cut, math.exp(min(distance, 700)))  # beyond that, floats end
