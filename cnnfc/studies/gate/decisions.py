"""Decides many simulated benchmarks at once, exactly as `cnnfc.gate.judging.trial` decides one.

The states, the looks, the two questions and the fresh pairs are those of `Trial`; a test feeds both
with the same values.  Pairs here are columns: as soon as the first ones seem slower, those that
follow are the fresh ones.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnfc.analysis.paired import SMALLEST_SHARE, Rule
from cnnfc.analysis.sequential import LOOKS, tails
from cnnfc.gate.judging.trial import Rules, State

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Pairs that a trial may need: as many again as the first ones may confirm.
COLUMNS: Final = 2 * LOOKS[-1]

#: Numbers of the states in `Outcome.states`.
CODES: Final = {state: place for place, state in enumerate(State)}


@dataclass(frozen=True)
class Outcome:
    """What became of each row.

    Attributes:
        states: Numbers of `CODES`, all of them final.
        pairs: Pairs that it took, with those that confirm.
        by_tail: Whether the means and not the typical calls seemed slower.
    """

    states: NDArray[np.int64]
    pairs: NDArray[np.int64]
    by_tail: Mask


def decide_all(typical: Values, tail: Values, rules: Rules) -> Outcome:
    """Follow every row until it is decided.

    Args:
        typical: logarithms of ratios of typical calls, shape (rows, `COLUMNS`).
        tail: the same of means.
        rules: what all of them are judged by.
    """
    rows = len(typical)
    states = np.full(rows, CODES[State.OPEN])
    pairs = np.zeros(rows, dtype=np.int64)
    by_tail = np.zeros(rows, dtype=bool)
    passes = np.zeros(rows, dtype=bool)
    tail_passes = np.zeros(rows, dtype=bool)
    for look in (look for look in LOOKS if look <= rules.largest_pairs):
        still = np.flatnonzero(states == CODES[State.OPEN])
        if not still.size:
            break
        pairs[still] = look
        slower, not_slower = _say(typical[still, :look], rules.typical)
        tail_slower, tail_not_slower = _say(tail[still, :look], rules.tail)
        passes[still] |= not_slower
        tail_passes[still] |= tail_not_slower
        suspect = slower & ~passes[still]
        tail_suspect = ~suspect & tail_slower & ~tail_passes[still]
        done = passes[still] & (tail_passes[still] | (look >= rules.tail_pairs))
        done &= ~suspect & ~tail_suspect
        states[still[suspect | tail_suspect]] = CODES[State.CONFIRMING]
        by_tail[still[tail_suspect]] = True
        states[still[done]] = CODES[State.PASSED]
    rest = states == CODES[State.OPEN]
    states[rest] = np.where(passes[rest], CODES[State.PASSED], CODES[State.UNDECIDED])
    who = np.flatnonzero(states == CODES[State.CONFIRMING])
    columns = pairs[who, None] + np.arange(min(rules.largest_pairs, LOOKS[-1]))
    fresh, fresh_tail = (np.take_along_axis(v[who], columns, axis=1) for v in (typical, tail))
    passed = passes[who], tail_passes[who]
    states[who], more = _confirm(fresh, fresh_tail, by_tail[who], passed, rules)
    pairs[who] += more
    return Outcome(states, pairs, by_tail)


def _confirm(
    typical: Values, tail: Values, by_tail: Mask, passed: tuple[Mask, Mask], rules: Rules
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """States and numbers of fresh pairs of rows that the first pairs suspected.

    `passed` says of both questions whether the first pairs have passed them already.
    """
    passes, tail_passes = passed
    states = np.full(len(typical), CODES[State.UNDECIDED])
    pairs = np.full(len(typical), typical.shape[1], dtype=np.int64)
    still = np.arange(len(typical))
    for look in (look for look in LOOKS if look <= typical.shape[1]):
        slower, not_slower = _say(typical[still, :look], rules.confirm)
        tail_slower, tail_not_slower = _say(tail[still, :look], rules.confirm_tail)
        of_tail = by_tail[still]
        refuted = np.where(of_tail, tail_passes[still], passes[still])
        confirmed = np.where(of_tail, tail_slower, slower) & ~refuted
        passes[still] |= not_slower & ~confirmed
        tail_passes[still] |= tail_not_slower & ~confirmed
        # A mean that was suspected must have passed; another is waited for.
        waited = ~of_tail & (look >= min(rules.tail_pairs, rules.largest_pairs))
        done = passes[still] & (tail_passes[still] | waited) & ~confirmed
        states[still[confirmed]] = CODES[State.SLOWER]
        states[still[done]] = CODES[State.NOT_CONFIRMED]
        pairs[still[confirmed | done]] = look
        still = still[~(confirmed | done)]
    return states, pairs


def _say(values: Values, rule: Rule) -> tuple[Mask, Mask]:
    """Which rows are slower, and which are not slower, by `cnnfc.analysis.paired.decide`."""
    target = math.log1p(rule.threshold)
    slower = _is_above(values, rule.slower_level)
    who = np.flatnonzero(slower)
    slower[who] = _centres(values[who]) >= SMALLEST_SHARE * target
    not_slower = _is_above(target - values, rule.not_slower_level)
    return slower, not_slower & ~slower


def _is_above(values: Values, level: float) -> Mask:
    """Which rows have a signed rank sum with a probability of at most `level`."""
    ranks = np.abs(values).argsort(axis=1).argsort(axis=1) + 1
    sums = (ranks * (values > 0)).sum(axis=1)
    return np.asarray(sums >= critical_sum(values.shape[1], level))


@functools.cache
def critical_sum(count: int, level: float) -> float:
    """The smallest rank sum of `count` values whose probability is at most `level`.

    Infinity if there is none.
    """
    found = np.flatnonzero(tails(count) <= level)
    return float(found[0]) if found.size else math.inf


def _centres(values: Values) -> Values:
    """The Hodges-Lehmann estimate of every row."""
    first, second = np.triu_indices(values.shape[1])
    # In parts: 48 pairs have 1,176 means a row.
    parts = [
        np.median((part[:, first] + part[:, second]) / 2, axis=1)
        for part in np.array_split(values, max(1, len(values) // 2000))
    ]
    centres: Values = np.concatenate(parts)
    return centres
