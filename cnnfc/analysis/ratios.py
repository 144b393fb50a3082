"""Turns paired readings into a ratio with its interval.

Two things that are measured in turn share the machine's moment, so each pair gives a ratio of its
own, and the ratio of the whole is the median of those, with the order-statistic interval of
`cnnfc.analysis.summary`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnnfc.analysis.summary import CONFIDENCE, median, median_interval


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of paired ratios.

    Attributes:
        centre: The median, above 0; 1 says that both sides are equal.
        low: Lower end of its interval; None with too few pairs.
        high: Upper end.
        confidence: Probability with which the interval encloses the median, as reached.
        n: How many pairs.
    """

    centre: float
    low: float | None
    high: float | None
    confidence: float | None
    n: int


def ratio_of_pairs(
    above: Sequence[float], below: Sequence[float], confidence: float = CONFIDENCE
) -> Ratio:
    """The ratio of `above` to `below`, value by value.

    Raises:
        ValueError: the two have different lengths, are empty, or hold a value that is not finite
            and above 0.

    >>> ratio_of_pairs([2.0, 4.0, 9.0], [1.0, 2.0, 3.0]).centre
    2.0
    """
    if len(above) != len(below) or not above:
        raise ValueError(f"pairs need two equal counts above 0, not {len(above)} and {len(below)}")
    if not all(math.isfinite(value) and value > 0 for value in (*above, *below)):
        raise ValueError("ratios need values that are finite and above 0")
    ratios = sorted(a / b for a, b in zip(above, below, strict=True))
    n = len(ratios)
    found = median_interval(n, confidence)
    if found is None:
        return Ratio(median(ratios), None, None, None, n)
    r, reached = found
    return Ratio(median(ratios), ratios[r - 1], ratios[n - r], reached, n)


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean of values above 0; NaN of none."""
    logarithms = [math.log(value) for value in values]
    return math.exp(math.fsum(logarithms) / len(logarithms)) if logarithms else math.nan
