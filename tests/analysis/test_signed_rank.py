import itertools
import math

import numpy as np
import pytest

from cnnfc.analysis.signed_rank import bounds, hodges_lehmann, p_above, p_below


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Sums of the ranks 1, 2, 3 over the eight patterns of signs: 0 1 2 3 3 4 5 6.
        ((1.0, 2.0, 3.0), 1 / 8),
        ((-1.0, 2.0, 3.0), 2 / 8),
        ((1.0, 2.0, -3.0), 5 / 8),
        ((-1.0, -2.0, -3.0), 1.0),
        # Ranks 2, 2, 2: at least two of three signs.
        ((1.0, 1.0, -1.0), 4 / 8),
        # Ranks 1.5, 1.5, 3, 4 reach 7 if at most 3 of their 10 is negative: none, the first, the
        # second, both, or the third.
        ((1.0, 1.0, -2.0, 3.0), 5 / 16),
    ],
)
def test_the_probability_of_a_rank_sum_is_counted(values, expected):
    assert p_above(values) == expected
    assert p_below([-value for value in values]) == expected
    assert p_above([value + 0.5 for value in values], 0.5) == expected


def test_values_at_the_centre_are_left_out():
    assert p_above((0.0, 0.0, 1.0, 2.0)) == 1 / 4
    assert p_above((5.0, 5.0), 5.0) == 1.0
    assert p_below(()) == 1.0


def test_the_centre_is_that_of_the_distances():
    # Distances -1.5, -0.5, 0.5 have the ranks 3, 1.5, 1.5; one pattern of eight has less than 1.5.
    assert p_above((1.0, 2.0, 3.0), 2.5) == 7 / 8


def test_the_most_pairs_there_can_be_are_still_counted_exactly():
    assert p_above(np.arange(1.0, 49.0)) == 2.0**-48


def test_a_value_that_is_no_number_speaks_for_neither_side():
    # It has the largest rank of six: 14 of 64 sums are at most 6.
    values = (1.0, 2.0, 3.0, 4.0, 5.0, math.nan)
    assert p_above(values) == 14 / 64
    assert p_below([-value for value in values]) == 14 / 64


def test_the_centre_is_the_median_of_the_means_of_pairs():
    # 1, 1.5, 2, 3.5, 4, 6.
    assert hodges_lehmann((6.0, 1.0, 2.0)) == 2.75


def test_five_values_bound_at_one_in_32_and_not_at_less():
    values = (16.0, 1.0, 4.0, 2.0, 8.0)
    assert bounds(values, 1 / 32) == (1.0, 16.0)
    assert bounds(values, 0.031) == (-math.inf, math.inf)


def test_the_second_mean_from_either_end_bounds_at_two_in_32():
    assert bounds((1.0, 2.0, 4.0, 8.0, 16.0), 2 / 32) == (1.5, 12.0)


def test_eight_values_bound_by_the_fourth_mean_as_tables_say():
    # Tables: a rank sum of 3 is the critical one of eight values, two-sided at 5%.  The smallest
    # means are 1, 1.5, 2, 2.
    assert bounds(range(1, 9), 0.025) == (2.0, 7.0)


def test_nothing_bounds_no_values():
    assert bounds((), 0.025) == (-math.inf, math.inf)


@pytest.mark.parametrize("count", [5, 9, 14, 48])
@pytest.mark.parametrize("level", [0.05, 0.00241])
def test_bounds_are_the_centres_that_the_test_does_not_reject(count, level):
    values = np.random.default_rng(count).standard_normal(count)
    low, high = bounds(values, level)
    if 2.0**-count > level:
        assert (low, high) == (-math.inf, math.inf)
        return
    step = 1e-9
    assert p_above(values, low - step) <= level < p_above(values, low + step)
    assert p_below(values, high + step) <= level < p_below(values, high - step)


def test_ties_do_not_make_the_interval_too_short():
    """All 729 samples of six values that are -1, 0 or 1: symmetric about 0."""
    found = [bounds(values, 3 / 64) for values in itertools.product((-1.0, 0.0, 1.0), repeat=6)]
    covered = sum(low <= 0 <= high for low, high in found) / len(found)
    assert covered >= 1 - 2 * 3 / 64
