"""Part of the worker, loaded by path: one benchmark with one index of its parameters, and times.

Setups, skips, timers and numbers are those of asv_runner, whose own objects are used.
"""

# asv_runner's own runner uses these members of its benchmarks as well; there are no public ones.
# ruff: noqa: SLF001

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import cuda, injection
from .readings import set_torch_threads, torch_threads

#: Values of a leg: at least so many, unless one alone outlasts it, and no more than can be sent.
_LEAST_VALUES = 3
#: Share of a leg after which no more calls are made only to warm up.
_WARM_SHARE = 0.2
_MOST_VALUES = 2000
#: A call this long (s) is not repeated only to know its time better.
_LONG_CALL = 0.5
_MOST_CALLS = 10_000_000
#: As asv's: a value grows tenfold at most from one try to the next.
_GROWTH = 10.0

_OWN_PROCESS = os.getpid()


class Skipped(Exception):
    """The suite does not measure this here; the message is the reason."""


class Case:
    """A benchmark object of its own, set up by `set_up` and torn down by `tear_down`.

    Args:
        benchmark: asv_runner's, with parameters and cache.
        threads: Threads of torch that it starts with.
    """

    def __init__(self, benchmark: Any, threads: int | None) -> None:  # noqa: ANN401 - untyped
        self.benchmark = benchmark
        self.threads = threads
        self._folder = os.getcwd()  # noqa: PTH109 - a string is all that is needed
        self._injection = injection.Injection()
        self._skip_reason = ""
        #: Another clock than the benchmark's own, and the GPU that it belongs to.
        self._clock: tuple[str, int] | None = None
        benchmark._setups = [self._noting(setup) for setup in benchmark._setups]

    def set_up(self) -> None:
        """Run the setups; raises `Skipped` where asv skips."""
        if self.benchmark.do_setup():
            self.benchmark.do_teardown()
            raise Skipped(
                self._skip_reason or "the suite leaves these parameters out (skip_params)"
            )

    def tear_down(self) -> None:
        """Run the teardowns."""
        self.benchmark.do_teardown()

    def enter(self) -> None:
        """Put the process into the state in which the case left it: torch's threads, the folder.

        Cases that set threads themselves, in setups or in what their timer calls, do so after this;
        but some remember that they have, and cannot know who ran meanwhile.
        """
        set_torch_threads(self.threads)
        with contextlib.suppress(OSError):
            os.chdir(self._folder)

    def leave(self) -> None:
        """Remember the state of the process for the next `enter`."""
        self.threads = torch_threads()
        with contextlib.suppress(OSError):
            self._folder = os.getcwd()  # noqa: PTH109

    def survey(
        self, sample_seconds: float, find_gpu: Callable[[], int | None] = lambda: None
    ) -> dict[str, Any]:
        """Seconds of a call, and how many calls make a value of about `sample_seconds`.

        The number is the suite's own if it has one; with setups, which asv runs before every call,
        it is 1.  `find_gpu` tells after the first call which CUDA GPU that has used; for such a
        case there is ``timed_by`` as well, a clock of `cuda`.
        """
        timer = self._timer(1)
        _time(timer, 1)  # may build what it calls
        gpu = find_gpu()
        return self._sized(sample_seconds) if gpu is None else self._survey_on(gpu, sample_seconds)

    def _survey_on(self, gpu: int, sample_seconds: float) -> dict[str, Any]:
        """By the clock of the GPU, if what that says agrees with what the host waits for."""
        may_choose = cuda.may_choose(self.benchmark, self._timer(1), gpu)
        timed_by = "own"
        if may_choose and cuda.is_default(self.benchmark):
            timed_by = "waiting"
            self._clock = timed_by, gpu
        answer = self._sized(sample_seconds)
        if may_choose:
            number = answer["number"]
            self._clock = "events", gpu
            value = min(_time(self._timer(number), number) for _ in range(_LEAST_VALUES))
            if value > 0 and cuda.agree(value, answer["seconds"] * number):
                timed_by = "events"
                if not self._has_fixed_number:
                    number = min(_MOST_CALLS, max(1, round(sample_seconds * number / value)))
                answer = {"seconds": value / answer["number"], "number": number}
        self._clock = None
        return {**answer, "timed_by": timed_by}

    def _sized(self, sample_seconds: float) -> dict[str, Any]:
        """Seconds of a call, and calls of a value, by the clock in use."""
        is_fixed = self._has_fixed_number
        number = int(self.benchmark.number) or 1
        timer = self._timer(number)
        start = time.perf_counter()
        best = a_call = _time(timer, number) / number
        while time.perf_counter() - start < _LONG_CALL:
            before = time.perf_counter()
            best = min(_time(timer, number) for _ in range(_LEAST_VALUES)) / number
            # A timer of the suite's own may stand still meanwhile, as that of CPU time does.
            real = (time.perf_counter() - before) / _LEAST_VALUES / number
            a_call = best if best > 0 else real
            if is_fixed or a_call * number >= sample_seconds / 2 or number >= _MOST_CALLS:
                break
            growth = min(_GROWTH, sample_seconds / number / a_call) if a_call > 0 else _GROWTH
            number = max(number + 1, int(number * growth))
        if not is_fixed and a_call > 0:
            number = min(_MOST_CALLS, max(1, round(sample_seconds / a_call)))
        return {"seconds": best, "number": number}

    def leg(
        self,
        number: int,
        seconds: float,
        warm_calls: int,
        inject: Mapping[str, Any] | None,
        clock: tuple[str, int] | None = None,
    ) -> dict[str, Any]:
        """Seconds a call, each value over `number` calls, until `seconds` have passed.

        `started` and `ended` are readings of the monotonic clock, which all processes share.
        `clock` is one of `cuda`, with its GPU, if not the benchmark's own.
        """
        self._clock = clock
        timer = self._timer(number)
        if clock is not None:
            cuda.warm_up(clock[1], lambda: _time(timer, 1))
        began = time.monotonic()
        for _ in range(warm_calls):
            _time(timer, 1)
            if time.monotonic() - began > _WARM_SHARE * seconds:
                break
        if inject is not None:
            timer = self._slowed(timer, number, **inject)
        values: list[float] = []
        started = time.monotonic()
        while True:
            values.append(_time(timer, number) / number)
            ended = time.monotonic()
            spent = ended - started
            # With the second half: three values that are longer than the leg would be too many.
            is_enough = len(values) >= _LEAST_VALUES or spent >= seconds * len(values)
            if (spent >= seconds and is_enough) or len(values) >= _MOST_VALUES:
                return {
                    "values": values,
                    "threads": torch_threads(),
                    "started": started,
                    "ended": ended,
                }

    def one_call(self) -> Callable[[], object]:
        """A function that runs the benchmark once, on what its setups make."""
        return functools.partial(_time, self._timer(1), 1)

    @property
    def _has_fixed_number(self) -> bool:
        return bool(int(self.benchmark.number)) or self._is_isolated

    @property
    def _is_isolated(self) -> bool:
        """Whether every timed call must find what the setups made, as asv has it."""
        return bool(self.benchmark._setups) and getattr(
            self.benchmark, "_setup_isolates_timed_calls", True
        )

    def _timer(self, number: int) -> Any:  # noqa: ANN401 - timeit.Timer or one like it
        """The benchmark's own timer of `number` calls.

        Making it is cheap and builds nothing; what a suite's timer calls on the way makes the
        process ready for this case.
        """
        parameters = self.benchmark._build_params()
        make = self.benchmark._get_timer
        if self._is_isolated and number > 1:
            make = getattr(self.benchmark, "_get_interleaved_timer", make)
        timer = make(*parameters)
        return timer if self._clock is None else cuda.clocked(*self._clock, timer)

    def _slowed(
        self,
        timer: Any,  # noqa: ANN401 - timeit.Timer or one like it
        number: int,
        fraction: float,
        seconds_per_call: float,
        every: int | None = None,
    ) -> Any:  # noqa: ANN401
        extra = functools.partial(
            self._injection.addition,
            fraction=fraction,
            every=every or 1,
            seconds_per_call=seconds_per_call,
        )
        if isinstance(timer, cuda.Events):
            return timer.slow_down(extra)
        return injection.slowed(timer, number, extra, injection.spinner().spend)

    def _noting(self, setup: Callable[..., object]) -> Callable[..., object]:
        """`setup`, whose reason for a skip is kept: asv only prints it."""

        @functools.wraps(setup)
        def noting(*parameters: object) -> None:
            try:
                setup(*parameters)
            except NotImplementedError as error:
                self._skip_reason = reason(error)
                raise

        return noting


def reason(error: NotImplementedError) -> str:
    """What a skip says."""
    return str(error) or "not implemented"


def leave_if_forked() -> None:
    """End this process if it is a child that a benchmark has forked and come back in.

    At once, before it calls the benchmark again: each of its calls would be twice as many
    processes as the one before.
    """
    if os.getpid() != _OWN_PROCESS:
        os._exit(0)


def _time(timer: Any, number: int) -> float:  # noqa: ANN401 - timeit.Timer or one like it
    seconds: float = timer.timeit(number)
    leave_if_forked()
    return seconds
