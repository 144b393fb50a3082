import math

import numpy as np
import pytest

from cnnfc.analysis.sequential import _LEVELS, LOOKS, fewest_pairs, level, simulate, tails
from cnnfc.analysis.signed_rank import p_above


@pytest.fixture(scope="module")
def smallest():
    return simulate(60_000, seed=20)


def errors(smallest, look_level):
    return np.searchsorted(smallest, look_level, side="right") / len(smallest)


@pytest.mark.parametrize("promise", [0.002, 0.005, 0.01, 0.03, 0.1, 0.3])
def test_all_looks_together_err_as_seldom_as_promised(smallest, promise):
    noise = math.sqrt(promise * (1 - promise) / len(smallest))
    # Not much less either: the promise would cost pairs that nobody asked for.
    assert 0.75 * promise - 3 * noise < errors(smallest, level(promise)) < promise + 3 * noise


def test_the_errors_of_the_first_looks_are_those_of_the_only_pattern_that_reaches_the_level(
    smallest,
):
    # 1.78% allow 0.4143%: of 5, 6 and 7 pairs none is so rare (1 of 128 is 0.78%), of 8 pairs only
    # that all are above zero (1 of 256 is 0.39%; the next two of 256 are 0.78%).
    assert level(0.0178) == 0.004143
    first = simulate(60_000, seed=21, looks=(5, 6, 7, 8))
    assert set(first[first <= level(0.0178)]) == {1 / 256}
    # The standard error of 1 of 256 is 0.025%.
    assert errors(first, level(0.0178)) == pytest.approx(1 / 256, abs=0.001)
    assert errors(smallest, level(0.0178)) < 0.0178


def test_looking_often_at_the_level_of_one_look_errs_far_more_often(smallest):
    assert errors(smallest, 0.01) > 0.03


def test_pairs_that_get_steadier_do_not_err_more_often():
    """A gate gives benchmarks that stay undecided after eight pairs twice the blocks."""
    scale = np.where(np.arange(LOOKS[-1]) < 8, 1.0, 2**-0.5)
    values = np.random.default_rng(4).standard_normal((30_000, LOOKS[-1])) * scale
    found = np.ones(len(values))
    for look in LOOKS:
        ranks = np.abs(values[:, :look]).argsort(axis=1).argsort(axis=1) + 1
        found = np.minimum(found, tails(look)[(ranks * (values[:, :look] > 0)).sum(axis=1)])
    # 10% of 30,000 with a standard error of 0.17%.
    assert (found <= level(0.1)).mean() < 0.1


def test_simulated_p_values_are_those_of_the_test():
    values = np.random.default_rng(3).standard_normal((25, LOOKS[-1]))
    expected = sorted(min(p_above(row[:look]) for look in LOOKS) for row in values)
    assert simulate(25, seed=3).tolist() == expected


def test_a_promise_between_two_known_ones_counts_as_the_smaller():
    assert level(0.01) == 0.002494
    assert level(0.0120) == 0.002494
    assert level(0.00999) == level(0.00825) == 0.001958


def test_a_promise_above_all_known_ones_counts_as_the_largest():
    assert level(0.49) == 0.1481


def test_a_promise_below_all_known_ones_is_shared_by_the_looks():
    # Of eleven looks.
    assert level(11e-7) == pytest.approx(1e-7)


def test_levels_grow_with_promises_and_are_never_below_a_fair_share():
    promises, levels = zip(*_LEVELS, strict=True)
    assert list(promises) == sorted(set(promises))
    assert list(levels) == sorted(set(levels))
    assert all(promise / len(LOOKS) < each < promise for promise, each in _LEVELS)


@pytest.mark.parametrize("promise", [0.0, 0.5, -0.1, 1.0, math.nan])
def test_what_is_no_probability_of_error_is_refused(promise):
    with pytest.raises(ValueError, match=r"between 0 and 0\.5"):
        level(promise)


@pytest.mark.parametrize(("look_level", "pairs"), [(1 / 32, 5), (0.031, 6), (0.00295, 9), (0.4, 2)])
def test_enough_pairs_have_a_best_p_value_at_the_level(look_level, pairs):
    assert fewest_pairs(look_level) == pairs
    assert 2.0**-pairs <= look_level < 2.0 ** -(pairs - 1)


def test_rank_sums_of_three_values_are_counted_by_hand():
    # 8 patterns of signs; sums 0, 1, 2, 3 (twice), 4, 5, 6.
    assert tails(3).tolist() == [eighth / 8 for eighth in (8, 7, 6, 5, 3, 2, 1)]
