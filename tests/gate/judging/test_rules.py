import math

import numpy as np
import pytest

from cnnfc.analysis.paired import Decision, decide
from cnnfc.analysis.sequential import LOOKS, fewest_pairs, level
from cnnfc.errors import UsageError
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.rules import TAIL_PAIRS, levels, rules_for
from cnnfc.gate.judging.trial import State
from cnnfc.gate.policy.policy import Override, Policy, check_can_fail
from cnnfc.studies.gate.decisions import CODES, COLUMNS, decide_all

CASE = GatedCase("a.time_b", "a.time_b", (), 0)


def test_the_errors_of_a_run_are_shared_by_its_benchmarks_and_questions():
    rules = rules_for(CASE, Policy(false_red=0.01, miss=0.02), 10)
    # One red in a hundred: fresh pairs confirm a tenth, so a tenth of runs may suspect one of ten.
    assert rules.typical.slower_level == level(0.01 * 0.75)
    assert rules.tail.slower_level == level(0.01 * 0.25)
    assert rules.confirm.slower_level == rules.confirm_tail.slower_level == level(0.1)
    # Of 2% missed slowdowns, 1.78% by the first pairs and 0.22% by the fresh ones.
    assert rules.typical.not_slower_level == level(0.0178)
    assert rules.confirm.not_slower_level == level(0.0022)
    assert rules.tail.not_slower_level == rules.confirm_tail.not_slower_level == level(0.05)
    assert not rules.both_directions


def first_look(rule, value, decision):
    """The first look at which pairs that are all `value` decide so."""
    return next(look for look in LOOKS if decide([value] * look, rule) is decision)


def test_a_pass_takes_eight_pairs_and_to_suspect_one_of_fourteen_takes_ten():
    rules = rules_for(CASE, Policy(), 14)
    # The best p-value of n pairs is 2**-n.  To miss 1.78% allows 0.41%: 2**-8 is 0.39%.
    assert first_look(rules.typical, 0.0, Decision.NOT_SLOWER) == 8
    # A tenth of runs may suspect one of 14, three quarters of that typical calls: 0.54%, which
    # allows 0.106%; 2**-10 is 0.098%.
    assert first_look(rules.typical, 0.1, Decision.SLOWER) == 10
    # Means: 5% allow 1.17% (2**-7 is 0.78%); 0.18% allow 0.045% (2**-12 is 0.024%).
    assert first_look(rules.tail, 0.0, Decision.NOT_SLOWER) == 7
    assert first_look(rules.tail, 0.1, Decision.SLOWER) == 12
    # Fresh pairs: 10% allow 2.7% (2**-6 is 1.6%), 0.22% allow 0.051% (2**-11 is 0.049%, and the
    # look after that is at 12).
    assert first_look(rules.confirm, 0.1, Decision.SLOWER) == 6
    assert first_look(rules.confirm, 0.0, Decision.NOT_SLOWER) == 12
    # A pass does not wait for the means at a number of pairs at which nothing is decided.
    assert TAIL_PAIRS in LOOKS


def test_a_generous_policy_still_suspects_with_a_probability():
    assert rules_for(CASE, Policy(false_red=0.4), 1).typical.slower_level == level(0.3)


def test_both_directions_share_the_errors_of_typical_calls():
    policy = Policy(direction="both")
    rules = rules_for(CASE, policy, 10)
    assert rules.both_directions
    assert rules.typical.slower_level == level(0.01 * 0.75 / 2)
    assert levels(policy, 10)[0] == rules.typical.slower_level


def test_thresholds_are_those_of_the_policy():
    policy = Policy(
        threshold=0.03,
        gpu_threshold=0.02,
        tail_threshold=0.05,
        overrides=(Override("noisy", threshold=0.1), Override("mean", tail_threshold=0.2)),
    )

    def thresholds(name, device="cpu"):
        rules = rules_for(GatedCase(name, name, (), 0, device=device), policy, 1)
        assert rules.confirm.threshold == rules.typical.threshold
        assert rules.confirm_tail.threshold == rules.tail.threshold
        return rules.typical.threshold, rules.tail.threshold

    assert thresholds("a") == (0.03, 0.05)
    assert thresholds("a", "cuda") == (0.02, 0.05)
    # A mean that may rise less than a typical call would fail for it.
    assert thresholds("noisy") == (0.1, 0.1)
    assert thresholds("mean") == (0.03, 0.2)


