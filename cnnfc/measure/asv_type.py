"""The asv benchmark type that builds a layer before asv's stopwatch runs.

asv chooses how many calls make a value by timing the first call, and settles for one call if that
first call alone outlasts the warm-up.  In this suite the first call builds the layer; on a GPU it
also starts CUDA, which takes seconds.  So it is made before asv starts to count.

asv_runner looks its types up in a list that packages may add to; this one comes first and differs
from ``TimeBenchmark`` for suites of cnnfc alone.
"""

from __future__ import annotations

from typing import Any

from asv_runner.benchmarks import benchmark_types
from asv_runner.benchmarks.time import TimeBenchmark


def builds_first(suite: type) -> None:
    """Make the first call of every ``time_`` benchmark of `suite` before asv's stopwatch runs."""
    LayerBenchmark.suites.append(suite)
    if LayerBenchmark not in benchmark_types:
        benchmark_types.insert(0, LayerBenchmark)


class LayerBenchmark(TimeBenchmark):  # type: ignore[misc]  # asv_runner is untyped
    """A ``time_`` benchmark whose first call does not count, not even for the choice of number."""

    suites: list[type] = []  # noqa: RUF012 - a registry that the whole process shares

    def run(self, *param: Any) -> Any:  # noqa: ANN401 - asv's types
        """As `TimeBenchmark.run`, after one call."""
        if isinstance(getattr(self.func, "__self__", None), tuple(self.suites)):
            self.func(*param)
        return super().run(*param)
