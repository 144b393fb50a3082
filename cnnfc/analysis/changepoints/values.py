"""Prepares the values of a series for the search of steps: scale, outliers, unequal noise.

Steps are looked for in logarithms where all values are positive, so a step is a ratio.

*Outliers.*  A level counts as reached at a place if enough of the values around it are there: five
of seven, or, at either end of the series, three of three, four of four, four of five, five of six.
A value that is farther beyond every level reached at its place than `FAR` times the noise there is
left out.  This is the opening and closing of J. Serra, "Image Analysis and Mathematical Morphology"
(1982), by ranks, so that an outlier inside a new level does not hide it, followed by the rejection
rule of F. R. Hampel, "The breakdown points of the mean combined with some rejection rules" (1985).
It leaves the edge of a step where it is.  A burst of up to four values that returns is left out; a
new level at the end counts from its third value on.  If more than a fifth of the values were to be
left out, none is: what happens so often is noise, such as a second mode.

*Noise.*  The scale comes from differences of neighbours, which a step hardly changes.  Where a
stretch of the series is noisier than quiet ones by more than chance, or where the interval of a
value is wider than usual, its values count less, in inverse proportion to their variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]

#: Beyond so many times the noise a value that is at no level is left out.
FAR: Final = 4.0
#: Largest share of the values that may be outliers.
_MOST_OUTLIERS: Final = 0.2
#: (values in a row, how many of them must be there); `_WINDOW` anywhere, the others at the ends.
_WINDOW: Final = (7, 5)
_ENDS: Final = ((3, 3), (4, 4), (5, 4), (6, 5))
#: The median distance of two independent normal values is 0.9539 of their standard deviation;
#: the mean of all but the tenth that is largest is 0.930 of it.
_MEDIAN_DISTANCE: Final = 0.9539
_MEAN_DISTANCE: Final = 0.930
#: Neighbours whose differences give the noise around a value, at most and at least.
_AROUND: Final = 41
_LEAST_AROUND: Final = 8
#: Share of them that may be steps or outliers, without outliers and before they are left out.
_LARGEST: Final = 0.05
_HALF: Final = 0.5
#: The standard error of the logarithm of the mean distance of n neighbours is 1 / sqrt(n), roughly
#: (0.76 for independent normal distances; neighbouring ones share a value, others have tails).
_ERROR_OF_LOG: Final = 1.0
#: In so many standard errors a stretch may be noisier than quiet ones by chance.
_BY_CHANCE: Final = 2.0
#: A quiet stretch is noisier than this share of all.
_QUIET: Final = 0.25
#: Noise differs by this factor at most; beyond, a value nearly has no weight anyway.
_MOST: Final = 10.0
#: Larger values, of series that have others that are not positive, count as this: their squares
#: could not be told from infinity.
_LARGEST_VALUE: Final = 1e150
_LARGEST_ERROR: Final = 1e100
#: Noise that is less than this part of the range of the values is lost in their last digits.
_LEAST_SCALE: Final = 1e-10
#: Half the width of a 95% interval of a normal distribution in standard errors.
_HALF_WIDTH: Final = 1.96


@dataclass(frozen=True)
class Prepared:
    """Values that count.

    Attributes:
        levels: Logarithms, or the values as they are, in the order of the series; shape (n,).
        noise: Of each, over that of those that count most, 1 or more; shape (n,).
        places: Their indices in the series; shape (n,).
        left_out: Levels of the outliers.
        left_out_places: Their indices in the series.
        unit: Typical noise of a value; above 0 even where there is none.
        relative: Whether `levels` are logarithms.
    """

    levels: Floats
    noise: Floats
    places: NDArray[np.int64]
    left_out: Floats
    left_out_places: NDArray[np.int64]
    unit: float
    relative: bool


def prepare(values: Sequence[float], intervals: Sequence[Interval | None] = ()) -> Prepared:
    """Leave outliers out of `values` and weigh the others; see the module.

    Args:
        values: finite, in the order of commits; shape (n,).
        intervals: low and high end by value, None or infinite where not known; shape (n,) or empty.

    Raises:
        ValueError: a value is not finite, or there are intervals but not as many as values.
    """
    given = np.asarray(values, dtype=float)
    if not np.isfinite(given).all():
        raise ValueError("values of a series must be finite")
    if len(intervals) not in {0, len(given)}:
        raise ValueError(f"{len(given)} values cannot have {len(intervals)} intervals")
    relative = bool((given > 0).all())
    levels = np.log(given) if relative else np.clip(given, -_LARGEST_VALUE, _LARGEST_VALUE)
    scale = noise_of(levels)
    counts = _counts(levels, scale * noise_around(levels, _HALF))
    places, kept = np.flatnonzero(counts), levels[counts]
    unit = _unit(kept, scale)
    noise = noise_around(kept)
    errors = _errors(intervals, relative=relative)
    if errors is not None and scale > 0:
        own = np.minimum(errors / unit, _LARGEST_ERROR)
        usual = float(np.nanmedian(own))
        excess = np.nan_to_num(own[places], nan=usual) ** 2 - usual**2
        wide = np.minimum(np.sqrt(1 + np.maximum(excess, 0.0)), _MOST)
        noise = np.where(wide > 1, np.maximum(noise, wide), noise)
    return Prepared(kept, noise, places, levels[~counts], np.flatnonzero(~counts), unit, relative)


def noise_of(levels: Floats) -> float:
    """Standard deviation of a value around its level, from differences of neighbours.

    The median distance; half the mean of all but the largest tenth where that is more, as in values
    that are mostly the same.  Of fewer than two values 0.
    """
    if len(levels) < 2:
        return 0.0
    distances = np.sort(np.abs(np.diff(levels)))
    most = distances[: max(1, int(0.9 * len(distances)))]
    by_median = float(np.median(distances)) / _MEDIAN_DISTANCE
    return max(by_median, 0.5 * float(most.mean()) / _MEAN_DISTANCE)


def _unit(levels: Floats, scale: float) -> float:
    """`scale`, but not so small that other values, in parts of it, have more digits than a float.

    1 of values that are all equal.
    """
    span = float(np.ptp(levels)) if len(levels) else 0.0
    return max(scale, _LEAST_SCALE * span, 1 / _LARGEST_VALUE) if span > 0 else 1.0


def _counts(levels: Floats, noise: Floats) -> NDArray[np.bool_]:
    """Which values are no outliers, in `noise` of that size at each."""
    count = len(levels)
    everything = np.ones(count, dtype=bool)
    if count < _ENDS[0][0]:
        return everything
    beyond = np.maximum(levels - _reached(levels), -levels - _reached(-levels))
    # Equal values may differ in the last digit of their logarithms.
    counts = np.asarray(beyond <= FAR * noise + 1e-12 * float(np.abs(levels).max()))
    return counts if counts.sum() >= (1 - _MOST_OUTLIERS) * count else everything


def _reached(levels: Floats) -> Floats:
    """The highest level at each place that enough of the values around it reach."""
    count = len(levels)
    reached = np.full(count, -np.inf)
    width, needed = _WINDOW
    if count >= width:
        windows = np.lib.stride_tricks.sliding_window_view(levels, width)
        of_window = np.partition(windows, width - needed, axis=1)[:, width - needed]
        edge = np.full(width - 1, -np.inf)
        around = np.concatenate((edge, of_window, edge))
        reached = np.lib.stride_tricks.sliding_window_view(around, width).max(axis=1)
    for width, needed in _ENDS:
        if count >= width:
            for end in (slice(None, width), slice(count - width, None)):
                level = np.sort(levels[end])[width - needed]
                reached[end] = np.maximum(reached[end], level)
    return reached


def noise_around(levels: Floats, largest: float = _LARGEST) -> Floats:
    """Noise near each value over that of quiet stretches, 1 where chance may have made it more.

    From the mean distance of neighbours without the `largest` (a share), which may be steps or
    outliers.  Never less than 1: by chance a stretch may look quiet, and its values must not count
    more.
    """
    count = len(levels)
    width = min(_AROUND, count // 2)
    if width < _LEAST_AROUND:
        return np.ones(count)
    distances = np.lib.stride_tricks.sliding_window_view(np.abs(np.diff(levels)), width)
    most = width - math.ceil(largest * width)
    around = np.partition(distances, most, axis=1)[:, :most].mean(axis=1)
    quiet = float(np.quantile(around, _QUIET))
    if quiet == 0:
        return np.ones(count)
    logs = np.log(np.maximum(np.minimum(around, _MOST * quiet) / quiet, 1.0))
    chance = _BY_CHANCE * _ERROR_OF_LOG / math.sqrt(width)
    # Nothing of what chance may do, nearly all of what is far beyond (L. Breiman's garrote, 1995).
    ratios = np.exp(logs * np.maximum(1 - (chance / np.maximum(logs, chance)) ** 2, 0.0))
    # The noisiest of the windows that end at a value, have it in the middle, and begin with it: at
    # the edge of a noisy stretch, its side counts.
    shifts = (width - 1, width // 2, 0)
    windows = [np.clip(np.arange(count) - shift, 0, len(ratios) - 1) for shift in shifts]
    return np.asarray(ratios[np.stack(windows)].max(axis=0))


def _errors(intervals: Sequence[Interval | None], *, relative: bool) -> Floats | None:
    """Standard error of each value as its interval says, NaN where unknown; None if all are."""
    ends = np.array([(np.nan, np.nan) if one is None else one for one in intervals], dtype=float)
    if not len(ends):
        return None
    ends[~np.isfinite(ends).all(axis=1) | (ends[:, 1] < ends[:, 0])] = np.nan
    if relative:
        ends[ends[:, 0] <= 0] = np.nan
        ends = np.log(ends)
    ends = np.clip(ends, -_LARGEST_VALUE, _LARGEST_VALUE)
    errors: Floats = (ends[:, 1] - ends[:, 0]) / (2 * _HALF_WIDTH)
    return None if np.isnan(errors).all() else errors
