"""The asv benchmark type that builds a layer before asv's stopwatch runs.

asv chooses how many calls make a value by timing the first call, and settles for one call if that
first call alone outlasts the warm-up.  In this suite the first call builds the layer; on a GPU it
also starts CUDA, which takes seconds.  So it is made before asv starts to count.

asv also times the benchmark's method and not what it looks up and calls: a microsecond a call in
all, 2% of a small layer.  A ``time_`` method may therefore say by an attribute which function of
its parameters gives the statement to time::

    def time_layer(self, case, device):
        api.forward(case, device)()

    time_layer.statement = api.forward

The method stays what it means: running it once does the same as calling the statement once, and a
suite at an older commit, whose cnnfc does not know the attribute, times the method.

asv_runner looks its types up in a list that packages may add to; this one comes first and differs
from ``TimeBenchmark`` for suites of cnnfc alone.
"""

from __future__ import annotations

import functools
import timeit
from collections.abc import Callable
from typing import Any

from asv_runner.benchmarks import benchmark_types
from asv_runner.benchmarks.time import TimeBenchmark

from cnnfc.measure import layers


def builds_first(suite: type) -> None:
    """Make the first call of every ``time_`` benchmark of `suite` before asv's stopwatch runs."""
    LayerBenchmark.suites.append(suite)
    if LayerBenchmark not in benchmark_types:
        benchmark_types.insert(0, LayerBenchmark)


class LayerBenchmark(TimeBenchmark):  # type: ignore[misc]  # asv_runner is untyped
    """A ``time_`` benchmark whose first call does not count, not even for the choice of number."""

    warmup_time: float
    suites: list[type] = []  # noqa: RUF012 - a registry that the whole process shares

    def run(self, *param: Any) -> Any:  # noqa: ANN401 - asv's types
        """As `TimeBenchmark.run`, after one call.

        On an accelerator the warm-up is ``accelerator_warmup_time`` (s), if the suite has one.
        """
        suite = getattr(self.func, "__self__", None)
        if isinstance(suite, tuple(self.suites)):
            self.func(*param)
            if layers.active is not None and not layers.active.device.is_cpu:
                self.warmup_time = getattr(suite, "accelerator_warmup_time", self.warmup_time)
        return super().run(*param)

    def _get_timer(self, *param: Any) -> timeit.Timer:  # noqa: ANN401 - asv's types
        """A timer of the statement that the benchmark names, or else of its method.

        A statement that is one call of a layer stands in the timing loop as such, as in a
        `timeit.Timer` that somebody writes down; any function around it costs 0.1 microseconds.
        """
        if getattr(self.func, "statement", None) is None:
            plain: timeit.Timer = super()._get_timer(*param)
            return plain
        call = self._param_bound_func(*param)
        if isinstance(call, functools.partial) and len(call.args) == 1 and not call.keywords:
            return timeit.Timer(
                "layer(batch)",
                setup=self.redo_setup,
                timer=self.timer,
                globals={"layer": call.func, "batch": call.args[0]},
            )
        return timeit.Timer(call, setup=self.redo_setup, timer=self.timer)

    def _param_bound_func(self, *param: Any) -> Callable[[], object]:  # noqa: ANN401 - asv's types
        """What is timed, also by asv's other timer: of calls with a setup before each of them."""
        bind = getattr(self.func, "statement", None) or super()._param_bound_func
        call: Callable[[], object] = bind(*param)
        return call
