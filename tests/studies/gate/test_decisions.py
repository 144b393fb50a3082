import numpy as np
import pytest

from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging import trial as trials
from cnnfc.gate.judging.rules import rules_for
from cnnfc.gate.judging.trial import State, Trial
from cnnfc.gate.policy.policy import Policy
from cnnfc.studies.gate.decisions import CODES, COLUMNS, critical_sum, decide_all

CASE = GatedCase("a.time_b", "a.time_b", (), 0)
RULES = rules_for(CASE, Policy(), 14)


@pytest.fixture
def followed(monkeypatch):
    """What a real trial makes of a row: state, pairs, whether by the means."""
    monkeypatch.setattr(trials, "pair_value", lambda pair, name: pair[name == trials.TAIL])
    monkeypatch.setattr(trials, "typical", lambda *_: 1.0)
    monkeypatch.setattr(trials, "cycles_value", lambda *_: None)

    class Blocks(tuple):
        __slots__ = ()

        def __iter__(self):
            return iter(())

    def follow(typical, tail):
        trial = Trial(CASE, RULES)
        for pair in zip(typical, tail, strict=True):
            if trial.state.is_final:
                break
            trial.add(Blocks(pair))
        return CODES[trial.state], trial.pairs, trial.by_tail

    return follow


@pytest.mark.parametrize(
    ("centre", "tail_centre", "spread"),
    [
        (0.0, 0.0, 0.01),
        (0.03, 0.03, 0.02),
        (0.0, 0.05, 0.015),
        (0.015, 0.01, 0.04),
        (-0.01, 0, 0.1),
        # Means that are suspected while typical calls are open, and the other way round.
        (0.02, 0.045, 0.02),
        (0.012, 0.01, 0.06),
    ],
)
def test_every_row_ends_as_a_real_trial_does(followed, centre, tail_centre, spread):
    random = np.random.default_rng(1)
    typical = random.normal(centre, spread, (25, COLUMNS))
    tail = random.normal(tail_centre, spread, (25, COLUMNS))
    outcome = decide_all(typical, tail, RULES)
    expected = [followed(*row) for row in zip(typical, tail, strict=True)]
    found = zip(outcome.states, outcome.pairs, outcome.by_tail, strict=True)
    assert [(int(a), int(b), bool(c)) for a, b, c in found] == expected


def test_the_cases_above_reach_every_final_state():
    random = np.random.default_rng(2)
    reached = set()
    for centre, spread in ((0.0, 0.01), (0.03, 0.02), (0.012, 0.02), (0.015, 0.1)):
        values = random.normal(centre, spread, (300, COLUMNS))
        reached |= set(decide_all(values, values, RULES).states.tolist())
    wanted = {State.SLOWER, State.PASSED, State.NOT_CONFIRMED, State.UNDECIDED}
    assert reached == {CODES[state] for state in wanted}


def test_the_critical_sum_is_the_smallest_that_is_rare_enough():
    # Of 32 patterns of five signs one sums to 15, one to 14, one to 13.
    assert critical_sum(5, 1 / 32) == 15
    assert critical_sum(5, 3 / 32) == 13
    assert critical_sum(5, 1 / 33) == float("inf")
