"""Says how well a quantity predicts families of points that its law was not fitted to.

A law that is judged by the points it was fitted to looks better than it is, most of all where the
points come in families: one line through dense layers and convolutions may fit both without saying
anything of a third kind.  So each family is left out once, the power law is fitted to all others,
and the family left out is predicted (leave-one-group-out cross-validation: D. R. Roberts et al.,
Cross-Validation Strategies for Data with Temporal, Spatial, Hierarchical, or Phylogenetic
Structure, Ecography 40, 2017, p. 913).

The share of the variance that such predictions explain is ``1 - PRESS / SS``: PRESS is the sum of
their squared errors (D. M. Allen, The Relationship Between Variable Selection and Data Augmentation
and a Method for Prediction, Technometrics 16, 1974, p. 125), SS that of the deviations from the
mean of all points, both of logarithms.  It is never above the share of the law that was fitted to
all points, and it has no lower end: below 0, one number for all points would have predicted better.

Intervals are percentile intervals of a bootstrap of the points of each family, which keeps the
families as they are.  So they say what other points of the same families would give, and nothing of
other families: a handful of families is too few to resample (A. C. Cameron, J. B. Gelbach and D. L.
Miller, Bootstrap-Based Improvements for Inference with Clustered Errors, Review of Economics and
Statistics 90, 2008, p. 414).  Because a family is left out as a whole, no point that was drawn
twice is both fitted and predicted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cnnfc.analysis import resamples
from cnnfc.analysis.predictors import LEAST_FOR_INTERVAL, LEAST_POINTS, logs
from cnnfc.analysis.resamples import Codes, Floats, exp

#: Of two families each would be predicted from one other, which is no law over families.
LEAST_FAMILIES: Final = 3


@dataclass(frozen=True, slots=True)
class FamilyError:
    """How well one family was predicted from all others.

    Attributes:
        name: The family.
        n: Its points.
        median_fold_error: By which factor the prediction is off at the median; 1 is perfect.
        low: Lower end of its interval; None with fewer than `LEAST_FOR_INTERVAL` points.
        high: Upper end.
        ratio: Measured / predicted at the median: above 1, the others let expect less.
    """

    name: str
    n: int
    median_fold_error: float
    low: float | None
    high: float | None
    ratio: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How well x predicts the y of families that the law was not fitted to.

    Everything but ``n`` and ``reason`` is None or empty where nothing could be held out.

    Attributes:
        n: How many points were used.
        reason: Why nothing could be held out; empty if it could.
        log_r2: Share of the variance of log y that the predictions explain, up to 1; below 0 they
            are worse than one number for all points.
        log_r2_low: Lower end of its interval.
        log_r2_high: Upper end.
        median_fold_error: By which factor the predictions are off at the median over all points.
        fold_low: Lower end of its interval.
        fold_high: Upper end.
        families: The same for each family, in the order of their names.
    """

    n: int
    reason: str = ""
    log_r2: float | None = None
    log_r2_low: float | None = None
    log_r2_high: float | None = None
    median_fold_error: float | None = None
    fold_low: float | None = None
    fold_high: float | None = None
    families: tuple[FamilyError, ...] = ()


