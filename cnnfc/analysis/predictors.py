"""Says how well one quantity (parameters, FLOPs, bytes, a bound) predicts another (latency)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from cnnfc.analysis import resamples
from cnnfc.analysis.resamples import Floats, exp

#: Two points lie on every line, so it takes a third to see anything.
LEAST_POINTS: Final = 3
#: The bootstrap of fewer points says more about their number than about the quantity.
LEAST_FOR_INTERVAL: Final = 10
#: Over less than this factor, even a perfect law drowns in what else differs between layers.
NARROW_RANGE: Final = 10.0

_Interval = tuple[float | None, float | None]


class Logs(NamedTuple):
    """The pairs that a law can be fitted to: which of those given, and their logarithms."""

    usable: resamples.Flags
    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class Fit:
    """How x predicts y, over n points where both are above zero.

    Everything but ``n`` and ``warnings`` is None where it cannot be computed.

    Attributes:
        n: How many points were used.
        spearman: Rank correlation, -1 to 1: whether x puts things into the right order.
        spearman_low: Lower end of its interval of `resamples.CONFIDENCE`.
        spearman_high: Upper end.
        log_r2: Share of the variance of log y that the best power law
            ``y = y_centre * (x / x_centre)**slope`` explains, 0 to 1.
        log_r2_low: Lower end of its interval.
        log_r2_high: Upper end.
        median_fold_error: By which factor, at the median over the points, the power law is off;
            1 is perfect, 2 means that half the points are wrong by a factor of 2 or more.  It is
            of the points that the law was fitted to, so that new ones do worse.
        fold_low: Lower end of its interval.
        fold_high: Upper end.
        warnings: Sentences without a full stop.
        slope: Exponent of the power law: 1 is proportion, 0 no growth at all.
        slope_low: Lower end of its interval.
        slope_high: Upper end.
        x_centre: Geometric mean of x, in its unit.
        y_centre: Geometric mean of y, which is what the law predicts at `x_centre`.
        proportional_r2: Share of the variance of log y that the law of proportion ``y = a x``
            explains; below 0 if it is worse than no law.  For a bound such as the roofline's, it
            is the better question: it asks for a constant efficiency.
    """

    n: int
    spearman: float | None = None
    spearman_low: float | None = None
    spearman_high: float | None = None
    log_r2: float | None = None
    log_r2_low: float | None = None
    log_r2_high: float | None = None
    median_fold_error: float | None = None
    fold_low: float | None = None
    fold_high: float | None = None
    warnings: tuple[str, ...] = ()
    slope: float | None = None
    slope_low: float | None = None
    slope_high: float | None = None
    x_centre: float | None = None
    y_centre: float | None = None
    proportional_r2: float | None = None

    def predict(self, x: float) -> float | None:
        """The y of the power law at `x`, which is above 0; None if there is no law."""
        if self.slope is None or self.x_centre is None or self.y_centre is None:
            return None
        return exp(math.log(self.y_centre) + self.slope * (math.log(x) - math.log(self.x_centre)))


def logs(x: Sequence[float], y: Sequence[float]) -> Logs:
    """The logarithms of those pairs that are both finite and above zero.

    Raises:
        ValueError: `x` and `y` differ in length.
    """
    given_x, given_y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if given_x.shape != given_y.shape or given_x.ndim != 1:
        raise ValueError(f"x and y are of shapes {given_x.shape} and {given_y.shape}")
    usable = np.isfinite(given_x) & np.isfinite(given_y) & (given_x > 0) & (given_y > 0)
    return Logs(usable, np.log(given_x[usable]), np.log(given_y[usable]))


def fit(x: Sequence[float], y: Sequence[float]) -> Fit:
    """How well `x` predicts `y`; pairs that are not both finite and above zero are left out.

    The rank correlation is Spearman's with mean ranks for ties (Pearson's correlation of the
    ranks).  The power law is the least-squares line of log y on log x.  Intervals are percentile
    intervals of a bootstrap of pairs (B. Efron and R. J. Tibshirani, An Introduction to the
    Bootstrap, 1993, section 13.3) with `RESAMPLES` resamples from a fixed seed, from
    `LEAST_FOR_INTERVAL` points on.

    Args:
        x: The predictor, such as the parameters of each layer.
        y: What it shall predict, such as the latency of each layer in seconds; as long as `x`.

    Raises:
        ValueError: `x` and `y` differ in length.
    """
    usable, log_x, log_y = logs(x, y)
    n = int(usable.sum())
    warnings = []
    if n < len(usable):
        warnings.append(
            f"{len(usable) - n} of {len(usable)} points are left out: not above zero on both axes"
        )
    if n < LEAST_POINTS:
        warnings.append(_too_few(n, LEAST_POINTS, "a correlation takes"))
        return Fit(n, warnings=tuple(warnings))
    same = [name for name, values in (("x", log_x), ("y", log_y)) if np.ptp(values) == 0]
    if same:
        warnings.append(f"all points have the same {' and '.join(same)}: nothing can be said")
        return Fit(n, warnings=tuple(warnings))
    factor = exp(float(np.ptp(log_x)))
    if factor < NARROW_RANGE:
        warnings.append(
            f"the predictor spans only a factor of {factor:.2g}: this holds within that range"
        )
    spearman, log_r2 = (
        _plain(float(found[0])) for found in _correlations(log_x, log_y, np.ones((1, n)))
    )
    x_mean, y_mean = float(log_x.mean()), float(log_y.mean())
    slope = _slope(log_x - x_mean, log_y)
    residuals = log_y - y_mean - slope * (log_x - x_mean)
    ratios = log_y - log_x
    ends: list[_Interval] = [(None, None)] * 4
    if n < LEAST_FOR_INTERVAL:
        warnings.append(_too_few(n, LEAST_FOR_INTERVAL, "intervals take"))
    else:
        ends = _bootstrap(log_x, log_y)
        if any(low == high is not None for low, high in ends[:2]):
            warnings.append("an interval has no width: all points are in one order or on one line")
    return Fit(
        n=n,
        spearman=spearman,
        spearman_low=ends[0][0],
        spearman_high=ends[0][1],
        log_r2=log_r2,
        log_r2_low=ends[1][0],
        log_r2_high=ends[1][1],
        median_fold_error=exp(float(np.median(np.abs(residuals)))),
        fold_low=None if ends[2][0] is None else exp(ends[2][0]),
        fold_high=None if ends[2][1] is None else exp(ends[2][1]),
        warnings=tuple(warnings),
        slope=slope,
        slope_low=ends[3][0],
        slope_high=ends[3][1],
        x_centre=exp(x_mean),
        y_centre=exp(y_mean),
        proportional_r2=1 - float(np.var(ratios) / np.var(log_y)),
    )


def roofline_seconds(
    flops: float,
    bytes: float,  # noqa: A002 - the word of the model; nothing here needs the type
    peak: float,
    bandwidth: float,
) -> float:
    """The roofline bound for data in memory: ``max(flops / peak, bytes / bandwidth)``.

    Data that a cache holds can beat it, and so can an algorithm that needs fewer FLOPs.

    The roofline model (S. Williams, A. Waterman, D. Patterson, Roofline: An Insightful Visual
    Performance Model for Multicore Architectures, CACM 52(4), 2009, p. 65) with its axes turned
    from attainable FLOP/s into seconds.

    Args:
        flops: Operations, 0 or more; a multiply-add counts as 2.
        bytes: Bytes that must be moved, 0 or more.
        peak: FLOP/s of the machine, above 0.
        bandwidth: byte/s of the machine, above 0.

    Raises:
        ValueError: A number is out of its range or not finite.
    """
    numbers = {"flops": flops, "bytes": bytes, "peak": peak, "bandwidth": bandwidth}
    for name, value in numbers.items():
        least = "above 0" if name in ("peak", "bandwidth") else "0 or more"
        if not math.isfinite(value) or value < 0 or (value == 0 and least == "above 0"):
            raise ValueError(f"{name} is {value}, but must be finite and {least}")
    return max(flops / peak, bytes / bandwidth)


def _too_few(n: int, least: int, what: str) -> str:
    points = {0: "no points", 1: "only 1 point"}.get(n, f"only {n} points")
    return f"{points}: {what} {least - n} more"


def _slope(x: Floats, y: Floats) -> float:
    """Slope of the least-squares line of y on x, whose mean is 0 and which is not constant."""
    return float((x * y).sum() / (x * x).sum())


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value


def _bootstrap(x: Floats, y: Floats) -> list[_Interval]:
    """Intervals: Spearman's correlation, R2, logarithm of the median error, slope."""
    found: tuple[list[Floats], ...] = ([], [], [], [])
    for weights in resamples.draws(len(x)):
        x_mean, y_mean, slope = resamples.lines(x, y, weights)
        residuals = np.abs(y - y_mean - slope * (x - x_mean))
        errors = resamples.medians(residuals, weights)
        some = (*_correlations(x, y, weights), errors, slope[:, 0])
        for kept, values in zip(found, some, strict=True):
            kept.append(values)
    return [resamples.bounds(np.concatenate(kept)) for kept in found]


def _correlations(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Spearman's correlation and the R2 of y on x for each row of `weights`."""
    rank = resamples.correlation(resamples.ranks(x, weights), resamples.ranks(y, weights), weights)
    pearson = resamples.correlation(x, y, weights)
    return rank, pearson * pearson
