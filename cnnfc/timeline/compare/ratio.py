"""Divides two summaries: a ratio with its interval.

The two values were measured apart from one another, so their intervals are combined as those of
independent estimates, on the scale of logarithms, where a ratio is a difference.  With centres a
and b, and intervals (a1, a2) and (b1, b2) of one confidence, the interval of b / a goes from ::

    exp(log(b / a) - sqrt(log(b / b1)**2 + log(a2 / a)**2))    to
    exp(log(b / a) + sqrt(log(b2 / b)**2 + log(a / a1)**2))

(G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
approach", Statistics in Medicine 27, 2008, 1693-1702).  It needs no distribution and no samples,
only the two intervals, and keeps their lopsidedness.  Its confidence is about the smaller one of
the two.  Values of one run share its moment on the machine, so the interval is about *these two
runs*: another run of the same code may be further away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnnfc.analysis.summary import Summary

#: What is said of an interval wherever one is shown.
METHOD = (
    "the two intervals combined as independent ones on the scale of logarithms (Zou and Donner, "
    "2008)"
)
CAVEAT = (
    "an interval is about the two runs compared: values of one run share its moment on the "
    "machine, and another run of the same code may be further away than the interval says"
)
#: Above this, an exponential is no float.
_LARGEST = 709.0


@dataclass(frozen=True, slots=True)
class Quotient:
    """A ratio of two centres, above 0 and finite.

    Attributes:
        centre: B / A.
        low: Lower end of its interval; None where one of the two has none.
        high: Upper end.
        confidence: About the probability of the interval: the smaller one of the two.
        apart: Whether the intervals of A and B have no value in common; False without intervals.
    """

    centre: float
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    apart: bool = False


def quotient(a: Summary, b: Summary) -> Quotient | None:
    """What `b` is of `a`; None if one of the centres is not above 0, or the ratio is no float.

    There is no interval where one of the two has none or reaches down to 0.

    >>> a = Summary(1.0, 0.9, 1.1, 0.95, 7)
    >>> round(quotient(a, Summary(2.0, 2.0, 2.0, 0.95, 7)).high, 9)
    2.222222222
    """
    if a.centre <= 0 or b.centre <= 0:
        return None
    centre = b.centre / a.centre
    if not math.isfinite(centre) or centre == 0:
        return None
    known = (a.low, a.high, b.low, b.high, a.confidence, b.confidence)
    if any(value is None for value in known):
        return Quotient(centre)
    a_low, a_high, b_low, b_high, *levels = (value or 0.0 for value in known)
    apart = a_low > b_high or b_low > a_high
    if min(a_low, b_low) <= 0 or not math.isfinite(max(a_high, b_high)):
        return Quotient(centre, apart=apart)
    middle = math.log(b.centre) - math.log(a.centre)
    below = math.hypot(_log(b.centre, b_low), _log(a_high, a.centre))
    above = math.hypot(_log(b_high, b.centre), _log(a.centre, a_low))
    if abs(middle) + max(below, above) > _LARGEST:
        return Quotient(centre, apart=apart)
    return Quotient(centre, math.exp(middle - below), math.exp(middle + above), min(levels), apart)


def _log(larger: float, smaller: float) -> float:
    """The logarithm of their ratio; 0 where a rounded interval does not reach its own centre."""
    return max(0.0, math.log(larger) - math.log(smaller))
