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

Read = Callable[[], GpuReading]


@dataclass(frozen=True)
class Guarded:
    """What came of a block.

    Attributes:
        values: Of the last try.
        readings: Of the GPU, before and after that try; empty where it cannot be read.
        discarded: Tries before it, thrown away because the GPU was slowed down.
        slowed: Whether the last try was slowed down as well.
    """

    values: tuple[float, ...]
    readings: tuple[GpuReading, ...] = field(default=())
    discarded: int = 0
    slowed: bool = False


def take(
    measure: Callable[[], Sequence[float]],
    warm: Callable[[], object],
    read: Read | None,
    pause: Callable[[float], object] = time.sleep,
) -> Guarded:
    """The values of `measure`, after `warm`, from a try in which the GPU ran at its clock.

    Without `read` there is one try and nothing is known.
    """
    tried = 0
    while True:
        warm()
        before = () if read is None else (read(),)
        values = tuple(measure())
        readings = before if read is None else (*before, read())
        slowed = is_slowed(readings)
        if not slowed or tried + 1 == _TRIES:
            return Guarded(values, readings, tried, slowed)
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
