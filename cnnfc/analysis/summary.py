"""Turns a sample into a centre with its interval, and into warnings where it deserves doubt.

The centre of a timing is the lower quartile of its values, that of anything else the median.  What
disturbs a timing only ever makes it slower, so low quantiles agree better from run to run.  On a
shared virtual machine (``reports/studies/steadiness.json``, quiet, runs of 15 values) two runs of
the same code agreed within 3% for 69% of cases and pairs by the lower quartile, 63% by the median
and 79% by the minimum on one thread; for 58%, 45% and 76% on two.  Of the minimum no interval can
be had from the values of a run; the lower quartile is the lowest quantile that has a 95% interval
at 15 values.  It needs `LEAST_FOR_QUARTILE`, and with fewer, or without the values, the median
stands in.

An interval is made of two order statistics and assumes nothing of the distribution: for
independent values of a continuous distribution the r-th and the s-th smallest of n values enclose
the quantile q with probability ``P(r <= B < s)``, B binomial(n, q) (H. A. David and H. N. Nagaraja,
Order Statistics, 3rd ed., 2003, section 7.1).  r is the largest and s the smallest that leave at
most 2.5% on either side; the probability that they do reach is the confidence of the summary.

Values of one process are not independent, since they share its memory layout and its moment on the
machine, so an interval is about *this run*; how far another run may be, only other runs show.
Values that hang together in the order of measuring are warned of.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cnnfc.analysis.structure import follow_one_another, two_groups
from cnnfc.records import Outcome, Point

CONFIDENCE: Final = 0.95
#: The least n with ``1 - 2 / 2**n >= CONFIDENCE``.
LEAST_VALUES: Final = 6
#: The quantile that is the centre of a timing, and the least n at which it has an interval:
#: ``0.75**n <= 0.025``.
TIMING_QUANTILE: Final = 0.25
LEAST_FOR_QUARTILE: Final = 13
#: asv's rule for what is a timing (`asv_runner.benchmarks.time.TimeBenchmark.name_regex`).
_TIMING: Final = re.compile(r"(Time[A-Z_].+|time_.+)$")
#: asv's own interval (`asv_runner.statistics.compute_stats`, ``alpha_min=0.99``).
ASV_CONFIDENCE: Final = 0.99
#: The middle half of the values spans this share of the median or more: a wide spread.
WIDE_SPREAD: Final = 0.10
#: Said of every point of a plain `asv run`, so that a page can say it once instead.
NOT_RECORDED: Final = "single values were not recorded (asv run --record-samples does)"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a point comes to, in the unit of its benchmark.

    Attributes:
        centre: The `statistic` of the values.
        low: Lower end of the interval of the centre; None if there is none.
        high: Upper end; None if there is none.
        confidence: Probability with which the interval encloses what the centre estimates, as
            reached and not as aimed at (0.96875 for the median of 6 values); None if there is no
            interval.
        n: How many values it is made of; 0 if that is not known.
        warnings: Sentences without a full stop, the most serious first.
        statistic: What the centre is, ``"median"`` or ``"lower quartile"``.
    """

    centre: float
    low: float | None
    high: float | None
    confidence: float | None
    n: int
    warnings: tuple[str, ...] = ()
    statistic: str = "median"


def summarise(point: Point) -> Summary | None:
    """The summary of a measured point; None if it was skipped or failed.

    With a sample, everything is computed from it.  Without one, centre, interval and spread are
    asv's own: a 99% interval, cut to five digits.  asv has a model for fewer values than such an
    interval takes, whose bounds may even be negative; what rests on fewer than `LEAST_VALUES`
    values gets no interval here.
    """
    if point.outcome is not Outcome.MEASURED:
        return None
    finite = [value for value in point.samples if math.isfinite(value)]
    if finite:
        return _of_sample(finite, len(point.samples) - len(finite), is_timing(point.benchmark))
    return None if point.value is None else _of_statistics(point, point.value)


def median_interval(n: int, confidence: float = CONFIDENCE) -> tuple[int, float] | None:
    """Which order statistics enclose the median of n independent values.

    Returns:
        r, counted from 1, such that the r-th smallest and the r-th largest value are the interval
        of `quantile_interval`, with the probability that it reaches; None if n is too small.

    >>> median_interval(6)
    (1, 0.96875)
    """
    found = quantile_interval(n, 0.5, confidence)
    return None if found is None else (found[0], found[2])


