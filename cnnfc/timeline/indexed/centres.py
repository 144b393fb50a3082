"""Sums up all points of a result file at once, as `cnnfc.analysis.summary` does one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnfc.analysis.summary import (
    LEAST_FOR_QUARTILE,
    LEAST_VALUES,
    TIMING_QUANTILE,
    is_timing,
    quantile_interval,
)
from cnnfc.history.index.columns import MEASURED, Centres, FileColumns, Floats, Integers
from cnnfc.timeline.indexed.program import program

_Mask = NDArray[np.bool_]


class Summaries:
    """Centre, interval and number of values as `cnnfc.analysis.summary.summarise` has them.

    An index keeps what this returns, and what was read for it: its name changes with every source
    that either comes from.
    """

    def __init__(self) -> None:
        self.name = f"summary {program()}"

    def __call__(self, columns: FileColumns) -> Centres:
        """Centre and interval of every point of `columns`."""
        measured = columns.outcome == MEASURED
        found = _of_statistics(columns, measured)
        sizes = [len(row.combinations) for row in columns.rows]
        flags = [is_timing(row.benchmark) for row in columns.rows]
        timing = np.repeat(np.array(flags, np.bool_), np.array(sizes, np.int64))
        starts = np.cumsum(columns.sizes) - columns.sizes
        for n in np.unique(columns.sizes[measured & (columns.sizes > 0)]):
            places = np.flatnonzero(measured & (columns.sizes == n))
            ordered = np.sort(columns.samples[starts[places, None] + np.arange(n)], axis=1)
            has_quartile = timing[places] & (n >= LEAST_FOR_QUARTILE)
            for chosen, quartile in ((has_quartile, True), (~has_quartile, False)):
                if chosen.any():
                    _of_samples(ordered[chosen], places[chosen], found, quartile=quartile)
        return found


def _of_samples(ordered: Floats, places: Integers, found: Centres, *, quartile: bool) -> None:
    """Put the summaries of samples of one size, a row each and in order, to their `places`."""
    n = ordered.shape[1]
    found.n[places] = n
    found.centre[places] = _quartile(ordered) if quartile else _median(ordered)
    interval = quantile_interval(n, TIMING_QUANTILE if quartile else 0.5)
    if interval is None:
        found.low[places] = found.high[places] = np.nan
    else:
        r, s, _ = interval
        found.low[places], found.high[places] = ordered[:, r - 1], ordered[:, s - 1]


def _median(ordered: Floats) -> Floats:
    middle = ordered.shape[1] // 2
    if ordered.shape[1] % 2:
        return np.asarray(ordered[:, middle])
    # Not (a + b) / 2, which overflows near the largest float.
    return np.asarray(ordered[:, middle - 1] / 2 + ordered[:, middle] / 2)


def _quartile(ordered: Floats) -> Floats:
    """The lower quartile of at least two values, linear between order statistics."""
    place = (ordered.shape[1] - 1) * TIMING_QUANTILE
    below = int(place)
    share = place - below
    return np.asarray((1 - share) * ordered[:, below] + share * ordered[:, below + 1])


def _of_statistics(columns: FileColumns, measured: _Mask) -> Centres:
    """Summaries of points whose values were not recorded, by what asv says of them."""
    nothing_said = (columns.repeat == 0) & np.isnan(columns.low)
    n = np.where(nothing_said, 1, columns.repeat)
    # asv's interval needs as many values as ours; where their number is not known, it counts.
    has_interval = measured & ((n == 0) | (n >= LEAST_VALUES))
    has_interval &= np.isfinite(columns.low) & np.isfinite(columns.high)
    return Centres(
        np.where(measured, columns.value, np.nan),
        np.where(has_interval, columns.low, np.nan),
        np.where(has_interval, columns.high, np.nan),
        np.where(measured, n, 0),
    )