def held_out(x: Sequence[float], y: Sequence[float], families: Sequence[str]) -> HeldOut:
    """How well `x` predicts `y` in each of `families` by the law of all others.

    Pairs that are not both finite and above zero are left out, as by `predictors.fit`.

    Args:
        x: The predictor, such as the parameters of each layer.
        y: What it shall predict, such as the latency of each layer in seconds; as long as `x`.
        families: The family of each point; as long as `x`.

    Raises:
        ValueError: `x`, `y` and `families` differ in length.
    """
    usable, log_x, log_y = logs(x, y)
    if len(families) != len(usable):
        raise ValueError(f"there are {len(usable)} points, but the families of {len(families)}")
    kept = [family for family, good in zip(families, usable, strict=True) if good]
    n, names = len(kept), sorted(set(kept))
    codes = np.array([names.index(family) for family in kept], dtype=np.intp)
    reason = _why_not(log_x, log_y, codes, names)
    if reason:
        return HeldOut(n, reason)
    once = np.ones((1, n))
    log_r2, median, *errors = (float(v[0]) for v in _statistics(log_x, log_y, codes, once))
    tilts = _errors(log_x, log_y, codes, once)[0]
    ends: list[tuple[float | None, float | None]] = [(None, None)] * (2 + len(names))
    if n >= LEAST_FOR_INTERVAL:
        chunks = [
            _statistics(log_x, log_y, codes, weights) for weights in resamples.draws(n, codes)
        ]
        ends = [resamples.bounds(np.concatenate(parts)) for parts in zip(*chunks, strict=True)]
    return HeldOut(
        n=n,
        log_r2=log_r2,
        log_r2_low=ends[0][0],
        log_r2_high=ends[0][1],
        median_fold_error=exp(median),
        fold_low=_exp(ends[1][0]),
        fold_high=_exp(ends[1][1]),
        families=tuple(
            _family(name, error, end, tilts[codes == code])
            for code, (name, error, end) in enumerate(zip(names, errors, ends[2:], strict=True))
        ),
    )


def _why_not(x: Floats, y: Floats, codes: Codes, names: Sequence[str]) -> str:
    """Why no family can be held out; ``""`` if each can."""
    if len(names) < LEAST_FAMILIES:
        count = "is 1 family" if len(names) == 1 else f"are {len(names)} families"
        return f"there {count}, and it takes {LEAST_FAMILIES} to hold one out"
    if np.ptp(y) == 0:
        return "all points have the same y"
    for code, name in enumerate(names):
        others = x[codes != code]
        if len(others) < LEAST_POINTS:
            return f"without {name} fewer than {LEAST_POINTS} points are left"
        if math.isnan(resamples.lines(others, others, np.ones((1, len(others))))[2][0, 0]):
            return f"without {name} all points have the same x"
    return ""


def _statistics(x: Floats, y: Floats, codes: Codes, weights: Floats) -> list[Floats]:
    """R2, the median absolute error, and that of each family; for each row of `weights`."""
    errors = _errors(x, y, codes, weights)
    centred = y - (weights * y).sum(axis=1, keepdims=True) / weights.sum(axis=1, keepdims=True)
    variance = (weights * centred * centred).sum(axis=1)
    press = (weights * errors * errors).sum(axis=1)
    flat = variance <= 0
    r2 = np.where(flat, np.nan, 1 - press / np.where(flat, 1.0, variance))
    sizes = np.abs(errors)
    families = [codes == code for code in range(int(codes.max()) + 1)]
    return [
        r2,
        # A resample that leaves some law without a slope has no median over all points either.
        np.where(np.isnan(press), np.nan, resamples.medians(sizes, weights)),
        *(resamples.medians(sizes[:, mine], weights[:, mine]) for mine in families),
    ]


def _errors(x: Floats, y: Floats, codes: Codes, weights: Floats) -> Floats:
    """Measured less predicted logarithm of each point, (m, n), by the law of the other families."""
    errors = np.empty_like(weights)
    for code in range(int(codes.max()) + 1):
        mine = codes == code
        x_mean, y_mean, slope = resamples.lines(x[~mine], y[~mine], weights[:, ~mine])
        errors[:, mine] = y[mine] - y_mean - slope * (x[mine] - x_mean)
    return errors


def _family(
    name: str, error: float, end: tuple[float | None, float | None], tilts: Floats
) -> FamilyError:
    low, high = end if len(tilts) >= LEAST_FOR_INTERVAL else (None, None)
    ratio = exp(float(np.median(tilts)))
    return FamilyError(name, len(tilts), exp(error), _exp(low), _exp(high), ratio)


def _exp(logarithm: float | None) -> float | None:
    return None if logarithm is None else exp(logarithm)
