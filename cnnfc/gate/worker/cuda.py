"""Part of the worker, loaded by path: times what runs on a CUDA GPU by the clock of that GPU.

asv's timer reads the host's clock, and calls return before the GPU has run them: a value would be
the time of launching.  Here a value lies between two events that are recorded on the GPU's current
stream, and is read once the GPU has reached the second.  All calls of a value are queued one behind
the other, after a short wait of the GPU that covers the launch of the first, so what counts is the
GPU's time a call.  A host that cannot queue calls as fast as the GPU runs them still shows: callers
wait for it too.

Which clock fits a case is found by trying, once in the survey, and is then the same on both sides:

``events``
    the GPU's, wherever what it says agrees with what the host waits for;
``waiting``
    the host's with a wait for the GPU at both ends, for a suite without a timer of its own whose
    work events do not see (streams of its own);
``own``
    the suite's, if it declares one that does not wait for the GPU (CPU time, the launch alone) or
    that events disagree with, and for benchmarks that asv times in a process of their own.

The counters of torch's own CUDA and of ROCm are asked through the same functions.
"""

from __future__ import annotations

import functools
import sys
import time
import timeit
from collections.abc import Callable
from typing import Any

#: Cycles that the GPU waits before the first call of a value: 50 to 70 microseconds, several times
#: what a host needs for a launch from Python.
_COVER = 100_000
#: Cycles that are surely not over when the host reads a clock next: 10 milliseconds or so.
_PENDING = 20_000_000
#: Seconds of calls before the first leg of a process: GPUs take tenths of a second to reach their
#: clock.
_WARM_UP = 0.3
#: Events agree with the host if neither is longer than so many times the other, and so many seconds
#: for launching and waiting.
_AGREE_RATIO, _AGREE_SECONDS = 2.0, 2e-4
_TRIES = 3
#: Cycles of the shorter of two waits that calibrate a slowdown, about a millisecond.
_CALIBRATION = 2_000_000

Extra = Callable[[int], float]

#: GPUs that have been kept busy for `_WARM_UP` in this process.
_warm: set[int] = set()


def allocations() -> dict[int, int]:
    """Blocks that torch's allocator has handed out so far on each GPU; empty before CUDA started.

    More of them mean that it was used: whatever runs on a GPU allocates its output there.
    """
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return {}
    return {
        index: cuda.memory_stats(index).get("allocation.all.allocated", 0)
        for index in range(cuda.device_count())
    }


def used_since(before: dict[int, int]) -> int | None:
    """The first GPU on which more was allocated since `before` (of `allocations`), if any."""
    return next((i for i, count in allocations().items() if count > before.get(i, 0)), None)


def reserved(*, give_back: bool = False) -> int:
    """Bytes that torch's allocator holds on all GPUs: what is in use, and what was at the peak.

    With `give_back` it first returns what is not in use.  What the driver keeps for the process
    itself (its context, loaded kernels) is not among them.
    """
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is None or not cuda.is_initialized() or not hasattr(cuda, "memory_reserved"):
        return 0
    if give_back:
        cuda.empty_cache()
    return sum(int(cuda.memory_reserved(index)) for index in range(cuda.device_count()))


def uuid(index: int) -> str | None:
    """What the driver calls the GPU `index`, by which another process finds the same one.

    None where torch does not say (before 2.4), and for AMD's, which NVML does not know.
    """
    torch = sys.modules["torch"]
    if getattr(getattr(torch, "version", None), "hip", None) is not None:
        return None
    ask = getattr(torch.cuda, "get_device_properties", None)
    found = None if ask is None else getattr(ask(index), "uuid", None)
    return None if found is None else str(found)


def clocked(by: str, index: int, timer: Any) -> Any:  # noqa: ANN401 - timeit.Timer or one like it
    """`timer`, just made, with the clock `by` (``events`` or ``waiting``) of the GPU `index`."""
    if by == "events":
        return Events(timer, index)
    if by == "waiting":
        setattr(timer, _attribute(timer) or "", functools.partial(_waiting_clock, index))
        return timer
    raise LookupError(f"unknown clock {by!r}: choose one of events, waiting")


