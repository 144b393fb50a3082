"""Fits a level to any stretch of a series, in autocorrelated noise, from running sums.

Noise is a stationary autoregressive process of first order (AR(1)) whose scale is the same
everywhere and whose autocorrelation rho is one of `GRID`; it starts anew with each stretch.  By
generalised least squares, with z = value / noise, q = 1 / noise and, for all values but the first,
z' = z - rho times the z before it (q' alike), for the first sqrt(1 - rho^2) z and q:

    precision A = sum q'^2,   centre m = sum q' z' / A,   rest R = sum z'^2 - A m^2

All three are differences of running sums, so any number of stretches takes time in proportion to
their number and not to their length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnfc.analysis.changepoints.values import Floats, Prepared

Places = NDArray[np.int64]

#: Values of rho, even in Fisher's z: neighbours differ by 28% in the variance of a mean.
GRID: Final = np.tanh(np.arange(13) / 8)
#: ``1 - rho^2``: the variance of an innovation over that of a value.
SHARE: Final = 1 - GRID**2
#: Rows of `GRID`: every rho, and no autocorrelation alone.
ALL: Final = slice(None)
INDEPENDENT: Final = slice(0, 1)


@dataclass(frozen=True)
class Pieces:
    """Stretches under each rho: arrays of shape (rho, stretches), in the unit of the series."""

    precision: Floats
    centre: Floats
    rest: Floats


class Fits:
    """The fits of one series; places are indices among the values that count."""

    def __init__(self, prepared: Prepared) -> None:
        self.count = len(prepared.levels)
        self.middle = float(np.median(prepared.levels))
        self.unit = prepared.unit
        weight = 1 / prepared.noise
        value = (prepared.levels - self.middle) / prepared.unit * weight
        rho = GRID[:, None]
        later_value, later_weight = value[1:] - rho * value[:-1], weight[1:] - rho * weight[:-1]
        self._first = (value * value, value * weight, weight * weight)
        self._sums = (
            _running(later_value * later_value),
            _running(later_value * later_weight),
            _running(later_weight * later_weight),
        )

    def pieces(self, starts: Places, stops: Places, rows: slice = ALL) -> Pieces:
        """Fits of the stretches ``[start, stop)``, none of which is empty, for `rows` of `GRID`."""
        share = SHARE[rows, None]
        squares, products, precision = (
            sums[rows, stops] - sums[rows, starts + 1] + share * first[starts]
            for sums, first in zip(self._sums, self._first, strict=True)
        )
        centre = products / precision
        return Pieces(precision, centre, np.maximum(squares - products * centre, 0.0))


def _running(products: Floats) -> Floats:
    """Sums over the values 1 to i - 1 at index i: what a stretch adds to its first value."""
    sums = np.zeros((len(products), products.shape[1] + 2))
    np.cumsum(products, axis=1, out=sums[:, 2:])
    return sums
