"""Student's t distribution for whole degrees of freedom, by its closed form."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

#: Halvings of an interval after which its two ends are neighbouring floats.
_HALVINGS: Final = 200


def tail(t: float, degrees: int) -> float:
    """The probability that Student's t is above `t`.

    The finite sums 26.7.3 and 26.7.4 of Abramowitz and Stegun, "Handbook of Mathematical
    Functions" (1964); good to about 1e-15, absolute.

    Args:
        t: Any number, infinite ones included.
        degrees: Degrees of freedom, 1 and up; the sum has half as many terms.

    Returns:
        0 to 1.

    >>> round(tail(2.015, 5), 4)
    0.05
    """
    if degrees < 1:
        raise ValueError(f"Student's t needs at least 1 degree of freedom, not {degrees}")
    if t < 0:
        return 1 - tail(-t, degrees)
    angle = math.atan(t / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    # Odd: cos + 2/3 cos^3 + ...; even: 1 + 1/2 cos^2 + ...; each term from the one before.
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = 0.0
    for k in range(1 + odd, degrees, 2):
        total += term
        term *= cosine * cosine * k / (k + 1)
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return max(0.0, (1 - inside) / 2)


@lru_cache(maxsize=4096)
def limit(probability: float, degrees: int) -> float:
    """What Student's t is above with `probability`, the inverse of `tail`.

    Args:
        probability: From 1e-12 to 0.5: below that the closed form has no digits left.
        degrees: Degrees of freedom, 1 and up.

    Returns:
        0 and up.

    >>> round(limit(0.05, 5), 3)
    2.015
    """
    if not 1e-12 <= probability <= 0.5:
        raise ValueError(f"the probability is from 1e-12 to 0.5, not {probability}")
    low, high = 0.0, 1.0
    while tail(high, degrees) > probability:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if tail(middle, degrees) > probability:
            low = middle
        else:
            high = middle
    return high
