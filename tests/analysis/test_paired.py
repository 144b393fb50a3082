import math

import numpy as np
import pytest

from cnnfc.analysis.paired import Decision, Rule, decide, effect, excluded, spread
from cnnfc.analysis.sequential import LOOKS
from cnnfc.verdicts import Effect

#: 1 of 256, the best p-value of eight pairs, is allowed; 2 of 256 is not.
RULE = Rule(0.03, 1 / 256, 1 / 256)
TARGET = math.log(1.03)


def test_a_rule_has_the_levels_of_its_promises():
    assert Rule.of(0.03, false_slower=0.01, missed=0.1) == Rule(0.03, 0.002494, 0.02729)


def test_eight_pairs_that_are_slower_are_slower():
    assert decide([0.04] * 8, RULE) is Decision.SLOWER


def test_eight_pairs_that_are_alike_are_not_slower():
    assert decide([0.001, -0.001, 0.002, -0.002] * 2, RULE) is Decision.NOT_SLOWER


def test_eight_pairs_about_the_threshold_decide_nothing():
    # Two of eight are below zero, four above the threshold (its logarithm is 0.0296).
    assert decide([-0.001, 0.02, 0.04, 0.06] * 2, RULE) is Decision.UNDECIDED


@pytest.mark.parametrize("count", [1, 4, 9, 11, 13, 49])
def test_between_looks_nothing_is_decided(count):
    assert count not in LOOKS
    assert decide([0.2] * count, RULE) is Decision.UNDECIDED
    assert decide([-0.2] * count, RULE) is Decision.UNDECIDED


def test_too_few_pairs_for_the_level_decide_nothing():
    assert decide([0.2] * 7, RULE) is Decision.UNDECIDED


@pytest.mark.parametrize(
    ("share", "decision"), [(0.51, Decision.SLOWER), (0.49, Decision.NOT_SLOWER)]
)
def test_a_certain_slowdown_below_the_threshold_counts_from_its_half_on(share, decision):
    assert decide([share * TARGET] * 8, RULE) is decision


def test_one_pair_on_the_other_side_takes_the_certainty_away():
    # 2 of 256 patterns are so rare; all eight are below the threshold.
    assert decide([0.02] * 7 + [-0.001], RULE) is Decision.NOT_SLOWER
    assert decide([0.04] * 7 + [-0.001], RULE) is Decision.UNDECIDED


def test_pairs_that_are_no_numbers_decide_nothing():
    assert decide([math.nan] * 8, RULE) is Decision.UNDECIDED
    assert decide([0.1] * 7 + [math.nan], RULE) is Decision.UNDECIDED


def test_an_effect_is_a_ratio_with_its_interval():
    values = [math.log(ratio) for ratio in (1.0, 1.1, 1.21, 1.331, 1.4641, 1.61051)]
    # Steps of log 1.1; six values bound at 1 of 64 each side by their ends.
    found = effect(values)
    assert (found.confidence, found.pairs) == (0.95, 6)
    assert found.ratio == pytest.approx(1.1**2.5)
    assert (found.low, found.high) == pytest.approx((1.0, 1.61051))
    # Distances from the median are 0.5, 1.5, 2.5 steps, each twice.
    assert found.spread == pytest.approx(1.4826 * 1.5 * math.log(1.1))


def test_an_effect_above_one_is_slower_and_exchanging_the_sides_turns_it_round():
    values = np.random.default_rng(1).normal(0.1, 0.02, 11)
    slower, quicker = effect(values), effect(-values)
    assert 1 < slower.low < slower.ratio < slower.high
    assert quicker.ratio == pytest.approx(1 / slower.ratio)
    assert (quicker.low, quicker.high) == pytest.approx((1 / slower.high, 1 / slower.low))


def test_five_pairs_bound_nothing_at_95_percent():
    assert effect([0.0] * 5) == Effect(1.0, 0.0, math.inf, 0.95, 0.0, 5)


def test_the_largest_of_eight_pairs_is_excluded_at_their_best_p_value():
    values = [math.log(1 + n / 1000) for n in range(8)]
    assert excluded(values, 1 / 256) == pytest.approx(0.007)
    assert excluded(values[:7], 1 / 256) == math.inf
    assert excluded([-0.2] * 8, 1 / 256) == pytest.approx(math.exp(-0.2) - 1)


def test_a_contender_passes_if_its_threshold_is_excluded():
    random = np.random.default_rng(2)
    rule = Rule(0.03, 1e-12, 0.01)
    passes = 0
    for _ in range(100):
        values = random.normal(0.015, 0.02, 15)
        passed = decide(values, rule) is Decision.NOT_SLOWER
        assert passed == (excluded(values, rule.not_slower_level) < rule.threshold)
        passes += passed
    assert 10 < passes < 90


def test_the_spread_is_that_of_a_normal_distribution_and_ignores_outliers():
    values = np.random.default_rng(3).normal(0.5, 0.02, 2001)
    values[:100] = 50.0
    assert spread(values) == pytest.approx(0.02, rel=0.1)
