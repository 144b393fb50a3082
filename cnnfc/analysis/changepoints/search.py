"""Finds the steps of a series: adds the one with the strongest evidence while it is strong enough.

Steps are added one at a time, each given those that are there (binary segmentation: L. Vostrikova,
1981); two at once if they lift a stretch and lead back, which finds what single steps cancel, as
the wild variant of P. Fryzlewicz (2014) does by drawing stretches; and as many at once as are
stronger together than each alone.  After each addition every step moves to the place between its
neighbours where the evidence is strongest (the repartition of J. Bai, "Estimating multiple breaks
one at a time", 1997).  Last, steps that are not strong enough given all others are taken out, the
weakest first.

A flat series gets a step only if the very first addition is strong enough.  So its probability is
at most that of one decision, for which `cnnfc.analysis.changepoints.levels` has the levels by
simulation, whatever follows: all that follows needs that addition, or takes steps out.  In a series
that has steps, later additions are decided by the same levels given the steps so far: about as many
decisions as there are steps, each wrong with that probability, as far as these steps are right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from cnnfc.analysis.changepoints.evidence import Evidence
from cnnfc.analysis.changepoints.levels import p_value

#: Probability that a flat series gets any step.
PROMISE: Final = 0.01
#: Probability that a step lies between its earliest and its latest place.
PLACE_CONFIDENCE: Final = 0.95
#: Sweeps in which places may move; they settle after two or three.
_SWEEPS: Final = 6


@dataclass(frozen=True)
class Found:
    """A step; places are indices among the values that count.

    Attributes:
        place: The first value behind it.
        earliest: The first value behind it is this one or a later one, and
        latest: this one or an earlier one, both together with `PLACE_CONFIDENCE`.
        p_value: Probability that a flat series of this length has anywhere what is as strong.
    """

    place: int
    earliest: int
    latest: int
    p_value: float


def search(evidence: Evidence) -> list[Found]:
    """The steps of a series, in order."""
    bounds: list[int] = []
    while len(bounds) < evidence.count // 2:
        addition = evidence.addition(bounds)
        if addition is None or p_value(addition.strength, evidence.count) > PROMISE:
            break
        bounds = _settle(evidence, sorted((*bounds, *addition.bounds)))
    while bounds:
        found = [_describe(evidence, bounds, index) for index in range(len(bounds))]
        weakest = int(np.argmax([one.p_value for one in found]))
        if found[weakest].p_value <= PROMISE:
            return found
        bounds = _settle(evidence, [*bounds[:weakest], *bounds[weakest + 1 :]])
    return []


def _settle(evidence: Evidence, bounds: list[int]) -> list[int]:
    """`bounds`, each at its best place given the others."""
    for _ in range(_SWEEPS):
        moved = False
        for index, bound in enumerate(bounds):
            places, logs = evidence.step(bounds, index)
            best = int(places[logs.argmax()])
            moved |= best != bound
            bounds[index] = best
        if not moved or len(bounds) == 1:
            break
    return bounds


def _describe(evidence: Evidence, bounds: list[int], index: int) -> Found:
    places, logs = evidence.step(bounds, index)
    most = float(logs.max())
    weights = np.exp(logs - most)
    strength = most + math.log(float(weights.sum()))
    shares = np.cumsum(weights) / weights.sum()
    outside = (1 - PLACE_CONFIDENCE) / 2
    # More often within one of the truth than the most probable place: the one that is most probable
    # together with its neighbours.  Of those that are nearly so, the most probable by itself.
    near = weights.copy()
    near[1:] += weights[:-1]
    near[:-1] += weights[1:]
    best = np.where(near >= 0.98 * near.max(), weights, -1.0).argmax()
    return Found(
        int(places[best]),
        int(places[np.searchsorted(shares, outside, side="right")]),
        int(places[min(int(np.searchsorted(shares, 1 - outside)), len(places) - 1)]),
        p_value(strength, evidence.count),
    )
