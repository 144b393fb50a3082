"""Sums a comparison up: geometric means of ratios, by family and by benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cnnfc.analysis.student import limit
from cnnfc.timeline.compare.sides import Compared

#: Of the interval of a mean.
CONFIDENCE: Final = 0.95
#: Degrees of freedom beyond which Student's t widens by less than 0.2%.
_ENOUGH: Final = 1000


@dataclass(frozen=True)
class Mean:
    """The geometric mean of ratios that are of one unit and of one direction.

    Attributes:
        by: ``"family"`` or ``"benchmark"``.
        name: Of the family or the benchmark.
        unit: Unit of what was measured.
        higher_is_better: Whether a ratio above 1 is good.
        n: How many ratios.
        ratio: Their geometric mean.
        low: Lower end of its interval *over cases*: Student's, of the logarithms, at `CONFIDENCE`,
            as if the cases had been drawn at random from many like them.  None for a single one.
            What moved all of them together, such as the machine's moment, is not in it.
        high: Upper end.
        smallest: The smallest ratio.
        largest: The largest ratio.
        worse: How many are worse, their intervals apart.
        better: How many are better, their intervals apart.
    """

    by: str
    name: str
    unit: str
    higher_is_better: bool
    n: int
    ratio: float
    low: float | None
    high: float | None
    smallest: float
    largest: float
    worse: int
    better: int


def means(compared: Iterable[Compared]) -> tuple[Mean, ...]:
    """By family and then by benchmark, each in alphabetical order.

    Timings and memory of one family are two means, and so are quantities of which more is better
    and of which less is.
    """
    groups: dict[tuple[bool, str, str, bool], list[Compared]] = {}
    for one in compared:
        quantity = (one.info.unit, one.info.higher_is_better)
        groups.setdefault((False, one.family, *quantity), []).append(one)
        groups.setdefault((True, one.info.name, *quantity), []).append(one)
    return tuple(_mean(*key, groups[key]) for key in sorted(groups))


def _mean(
    is_benchmark: bool,
    name: str,
    unit: str,
    higher_is_better: bool,
    members: list[Compared],
) -> Mean:
    ratios = [one.quotient.centre for one in members]
    logarithms = [math.log(ratio) for ratio in ratios]
    n = len(ratios)
    middle = math.fsum(logarithms) / n
    low = high = None
    if n > 1:
        variance = math.fsum((x - middle) ** 2 for x in logarithms) / (n - 1)
        reach = limit((1 - CONFIDENCE) / 2, min(n - 1, _ENOUGH)) * math.sqrt(variance / n)
        low, high = _power(middle - reach), _power(middle + reach)
    return Mean(
        by="benchmark" if is_benchmark else "family",
        name=name,
        unit=unit,
        higher_is_better=higher_is_better,
        n=n,
        ratio=math.exp(middle),
        low=low,
        high=high,
        smallest=min(ratios),
        largest=max(ratios),
        worse=sum(one.worse is True for one in members),
        better=sum(one.worse is False for one in members),
    )


def _power(logarithm: float) -> float | None:
    """None where it is no float: two ratios that are worlds apart say nothing of a third."""
    return math.exp(logarithm) if abs(logarithm) < 700 else None
