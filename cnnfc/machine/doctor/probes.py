"""Measures for a few seconds how steadily this machine lets a program run.

Every probe takes its clock (seconds, monotonic) and what else it touches as arguments, and only
reads: the affinity that one of them sets is that of its own thread, and is set back.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from cnnfc.machine.doctor.answers import Cores, Jitter, Repeatability, Skipped
from cnnfc.machine.host import attempt

Clock = Callable[[], float]

#: A pause between two readings of the clock from which on something else ran: the default of the
#: kernel's own detector of stolen time (Documentation/trace/hwlat_detector.rst).  Two readings are
#: under 0.2 us apart in CPython.
GAP_SECONDS: Final = 10e-6

#: Steps of the interpreter loop whose repetition is timed: 0.5 to 3 ms on processors of the last
#: ten years, long beside the clock's own cost and short beside a scheduler's slice.
LOOP_STEPS: Final = 20_000

#: How many CPUs the core probe visits at most, spread over those that may be used.
MOST_CPUS: Final = 8

#: More readings than any clock gives in the time asked for; a clock that stands still ends here.
_MOST_READINGS: Final = 200_000_000


def measure_jitter(seconds: float = 1.0, clock: Clock = time.perf_counter) -> Jitter | Skipped:
    """Read the clock again and again for `seconds`; long pauses are time that others took."""
    gaps: list[float] = []
    readings = 0
    start = last = clock()
    end = start + seconds
    for readings in range(1, _MOST_READINGS + 1):  # noqa: B007 - counted after the loop
        now = clock()
        gap = now - last
        last = now
        if gap > GAP_SECONDS:
            gaps.append(gap)
        if now >= end:
            break
    spun, lost = last - start, sum(gaps)
    if spun <= 0:
        return Skipped("the clock did not advance")
    return Jitter(
        seconds=spun,
        lost_seconds=lost,
        longest_seconds=max(gaps, default=0.0),
        gaps=len(gaps),
        reading_seconds=(spun - lost) / max(1, readings - len(gaps)),
    )


def work(steps: int = LOOP_STEPS) -> int:
    """The piece of work that is repeated: `steps` rounds of the interpreter, no memory."""
    total = 0
    for number in range(steps):
        total += number & 7
    return total


def measure_loop(
    seconds: float = 1.0,
    clock: Clock = time.perf_counter,
    task: Callable[[], object] = work,
) -> Repeatability | Skipped:
    """Time `task` again and again for `seconds`."""
    times = _times(seconds, clock, task)
    if len(times) < 20:
        return Skipped(f"{len(times)} repetitions in {seconds:g} s are too few to compare")
    first, later = times[: len(times) // 10], times[len(times) // 2 :]
    middle = statistics.median(later)
    least = min(times)
    if least <= 0 or middle <= 0:
        return Skipped("the clock is too coarse for this work")
    return Repeatability(
        repetitions=len(times),
        least_seconds=least,
        fast_seconds=sorted(times)[(len(times) - 1) // 10],
        median_seconds=statistics.median(times),
        mean_seconds=statistics.fmean(times),
        most_seconds=max(times),
        start_share=statistics.median(first) / middle - 1,
    )


def _times(seconds: float, clock: Clock, task: Callable[[], object]) -> list[float]:
    times: list[float] = []
    start = clock()
    while len(times) < 100_000:
        before = clock()
        task()
        after = clock()
        times.append(after - before)
        if after - start >= seconds:
            break
    return times


def measure_cores(
    seconds: float = 0.8,
    clock: Clock = time.perf_counter,
    task: Callable[[], object] = work,
    affinity: Callable[[], Collection[int]] | None = None,
    pin: Callable[[Iterable[int]], None] | None = None,
) -> Cores | Skipped:
    """Time `task` on single CPUs, at most `MOST_CPUS`, twice each, `seconds` in all.

    Args:
        seconds: For all CPUs together.
        clock: In seconds.
        task: What is timed.
        affinity: The CPUs that this thread may run on; by default the system's answer.
        pin: Lets this thread run on the given CPUs alone; by default the system's call.  At the
            end the affinity is set back.
    """
    affinity = affinity or _system("sched_getaffinity")
    pin = pin or _system("sched_setaffinity")
    if affinity is None or pin is None:
        return Skipped("this system does not let a program choose its CPU")
    usable = sorted(attempt(affinity) or ())
    if len(usable) < 2:
        return Skipped("this process may run on one CPU alone")
    chosen = _spread(usable, MOST_CPUS)
    share = seconds / (2 * len(chosen))
    least: dict[int, float] = {}
    try:
        with _restored(usable, pin):
            # Forwards and backwards: what changes with time does not look like a slow CPU.
            for cpu in (*chosen, *reversed(chosen)):
                pin({cpu})
                task()
                shortest = min(_times(share, clock, task))
                least[cpu] = min(shortest, least.get(cpu, shortest))
    except OSError as error:
        return Skipped(f"the system refused to pin this thread to a CPU ({error.strerror})")
    return Cores(least, len(usable))


@contextmanager
def _restored(cpus: Sequence[int], pin: Callable[[Iterable[int]], None]) -> Iterator[None]:
    try:
        yield
    finally:
        pin(cpus)


def _system(name: str) -> Any:  # noqa: ANN401 - a function that only some systems have
    function = getattr(os, name, None)
    return None if function is None else lambda *arguments: function(0, *arguments)


def _spread(cpus: Sequence[int], most: int) -> list[int]:
    """At most `most` of `cpus`, evenly from the first to the last."""
    if len(cpus) <= most:
        return list(cpus)
    return [cpus[round(n * (len(cpus) - 1) / (most - 1))] for n in range(most)]
