"""Asks the ranks of all values, where steps may be due to the outliers that were left out.

Noise with two modes has no outliers, but values of the rarer mode are left out where they are
alone, and kept where some happen to follow one another: then these look like a level.  Ranks leave
nothing out.  In independent noise that is alike everywhere every order of ranks is equally likely,
whatever the distribution, so their normal scores (B. L. van der Waerden, 1952) get a step about as
seldom as Gaussian noise does; and no outlier is so far out that it could hide a step.
"""

from __future__ import annotations

import itertools
from statistics import NormalDist
from typing import Final

import numpy as np

from cnnfc.analysis.changepoints.candidates import LEAST
from cnnfc.analysis.changepoints.evidence import Evidence
from cnnfc.analysis.changepoints.search import Found, search
from cnnfc.analysis.changepoints.segments import Levels
from cnnfc.analysis.changepoints.values import Floats, Prepared, noise_around

#: So many values are at most a burst; of a long series, more than this share are not few.
_BURST: Final = 4
_MANY: Final = 0.05
#: An outlier so many times the noise from a level, or nearer, is at that level.
_AT_LEVEL: Final = 2.5


def confirmed(found: list[Found], levels: Levels, prepared: Prepared) -> list[Found]:
    """The steps in `found` that are not in doubt, or that ranks show as well.

    Args:
        found: steps among the values of `prepared`.
        levels: of the segments between them.
        prepared: the values that count, and those that were left out.
    """
    if not found or not _in_doubt(found, levels, prepared):
        return found
    places = np.append(prepared.places, prepared.left_out_places)
    everything = np.append(prepared.levels, prepared.left_out)[np.argsort(places)]
    shown = [one.place for one in search(Evidence(by_ranks(everything)))]
    return [
        one
        for one in found
        if any(abs(int(prepared.places[one.place]) - place) <= LEAST for place in shown)
    ]


def by_ranks(levels: Floats) -> Prepared:
    """Normal scores of the ranks of `levels`; equal values share the mean of their ranks."""
    count = len(levels)
    _, group, sizes = np.unique(levels, return_inverse=True, return_counts=True)
    ranks = np.cumsum(sizes) - (sizes - 1) / 2
    normal = NormalDist()
    scores = np.array([normal.inv_cdf((rank - 0.5) / count) for rank in ranks])
    nothing = np.zeros(0)
    return Prepared(
        scores[group],
        noise_around(scores[group]),
        np.arange(count),
        nothing,
        nothing.astype(np.int64),
        1.0,
        relative=False,
    )


def _in_doubt(found: list[Found], levels: Levels, prepared: Prepared) -> bool:
    """Whether what was left out may be of one kind with what was kept.

    It may be if it is much; or if a segment is at a level where half as many values as it has were
    left out elsewhere.
    """
    count = len(prepared.left_out) + len(prepared.levels)
    if len(prepared.left_out) > max(_BURST, _MANY * count):
        return True
    bounds = [0, *(one.place for one in found), len(prepared.levels)]
    for (start, stop), centre in zip(itertools.pairwise(bounds), levels.centres, strict=True):
        distances = np.abs(prepared.left_out - centre)
        if 2 * (distances <= _AT_LEVEL * prepared.unit).sum() >= stop - start:
            return True
    return False
