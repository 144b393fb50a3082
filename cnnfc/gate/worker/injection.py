"""Part of the worker, loaded by path: makes values slower by a known amount, to test the gate.

The time is spent by a busy loop inside the timed region and never by sleeping, which would let the
clock of the CPU fall.  The loop is a number of iterations, so it slows down with the machine as
real work does.
"""

from __future__ import annotations

import functools
import itertools
import time
import timeit
from collections.abc import Callable
from typing import Any

_CALIBRATION = 20_000
_ROUNDS = 25

Clock = Callable[[], float]


def spin(iterations: int) -> None:
    """Do nothing, `iterations` times."""
    for _ in itertools.repeat(None, iterations):
        pass


class Spinner:
    """Spends seconds; how long an iteration takes is measured when it is made.

    Args:
        clock: Seconds.
        run: Runs that many iterations.
    """

    def __init__(self, clock: Clock = time.perf_counter, run: Callable[[int], None] = spin) -> None:
        self._run = run

        def once(iterations: int) -> float:
            start = clock()
            run(iterations)
            return clock() - start

        # The fastest of many: whatever else the machine did meanwhile only adds.
        fastest = min(once(_CALIBRATION) for _ in range(_ROUNDS))
        self._step = fastest / _CALIBRATION
        #: Seconds that a value is longer by even if nothing is spent.
        self._overhead = max(0.0, self._a_pass(clock, is_slowed=True) - self._a_pass(clock))

    def spend(self, seconds: float) -> None:
        """Make a value longer by about `seconds`, on a machine as fast as when this was made."""
        self._run(max(0, round((seconds - self._overhead) / self._step)))

    def _a_pass(self, clock: Clock, *, is_slowed: bool = False) -> float:
        timer = timeit.Timer("pass", timer=clock)
        if is_slowed:
            timer = slowed(timer, 1, Injection().nothing, lambda _: self._run(0))
        return min(timer.timeit(1) for _ in range(_ROUNDS))


@functools.cache
def spinner() -> Spinner:
    """The spinner of this process."""
    return Spinner()


class Injection:
    """How much slower the calls of one case are, and how many of them there have been.

    With ``every`` 1 each value is longer by ``fraction * seconds_per_call`` a call.  Otherwise
    every ``every``-th call alone is, by ``every`` times as much, and calls are counted from value
    to value and from leg to leg: the mean is the same, most values are not touched.
    """

    def __init__(self) -> None:
        self._calls = 0

    @staticmethod
    def nothing(_calls: int) -> float:
        """As `addition` of a case that is not to be slower."""
        return 0.0

    def addition(self, calls: int, fraction: float, every: int, seconds_per_call: float) -> float:
        """Seconds that the next `calls` calls are to take longer, all together."""
        before = self._calls
        self._calls += calls
        slow = self._calls // every - before // every
        return slow * every * fraction * seconds_per_call


def slowed(
    timer: Any,  # noqa: ANN401 - timeit.Timer or one like it
    number: int,
    extra: Callable[[int], float],
    spend: Callable[[float], None],
) -> Any:  # noqa: ANN401
    """`timer`, just made, whose values contain ``extra(calls)`` seconds more.

    Args:
        timer: It is changed.  A timer that reads its clock before and after the calls spends the
            time between the two; any other (of calls in another process) after its value was taken,
            and the time is added.
        number: Calls of a value.
        extra: Seconds for that many calls; asked once a reading.
        spend: Is busy for that many seconds.

    Returns:
        An object with a method ``timeit(number)``.
    """
    # timeit reads the clock twice a value, asv's timer with setups twice a call.
    attribute, calls = ("timer", number) if hasattr(timer, "timer") else ("_timer", 1)
    read: Clock | None = getattr(timer, attribute, None)
    if read is None:
        return _Added(timer, extra, spend)
    clock = read
    is_end = False

    def slow_clock() -> float:
        nonlocal is_end
        is_end = not is_end
        if is_end:  # it was the start that was read
            return clock()
        clock()  # an accelerator is still busy: what is added must not hide behind its work
        spend(extra(calls))
        return clock()

    setattr(timer, attribute, slow_clock)
    return timer


class _Added:
    """A timer whose clock cannot be reached."""

    def __init__(
        self,
        timer: Any,  # noqa: ANN401 - of a type of the suite's own
        extra: Callable[[int], float],
        spend: Callable[[float], None],
    ) -> None:
        self._timer, self._extra, self._spend = timer, extra, spend

    def timeit(self, number: int) -> float:
        value: float = self._timer.timeit(number)
        start = time.perf_counter()
        self._spend(self._extra(number))
        return value + time.perf_counter() - start
