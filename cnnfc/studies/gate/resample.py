"""Draws whole gates from recorded pairs: rates of errors that no number of real runs can show.

A run draws its pairs with replacement, the same for all benchmarks, so that what a pair of workers
has in common stays.  Since each side is equally likely in each place, a pair and the same pair with
its sides exchanged are equally likely on identical code: signs are drawn too, one a pair.  The
centre of that is exactly no difference; a slowdown is added to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnfc.analysis.paired import spread
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.rules import rules_for
from cnnfc.gate.judging.trial import Rules, State
from cnnfc.gate.measuring.legs import TAIL
from cnnfc.gate.policy.policy import Policy
from cnnfc.gate.schedule import MOST_BLOCKS, WORTHWHILE, noise_factor
from cnnfc.studies.gate.decisions import CODES, COLUMNS, decide_all
from cnnfc.studies.gate.recorded import LEG_COST, UNIT, Option, Recorded

#: Fewer pairs than this are not enough to draw from: a run would see the same ones again and again.
FEWEST: Final = 12
#: Recorded values are rounded: what was lost is drawn, so that few are equal.
_LOST: Final = UNIT / 2


@dataclass(frozen=True)
class Runs:
    """Simulated runs.

    Attributes:
        cases: Ids of the benchmarks, one a column.
        spreads: Typical distance of a pair from the centre, of each.
        states: Final states by the numbers of `CODES`, shape (runs, cases).
        pairs: Pairs that each took, same shape.
        seconds: Wall time of each run, shape (runs,).
    """

    cases: tuple[str, ...]
    spreads: tuple[float, ...]
    states: NDArray[np.int64]
    pairs: NDArray[np.int64]
    seconds: NDArray[np.float64]

    def are(self, state: State) -> NDArray[np.bool_]:
        """Which ended in `state`, shape (runs, cases)."""
        return np.asarray(self.states == CODES[state])

    @property
    def red(self) -> NDArray[np.bool_]:
        return self.are(State.SLOWER)


def family_rules(cases: int, policy: Policy | None = None) -> Rules:
    """The rules of each of `cases` benchmarks of one run on a CPU."""
    any_case = GatedCase("conv.Forward.time_layer", "conv.Forward.time_layer", (), 0)
    return rules_for(any_case, policy or Policy(), cases)


def simulate(
    recorded: Recorded,
    option: Option,
    runs: int,
    *,
    seed: int,
    slowdown: float = 0.0,
    tenth: bool = False,
    tail: str = TAIL,
    policy: Policy | None = None,
) -> Runs:
    """Draw `runs` runs in which every benchmark is slower by `slowdown` (a fraction).

    Args:
        recorded: pairs of identical code.
        option: what a pair is reduced to for typical calls; the means use the same legs.
        runs: how many.
        seed: the same draws the same pairs, whatever the option.
        slowdown: of every call of the contender.
        tenth: every tenth call of the contender takes half as long again instead.
        tail: what the means are asked by.
        policy: what is in force; the defaults if left out.

    Raises:
        ValueError: there are fewer than `FEWEST` recorded pairs of every case.
    """
    draw = np.random.default_rng(seed)
    rules = family_rules(len(recorded.values), policy)
    tail_option = Option(tail, option.share, option.blocks)
    outcomes, spreads, cases = [], [], []
    places = draw.random((runs, COLUMNS))
    signs = draw.choice((-1.0, 1.0), (runs, COLUMNS))
    for case in recorded.values:
        known = np.flatnonzero(~np.isnan(recorded.of(case, option)))
        if len(known) < FEWEST:
            continue
        chosen = known[(places * len(known)).astype(np.int64)]
        typical, means = (
            recorded.of(case, one)[chosen] * signs
            + _added(recorded, case, one, slowdown, tenth=tenth)[chosen]
            + draw.uniform(-_LOST, _LOST, chosen.shape)
            for one in (option, tail_option)
        )
        outcomes.append(decide_all(typical, means, rules))
        spreads.append(spread(recorded.of(case, option)[known].tolist()))
        cases.append(case)
    if not outcomes:
        raise ValueError(f"fewer than {FEWEST} pairs are recorded of every case")
    pairs = np.stack([outcome.pairs for outcome in outcomes], axis=1)
    return Runs(
        tuple(cases),
        tuple(spreads),
        np.stack([outcome.states for outcome in outcomes], axis=1),
        pairs,
        _seconds(pairs, recorded, option),
    )


def _added(
    recorded: Recorded, case: str, option: Option, slowdown: float, *, tenth: bool
) -> NDArray[np.float64]:
    """What a slowdown adds to the value of each recorded pair."""
    same = recorded.of(case, option)
    if tenth:
        return recorded.of(case, option, tenth=True) - same
    return np.full_like(same, math.log1p(slowdown))


def _seconds(pairs: NDArray[np.int64], recorded: Recorded, option: Option) -> NDArray[np.float64]:
    """Wall time of the pairs of each run; undecided benchmarks alone go on."""
    legs = 4 * (option.leg_seconds + LEG_COST)
    seconds = np.zeros(len(pairs))
    for pair in range(int(pairs.max())):
        left = (pairs > pair).sum(axis=1)
        # As `cnnfc.gate.schedule.blocks_for`; that the values get steadier is left out here.
        blocks = np.minimum(MOST_BLOCKS, np.round(WORTHWHILE / (np.maximum(left, 1) * legs)))
        blocks = np.maximum(option.blocks, blocks) * noise_factor(pair)
        blocks = np.maximum(option.blocks, np.minimum(MOST_BLOCKS, blocks))
        seconds += (left > 0) * (recorded.start_seconds + left * blocks * legs)
    return seconds


def wald(spread_of_pairs: float, threshold: float, red: float, miss: float) -> tuple[float, float]:
    """Pairs that the best of all tests takes on average: of identical code, at the threshold.

    A. Wald, "Sequential tests of statistical hypotheses" (1945): the expected sample size of the
    probability ratio test for normal values, which no test with the same errors can undercut.

    Args:
        spread_of_pairs: standard deviation of the logarithms.
        threshold: slowdown that must be caught, as a fraction.
        red: probability of a false red.
        miss: probability of passing a slowdown of `threshold`.
    """
    scale = 2 * (spread_of_pairs / math.log1p(threshold)) ** 2
    same = (1 - red) * math.log((1 - red) / miss) + red * math.log(red / (1 - miss))
    slower = (1 - miss) * math.log((1 - miss) / red) + miss * math.log(miss / (1 - red))
    return scale * same, scale * slower
