import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnfc.analysis.predictors import Fit, fit, roofline_seconds

DECADES = [1.0, 10.0, 100.0, 1000.0]


def test_an_exact_power_law_is_found_and_explains_everything():
    found = fit(DECADES, [2 * value**0.5 for value in DECADES])
    assert found.n == 4
    assert found.spearman == pytest.approx(1)
    assert found.log_r2 == pytest.approx(1)
    assert found.slope == pytest.approx(0.5)
    # The geometric mean of 1 to 1000 is sqrt(1000) = 31.6; 2 * sqrt(31.6) = 11.2.
    assert found.x_centre == pytest.approx(31.6228, rel=1e-5)
    assert found.y_centre == pytest.approx(11.2468, rel=1e-5)
    assert found.predict(10_000) == pytest.approx(200)
    assert found.median_fold_error == pytest.approx(1)
    # log y = log 2 + (log x) / 2, so that y / x varies as much as y does.
    assert found.proportional_r2 == pytest.approx(0, abs=1e-12)


def test_proportion_explains_what_is_proportional():
    assert fit(DECADES, [3 * value for value in DECADES]).proportional_r2 == pytest.approx(1)


def test_the_rank_correlation_is_spearmans():
    # d = (0, 1, 1, 1, 1): 1 - 6 * 4 / (5 * 24) = 0.8.
    found = fit([1, 10, 100, 1000, 10_000], [1, 3, 2, 5, 4])
    assert found.spearman == pytest.approx(0.8)
    assert fit([1, 10, 100], [3, 2, 1]).spearman == pytest.approx(-1)


def test_ties_share_the_mean_of_their_ranks():
    # Ranks (1, 2.5, 2.5, 4) and (1, 3, 2, 4) deviate by (-1.5, 0, 0, 1.5) and (-1.5, .5, -.5, 1.5)
    # from their mean: 4.5 / sqrt(4.5 * 5) = sqrt(0.9).
    found = fit([1, 10, 10, 100], [1, 3, 2, 4])
    assert found.spearman == pytest.approx(math.sqrt(0.9))


def test_the_explained_share_and_the_fold_error_are_those_of_the_line():
    # In powers of 10: x = (0, 1, 2), y = (0, 3, 0). The line is y = 1: slope 0, nothing explained,
    # residuals 1, 2, 1, so that the median factor is 10.
    found = fit([1, 10, 100], [1, 1000, 1])
    assert found.slope == pytest.approx(0, abs=1e-12)
    assert found.predict(10) == pytest.approx(10)
    assert found.log_r2 == pytest.approx(0, abs=1e-12)
    assert found.median_fold_error == pytest.approx(10)


def test_few_points_have_no_intervals_and_say_how_many_more_they_take():
    found = fit(DECADES, [1, 2, 4, 3])
    assert found.spearman_low is found.spearman_high is found.log_r2_low is None
    assert found.log_r2_high is found.fold_low is found.fold_high is None
    assert found.warnings == ("only 4 points: intervals take 6 more",)


@pytest.mark.parametrize(
    ("x", "warning"),
    [
        ([], "no points: a correlation takes 3 more"),
        ([1], "only 1 point: a correlation takes 2 more"),
        ([1, 2], "only 2 points: a correlation takes 1 more"),
    ],
)
def test_too_few_points_say_nothing(x, warning):
    assert fit(x, x) == Fit(len(x), warnings=(warning,))
    assert fit(x, x).predict(1.0) is None


def test_intervals_enclose_the_estimate_and_are_the_same_every_time():
    x = [10.0**index for index in range(12)]
    y = [value**0.5 * factor for value, factor in zip(x, [1, 30, 2, 90, 1, 7] * 2, strict=True)]
    found = fit(x, y)
    assert found.warnings == ()
    assert -1 < found.spearman_low < found.spearman < found.spearman_high <= 1
    assert 0 < found.log_r2_low < found.log_r2 < found.log_r2_high <= 1
    assert fit(x, y) == found


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    # 60 samples of 40 points with log y = log x + noise of the same variance: R2 is 1/2.
    # Of 95% one expects 57; below 48 something is wrong with the bootstrap.
    import numpy as np

    random = np.random.default_rng(3)
    hits = 0
    for _ in range(60):
        log_x = random.normal(0, 2, 40)
        found = fit(np.exp(log_x), np.exp(log_x + random.normal(0, 2, 40)))
        hits += found.log_r2_low <= 0.5 <= found.log_r2_high
    assert 48 <= hits <= 60


def test_the_interval_of_ranks_is_that_of_a_plain_bootstrap():
    import numpy as np

    random = np.random.default_rng(4)
    x = np.round(np.exp(random.normal(3, 1, 30)))  # whole numbers, so that some are equal
    y = x * np.exp(random.normal(0, 1, 30))

    def ranked(values):
        return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])

    plain = []
    for _ in range(2000):
        drawn = random.integers(0, 30, 30)
        plain.append(np.corrcoef(ranked(x[drawn]), ranked(y[drawn]))[0, 1])
    low, high = np.percentile(plain, [2.5, 97.5])
    found = fit(x, y)
    # Both are simulations of 2,000; their ends are uncertain by about 0.01.
    assert found.spearman_low == pytest.approx(low, abs=0.04)
    assert found.spearman_high == pytest.approx(high, abs=0.02)


