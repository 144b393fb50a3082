"""Measures how far repeated runs of the same code are apart, by the statistic that sums a run up.

A run is, for each of its processes, the values that the process measured.  Which statistic history
should show is a question of data: the one whose results for identical code differ least.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Final

from cnnfc.analysis.summary import median, quantile

#: Values by process.
Processes = Sequence[Sequence[float]]


def _pooled(processes: Processes) -> list[float]:
    return sorted(value for values in processes for value in values)


def _of_quantile(share: float) -> Callable[[Processes], float]:
    return lambda processes: quantile(_pooled(processes), share)


def _mean(processes: Processes) -> float:
    values = _pooled(processes)
    return math.fsum(values) / len(values)


def _median_of_minima(processes: Processes) -> float:
    return median(sorted(min(values) for values in processes))


def _minimum_of_medians(processes: Processes) -> float:
    return min(median(sorted(values)) for values in processes)


#: What a run can be summed up by; every one takes at least one process with at least one value.
STATISTICS: Final[Mapping[str, Callable[[Processes], float]]] = {
    "minimum": lambda processes: _pooled(processes)[0],
    "5% quantile": _of_quantile(0.05),
    "10% quantile": _of_quantile(0.10),
    "25% quantile": _of_quantile(0.25),
    "median": lambda processes: median(_pooled(processes)),
    "mean": _mean,
    "median of the processes' minima": _median_of_minima,
    "minimum of the processes' medians": _minimum_of_medians,
}


def differences(results: Sequence[float]) -> list[float]:
    """How far each two of `results` are apart: the larger over the smaller, less 1.

    Args:
        results: One number above 0 a run.

    Returns:
        A value of 0 or more for every pair of runs; none of fewer than two.

    >>> differences([10.0, 11.0, 10.0])
    [0.1, 0.0, 0.1]
    """
    return [round(max(a, b) / min(a, b) - 1, 12) for a, b in combinations(results, 2)]
