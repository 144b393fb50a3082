"""Decides what binds a layer: arithmetic, memory, or the overhead of a call.

The roofline model (S. Williams, A. Waterman, D. Patterson, Roofline: An Insightful Visual
Performance Model for Multicore Architectures, CACM 52(4), 2009) knows two times that a call needs:
``FLOPs / peak`` for arithmetic and ``bytes / bandwidth`` for data in memory.  Overhead is the third
here: what every call costs before it does any work.

The rule.  The *share* of a cause is the time that it needs over the latency that was measured.  A
cause whose share is `HALF` or more binds the layer: without everything else the layer would be at
most twice as fast, so nothing else is worth more attention.  Shares follow the interval of the
latency; if it leaves more than one answer, the answer is that it is unclear.  Where no share
reaches `HALF`, none of the three binds: the time goes into something that the model does not know,
such as a kernel that does not suit the shape, or a copy into another layout.

Two things keep the rule from claiming too much.  Memory cannot bind a layer that is faster than
memory could be, or whose data fit into a cache and are still there from the call before: those
layers get a cause of their own, for which there is no ceiling.  And overhead comes before the work
and does not overlap with it, so at most the rest of the latency is left for overhead.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: From this share of the latency on a cause binds; above it, all other causes together take less.
HALF: Final = 0.5


class Cause(StrEnum):
    """What a layer can be bound by, in the order in which pages list it."""

    COMPUTE = "compute"
    MEMORY = "memory"
    #: Moving data that come from a cache, whose speed no reference kernel measures.
    CACHE = "cache"
    OVERHEAD = "overhead"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a latency that a cause needs: from ``low`` to ``high``, each 0 and up.

    Above 1 the ceiling is beaten: by data in a cache, or by an algorithm with fewer FLOPs than are
    counted (Winograd's, for one).
    """

    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether the whole interval is at `HALF` or above."""
        return self.low >= HALF

    @property
    def possible(self) -> bool:
        """Whether any of the interval is at `HALF` or above."""
        return self.high >= HALF


@dataclass(frozen=True, slots=True)
class Regime:
    """What binds one layer, with the shares that say so.

    Attributes:
        cause: What binds it; None if that is unclear.
        between: The causes that the interval leaves, in the order of `Cause`; one alone if it is
            clear.
        compute: Share of the arithmetic.
        memory: Share of moving the compulsory bytes at the speed of the memory.
        overhead: Share of the overhead of a call.
    """

    cause: Cause | None
    between: tuple[Cause, ...]
    compute: Share
    memory: Share
    overhead: Share


def ridge(peak: float, bandwidth: float) -> float:
    """The intensity (FLOP/byte) from which on arithmetic needs longer than memory.

    Args:
        peak: FLOP/s, above 0.
        bandwidth: byte/s, above 0.

    >>> ridge(50e9, 10e9)
    5.0
    """
    return peak / bandwidth


def overhead_floor(latency: tuple[float, float], bound: float) -> tuple[float, float]:
    """From the shortest call there is: the least and the most that the overhead of a call can be.

    No call took less, so overhead is at most its whole latency.  At least it is what its own work
    leaves of it, taken at the speed of the ceilings; that may be nothing, and then only a smaller
    layer can tell.

    Args:
        latency: Ends of the interval of its latency, seconds above 0.
        bound: Its roofline bound, seconds, 0 and up.

    Returns:
        Seconds, least and most.

    >>> overhead_floor((10e-6, 12e-6), 2e-6)
    (8e-06, 1.2e-05)
    """
    low, high = latency
    return max(0.0, low - bound), high


def judge(
    latency: tuple[float, float],
    *,
    compute: float,
    memory: float,
    floor: tuple[float, float],
    fits_cache: bool | None = None,
) -> Regime:
    """What binds a layer, by the rule of this module.

    Args:
        latency: Ends of the interval of its latency, seconds above 0.
        compute: FLOPs / peak, seconds, 0 and up.
        memory: Compulsory bytes / bandwidth of the memory, seconds, 0 and up.
        floor: Least and most that the overhead can be, seconds, as from `overhead_floor`.
        fits_cache: Whether its data fit into the last-level cache, so that a call that follows
            another one finds them there; None if that is not known.

    Raises:
        ValueError: The latency is not above 0 or its ends are in the wrong order.
    """
    low, high = latency
    if not 0 < low <= high:
        raise ValueError(f"a latency goes from above 0 upwards, not from {low} to {high}")
    arithmetic = Share(compute / high, compute / low)
    moving = Share(memory / high, memory / low)
    cached = fits_cache is True or moving.low > 1
    possibly_cached = cached or moving.high > 1
    work = arithmetic.low if possibly_cached else max(arithmetic.low, moving.low)
    rest = max(0.0, 1 - work)
    overhead = Share(min(floor[0] / high, rest), min(floor[1] / low, rest))
    shares = {Cause.COMPUTE: arithmetic}
    if not cached:
        shares[Cause.MEMORY] = moving
    if possibly_cached:
        shares[Cause.CACHE] = moving
    shares[Cause.OVERHEAD] = overhead
    possible = [cause for cause, share in shares.items() if share.possible]
    certain = [cause for cause, share in shares.items() if share.certain]
    # A cache is only known to be faster than memory, so it is no rival of what has a ceiling.
    if Cause.COMPUTE in certain and cached and Cause.CACHE in possible:
        possible.remove(Cause.CACHE)
    if not certain:
        possible.append(Cause.NONE)
    clear = len(possible) == 1
    return Regime(possible[0] if clear else None, tuple(possible), arithmetic, moving, overhead)
