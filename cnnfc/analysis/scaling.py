"""Says what more threads bring: speed-up, efficiency, and the serial fraction of Amdahl's law.

Amdahl's law (G. M. Amdahl, Validity of the single processor approach to achieving large scale
computing capabilities, AFIPS Spring Joint Computer Conference, 1967): if a fraction f of the work
cannot be shared, p threads need ``t(p) = t(1) * (f + (1 - f) / p)``.  From two thread counts f
follows exactly; with one of them 1 that is the metric of A. H. Karp and H. P. Flatt (Measuring
parallel processor performance, CACM 33(5), 1990).  From more it is fitted.

f is not held between 0 and 1.  Above 1 the layer is slower with more threads, below 0 it is faster
than ideal (caches add up): both happen, and a clamped fraction would hide them.

Intervals come from those of the latencies.  Each latency is moved to the ends of its interval
alone, and the moves of the result add up as independent ones do, by their squares (G. Y. Zou and
A. Donner, Construction of confidence limits about effect measures: a general approach, Statistics
in Medicine 27, 2008).  Their confidence is about that of the intervals that they are made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

#: Thread counts that determine the two unknowns of Amdahl's law, and leave nothing to test it by.
DETERMINED: Final = 2
#: Factors between latencies, and powers of e, up to which floats hold their squares.
_WIDEST: Final = 1e100
_LARGEST: Final = 700.0


@dataclass(frozen=True, slots=True)
class Timing:
    """The latency of one layer on ``threads`` threads: seconds, with its interval if there is one.

    An interval that does not enclose the centre, or reaches down to 0, counts as none.
    """

    threads: int
    seconds: float
    low: float | None = None
    high: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        if self.low is None or self.high is None:
            return None
        if not 0 < self.low <= self.seconds <= self.high < math.inf:
            return None
        return self.low, self.high


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval; ``low`` and ``high`` are None where a latency has none."""

    centre: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Law:
    """Amdahl's law for one layer.

    Attributes:
        serial: The serial fraction f: 0 is ideal, 1 no gain at all, beyond either end the law
            does not hold.
        single: Seconds that the law gives one thread.
        exact: Whether two thread counts determined it, so that nothing tests the law.
        misfit: The largest part by which the law misses a latency, 0 and up; 0 if exact.
    """

    serial: Estimate
    single: float
    exact: bool
    misfit: float

    @property
    def holds(self) -> bool:
        """Whether the fraction is one: from 0 to 1."""
        return 0 <= self.serial.centre <= 1

    def seconds(self, threads: float) -> float:
        """The latency that the law gives `threads` threads (above 0)."""
        serial = self.serial.centre
        return self.single * (serial + (1 - serial) / threads)


class Effect(StrEnum):
    """What the most threads did to a layer, as far as its intervals tell."""

    SUPERLINEAR = "superlinear"
    IDEAL = "ideal"
    PARTIAL = "partial"
    RECEDED = "receded"
    NONE = "none"
    SLOWER = "slower"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Stop:
    """Where adding threads stops helping.

    ``found`` is True if another doubling of ``threads`` gains nothing that the intervals show,
    False if every doubling up to ``threads``, the most that were measured, gained; None if an
    interval on the way is missing.
    """

    threads: int
    found: bool | None


def speedup(before: Timing, after: Timing) -> Estimate:
    """How many times as fast `after` is as `before`; above 1 is faster.

    >>> speedup(Timing(1, 3.0), Timing(2, 2.0)).centre
    1.5
    """
    centre = before.seconds / after.seconds
    first, second = before.interval, after.interval
    if first is None or second is None:
        return Estimate(centre)
    down = math.hypot(math.log(before.seconds / first[0]), math.log(second[1] / after.seconds))
    up = math.hypot(math.log(first[1] / before.seconds), math.log(after.seconds / second[0]))
    return Estimate(centre, centre * math.exp(-down), centre * math.exp(min(up, _LARGEST)))


def efficiency(before: Timing, after: Timing) -> Estimate:
    """The speed-up over the factor of threads that it took: 1 is ideal."""
    found = speedup(before, after)
    factor = before.threads / after.threads
    return Estimate(
        found.centre * factor,
        None if found.low is None else found.low * factor,
        None if found.high is None else found.high * factor,
    )


