"""How strong the evidence for a step in a flat series may be by chance, by the series' length.

Simulated, with everything that the search does before its first decision: Gaussian series that are
independent or autocorrelated (AR(1) with each of `RHOS`), outliers left out, noise weighed.  Of the
autocorrelations the worst counts at each level.  ``python -m cnnfc.analysis.changepoints.levels
[SERIES [SEED [LENGTH ...]]]`` prints the table.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Final

import numpy as np

from cnnfc.analysis.changepoints.evidence import Evidence
from cnnfc.analysis.changepoints.values import Floats, prepare

#: Autocorrelations of the simulated series.
RHOS: Final = (0.0, 0.35, 0.7)
#: Probabilities that strengths are tabulated for.
PROMISES: Final = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
#: Numbers of values that strengths are tabulated for.
LENGTHS: Final = (6, 8, 11, 15, 20, 30, 50, 100, 200, 500, 1000)
#: Simulated series of each length and autocorrelation; with seed 1 they give `_LEVELS`.
SERIES: Final = 8000

#: By length: the logarithm of the strength that flat series exceed with each of `PROMISES`.
_LEVELS: Final[dict[int, tuple[float, ...]]] = {
    6: (-0.424, 0.233, 1.03, 1.566, 2.011, 2.527, 3.017),
    8: (-0.437, 0.103, 0.918, 1.569, 2.013, 2.719, 3.779),
    11: (0.087, 0.674, 1.475, 2.216, 2.938, 3.567, 4.608),
    15: (0.123, 0.649, 1.451, 2.139, 2.656, 3.674, 5.138),
    20: (0.141, 0.688, 1.488, 2.095, 2.806, 3.54, 4.653),
    30: (0.142, 0.631, 1.458, 2.061, 2.792, 4.169, 5.631),
    50: (0.128, 0.672, 1.5, 2.179, 2.769, 3.701, 6.096),
    100: (-0.177, 0.366, 1.157, 1.899, 2.74, 4.077, 6.134),
    200: (-0.175, 0.27, 0.963, 1.562, 2.393, 3.265, 4.351),
    500: (-0.267, 0.235, 0.953, 1.678, 2.397, 3.081, 5.037),
    1000: (-0.305, 0.265, 1.156, 1.897, 2.668, 4.04, 4.646),
}
#: The least probability that is told from 0.
_LEAST: Final = 1e-300


def p_value(strength: float, count: int) -> float:
    """Probability that a flat series of `count` values has a step of this `strength` anywhere.

    Between two lengths of the table the larger probability counts.  Strengths above the largest
    tabulated one fall off at least as fast as in Markov's inequality, in proportion to their
    exponential; below the smallest one the probability is not told from 1.

    Args:
        strength: a logarithm, as `cnnfc.analysis.changepoints.evidence.Addition.strength`.
        count: how many values count, 1 or more.
    """
    lengths = list(_LEVELS)
    below = max((one for one in lengths if one <= count), default=lengths[0])
    above = min((one for one in lengths if one >= count), default=lengths[-1])
    return max(_one_length(strength, below), _one_length(strength, above))


def _one_length(strength: float, length: int) -> float:
    levels = _LEVELS[length]
    if strength < levels[0]:
        return 1.0
    if strength >= levels[-1]:
        return max(_LEAST, PROMISES[-1] * math.exp(max(-690.0, levels[-1] - strength)))
    return float(np.exp(np.interp(strength, levels, np.log(PROMISES))))


def simulate(length: int, rho: float, series: int, seed: int) -> Floats:
    """Strengths of the evidence for a first step in each of `series` flat series, sorted."""
    found = [strength_of(noise(length, rho, seed, place)) for place in range(series)]
    return np.sort(found)


def strength_of(levels: Floats) -> float:
    """Logarithm of the strength of the evidence for any step in a series, as in the search."""
    # Logarithms of positive values are what nearly every series is made of.
    addition = Evidence(prepare(np.exp(0.01 * levels).tolist())).addition(())
    return -math.inf if addition is None else addition.strength


def noise(length: int, rho: float, seed: int, place: int) -> Floats:
    """A flat series: stationary AR(1) noise of standard deviation 1, shape (length,)."""
    drawn = np.random.default_rng((seed, place)).standard_normal(length)
    if rho:
        drawn[1:] *= math.sqrt(1 - rho * rho)
        for index in range(1, length):
            drawn[index] += rho * drawn[index - 1]
    return np.asarray(drawn)


def levels_of(strengths: Sequence[Floats]) -> tuple[float, ...]:
    """Levels that the worst of several simulations keeps, two standard errors on the safe side."""
    return tuple(
        math.ceil(1000 * max(_level(one, promise) for one in strengths)) / 1000
        for promise in PROMISES
    )


def _level(strengths: Floats, promise: float) -> float:
    count = len(strengths)
    share = promise - 2 * math.sqrt(promise * (1 - promise) / count)
    # With too few series for that the largest strength stands in.
    exceeding = max(0, math.floor(max(0.0, share) * count))
    return float(strengths[count - 1 - exceeding])


def main(arguments: Sequence[str]) -> int:
    """Print the table, or the part of it for the lengths asked for; 0."""
    series, seed, *lengths = (*map(int, arguments), *(SERIES, 1)[len(arguments) :])
    for length in lengths or LENGTHS:
        strengths = [simulate(length, rho, series, seed) for rho in RHOS]
        sys.stdout.write(f"    {length}: {levels_of(strengths)},\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
