import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnfc.analysis.held_out import FamilyError, HeldOut, held_out
from cnnfc.analysis.predictors import fit


def _decades(points):
    """x and y from their decimal logarithms."""
    return [10.0**x for x, _ in points], [10.0**y for _, y in points]


def test_each_family_is_predicted_by_the_law_of_the_others():
    # In decades: a and b lie on y = x, c one above.  Without a (or b) the line is y = x + 1/2, so
    # that its two points are off by -1/2; without c it is y = x and c is off by 1.
    x, y = _decades([(0, 0), (2, 2), (0, 0), (2, 2), (0, 1), (2, 3)])
    found = held_out(x, y, ["a", "a", "b", "b", "c", "c"])
    # PRESS = 4 / 4 + 2 = 3; SS = 18 - 8 * 8 / 6 = 22 / 3
    assert found.log_r2 == pytest.approx(1 - 9 / 22)
    assert found.median_fold_error == pytest.approx(10**0.5)
    assert [(one.name, one.n) for one in found.families] == [("a", 2), ("b", 2), ("c", 2)]
    assert [one.median_fold_error for one in found.families] == pytest.approx([10**0.5] * 2 + [10])
    assert [one.ratio for one in found.families] == pytest.approx([10**-0.5] * 2 + [10])


def test_what_is_worse_than_one_number_for_all_is_below_zero():
    # Without b the line is y = x and b is off by 1 and -1; without a (or c) it is level at 1/2.
    x, y = _decades([(0, 0), (1, 1), (0, 1), (1, 0), (0, 0), (1, 1)])
    found = held_out(x, y, ["a", "a", "b", "b", "c", "c"])
    # PRESS = 2 + 4 / 4 = 3; SS = 6 / 4
    assert found.log_r2 == pytest.approx(-1)


def test_a_law_that_holds_for_all_families_predicts_each_of_them():
    x = [10.0**index for index in range(12)]
    found = held_out(x, [3 * value**0.5 for value in x], ["a", "b", "c"] * 4)
    assert (found.log_r2, found.log_r2_low, found.log_r2_high) == pytest.approx((1, 1, 1))
    assert (found.median_fold_error, found.fold_low, found.fold_high) == pytest.approx((1, 1, 1))


@pytest.mark.parametrize(
    ("families", "reason"),
    [
        ([], "there are 0 families, and it takes 3 to hold one out"),
        ("aaaa", "there is 1 family, and it takes 3 to hold one out"),
        ("abab", "there are 2 families, and it takes 3 to hold one out"),
        ("abcc", "without c fewer than 3 points are left"),
    ],
)
def test_too_little_cannot_be_held_out_and_says_why(families, reason):
    x = [10.0**index for index in range(len(families))]
    assert held_out(x, x, list(families)) == HeldOut(len(families), reason)


def test_without_a_family_there_may_be_no_law():
    x, y = _decades([(1, 1), (1, 2), (1, 3), (2, 2), (3, 3)])
    found = held_out(x, y, ["a", "b", "b", "c", "c"])
    assert found == HeldOut(5, "without c all points have the same x")
    assert held_out(x, [5.0] * 5, ["a", "a", "b", "b", "c"]).reason == (
        "all points have the same y"
    )


def test_few_points_have_no_intervals():
    x, y = _decades([(0, 0), (2, 2), (0, 0), (2, 2), (0, 1), (2, 3)])
    found = held_out(x, y, ["a", "a", "b", "b", "c", "c"])
    assert (found.log_r2_low, found.fold_high, found.families[0].low) == (None, None, None)


def _noisy():
    """Three families of 6, 10 and 14 points around laws of their own."""
    random = np.random.default_rng(5)
    codes = np.repeat([0, 1, 2], [6, 10, 14])
    log_x = random.normal(0, 2, 30)
    log_y = 0.8 * log_x + codes * 0.7 + random.normal(0, 0.5, 30)
    return log_x, log_y, codes


def test_intervals_are_those_of_a_plain_bootstrap_within_families():
    log_x, log_y, codes = _noisy()
    random = np.random.default_rng(6)
    shares, errors = [], []
    for _ in range(600):
        drawn = np.concatenate(
            [
                random.choice(np.flatnonzero(codes == code), (codes == code).sum())
                for code in (0, 1, 2)
            ]
        )
        x, y, family = log_x[drawn], log_y[drawn], codes[drawn]
        off = np.empty(30)
        for code in (0, 1, 2):
            slope, start = np.polyfit(x[family != code], y[family != code], 1)
            off[family == code] = (y - start - slope * x)[family == code]
        shares.append(1 - (off**2).sum() / ((y - y.mean()) ** 2).sum())
        errors.append(np.exp(np.median(np.abs(off))))
    found = held_out(np.exp(log_x), np.exp(log_y), [f"family {code}" for code in codes])
    # Two simulations; their ends are uncertain by about a tenth of the interval.
    for ends, plain in (
        ((found.log_r2_low, found.log_r2_high), shares),
        ((found.fold_low, found.fold_high), errors),
    ):
        low, high = np.percentile(plain, [2.5, 97.5])
        assert ends == pytest.approx((low, high), abs=(high - low) / 5)
    assert found.log_r2_low < found.log_r2 < found.log_r2_high


def test_only_families_of_ten_points_and_more_have_an_interval():
    log_x, log_y, codes = _noisy()
    found = held_out(np.exp(log_x), np.exp(log_y), [f"family {code}" for code in codes])
    assert [one.low is None for one in found.families] == [True, False, False]
    for one in found.families[1:]:
        assert one.low < one.median_fold_error < one.high


def test_points_that_are_not_above_zero_are_left_out_with_their_families():
    x, y = _decades([(0, 0), (2, 2), (0, 0), (2, 2), (0, 1), (2, 3)])
    families = ["a", "a", "b", "b", "c", "c"]
    found = held_out([*x, 0, math.nan], [*y, 1, 1], [*families, "d", "d"])
    assert found == held_out(x, y, families)


def test_families_of_another_number_of_points_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="3 points, but the families of 2"):
        held_out([1, 2, 3], [1, 2, 3], ["a", "b"])


#: Values from 1e-300 to 1e300 that are equal or clearly different.
positive = st.integers(-30_000, 30_000).map(lambda hundredths: 10.0 ** (hundredths / 100))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(positive, positive, st.sampled_from("abcd")), min_size=3, max_size=14))
def test_predicting_is_never_better_than_fitting(points):
    x, y, families = ([point[n] for point in points] for n in range(3))
    found, fitted = held_out(x, y, families), fit(x, y)
    if found.log_r2 is not None and fitted.log_r2 is not None:
        assert found.log_r2 <= fitted.log_r2 + 1e-6
        assert found.median_fold_error >= 1
        assert all(isinstance(one, FamilyError) for one in found.families)