@pytest.mark.parametrize(("largest", "look"), [(48, 48), (47, 32), (5, 5), (9, 8)])
def test_the_last_look_is_within_the_largest_number_of_pairs(largest, look):
    rules = rules_for(CASE, Policy(largest_pairs=largest), 1)
    assert (rules.largest_pairs, rules.tail_pairs) == (look, TAIL_PAIRS)
    assert look in LOOKS


def test_levels_are_those_that_a_red_and_a_pass_take():
    rules = rules_for(CASE, Policy(), 14)
    assert levels(Policy(), 14) == (rules.typical.slower_level, rules.typical.not_slower_level)


def test_a_policy_whose_suspicions_can_never_be_confirmed_is_refused():
    """Five pairs may suspect, since 2 to the power of -5 is enough, but not confirm."""
    policy = Policy(false_red=0.4, largest_pairs=5)
    rules = rules_for(CASE, policy, 1)
    assert fewest_pairs(rules.typical.slower_level) <= 5 < fewest_pairs(rules.confirm.slower_level)
    slower, not_slower = levels(policy, 1)
    with pytest.raises(UsageError, match="could never be red"):
        check_can_fail(policy, 1, slower_level=slower, not_slower_level=not_slower)


@pytest.mark.parametrize("family", [1, 14, 400])
@pytest.mark.parametrize("false_red", [0.001, 0.01, 0.2])
@pytest.mark.parametrize("direction", ["slower", "both"])
def test_every_policy_that_is_not_refused_can_be_red(family, false_red, direction):
    """A slowdown of twice the threshold without any noise is slower in the end."""
    policy = Policy(false_red=false_red, direction=direction, miss=0.3)
    slower, not_slower = levels(policy, family)
    check_can_fail(policy, family, slower_level=slower, not_slower_level=not_slower)
    values = np.full((1, COLUMNS), math.log(1.06)) + np.arange(COLUMNS) * 1e-9
    rules = rules_for(CASE, policy, family)
    assert decide_all(values, values, rules).states[0] == CODES[State.SLOWER]


def test_identical_code_is_red_as_seldom_as_promised():
    """So noisy that no estimate is too small to be red and nothing passes before."""
    random = np.random.default_rng(6)
    typical, tail = (random.normal(0, spread, (12_000, COLUMNS)) for spread in (0.5, 0.5))
    outcome = decide_all(typical, tail, rules_for(CASE, Policy(false_red=0.04), 1))
    red = (outcome.states == CODES[State.SLOWER]).mean()
    # The standard error of 0.04 is 0.0018; far fewer reds would cost pairs for nothing.
    assert 0.01 < red < 0.04


def test_a_slowdown_of_the_threshold_passes_as_seldom_as_promised():
    random = np.random.default_rng(7)
    typical = random.normal(math.log(1.03), 0.03, (12_000, COLUMNS))
    tail = random.normal(0, 0.01, typical.shape)
    outcome = decide_all(typical, tail, rules_for(CASE, Policy(miss=0.04), 1))
    missed = np.isin(outcome.states, [CODES[State.PASSED], CODES[State.NOT_CONFIRMED]]).mean()
    assert 0.01 < missed < 0.04


@pytest.mark.parametrize("rise", [0.03, 0.04])
def test_a_suspicion_of_the_mean_lets_no_slowdown_of_typical_calls_through(rise):
    """Means that seem slower as often as not must not end the question about typical calls."""
    random = np.random.default_rng(8)
    typical = random.normal(math.log(1.03), 0.03, (12_000, COLUMNS))
    tail = random.normal(rise, 0.04, typical.shape)
    outcome = decide_all(typical, tail, rules_for(CASE, Policy(miss=0.04), 1))
    assert (outcome.by_tail & (outcome.states != CODES[State.SLOWER])).mean() > 0.01
    missed = np.isin(outcome.states, [CODES[State.PASSED], CODES[State.NOT_CONFIRMED]]).mean()
    assert missed < 0.04
