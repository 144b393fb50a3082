"""The density of a series under a segmentation, and what it says of the levels of its segments.

Noise is autocorrelated as in `cnnfc.analysis.changepoints.pieces`.  Levels and the scale of the
noise are integrated out with the invariant priors, flat and 1 over the scale, rho with `FLAT` (H.
Jeffreys, "Theory of Probability", 3rd ed., 1961): with k segments of n values, and A and R of each,
a density is in proportion to

    (1 - rho^2)^(k/2)  (product of A)^(-1/2)  (sum of R)^(-(n - k)/2)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cnnfc.analysis.changepoints.pieces import ALL, GRID, SHARE, Fits, Pieces, Places
from cnnfc.analysis.changepoints.values import Floats

#: Logarithm of the prior of each rho of `GRID`, without any step.
FLAT: Final = np.full(len(GRID), -math.log(len(GRID)))
#: Digits that numbers have: no noise is less than this part of the unit.
_LEAST_NOISE: Final = 1e-6


@dataclass(frozen=True)
class Segmentation:
    """Segments, and the density of the series under some rows of `GRID`.

    Attributes:
        starts: First values of the segments; shape (segments,).
        stops: Where they end.
        rows: Of `GRID`.
        pieces: Fits of the segments.
        rest: Sum of theirs; shape (rho,).
        logs: Logarithm of the density under each rho.
        flat: The same over all rho.
        degrees: Degrees of freedom of the rest.
    """

    starts: Places
    stops: Places
    rows: slice
    pieces: Pieces
    rest: Floats
    logs: Floats
    flat: float
    degrees: int


@dataclass(frozen=True)
class Levels:
    """Levels of segments, on the scale of `Prepared.levels`.

    Attributes:
        centres: Shape (segments,).
        errors: Their standard errors, autocorrelation included; shape (segments,).
        degrees: Degrees of freedom of the errors.
        spread: Standard deviation of a value.
        rho: Autocorrelation of neighbours, the mean over what the values say of it.
    """

    centres: Floats
    errors: Floats
    degrees: int
    spread: float
    rho: float


def segment(fits: Fits, bounds: Sequence[int], rows: slice = ALL) -> Segmentation:
    """The segments between `bounds`, which are in order."""
    starts, stops = np.array([0, *bounds]), np.array([*bounds, fits.count])
    pieces = fits.pieces(starts, stops, rows)
    rest = pieces.rest.sum(axis=1)
    degrees = fits.count - len(starts)
    logs = 0.5 * len(starts) * np.log(SHARE[rows]) - 0.5 * np.log(pieces.precision).sum(axis=1)
    logs -= 0.5 * degrees * np.log(rest + least_rest(fits))
    return Segmentation(
        starts, stops, rows, pieces, rest, logs, log_sum(logs + FLAT[rows]), degrees
    )


def levels_of(fits: Fits, bounds: Sequence[int]) -> Levels:
    """Levels of the segments between `bounds`, over all rho by their probability."""
    found = segment(fits, bounds)
    logs = found.logs + FLAT
    weights = np.exp(logs - logs.max())[:, None]
    weights /= weights.sum()
    variance = (found.rest[:, None] + least_rest(fits)) / max(1, found.degrees)
    centres = (weights * found.pieces.centre).sum(axis=0)
    around = variance / found.pieces.precision + (found.pieces.centre - centres) ** 2
    spread = float((weights * variance / SHARE[:, None]).sum())
    return Levels(
        fits.middle + fits.unit * centres,
        fits.unit * np.sqrt((weights * around).sum(axis=0)),
        found.degrees,
        fits.unit * math.sqrt(spread),
        float((weights[:, 0] * GRID).sum()),
    )


def least_rest(fits: Fits) -> float:
    """What every rest is more by, since values that are all equal have none to divide by."""
    return fits.count * _LEAST_NOISE**2


def log_sum(logs: Floats) -> float:
    """Logarithm of the sum of the exponentials; of at least one."""
    most = float(logs.max())
    return most + math.log(float(np.exp(logs - most).sum()))