class Events:
    """A timer that reads its clock before and after calls, and for which the GPU's is read instead.

    Args:
        timer: timeit's, or asv's for calls with setups between them; it is changed.
        index: The GPU.
    """

    def __init__(self, timer: Any, index: int) -> None:  # noqa: ANN401 - see above
        self._cuda = sys.modules["torch"].cuda
        self._timer, self._index = timer, index
        self._marks: list[Any] = []
        self._extra: Extra | None = None
        # timeit reads the clock twice a value, asv's timer with setups twice a call.
        self._is_each_call = _attribute(timer) == "_timer"
        self._number = 1
        setattr(timer, _attribute(timer) or "", self._read)

    def timeit(self, number: int) -> float:
        """Seconds of `number` calls."""
        self._marks.clear()
        self._number = number
        self._timer.timeit(number)
        self._marks[-1].synchronize()
        pairs = zip(self._marks[::2], self._marks[1::2], strict=True)
        return sum(float(start.elapsed_time(end)) for start, end in pairs) / 1e3

    def slow_down(self, extra: Extra) -> Events:
        """This timer, whose GPU is busy for ``extra(calls)`` seconds more in each reading.

        The GPU itself is, in a kernel that counts its cycles: a host that is busy meanwhile would
        hide behind the queue.
        """
        self._extra = extra
        spinner(self._index)  # calibrated now, not within a value
        return self

    def _read(self) -> float:
        """Record an event; the number means nothing."""
        cuda = self._cuda
        is_start = len(self._marks) % 2 == 0
        if is_start and hasattr(cuda, "_sleep"):
            _spin(self._index, _COVER)
        elif not is_start and self._extra is not None:
            seconds = self._extra(1 if self._is_each_call else self._number)
            if seconds > 0:
                spinner(self._index).spend(seconds)
        self._marks.append(_mark(self._index))
        return 0.0


class Spinner:
    """Keeps a GPU busy for seconds; what a cycle takes is measured when it is made."""

    def __init__(self, index: int) -> None:
        self._index = index
        short, long = (
            min(self._take(cycles) for _ in range(_TRIES))
            for cycles in (_CALIBRATION, 2 * _CALIBRATION)
        )
        self._cycle = (long - short) / _CALIBRATION
        #: Of a kernel that waits for no cycles at all.
        self._overhead = max(0.0, 2 * short - long)

    def spend(self, seconds: float) -> None:
        """Queue a kernel that runs for about `seconds`."""
        _spin(self._index, max(0, round((seconds - self._overhead) / self._cycle)))

    def _take(self, cycles: int) -> float:
        start = _mark(self._index)
        _spin(self._index, cycles)
        end = _mark(self._index)
        end.synchronize()
        seconds: float = start.elapsed_time(end) / 1e3
        return seconds


@functools.cache
def spinner(index: int) -> Spinner:
    """The spinner of this process on the GPU `index`."""
    return Spinner(index)


def may_choose(benchmark: Any, timer: Any, index: int) -> bool:  # noqa: ANN401 - untyped
    """Whether the clock of `benchmark` may be another than its own.

    Not if its timer's clock cannot be reached, torch has no events, or the suite declares a clock
    that does not wait for the GPU.  The last is tried: a clock is read while the GPU is busy, and
    has waited if the GPU is done afterwards.
    """
    cuda = sys.modules["torch"].cuda
    if _attribute(timer) is None or not hasattr(cuda, "Event"):
        return False
    return is_default(benchmark) or _waits(benchmark.timer, index)


def is_default(benchmark: Any) -> bool:  # noqa: ANN401 - asv_runner is untyped
    """Whether `benchmark` has asv's clock and not one that its suite declares."""
    return getattr(benchmark, "timer", None) is timeit.default_timer


def agree(by_events: float, by_host: float) -> bool:
    """Whether events see the work that the host waits for; both in seconds of one value."""
    low, high = sorted((by_events, by_host))
    return high <= _AGREE_RATIO * low + _AGREE_SECONDS


def warm_up(index: int, call: Callable[[], object]) -> None:
    """Keep the GPU `index` busy until it has reached its clock, once a process."""
    end = time.perf_counter() + _WARM_UP
    while index not in _warm:
        call()
        if time.perf_counter() >= end:
            _warm.add(index)


def _waits(clock: Callable[[], float], index: int) -> bool:
    cuda = sys.modules["torch"].cuda
    if not hasattr(cuda, "_sleep"):
        return False
    cuda.synchronize(index)
    _spin(index, _PENDING)
    mark = _mark(index)
    clock()
    has_waited = bool(mark.query())
    cuda.synchronize(index)
    return has_waited


def _waiting_clock(index: int) -> float:
    sys.modules["torch"].cuda.synchronize(index)
    return time.perf_counter()


def _attribute(timer: object) -> str | None:
    """Where `timer` keeps the clock that it reads; None if it has none."""
    return next((name for name in ("timer", "_timer") if hasattr(timer, name)), None)


def _mark(index: int) -> Any:  # noqa: ANN401 - an event of torch
    """An event behind everything that is queued on the current stream of the GPU `index`."""
    cuda = sys.modules["torch"].cuda
    event = cuda.Event(enable_timing=True)
    event.record(cuda.current_stream(index))
    return event


def _spin(index: int, cycles: int) -> None:
    """Queue a kernel on the GPU `index` that waits for so many of its cycles."""
    cuda = sys.modules["torch"].cuda
    with cuda.device(index):
        cuda._sleep(cycles)  # noqa: SLF001 - what torch's own tests wait with; nothing public does
