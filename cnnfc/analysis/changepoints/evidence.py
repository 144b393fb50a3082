"""Weighs a series with further steps against the same series without, in autocorrelated noise.

The *strength* of the evidence for further steps is a ratio of two densities of the whole series:

    strength = average over where they may be of density(values | steps there) / density(values)

Sizes of steps are integrated out with a normal prior of `STEP` times the noise, everything else as
in `cnnfc.analysis.changepoints.segments` (formulas at `Evidence._ratio` and `Evidence.joint`).  An
average of densities over places is Bayes's answer to not knowing where; it replaces a maximum and
the count of its comparisons.  A third of the prior weight each has

- a single step, at any place;
- a stretch that leaves the level and comes back (the epidemic alternative: A. Olshen and others,
  "Circular binary segmentation", 2004): a short change far from both ends hardly shows as a step;
- two or more steps at once: many steps together look like autocorrelated noise as long as they are
  weighed one at a time.  Of all sets only those on one path are weighed, on which the best step or
  stretch for independent noise is added time after time, and only where autocorrelated noise does
  explain the values better than independent noise.

What is left out of an average only makes it smaller.  So without a step strength has a mean of at
most 1 over rho from the prior `FLAT`, whatever level and scale are, and exceeds c with probability
1 / c at most (Markov; it is an e-value: P. Gruenwald and others, "Safe testing", 2024).  That is a
proof for Gaussian noise, nothing left out and an average rho; what holds for each rho and length,
with outliers left out, is simulated in `cnnfc.analysis.changepoints.levels`.  The priors of rho
differ on purpose: with a step, rho is expected near 0, without, anywhere, so that autocorrelation
is preferred as an explanation as long as the values allow it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cnnfc.analysis.changepoints.candidates import LEAST_AT_END, single_steps, stretches
from cnnfc.analysis.changepoints.pieces import (
    ALL,
    GRID,
    INDEPENDENT,
    SHARE,
    Fits,
    Pieces,
    Places,
)
from cnnfc.analysis.changepoints.segments import (
    Levels,
    Segmentation,
    least_rest,
    levels_of,
    log_sum,
    segment,
)
from cnnfc.analysis.changepoints.values import Floats, Prepared

#: Standard deviation of the size of a step, in standard deviations of a value.
STEP: Final = 3.0
#: How much less likely the next larger rho of `GRID` is where there is a step.
_STEEPNESS: Final = 0.7
_WITH_STEP: Final = np.arange(len(GRID)) * math.log(_STEEPNESS) - math.log(
    (1 - _STEEPNESS ** len(GRID)) / (1 - _STEEPNESS)
)
#: Single steps, stretches and sets of steps have a third each.
_THIRD: Final = math.log(3)
#: Stretches that are weighed under every rho: the best for independent noise.
_BEST_STRETCHES: Final = 64
#: By how much the logarithm of the density must prefer autocorrelated to independent noise, so that
#: a path is looked for.
_MASKED: Final = 1.5
#: A path ends when this many additions in a row did not make it more probable, or at its longest.
_IN_VAIN: Final = 4
_LONGEST: Final = 24


@dataclass(frozen=True)
class Addition:
    """What to add to a segmentation.

    Attributes:
        strength: Logarithm of the strength of the evidence for any further step.
        bounds: The most probable further steps.
    """

    strength: float
    bounds: tuple[int, ...]


class Evidence:
    """The evidence in one series; bounds are indices among the values that count."""

    def __init__(self, prepared: Prepared) -> None:
        self._fits = Fits(prepared)
        self.count = self._fits.count
        self._floor = least_rest(self._fits)
        self._singles = max(1, self.count - 2 * LEAST_AT_END + 1)
        self._stretches = max(1, len(stretches([0], [self.count], self.count)[0]))

    def addition(self, bounds: Sequence[int]) -> Addition | None:
        """The best steps to add to `bounds`; None if no segment has room for one."""
        state = self._state(bounds)
        places, segments = self._places(state)
        if not len(places):
            return None
        singles = self._of_steps(state, places, segments) - _THIRD - math.log(self._singles)
        found: list[tuple[float, tuple[int, ...]]] = [
            (log_sum(singles), (int(places[singles.argmax()]),)),
            *self._lifted(state),
        ]
        masked = float(state.logs.max() - state.logs[0]) > _MASKED
        for added in self.path(bounds) if masked else ():
            if len(added) > 1:
                density = self.joint(bounds, added) - self._price(len(added))
                found.append((density - _THIRD, added))
        strength = log_sum(np.array([log for log, _ in found]))
        return Addition(strength, max(found)[1])

    def path(self, bounds: Sequence[int]) -> list[tuple[int, ...]]:
        """Sets of further steps, each the one before with the best addition.

        The best in independent noise, where a further step costs what it does in `addition`; an
        added step and its neighbours then move to their best places.
        """
        sets: list[tuple[int, ...]] = []
        added: tuple[int, ...] = ()
        best, vain = -math.inf, 0
        while len(added) < _LONGEST and vain < _IN_VAIN:
            before = sorted((*bounds, *added))
            more = self._best(self._state(before, INDEPENDENT))
            if more is None:
                break
            whole = self._settled(before, more, frozenset(bounds))
            added = tuple(bound for bound in whole if bound not in bounds)
            sets.append(added)
            density = self.joint(bounds, added) - self._price(len(added))
            vain = 0 if density > best else vain + 1
            best = max(best, density)
        return sets

    def _price(self, steps: int) -> float:
        """Logarithm of how many sets of so many places there are, each step half as likely again.

        There are ``singles^steps / steps!`` at most.
        """
        ways = steps * math.log(self._singles) - math.lgamma(steps + 1)
        return ways + (steps - 1) * math.log(2)

    def _settled(
        self, before: list[int], more: tuple[int, ...], fixed: frozenset[int]
    ) -> list[int]:
        """`before` with `more`, these and the steps next to them at their best places."""
        whole = sorted((*before, *more))
        indices = {whole.index(bound) + beside for bound in more for beside in (-1, 0, 1)}
        for index in sorted(indices & set(range(len(whole)))):
            if whole[index] not in fixed:
                places, logs = self.step(whole, index, INDEPENDENT)
                whole[index] = int(places[logs.argmax()])
        return whole

    def joint(self, bounds: Sequence[int], added: Sequence[int]) -> float:
        """Logarithm of the ratio of densities with the steps `added` to those without.

        The levels of the pieces of a segment are drawn around one that is flat, with half of the
        variance of a step each.  With v = 1 / A + STEP^2 / 2 (1 - rho^2) of a piece, w = 1 / v, and
        W the sum of w over a segment: each piece leaves ``(1 + A (v - 1 / A))^(-1/2)``, each
        segment ``W^(-1/2)`` and more rest, the sum of the squared distances of the centres from
        their mean, by w.
        """
        state = self._state(bounds)
        ends = np.array(sorted((*bounds, *added)))
        starts, stops = np.append(0, ends), np.append(ends, self.count)
        pieces = self._fits.pieces(starts, stops)
        around = 0.5 * STEP**2 / SHARE[:, None]
        weight = 1 / (1 / pieces.precision + around)
        first = np.searchsorted(starts, state.starts)
        total = np.add.reduceat(weight, first, axis=1)
        moment = np.add.reduceat(weight * pieces.centre, first, axis=1)
        apart = np.add.reduceat(weight * pieces.centre**2, first, axis=1) - moment**2 / total
        rest = pieces.rest.sum(axis=1) + np.maximum(apart, 0.0).sum(axis=1)
        logs = 0.5 * len(starts) * np.log(SHARE)
        logs -= 0.5 * np.log1p(pieces.precision * around).sum(axis=1)
        logs -= 0.5 * np.log(total).sum(axis=1)
        logs -= 0.5 * state.degrees * np.log(rest + self._floor)
        return log_sum(logs + _WITH_STEP) - state.flat

    def step(self, bounds: Sequence[int], index: int, rows: slice = ALL) -> tuple[Places, Floats]:
        """Places that the step ``bounds[index]`` may have between its neighbours.

        Args:
            bounds: of all segments, in order.
            index: of the step.
            rows: of `GRID` that count.

        Returns:
            The places, and for each the logarithm of its part of the strength of the evidence that
            there is a step, the other bounds given.
        """
        others = [bound for place, bound in enumerate(bounds) if place != index]
        state = self._state(others, rows)
        places, segments = self._places(state)
        here = segments == index
        places, segments = places[here], segments[here]
        return places, self._of_steps(state, places, segments) - _THIRD - math.log(self._singles)

    def levels(self, bounds: Sequence[int]) -> Levels:
        """Levels of the segments between `bounds`."""
        return levels_of(self._fits, bounds)

    def _state(self, bounds: Sequence[int], rows: slice = ALL) -> Segmentation:
        return segment(self._fits, bounds, rows)

    def _places(self, state: Segmentation) -> tuple[Places, Places]:
        return single_steps(state.starts.tolist(), state.stops.tolist(), self.count)

    def _best(self, state: Segmentation) -> tuple[int, ...] | None:
        """The step or the stretch that is most probable; None if there is no room for any."""
        places, segments = self._places(state)
        if not len(places):
            return None
        singles = self._of_steps(state, places, segments) - math.log(self._singles)
        begins, ends, segments = self._all_stretches(state)
        if len(begins):
            lifted = self._of_stretches(state, begins, ends, segments) - math.log(self._stretches)
            if lifted.max() > singles.max():
                place = int(lifted.argmax())
                return int(begins[place]), int(ends[place])
        return (int(places[singles.argmax()]),)

    def _lifted(self, state: Segmentation) -> list[tuple[float, tuple[int, ...]]]:
        """Strength of the evidence for any stretch, in logarithms, and the best of them."""
        begins, ends, segments = self._all_stretches(state)
        if not len(begins):
            return []
        if len(begins) > _BEST_STRETCHES:
            alike = self._state(state.starts[1:].tolist(), INDEPENDENT)
            logs = self._of_stretches(alike, begins, ends, segments)
            best = np.argpartition(logs, len(logs) - _BEST_STRETCHES)[-_BEST_STRETCHES:]
            begins, ends, segments = begins[best], ends[best], segments[best]
        logs = self._of_stretches(state, begins, ends, segments)
        logs = logs - _THIRD - math.log(self._stretches)
        place = int(logs.argmax())
        return [(log_sum(logs), (int(begins[place]), int(ends[place])))]

    def _all_stretches(self, state: Segmentation) -> tuple[Places, Places, Places]:
        return stretches(state.starts.tolist(), state.stops.tolist(), self.count)

    def _of_steps(self, state: Segmentation, places: Places, segments: Places) -> Floats:
        """Logarithm of the ratio of densities for a step at each of `places`."""
        before = self._fits.pieces(state.starts[segments], places, state.rows)
        after = self._fits.pieces(places, state.stops[segments], state.rows)
        return self._ratio(state, segments, before, after, breaks=1)

    def _of_stretches(
        self, state: Segmentation, begins: Places, ends: Places, segments: Places
    ) -> Floats:
        """The same for stretches that are lifted, with the same level on both sides."""
        left = self._fits.pieces(state.starts[segments], begins, state.rows)
        right = self._fits.pieces(ends, state.stops[segments], state.rows)
        precision = left.precision + right.precision
        apart = left.centre - right.centre
        outside = Pieces(
            precision,
            (left.precision * left.centre + right.precision * right.centre) / precision,
            left.rest + right.rest + left.precision * right.precision / precision * apart**2,
        )
        inside = self._fits.pieces(begins, ends, state.rows)
        return self._ratio(state, segments, outside, inside, breaks=2)

    def _ratio(
        self, state: Segmentation, segments: Places, one: Pieces, other: Pieces, *, breaks: int
    ) -> Floats:
        """Density with a segment taken apart into `one` and `other` level, over that without.

        With d the distance of the two centres and V = 1 / A1 + 1 / A2 + STEP^2 / (1 - rho^2):
        integrating both levels and the size leaves ``(A1 A2 V)^(-1/2)`` and d^2 / V more rest.
        """
        variance = 1 / one.precision + 1 / other.precision + STEP**2 / SHARE[state.rows, None]
        apart = one.centre - other.centre
        rest = one.rest + other.rest + apart * apart / variance
        rest += np.maximum(state.rest[:, None] - state.pieces.rest[:, segments], 0.0)
        logs = np.log(
            one.precision * other.precision * variance / state.pieces.precision[:, segments]
        )
        logs = -0.5 * logs - 0.5 * state.degrees * np.log(rest + self._floor)
        # What all places have in common: the segmentation so far, and the new starts of the noise.
        common = state.logs + 0.5 * state.degrees * np.log(state.rest + self._floor)
        common += 0.5 * breaks * np.log(SHARE[state.rows]) + _WITH_STEP[state.rows]
        return _log_sums(logs + common[:, None]) - state.flat


def _log_sums(logs: Floats) -> Floats:
    """Logarithm of the sum of the exponentials of each column."""
    if len(logs) == 1:
        return np.asarray(logs[0])
    most = logs.max(axis=0)
    return np.asarray(most + np.log(np.exp(logs - most).sum(axis=0)))
