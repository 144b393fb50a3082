import math

import pytest

from cnnfc.analysis.ratios import geometric_mean, ratio_of_pairs


def test_the_ratio_is_the_median_of_the_pairs_and_not_the_ratio_of_medians():
    # Pair by pair 2, 2 and 5; the medians alone would give 20 / 4.
    assert ratio_of_pairs([2, 20, 50], [1, 10, 10]).centre == 2


def test_six_pairs_give_an_interval_from_the_least_to_the_largest():
    ratio = ratio_of_pairs([1.0, 1.1, 1.2, 1.3, 1.4, 1.5], [1.0] * 6)
    assert (ratio.low, ratio.high, ratio.confidence, ratio.n) == (1.0, 1.5, 0.96875, 6)
    assert ratio.centre == pytest.approx(1.25)


def test_five_pairs_are_too_few_for_an_interval():
    ratio = ratio_of_pairs([1.0] * 5, [1.0] * 5)
    assert (ratio.low, ratio.high, ratio.confidence) == (None, None, None)


def test_nine_pairs_leave_an_outlier_out_of_the_interval():
    # For n = 9 the second smallest and second largest reach 96%: 1 - 2 * (1 + 9) / 512.
    ratio = ratio_of_pairs([*range(1, 9), 1000], [1] * 9)
    assert (ratio.low, ratio.high, ratio.confidence) == (2, 8, 0.9609375)


@pytest.mark.parametrize(
    ("above", "below"), [([], []), ([1.0], [1.0, 2.0]), ([0.0], [1.0]), ([1.0], [math.nan])]
)
def test_what_makes_no_pairs_is_refused(above, below):
    with pytest.raises(ValueError, match=r"pairs need|ratios need"):
        ratio_of_pairs(above, below)


def test_the_geometric_mean_of_a_half_and_two_is_one():
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)


def test_the_geometric_mean_of_nothing_is_no_number():
    assert math.isnan(geometric_mean([]))