def amdahl(timings: Sequence[Timing]) -> Law | None:
    """Amdahl's law through `timings`; None with fewer than two of them.

    With ``t(p) = a + b / p`` the law is linear.  a and b make the squares of the relative errors
    least, since latencies err in proportion; then ``f = a / (a + b)``.

    Args:
        timings: One a thread count, in ascending order.

    Raises:
        ValueError: Thread counts are not ascending from 1 on, or a latency is not finite and
            above 0.
    """
    _check(timings)
    if len(timings) < DETERMINED:
        return None
    fitted = _fit(timings)
    if fitted is None:
        return None
    serial, single = fitted
    law = Law(Estimate(serial), single, len(timings) == DETERMINED, 0.0)
    misfit = 0.0 if law.exact else max(abs(law.seconds(t.threads) / t.seconds - 1) for t in timings)
    return replace(law, serial=_with_interval(timings, serial), misfit=misfit)


def effect(timings: Sequence[Timing]) -> Effect:
    """What the most threads did, against the fewest and against the best; by the intervals.

    Args:
        timings: As for `amdahl`, two or more.
    """
    _check(timings)
    first, last = timings[0], timings[-1]
    gain = speedup(first, last)
    if gain.low is None or gain.high is None or len(timings) < DETERMINED:
        return Effect.UNKNOWN
    if gain.high < 1:
        return Effect.SLOWER
    best = min(timings, key=lambda one: one.seconds)
    since = speedup(best, last)
    if since.high is not None and since.high < 1:
        return Effect.RECEDED
    if gain.low <= 1:
        return Effect.NONE
    ideal = last.threads / first.threads
    if gain.low > ideal:
        return Effect.SUPERLINEAR
    return Effect.IDEAL if gain.high >= ideal else Effect.PARTIAL


def stop(timings: Sequence[Timing]) -> Stop:
    """The thread count after which another doubling gains less than its interval.

    Doublings start from the fewest threads; where twice a count was not measured, the next larger
    count stands in.  A doubling gains if the whole interval of its speed-up is above 1.

    Args:
        timings: As for `amdahl`, one or more.
    """
    _check(timings)
    at = timings[0]
    while True:
        after = next((one for one in timings if one.threads >= 2 * at.threads), None)
        if after is None:
            return Stop(at.threads, found=False)
        gain = speedup(at, after)
        if gain.low is None:
            return Stop(at.threads, found=None)
        if gain.low <= 1:
            return Stop(at.threads, found=True)
        at = after


def _check(timings: Sequence[Timing]) -> None:
    counts = [one.threads for one in timings]
    if not counts or counts[0] < 1 or sorted(set(counts)) != counts:
        raise ValueError(f"thread counts must ascend from 1 or more, not {counts}")
    for one in timings:
        if not (math.isfinite(one.seconds) and one.seconds > 0):
            raise ValueError(f"a latency must be finite and above 0, not {one.seconds}")


def _fit(timings: Sequence[Timing]) -> tuple[float, float] | None:
    """The serial fraction and the seconds of one thread; None where floats end."""
    scale = timings[0].seconds
    # Divided by its latency, each equation a + b / p = t has the same weight.
    rows = [(scale / one.seconds, scale / one.seconds / one.threads) for one in timings]
    if not all(1 / _WIDEST < factor < _WIDEST for factor, _ in rows):
        return None
    uu, uv, vv = (math.fsum(r[i] * r[j] for r in rows) for i, j in ((0, 0), (0, 1), (1, 1)))
    u, v = (math.fsum(r[i] for r in rows) for i in (0, 1))
    determinant = uu * vv - uv * uv
    if not (math.isfinite(determinant) and determinant > 0):
        return None
    a, b = (u * vv - v * uv) / determinant, (v * uu - u * uv) / determinant
    total = a + b
    return (a / total, total * scale) if math.isfinite(total) and total > 0 else None


def _with_interval(timings: Sequence[Timing], serial: float) -> Estimate:
    """The interval of the serial fraction, by moving one latency after the other."""

    def moved(index: int, seconds: float) -> float | None:
        changed = [*timings]
        changed[index] = replace(timings[index], seconds=seconds)
        found = _fit(changed)
        return None if found is None else found[0] - serial

    moves = _moves(timings, moved)
    if moves is None:
        return Estimate(serial)
    down = math.hypot(*(min(0.0, *pair) for pair in moves))
    up = math.hypot(*(max(0.0, *pair) for pair in moves))
    return Estimate(serial, serial - down, serial + up)


def _moves(
    timings: Sequence[Timing], moved: Callable[[int, float], float | None]
) -> list[tuple[float, float]] | None:
    """How far each latency moves the result at the ends of its interval; None if one has none."""
    found = []
    for index, one in enumerate(timings):
        if one.interval is None:
            return None
        low, high = (moved(index, end) for end in one.interval)
        if low is None or high is None:
            return None
        found.append((low, high))
    return found