def test_the_intervals_of_median_error_and_slope_are_those_of_a_plain_bootstrap():
    import numpy as np

    random = np.random.default_rng(8)
    log_x = random.normal(0, 2, 24)
    log_y = 0.5 * log_x + random.normal(0, 1, 24)
    plain, slopes = [], []
    for _ in range(1000):
        drawn = random.integers(0, 24, 24)
        slope, start = np.polyfit(log_x[drawn], log_y[drawn], 1)
        plain.append(np.exp(np.median(np.abs(log_y[drawn] - start - slope * log_x[drawn]))))
        slopes.append(slope)
    found = fit(np.exp(log_x), np.exp(log_y))
    low, high = np.percentile(slopes, [2.5, 97.5])
    assert (found.slope_low, found.slope_high) == pytest.approx((low, high), abs=(high - low) / 5)
    low, high = np.percentile(plain, [2.5, 97.5])
    assert (found.fold_low, found.fold_high) == pytest.approx((low, high), abs=(high - low) / 5)
    assert 1 < found.fold_low < found.median_fold_error < found.fold_high


def test_an_exact_law_has_no_median_error():
    x = [10.0**index for index in range(12)]
    found = fit(x, [2 * value**0.3 for value in x])
    assert (found.fold_low, found.fold_high) == pytest.approx((1, 1))
    assert (found.slope_low, found.slope_high) == pytest.approx((0.3, 0.3))


def test_points_that_are_not_above_zero_are_left_out_and_counted():
    found = fit([*DECADES, 0, 5, math.nan, 7, -3], [*DECADES, 1, -1, 1, math.inf, 2])
    assert found.n == 4
    assert found.spearman == pytest.approx(1)
    assert found.warnings[0] == "5 of 9 points are left out: not above zero on both axes"


@pytest.mark.parametrize(
    ("x", "y", "same"),
    [([5] * 4, DECADES, "x"), (DECADES, [5] * 4, "y"), ([1] * 3, [2] * 3, "x and y")],
)
def test_points_of_the_same_size_say_nothing(x, y, same):
    assert fit(x, y) == Fit(
        len(x), warnings=(f"all points have the same {same}: nothing can be said",)
    )


def test_a_narrow_range_is_warned_of():
    found = fit([1, 2, 3, 4], [1, 2, 3, 5])
    assert "the predictor spans only a factor of 4: this holds within that range" in found.warnings


def test_an_interval_without_width_is_explained():
    x = [10.0**index for index in range(12)]
    found = fit(x, x)
    assert (found.spearman_low, found.spearman_high) == (1, 1)
    assert found.warnings == (
        "an interval has no width: all points are in one order or on one line",
    )


def test_axes_of_different_lengths_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="shapes"):
        fit([1, 2, 3], [1, 2])


positive = st.floats(1e-300, 1e300)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(positive, positive), min_size=3, max_size=15))
def test_every_number_stays_within_its_range(points):
    found = fit([x for x, _ in points], [y for _, y in points])
    for value in (found.spearman, found.spearman_low, found.spearman_high):
        assert value is None or -1 <= value <= 1
    for value in (found.log_r2, found.log_r2_low, found.log_r2_high):
        assert value is None or 0 <= value <= 1
    for value in (found.median_fold_error, found.fold_low, found.fold_high):
        assert value is None or value >= 1
    assert found.proportional_r2 is None or found.proportional_r2 <= 1
    assert found.slope is None or found.predict(1.0) >= 0


def test_the_roofline_is_the_slower_of_arithmetic_and_memory():
    # 2 GFLOP at 100 GFLOP/s take 20 ms; 40 MB at 10 GB/s take 4 ms.
    assert roofline_seconds(2e9, 40e6, 100e9, 10e9) == pytest.approx(0.02)
    # 0.2 GFLOP take 2 ms: now memory is the limit.
    assert roofline_seconds(2e8, 40e6, 100e9, 10e9) == pytest.approx(0.004)
    assert roofline_seconds(0, 0, 1, 1) == 0


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ((-1, 1, 1, 1), "flops is -1, but must be finite and 0 or more"),
        ((1, math.nan, 1, 1), "bytes is nan, but must be finite and 0 or more"),
        ((1, 1, 0, 1), "peak is 0, but must be finite and above 0"),
        ((1, 1, 1, math.inf), "bandwidth is inf, but must be finite and above 0"),
    ],
)
def test_a_roofline_of_impossible_numbers_is_refused(numbers, why):
    with pytest.raises(ValueError, match=why):
        roofline_seconds(*numbers)
