"""The exact signed-rank test of one sample, its estimate of the centre and the interval around it.

F. Wilcoxon, "Individual comparisons by ranking methods" (1945); J. L. Hodges and E. L. Lehmann,
"Estimates of location based on rank tests" (1963).  Under the hypothesis that values are symmetric
about a centre, every pattern of signs is equally likely, so the distribution of the rank sum is
counted, not approximated.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = Sequence[float] | NDArray[np.float64]

#: Ranks are doubled, so that the middle ranks of ties are whole numbers.
_DOUBLE: Final = 2


def p_above(values: Values, centre: float = 0.0) -> float:
    """Probability of a rank sum at least as large as that of `values` if their centre is `centre`.

    One-sided: small where the values lie above `centre`.  Values equal to it are left out, tied
    distances share their ranks; 1.0 if nothing is left.  A value that is no number (NaN) counts as
    evidence against either side.
    """
    distances = np.asarray(values, dtype=float) - centre
    distances = distances[distances != 0]
    if distances.size == 0:
        return 1.0
    ranks = _doubled_ranks(np.abs(distances))
    observed = int(ranks[distances > 0].sum())
    return float(tail_of(tuple(sorted(ranks.tolist())))[observed])


def p_below(values: Values, centre: float = 0.0) -> float:
    """The same for the other side: small where the values lie below `centre`."""
    return p_above(-np.asarray(values, dtype=float), -centre)


def hodges_lehmann(values: Values) -> float:
    """Median of the means of all pairs of `values`, each value with itself too."""
    return float(np.median(_walsh(values)))


def bounds(values: Values, level: float) -> tuple[float, float]:
    """The centres that neither one-sided test rejects at `level`: (low, high).

    The interval covers the centre with probability at least ``1 - 2 * level``, also where values
    are tied.  Minus and plus infinity with fewer than ``log2(1 / level)`` values.

    Args:
        values: a sample.
        level: above 0 and below 0.5.
    """
    walsh = np.sort(_walsh(values))
    outside = _outside(len(values), level)
    if outside == 0:
        return float("-inf"), float("inf")
    return float(walsh[outside - 1]), float(walsh[-outside])


@functools.cache
def _outside(count: int, level: float) -> int:
    """The largest k for which a rank sum below k has at most probability `level`.

    As many means of `_walsh` may lie below the lower bound, and as many above the upper one, as
    the rank sum may be low: the sum counts the means on one side of the centre (J. W. Tukey, 1949).
    """
    tail = tail_of(tuple(range(_DOUBLE, _DOUBLE * (count + 1), _DOUBLE)))
    # tail[2 w] is the probability of a rank sum of at least w; by symmetry that of at most S - w.
    largest = count * (count + 1) // 2
    outside = 0
    while outside <= largest and tail[_DOUBLE * (largest - outside)] <= level:
        outside += 1
    return outside


def _walsh(values: Values) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float)
    first, second = np.triu_indices(array.size)
    means: NDArray[np.float64] = (array[first] + array[second]) / 2
    return means


def _doubled_ranks(distances: NDArray[np.float64]) -> NDArray[np.int64]:
    _, place, counts = np.unique(distances, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    # The middle of the ranks last-count+1 .. last, doubled.
    doubled: NDArray[np.int64] = (2 * last - counts + 1)[place]
    return doubled


@functools.lru_cache(maxsize=4096)
def tail_of(ranks: tuple[int, ...]) -> NDArray[np.float64]:
    """Probability that the ranks of the positive values sum to at least the index.

    Shape (sum of `ranks` + 1,); shared by all callers, who must not write to it.
    """
    ways = np.zeros(sum(ranks) + 1)
    ways[0] = 1.0
    for rank in ranks:
        shifted = np.zeros_like(ways)
        shifted[rank:] = ways[:-rank]
        # Halved at each step, so that 2**-n of all patterns stays a number.
        ways = (ways + shifted) / 2
    tail: NDArray[np.float64] = np.cumsum(ways[::-1])[::-1]
    return tail
