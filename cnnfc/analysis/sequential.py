"""How small a p-value must be at each look so that all looks together err as seldom as promised.

A test that is made again and again as pairs come in errs far more often than its level says.  Here
the level of a single look is the same at every look and so much smaller than the promise that the
smallest p-value of all looks keeps it (the constant boundary of S. J. Pocock, "Group sequential
methods in the design and analysis of clinical trials", 1977, for the exact signed-rank test).
If values are symmetric about the centre that is tested, signs are fair coins, and a single look
keeps its level whatever the distances are.  All looks together also need ranks of distances that
come in any order, as in pairs that are all alike, whatever their distribution.  Pairs that get
steadier make errors rarer; pairs that get three times as noisy after the eighth raise 1% to 1.14%,
and a noise that doubles every eight pairs raises it to 1.22% (simulated, 200,000 series each).
"""

from __future__ import annotations

import bisect
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnfc.analysis.signed_rank import tail_of

#: Numbers of pairs at which a decision may fall.  Early ones are close together, because most
#: benchmarks are decided there: with the default policy a pass takes 8 pairs at least, and to
#: suspect one of 14 benchmarks 10.  A look whose best p-value is above the level cannot decide.
LOOKS: Final = (5, 6, 7, 8, 10, 12, 15, 19, 25, 32, 48)

#: (promise, level of a look): `simulate` with 4,000,000 series and seed 1, so chosen
#: that the share of false decisions stays two standard errors below the promise.
_LEVELS: Final[tuple[tuple[float, float], ...]] = (
    (3.16e-05, 9.15e-06),
    (3.83e-05, 1.012e-05),
    (4.64e-05, 1.271e-05),
    (5.62e-05, 1.441e-05),
    (6.81e-05, 1.883e-05),
    (8.25e-05, 2.271e-05),
    (0.0001, 2.716e-05),
    (0.000121, 3.016e-05),
    (0.000147, 3.506e-05),
    (0.000178, 4.528e-05),
    (0.000215, 5.758e-05),
    (0.000261, 6.295e-05),
    (0.000316, 8.116e-05),
    (0.000383, 9.754e-05),
    (0.000464, 0.0001282),
    (0.000562, 0.0001469),
    (0.000681, 0.0001836),
    (0.000825, 0.0002149),
    (0.001, 0.0002385),
    (0.00121, 0.000279),
    (0.00147, 0.0003566),
    (0.00178, 0.0004475),
    (0.00215, 0.0005053),
    (0.00261, 0.0006664),
    (0.00316, 0.000763),
    (0.00383, 0.0009645),
    (0.00464, 0.001058),
    (0.00562, 0.001283),
    (0.00681, 0.0017),
    (0.00825, 0.001958),
    (0.01, 0.002494),
    (0.0121, 0.003053),
    (0.0147, 0.003843),
    (0.0178, 0.004143),
    (0.0215, 0.005118),
    (0.0261, 0.006747),
    (0.0316, 0.007604),
    (0.0383, 0.009216),
    (0.0464, 0.01171),
    (0.0562, 0.01471),
    (0.0681, 0.01706),
    (0.0825, 0.02108),
    (0.1, 0.02729),
    (0.121, 0.03114),
    (0.147, 0.03858),
    (0.178, 0.05222),
    (0.215, 0.06439),
    (0.261, 0.08225),
    (0.316, 0.10932),
    (0.383, 0.1481),
)


def level(promise: float) -> float:
    """The level of each look that keeps the probability of any false decision below `promise`.

    Between simulated promises the next smaller one counts; below the smallest, the promise is
    divided by the number of looks, which is always enough (Bonferroni).

    Raises:
        ValueError: `promise` is not between 0 and 0.5.
    """
    if not 0 < promise < 0.5:
        raise ValueError(f"a probability of error lies between 0 and 0.5, not {promise}")
    promises = [known for known, _ in _LEVELS]
    place = bisect.bisect_right(promises, promise)
    return _LEVELS[place - 1][1] if place else promise / len(LOOKS)


def fewest_pairs(look_level: float) -> int:
    """The smallest number of pairs whose best p-value, 2 to the power of -n, reaches `look_level`.

    >>> fewest_pairs(0.00295)
    9
    """
    return math.ceil(-math.log2(look_level))


def simulate(series: int, seed: int, looks: tuple[int, ...] = LOOKS) -> NDArray[np.float64]:
    """Smallest p-value over `looks` of each of `series` random series about zero, sorted.

    The share of them at or below a level is the probability of a false decision at that level.
    """
    random = np.random.default_rng(seed)
    smallest = np.ones(series)
    for start in range(0, series, _CHUNK):
        values = random.standard_normal((min(_CHUNK, series - start), looks[-1]))
        part = smallest[start : start + len(values)]
        for look in looks:
            distances = np.abs(values[:, :look])
            ranks = distances.argsort(axis=1).argsort(axis=1) + 1
            sums = (ranks * (values[:, :look] > 0)).sum(axis=1)
            np.minimum(part, tails(look)[sums], out=part)
    smallest.sort()
    return smallest


_CHUNK: Final = 50_000


def tails(count: int) -> NDArray[np.float64]:
    """Probability of a rank sum of at least the index, of `count` values without ties.

    Shape (count (count + 1) / 2 + 1,); shared by all callers, who must not write to it.
    """
    return tail_of(tuple(range(1, count + 1)))
