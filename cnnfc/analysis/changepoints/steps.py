"""Finds steps in a series of values over the commits: where, how large and how certain.

In short; each part is argued in its own module:

- `values`: logarithms, outliers and short bursts left out, unequal noise weighed;
- `evidence`: how strongly the values speak for a further step, in noise whose scale
  and autocorrelation are unknown;
- `levels`: how strong that is by chance in a flat series of that length (simulated);
- `search`: steps added while the evidence is strong enough;
- `confirm`: ranks asked where outliers may be a second mode of the noise.

At most 1% of flat series of any length get a step, whether their noise is independent or
autocorrelated (AR(1) up to 0.7), and `cnnfc study changes` shows what is found how soon.  Such a
promise has a price in short series, which no method escapes: 20 values and 3 that are higher by
five times the noise are only about a thousand times likelier under a step in independent noise than
under the autocorrelated noise that fits them best, and the step could be at any of 18 places.

Nothing is promised for noise that is not Gaussian or not even: where it trebles half-way, a few
percent of flat series get a step (`cnnfc study changes --show`).

Levels, ratios and their intervals are formulas: Student's t with the uncertainty of the
autocorrelation averaged over.  So are the places of a step, from the probability of each place.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cnnfc.analysis.changepoints.candidates import LEAST_AT_END
from cnnfc.analysis.changepoints.confirm import confirmed
from cnnfc.analysis.changepoints.evidence import Evidence
from cnnfc.analysis.changepoints.search import PLACE_CONFIDENCE, PROMISE, Found, search
from cnnfc.analysis.changepoints.segments import Levels
from cnnfc.analysis.changepoints.values import Interval, Prepared, prepare
from cnnfc.analysis.student import limit

__all__ = ["PLACE_CONFIDENCE", "PROMISE", "Course", "Segment", "Step", "find_steps"]

#: Fewest values in which a step can be found at all: a segment before and one behind.
ENOUGH: Final = 2 * LEAST_AT_END
#: Probability that a level or a ratio is above its interval, and that it is below.
_OUTSIDE: Final = 0.025
#: More degrees of freedom count as so many, which makes intervals 0.5% wider at most.
_MOST_DEGREES: Final = 200


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the series with one level.

    Attributes:
        start: Index of its first value.
        stop: Index behind its last value.
        centre: The level, in the unit of the values; a geometric mean where all are positive.
        low: Lower end of its 95% interval, autocorrelation of the noise included.
        high: Upper end.
    """

    start: int
    stop: int
    centre: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the level that lasts.

    Attributes:
        index: The first value of the new level, as far as can be told.
        earliest: With probability `PLACE_CONFIDENCE` the first value of the new level is this one
            or a later one, and
        latest: this one or an earlier one.
        ratio: New level over the old one; NaN if a value of the series is not positive.
        low: Lower end of its 95% interval.  Where there are no ratios: of the difference, new level
            less the old one, in the unit of the values.
        high: Upper end.
        p_value: Probability that a flat series of this length has a step as strong anywhere.
    """

    index: int
    earliest: int
    latest: int
    ratio: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Course:
    """What a series did.

    Attributes:
        segments: In order, without gaps; none of an empty series.
        steps: Between them, in order.
        spread: Standard deviation of a value within a segment without outliers: relative to its
            level, or in the unit of the values where not all are positive.
        autocorrelation: Of neighbouring values in a segment, 0 or more.
        enough: Whether there are enough values to find a step in.
    """

    segments: tuple[Segment, ...]
    steps: tuple[Step, ...]
    spread: float
    autocorrelation: float
    enough: bool


def find_steps(values: Sequence[float], intervals: Sequence[Interval | None] = ()) -> Course:
    """The segments of a series and the steps between them.

    Args:
        values: finite, in the order of commits, in any unit.
        intervals: (low, high) of each value; None or infinite ends where not known.  A value whose
            interval is wider than usual counts less.

    Raises:
        ValueError: a value is not finite, or there are intervals but not as many as values.
    """
    if not len(values):
        return Course((), (), 0.0, 0.0, enough=False)
    prepared = prepare(values, intervals)
    evidence = Evidence(prepared)
    found = search(evidence)
    levels = evidence.levels([one.place for one in found])
    sure = confirmed(found, levels, prepared)
    if len(sure) < len(found):
        found, levels = sure, evidence.levels([one.place for one in sure])
    places = prepared.places
    bounds = [0, *(int(places[one.place]) for one in found), len(values)]
    segments = [
        _segment(start, stop, levels, place, relative=prepared.relative)
        for place, (start, stop) in enumerate(itertools.pairwise(bounds))
    ]
    steps = [_step(one, place, levels, prepared) for place, one in enumerate(found)]
    return Course(tuple(segments), tuple(steps), levels.spread, levels.rho, len(places) >= ENOUGH)


def _segment(start: int, stop: int, levels: Levels, place: int, *, relative: bool) -> Segment:
    centre = float(levels.centres[place])
    half = _student(levels.degrees) * float(levels.errors[place])
    ends = (centre, centre - half, centre + half)
    return Segment(start, stop, *(map(_exp, ends) if relative else ends))


def _step(one: Found, place: int, levels: Levels, prepared: Prepared) -> Step:
    change = float(levels.centres[place + 1] - levels.centres[place])
    half = _student(levels.degrees) * math.hypot(*levels.errors[place : place + 2])
    ratio, low, high = math.nan, change - half, change + half
    if prepared.relative:
        ratio, low, high = map(_exp, (change, low, high))
    places = prepared.places
    # Values that were left out before the earliest one may belong to either side.
    earliest = int(places[one.earliest - 1]) + 1
    index, latest = int(places[one.place]), int(places[one.latest])
    return Step(index, min(earliest, index), max(latest, index), ratio, low, high, one.p_value)


def _student(degrees: int) -> float:
    """The two-sided 95% quantile of Student's t; infinite without a degree of freedom."""
    return limit(_OUTSIDE, min(degrees, _MOST_DEGREES)) if degrees > 0 else math.inf


def _exp(value: float) -> float:
    """``exp(value)``; infinite instead of an error."""
    with np.errstate(over="ignore"):
        return float(np.exp(value))
