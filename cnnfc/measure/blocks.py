"""Takes values in blocks between two readings of the GPU, and again where it was slowed down."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cnnfc.machine.gpus import GpuReading

#: A block whose clock was below this share of what it should be is taken again.  The default of
#: NVIDIA's own benchmark library, NVBench.
_LOWEST_SHARE: Final = 0.75
#: Blocks taken in the place of one, at most; the last is kept however it ran.
_TRIES: Final = 4
#: Seconds to recover before the next try, doubled from try to try.
_RECOVERY: Final = 0.1
#: Clocks that somebody chose are no disturbance: waiting would not raise them.
_CHOSEN: Final = frozenset({"applications-clocks-setting", "sync-boost", "display-clock-setting"})

#: Slowdowns, which pass.  A power cap is none of them: that is how many GPUs run all the time.
_SLOWDOWNS: Final = frozenset(
    {
        "hardware-slowdown",
        "software-thermal-slowdown",
        "hardware-thermal-slowdown",
        "hardware-power-brake",
    }
)
#: Clocks that differ by this share of the higher one, or less, are the same.
_SAME_CLOCK: Final = 0.02

Read = Callable[[], GpuReading]


@dataclass(frozen=True)
class Guarded:
    """What came of a block.

    Attributes:
        values: Of the last try.
        readings: Of the GPU, before and after that try; empty where it cannot be read.
        discarded: Tries before it, thrown away because the GPU was slowed down.
        slowed: Whether the last try was slowed down as well.
        steady: Whether the try before it ran at the same low clock, and nothing that passes slowed
            either of them down: then more tries would not have helped.
    """

    values: tuple[float, ...]
    readings: tuple[GpuReading, ...] = field(default=())
    discarded: int = 0
    slowed: bool = False
    steady: bool = False


def take(
    measure: Callable[[], Sequence[float]],
    warm: Callable[[], object],
    read: Read | None,
    pause: Callable[[float], object] = time.sleep,
) -> Guarded:
    """The values of `measure`, after `warm`, from a try in which the GPU ran at its clock.

    A clock that is low but the same in two tries one after the other, with no slowdown reported, is
    how this GPU runs: the second of them is kept.  Without `read` there is one try and nothing is
    known.
    """
    tried = 0
    earlier: Sequence[GpuReading] = ()
    while True:
        warm()
        before = () if read is None else (read(),)
        values = tuple(measure())
        readings = before if read is None else (*before, read())
        slowed = is_slowed(readings)
        steady = slowed and _is_steady(earlier, readings)
        if not slowed or steady or tried + 1 == _TRIES:
            return Guarded(values, readings, tried, slowed, steady)
        earlier = readings
        pause(_RECOVERY * 2**tried)
        tried += 1


def is_slowed(readings: Sequence[GpuReading]) -> bool:
    """Whether in any of `readings` the GPU ran far below its clock though nobody asked for it.

    A clock that is not known is not held against it.
    """
    return any(
        reading.sm_clock_hz < _LOWEST_SHARE * reading.sm_clock_reference_hz
        for reading in readings
        if reading.sm_clock_hz is not None
        and reading.sm_clock_reference_hz is not None
        and not _CHOSEN.intersection(reading.clock_reasons or ())
    )


def _is_steady(earlier: Sequence[GpuReading], later: Sequence[GpuReading]) -> bool:
    """Whether two tries ran at the same clock, the lowest read of each, without a slowdown."""
    if any(_SLOWDOWNS.intersection(one.clock_reasons or ()) for one in (*earlier, *later)):
        return False
    clocks = [
        [one.sm_clock_hz for one in readings if one.sm_clock_hz is not None]
        for readings in (earlier, later)
    ]
    if not all(clocks):
        return False
    low, high = sorted(map(min, clocks))
    return high - low <= _SAME_CLOCK * high
