"""Watches the GPU while a leg runs on it: its clock, and what holds the clock down.

A GPU without work says little about one that is at work: its power cap does not bind and it reports
to be idle.  So a thread of this process asks NVML again and again while the worker measures, and
only what was read between the beginning and the end of the leg's values counts.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

from cnnfc.machine.gpus import GpuReading, free_gpu_memory, watched_gpu
from cnnfc.machine.host import Host, this_host

#: Seconds between two readings; a leg has several.
_EVERY: Final = 0.004
#: Heat or power that holds the clock down, as NVML names it (`cnnfc.machine.gpus`).
THROTTLING: Final = frozenset(
    {
        "software-power-cap",
        "hardware-slowdown",
        "software-thermal-slowdown",
        "hardware-thermal-slowdown",
        "hardware-power-brake",
    }
)
#: Shares of the sides' legs that differ by less are of no interest.
_DIFFERS: Final = 0.3
#: Those that differ by fewer standard errors may be chance.  Two shares about a half of n legs each
#: have one of (2 n) to the power of -1/2, the largest there is: 8 pairs of two legs a side have to
#: differ by 0.53, 24 by 0.31.
_STANDARD_ERRORS: Final = 3.0
#: Fewer legs a side tell nothing.
_LEAST_LEGS: Final = 12

Read = Callable[[], GpuReading]


@dataclass(frozen=True)
class Stamped:
    """A reading and when it was taken (s, monotonic clock, the same in all processes)."""

    at: float
    reading: GpuReading


@dataclass
class Watched:
    """What was read of a GPU around a leg, in order; empty where it cannot be read."""

    readings: list[Stamped] = field(default_factory=list)

    def clock(self, started: float, ended: float) -> float | None:
        """Mean clock of the multiprocessors in that time (Hz); None if unknown."""
        clocks = [one.sm_clock_hz for one in self._between(started, ended) if one.sm_clock_hz]
        return fmean(clocks) if clocks else None

    def reasons(self, started: float, ended: float) -> tuple[str, ...]:
        """Heat and power that held the clock down in that time, sorted."""
        found = {
            reason
            for one in self._between(started, ended)
            for reason in one.clock_reasons or ()
            if reason in THROTTLING
        }
        return tuple(sorted(found))

    def _between(self, started: float, ended: float) -> list[GpuReading]:
        """What was read in that time; if nothing was, the last before and the first after."""
        inside = [one.reading for one in self.readings if started <= one.at <= ended]
        if inside:
            return inside
        before = [one.reading for one in self.readings if one.at < started]
        after = [one.reading for one in self.readings if one.at > ended]
        return [*before[-1:], *after[:1]]


class GpuClocks:
    """The GPUs of this machine, opened when they are first asked for.

    Args:
        host: The machine.
        now: Monotonic clock (s).
    """

    def __init__(self, host: Host | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._host = host
        self._now = now
        self._open = contextlib.ExitStack()
        self._readers: dict[str | None, Read | None] = {}

    @contextlib.contextmanager
    def during(self, gpu: str | None) -> Iterator[Watched]:
        """Readings of the GPU with this UUID before, in and after the block.

        Without a UUID they are those of the only GPU there is.
        """
        watched, read = Watched(), self._reader(gpu)
        if read is None:
            yield watched
            return
        done = threading.Event()

        def note() -> None:
            reading = read()
            watched.readings.append(Stamped(self._now(), reading))

        def go_on() -> None:
            while not done.wait(_EVERY):
                note()

        note()
        thread = threading.Thread(target=go_on, name="gpu-clocks", daemon=True)
        thread.start()
        try:
            yield watched
        finally:
            done.set()
            thread.join()
            note()

    def free_memory(self, gpu: str | None) -> int | None:
        """Bytes that are free on the GPU with this UUID, or on the only one; None if unknown."""
        return free_gpu_memory(self._host or this_host(), gpu)

    def close(self) -> None:
        """Close NVML, if it was opened."""
        self._readers.clear()
        self._open.close()

    def _reader(self, gpu: str | None) -> Read | None:
        if gpu not in self._readers:
            found = self._open.enter_context(watched_gpu(self._host or this_host(), gpu))
            self._readers[gpu] = found
        return self._readers[gpu]


@dataclass
class Throttling:
    """How often heat or power held the GPU back, on each side (``A``, ``B``) of one benchmark."""

    legs: Counter[str] = field(default_factory=Counter)
    held: dict[str, Counter[str]] = field(default_factory=lambda: {"A": Counter(), "B": Counter()})

    def add(self, letter: str, legs: Sequence[tuple[str, ...]]) -> None:
        """Take the reasons of the legs of one side in one pair."""
        self.legs[letter] += len(legs)
        for reasons in legs:
            self.held[letter].update(reasons)

    def difference(self) -> str | None:
        """What held one side back far more often than the other, in words; None if nothing did."""
        legs = min(self.legs["A"], self.legs["B"])
        if legs < _LEAST_LEGS:
            return None
        least = max(_DIFFERS, _STANDARD_ERRORS / math.sqrt(2 * legs))
        shares = {
            reason: tuple(self.held[letter][reason] / self.legs[letter] for letter in "AB")
            for reason in sorted(self.held["A"].keys() | self.held["B"].keys())
        }
        found = [
            f"{reason} in {100 * b:.0f}% of the contender's legs and {100 * a:.0f}% of the "
            f"baseline's"
            for reason, (a, b) in shares.items()
            if abs(a - b) >= least
        ]
        return f"the GPU was held back unequally: {', '.join(found)}" if found else None
