"""Takes samples of the suite in this process, by asv_runner and with the suite's own settings.

This is what one of asv's processes does once it is forked, so what holds for these samples holds
for those of ``asv run``.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnfc.errors import CannotMeasure, UsageError


@dataclass(frozen=True)
class Sample:
    """One process's values of a case on a device.

    Attributes:
        values: Seconds a call, in the order of measuring.
        number: Calls that each value is the mean of.
    """

    values: tuple[float, ...]
    number: int


def take(
    benchmarks: Path,
    benchmark: str,
    case: str,
    device: str,
    *,
    anew: bool = True,
    protocol: Mapping[str, float] | None = None,
) -> Sample:
    """A sample of `benchmark` (``conv.Forward.time_layer``) for any `case` on `device`.

    With `anew` the case is built anew, else the layer that is there is used.  `protocol` holds for
    this sample instead of what the suite says: ``warmup_time`` and ``sample_time`` (s).

    Raises:
        CannotMeasure: the suite skips the case here, with its reason.
        UsageError: the suite has no such benchmark.
    """
    from asv_runner.benchmarks.mark import SkipNotImplemented  # noqa: PLC0415 - with torch

    from cnnfc.measure import api  # noqa: PLC0415 - loads torch, which tables can do without

    found = load(benchmarks, benchmark)
    # asv_runner reads them when it begins to measure, and those of the suite again with each value.
    for name, seconds in (protocol or {}).items():
        setattr(found, name, seconds)
    if anew:
        api.forget()
    try:
        result = found.run(case, device)
    except SkipNotImplemented as error:
        raise CannotMeasure(str(error)) from None
    return Sample(tuple(result["samples"]), result["number"])


def forward_benchmark(case: str) -> str:
    """The benchmark of the suite that times a forward call of `case`."""
    return f"{'dense' if case.startswith('dense') else 'conv'}.Forward.time_layer"


@functools.cache
def load(benchmarks: Path, name: str) -> Any:  # noqa: ANN401 - asv_runner is untyped
    """The benchmark `name` of the suite in the folder `benchmarks`, which is imported."""
    from asv_runner.discovery import get_benchmark_from_name  # noqa: PLC0415 - imports the suite

    from cnnfc.measure import api  # noqa: F401, PLC0415 - prepares the environment before torch

    try:
        return get_benchmark_from_name(str(benchmarks), name)
    except (ValueError, ImportError) as error:
        raise UsageError(f"{benchmarks} has no benchmark {name}: {error}") from None