@lru_cache(maxsize=1024)
def quantile_interval(
    n: int, share: float, confidence: float = CONFIDENCE
) -> tuple[int, int, float] | None:
    """Which order statistics enclose a quantile of n independent values.

    Args:
        n: How many values, 1 or more.
        share: The quantile, above 0 and below 1; 0.5 is the median.
        confidence: Least probability, above 0 and below 1.

    Returns:
        r and s, counted from 1, such that the r-th and the s-th smallest value are the narrowest
        interval with at most half of the rest on either side, and the probability that it reaches
        (exact to 9 digits); None if n is too small.

    >>> quantile_interval(15, 0.25)
    (1, 8, 0.969336701)
    """
    allowed = (1 - confidence) / 2
    r, below = _order(n, share, allowed)
    # Counted from the largest value, the upper end is the lower end of the opposite quantile.
    t, above = _order(n, 1 - share, allowed)
    if r == 0 or t == 0:
        return None
    return r, n + 1 - t, round(1 - below - above, 9)


def _order(n: int, share: float, allowed: float) -> tuple[int, float]:
    """The largest r with ``P(B < r) <= allowed``, B binomial(n, share), and that probability."""
    # P(B <= k) by its terms from k = 0 on.  In logarithms, because (1 - share)**n falls below the
    # smallest float soon.
    log_term, tail = n * math.log1p(-share), 0.0
    odds = math.log(share) - math.log1p(-share)
    best = (0, 0.0)
    for k in range(n):
        tail += math.exp(log_term)
        if tail > allowed:
            break
        best = (k + 1, tail)
        log_term += odds + math.log((n - k) / (k + 1))
    return best


def is_timing(benchmark: str) -> bool:
    """Whether what the benchmark of that name returns is a time, by asv's rule."""
    return _TIMING.match(benchmark.rpartition(".")[2]) is not None


def median(ordered: Sequence[float]) -> float:
    """The median of values in ascending order, at least one."""
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    # Not (a + b) / 2, which overflows near the largest float.
    return ordered[middle - 1] / 2 + ordered[middle] / 2


def quantile(ordered: Sequence[float], q: float) -> float:
    """The quantile `q` (0 to 1) of values in ascending order, at least one.

    Linear between order statistics, as asv computes its quartiles.
    """
    place = (len(ordered) - 1) * q
    below = int(place)
    if below + 1 == len(ordered):
        return ordered[below]
    share = place - below
    return (1 - share) * ordered[below] + share * ordered[below + 1]


def _of_sample(values: list[float], dropped: int, timing: bool) -> Summary:
    ordered = sorted(values)
    n, middle = len(ordered), median(ordered)
    is_quartile = timing and n >= LEAST_FOR_QUARTILE
    centre = quantile(ordered, TIMING_QUANTILE) if is_quartile else middle
    warnings = []
    if dropped:
        warnings.append(f"{dropped} of {n + dropped} values are not finite and are left out")
    found = quantile_interval(n, TIMING_QUANTILE if is_quartile else 0.5)
    if found is None:
        low = high = confidence = None
        warnings.append(_too_few(n))
    else:
        r, s, confidence = found
        low, high = ordered[r - 1], ordered[s - 1]
    quartiles = quantile(ordered, 0.25), quantile(ordered, 0.75)
    groups = two_groups(ordered)
    if groups is not None:
        warnings.append(
            f"values fall into two groups, {groups.below} low and {groups.above} some "
            f"{groups.ratio - 1:.0%} higher: the centre may jump from one to the other"
        )
    elif n >= LEAST_VALUES:
        warnings += _wide(middle, quartiles)
    if follow_one_another(values):
        warnings.append(
            "values hang together in the order of measuring: the interval is too narrow"
        )
    statistic = "lower quartile" if is_quartile else "median"
    return Summary(centre, low, high, confidence, n, tuple(warnings), statistic)


def _of_statistics(point: Point, centre: float) -> Summary:
    """The summary of a point whose values were not recorded."""
    n, interval = point.repeat, point.interval
    if n is None and interval is None:
        # What a `track_` or a memory benchmark returns: one number without statistics.
        return Summary(centre, None, None, None, 1, (_too_few(1),))
    warnings = []
    low = high = confidence = None
    if n is not None and n < LEAST_VALUES:
        warnings.append(_too_few(n))
    elif interval is None or not all(map(math.isfinite, interval)):
        warnings.append("no interval: asv recorded none")
    else:
        (low, high), confidence = interval, ASV_CONFIDENCE
    if n is None:
        warnings.append("how many values it is made of was not recorded")
    elif n >= LEAST_VALUES and point.quartiles is not None:
        warnings += _wide(centre, point.quartiles)
    if n != 1:
        warnings.append(NOT_RECORDED)
    return Summary(centre, low, high, confidence, n or 0, tuple(warnings))


def _too_few(n: int) -> str:
    values = "a single value" if n == 1 else f"only {n} values"
    return f"{values}: no {CONFIDENCE:.0%} interval, which takes at least {LEAST_VALUES}"


def _wide(centre: float, quartiles: tuple[float, float]) -> list[str]:
    if centre == 0:
        return []
    spread = (quartiles[1] - quartiles[0]) / abs(centre)
    if not spread >= WIDE_SPREAD:
        return []
    return [f"wide spread: the middle half of the values spans {spread:.0%} of the median"]
