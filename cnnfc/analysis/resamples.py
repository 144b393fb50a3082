"""Computes statistics of many bootstrap resamples at once.

A resample of n points is given as how often each point was drawn, which says all about it.  Shapes
below: ``m`` resamples of ``n`` points are ``weights`` (m, n) with whole numbers, 0 and up; values
are (n,), or (m, n) where they differ from resample to resample; results are (m,).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 2000
#: The same points always get the same interval.
SEED: Final = 20_250_101

_CHUNK: Final = 1_000_000  # points times resamples at once: some 8 MB an array
#: Rounding leaves a trace of variance in equal values.
_FLAT: Final = 1e-20


def draws(n: int, strata: Codes | None = None) -> Iterator[Floats]:
    """`RESAMPLES` resamples of `n` points with replacement, some at a time; always the same ones.

    Args:
        n: Number of points, 1 and up.
        strata: Number of the stratum of each point, (n,).  Each stratum is resampled by itself and
            keeps its size (A. C. Davison and D. V. Hinkley, Bootstrap Methods and their
            Application, 1997, section 3.2).
    """
    random = np.random.default_rng(SEED)
    chunk = max(1, _CHUNK // n)
    parts = (
        [np.arange(n)]
        if strata is None
        else [np.flatnonzero(strata == s) for s in np.unique(strata)]
    )
    for start in range(0, RESAMPLES, chunk):
        size = min(chunk, RESAMPLES - start)
        weights = np.empty((size, n))
        for part in parts:
            k = len(part)
            weights[:, part] = random.multinomial(k, np.full(k, 1 / k), size=size)
        yield weights


def bounds(found: Floats) -> tuple[float | None, float | None]:
    """The percentile interval of `CONFIDENCE` of a statistic over its resamples.

    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3.  Resamples
    without a value (not-a-number) are left out; None without any.
    """
    known = found[~np.isnan(found)]
    if not len(known):
        return None, None
    low, high = np.percentile(known, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return float(low), float(high)


def ranks(values: Floats, weights: Floats) -> Floats:
    """Mean rank of each of `values` (n,) in each resample, (m, n), where it occurs so often."""
    _, level = np.unique(values, return_inverse=True)
    order = np.argsort(level, kind="stable")
    starts = np.searchsorted(level[order], np.arange(int(level.max()) + 1))
    counts = np.add.reduceat(weights[:, order], starts, axis=1)
    upto = np.cumsum(counts, axis=1)
    # A level's values have the ranks from upto - count + 1 to upto.
    means: Floats = upto - (counts - 1) / 2
    return means[:, level]


def correlation(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Pearson's correlation of each resample; not-a-number where it has only equal values."""
    total = weights.sum(axis=1, keepdims=True)
    dx = x - (weights * x).sum(axis=1, keepdims=True) / total
    dy = y - (weights * y).sum(axis=1, keepdims=True) / total
    xx, yy = (weights * dx * dx).sum(axis=1), (weights * dy * dy).sum(axis=1)
    product = xx * yy
    flat = product <= _FLAT
    found = (weights * dx * dy).sum(axis=1) / np.sqrt(np.where(flat, 1.0, product))
    clipped: Floats = np.where(flat, np.nan, np.clip(found, -1.0, 1.0))
    return clipped


def lines(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """The least-squares line of y on x of each resample: mean of x, mean of y, slope, each (m, 1).

    The line is ``y_mean + slope * (x - x_mean)``.  The slope is not-a-number where a resample has
    only one x; a resample without a point has no line at all.
    """
    total = weights.sum(axis=1, keepdims=True)
    none = total == 0
    share = weights / np.where(none, 1.0, total)
    x_mean = (share * x).sum(axis=1, keepdims=True)
    y_mean = (share * y).sum(axis=1, keepdims=True)
    dx = x - x_mean
    xx = (share * dx * dx).sum(axis=1, keepdims=True)
    flat = none | (xx <= _FLAT)
    slope = (share * dx * (y - y_mean)).sum(axis=1, keepdims=True) / np.where(flat, 1.0, xx)
    return x_mean, y_mean, np.where(flat, np.nan, slope)


def medians(values: Floats, weights: Floats) -> Floats:
    """The median of `values` (m, n) in each resample; not-a-number for one without a point.

    As of any list: the middle value, or the mean of the two middle ones.
    """
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    upto = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    total = upto[:, -1:]
    # Counted from 1, the middle of 5 values is the third; of 4 values, the second and the third.
    lower = np.argmax(upto >= np.floor((total + 1) / 2), axis=1)
    upper = np.argmax(upto >= np.floor(total / 2) + 1, axis=1)
    rows = np.arange(len(ordered))
    middle: Floats = (ordered[rows, lower] + ordered[rows, upper]) / 2
    return np.where(total[:, 0] == 0, np.nan, middle)


def exp(logarithm: float) -> float:
    """The exponential function; infinite where floats end."""
    return math.exp(logarithm) if logarithm < 709 else math.inf
