"""Judges one fresh value of a machine by what the same machine measured before.

The values are turned into slowness, the logarithm of a time or minus that of a rate.  If n earlier
runs and the fresh one are independent draws of one normal distribution, then::

    t = (fresh - mean) / (s * sqrt(1 + 1 / n))

follows Student's t with n - 1 degrees of freedom, whatever mean and spread are (the prediction
interval for one future value: Hahn and Meeker, "Statistical Intervals", 1991, section 4.8).  It is
exact for three runs as well as for twenty; few runs cost sight, not errors.  A value is slower
where that has at most the probability ``level``, and where it is slower by `LEAST` as well: a
steady machine would otherwise be called for half a percent.

`FAMILY_ERROR` is shared out over the items of a check (Bonferroni), which holds however much they
move together: of checks on a machine that behaves as in its history, at most 1% call anything.
What looks slower is measured again and called only if it is slower again, which can but lower that.

What the assumption is worth, simulated: percent of checks of ten independent items that call any
of them, by one measurement, and by two that are independent of each other
(``tests/analysis/test_against_history.py`` draws the middle column again)::

    runs of the history                            4            9           20
    independent, normal                     0.8 / 0.1    0.9 / 0.0    1.0 / 0.0
    each like the last (correlation 0.7)    0.6 / 0.3    1.4 / 0.6    1.9 / 0.6
    heavy tails (t, 3 degrees of freedom)   2.8 / 0.1    7.0 / 0.1    8.3 / 0.1
    only ever slower (exponential)          9.0 / 0.9     18 / 1.3     18 / 0.9
    one in ten disturbed, by 20%             25 / 1.3     34 / 2.3     31 / 1.8

So it is the second measurement that keeps the error rate of a machine which others disturb.  What
lasts through both is called, also where it happens now and then: it *is* slower, and the history
too short to know that.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from cnnfc.analysis.student import limit, tail
from cnnfc.analysis.summary import quantile
from cnnfc.records import Point

#: Probability that a check of a machine which behaves as in its history calls anything slower.
FAMILY_ERROR: Final = 0.01
#: Slower by less is never called: the gate's threshold for times.
LEAST: Final = 1.03
#: "As before" is said only where a slowdown of this size would have been called.
TELLS: Final = 1.25
#: Two runs have a spread, but their limit is 200 of them.
LEAST_RUNS: Final = 3
#: How many of the latest runs count: what a machine was a year ago it need not be now, and beyond
#: twenty the limit hardly moves any more.
MOST_RUNS: Final = 20
#: Nobody collects more runs than that for one verdict.
_MOST_NEEDED: Final = 200


class Standing(StrEnum):
    """How a fresh value stands to its history."""

    SLOWER = "slower"
    AS_BEFORE = "as before"
    QUICKER = "quicker"
    #: Within chance, but a slowdown of `TELLS` would have been too.
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of judging a fresh value.

    Attributes:
        standing: The verdict.
        fresh: The value judged, in its own unit.
        usual: The median of the runs.
        runs: How many there are, `LEAST_RUNS` and up.
        spread: Standard deviation of the logarithms of the runs: 0.03 is about 3%.
        ratio: How many times slower than usual, above 0; above 1 is slower for rates too.
        limit: From which ratio on a value is called slower, `LEAST` and up.
        p_value: Probability of a value as slow as this by chance.
        needed: With how many runs of this spread a slowdown of `TELLS` is called; None if no
            number of them is enough.
    """

    standing: Standing
    fresh: float
    usual: float
    runs: int
    spread: float
    ratio: float
    limit: float
    p_value: float
    needed: int | None


def judge(
    fresh: float, past: Sequence[float], *, level: float, higher_is_better: bool = False
) -> Judgement:
    """Judge the value `fresh` by the values of earlier runs.

    Args:
        fresh: A finite number above 0.
        past: One value a run, in any order, at least `LEAST_RUNS`, each finite and above 0.
        level: Probability with which an unchanged machine is called slower, for this item alone:
            `FAMILY_ERROR` over the number of items of the check.
        higher_is_better: The values are rates.

    Raises:
        ValueError: too few runs, or a value that is not finite and above 0.
    """
    runs = len(past)
    if runs < LEAST_RUNS:
        raise ValueError(f"a verdict takes {LEAST_RUNS} runs of history, not {runs}")
    if not all(value > 0 and math.isfinite(value) for value in (fresh, *past)):
        raise ValueError("values are finite and above 0")
    sign = -1.0 if higher_is_better else 1.0
    slowness = [sign * math.log(value) for value in past]
    mean = math.fsum(slowness) / runs
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in slowness) / (runs - 1))
    usual = median(past)
    # In logarithms: far from the mean, but the ratio that is shown is that to the median.
    shift = mean - sign * math.log(usual)
    margin = spread * math.sqrt(1 + 1 / runs)
    away = sign * math.log(fresh) - mean
    reach = limit(level, runs - 1) * margin
    ratio = _exp(away + shift)
    bound = max(LEAST, _exp(shift + reach))
    if ratio > bound:
        standing = Standing.SLOWER
    elif ratio < min(1 / LEAST, _exp(shift - reach)):
        standing = Standing.QUICKER
    elif bound <= TELLS:
        standing = Standing.AS_BEFORE
    else:
        standing = Standing.CANNOT_TELL
    t = away / margin if margin > 0 else math.copysign(math.inf, away) if away else 0.0
    return Judgement(
        standing=standing,
        fresh=fresh,
        usual=usual,
        runs=runs,
        spread=spread,
        ratio=ratio,
        limit=bound,
        p_value=tail(t, runs - 1),
        needed=runs_needed(spread, level),
    )


def runs_needed(spread: float, level: float) -> int | None:
    """The least number of runs with which a slowdown of `TELLS` is called slower.

    Args:
        spread: Standard deviation of their logarithms, 0 and up.
        level: As in `judge`.

    Returns:
        `LEAST_RUNS` to 200; None if 200 are not enough.
    """
    counts = range(LEAST_RUNS, _MOST_NEEDED + 1)

    def is_enough(runs: int) -> bool:
        return limit(level, runs - 1) * spread * math.sqrt(1 + 1 / runs) <= math.log(TELLS)

    # More runs always tell more, so that they can be searched by halves.
    place = bisect_left(counts, True, key=is_enough)
    return counts[place] if place < len(counts) else None


def like_for_like(point: Point, count: int, share: float) -> float | None:
    """The centre that an earlier `point` would have had if it had been measured as today.

    A run that was continued later has read its canaries more often than a check does: the centre
    of more values is steadier, and a limit made of such centres too tight.  So only the first
    `count` values count, in the order of measuring.

    Args:
        point: A measured point of the history.
        count: How many values the fresh point has, 1 and up.
        share: The quantile that is the fresh point's centre (0.25 or 0.5).

    Returns:
        The quantile of its first `count` values.  Where single values were not recorded, asv's
        quartile or median.  None where neither is there, or is not above 0.
    """
    finite = sorted(value for value in point.samples[:count] if math.isfinite(value))
    if finite:
        centre: float | None = quantile(finite, share)
    elif share < 0.5:
        centre = point.quartiles[0] if point.quartiles else None
    else:
        centre = point.value
    return centre if centre is not None and 0 < centre < math.inf else None


def _exp(power: float) -> float:
    """``exp``, the largest float where it would overflow."""
    return math.exp(min(power, 700.0))
