import math
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnfc.analysis.summary import (
    NOT_RECORDED,
    Summary,
    median,
    median_interval,
    quantile_interval,
    summarise,
)
from cnnfc.records import Outcome, Point


def measured(samples=(), value=None, **fields):
    value = value if value is not None else (sorted(samples)[len(samples) // 2] if samples else 1.0)
    return Point("suite.time_a", (), Outcome.MEASURED, value, tuple(samples), **fields)


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.FAILED])
def test_what_was_not_measured_has_no_summary(outcome):
    assert summarise(Point("suite.time_a", (), outcome)) is None


def test_six_values_are_enclosed_by_the_smallest_and_the_largest():
    # The median is outside (x1, x6) if all six are on one side: 2 / 2**6 = 0.03125.
    assert summarise(measured([6.1, 6.0, 6.05, 6.2, 6.15, 6.25])) == Summary(
        centre=6.125, low=6.0, high=6.25, confidence=0.96875, n=6
    )


def test_nine_values_leave_one_out_on_either_side():
    # P(B <= 1) for n = 9 is (1 + 9) / 512; 1 - 20 / 512 = 0.9609375.
    values = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0]
    found = summarise(measured(values[::2] + values[1::2]))
    assert (found.centre, found.low, found.high, found.n) == (104.0, 101.0, 107.0, 9)
    assert found.confidence == 0.9609375


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, None), (5, None), (6, (1, 0.96875)), (8, (1, 0.9921875)), (9, (2, 0.9609375))],
)
def test_the_order_statistics_of_small_samples_are_those_of_the_tables(n, expected):
    assert median_interval(n) == expected


@pytest.mark.parametrize("n", [10, 25, 100, 999])
def test_the_interval_is_the_narrowest_that_reaches_its_confidence(n):
    r, confidence = median_interval(n)

    def outside(k):
        return 2 * sum(comb(n, i) for i in range(k)) / 2**n

    assert confidence == pytest.approx(1 - outside(r), abs=1e-9)
    assert outside(r) <= 0.05 < outside(r + 1)


def test_a_very_large_sample_has_an_interval_too():
    r, confidence = median_interval(100_000)
    # The normal approximation: n / 2 - 1.96 * sqrt(n) / 2 = 49,690.1.
    assert abs(r - 49_690) <= 1
    assert 0.95 <= confidence < 0.951


def test_another_confidence_may_be_asked_for():
    assert median_interval(7, 0.99) is None
    assert median_interval(8, 0.99) == (1, 0.9921875)


@pytest.mark.parametrize(
    ("samples", "warning"),
    [
        ([1.0], "a single value: no 95% interval, which takes at least 6"),
        ([1.0, 1.01, 1.02, 1.03], "only 4 values: no 95% interval, which takes at least 6"),
    ],
)
def test_too_few_values_have_a_centre_and_no_interval_and_say_how_many_it_takes(samples, warning):
    found = summarise(measured(samples))
    assert found.centre == pytest.approx(sum(samples) / len(samples))
    assert (found.low, found.high, found.confidence) == (None, None, None)
    assert (found.n, found.warnings) == (len(samples), (warning,))


def test_a_wide_spread_is_warned_of():
    # Quartiles of 8, 9, ..., 12, 13 are 9.25 and 11.75, 2.5 apart at a median of 10.5.
    found = summarise(measured([8.0, 9.0, 10.0, 11.0, 12.0, 13.0]))
    assert found.warnings == ("wide spread: the middle half of the values spans 24% of the median",)


def test_a_spread_of_some_per_cent_is_not_warned_of():
    assert summarise(measured([10.0, 10.1, 10.2, 10.3, 10.4, 10.5])).warnings == ()


def test_two_groups_of_values_are_warned_of_instead_of_their_spread():
    samples = [1.0, 1.5, 1.01, 1.51, 1.02, 1.52, 1.0, 1.5, 1.01, 1.0]
    found = summarise(measured(samples))
    (warning,) = found.warnings
    assert warning.startswith(
        "values fall into two groups, 6 low and 4 some 50% higher: the centre"
    )


def test_values_that_drift_are_warned_of():
    found = summarise(measured([1 + index / 1000 for index in range(20)]))
    assert found.warnings == (
        "values hang together in the order of measuring: the interval is too narrow",
    )


def test_values_that_are_no_numbers_are_left_out_and_counted():
    samples = [1.0, math.nan, 1.1, math.inf, 1.05, 1.04, 1.03, 1.02]
    found = summarise(measured(samples, value=1.0))
    assert (found.centre, found.low, found.high, found.n) == (pytest.approx(1.035), 1.0, 1.1, 6)
    assert found.warnings == ("2 of 8 values are not finite and are left out",)


def test_without_a_sample_the_interval_is_asvs_own_of_99_per_cent():
    point = measured(value=1.5, interval=(1.4, 1.6), quartiles=(1.45, 1.55), number=10, repeat=10)
    assert summarise(point) == Summary(1.5, 1.4, 1.6, 0.99, 10, (NOT_RECORDED,))


def test_asvs_interval_of_too_few_values_is_not_passed_on():
    # asv 0.6.6 made (-1.1845e-06, 1.8655e-06) of two values around 3.4e-07.
    point = measured(value=3.405e-7, interval=(-1.1845e-6, 1.8655e-6), repeat=2)
    found = summarise(point)
    assert (found.low, found.high, found.confidence, found.n) == (None, None, None, 2)
    assert found.warnings[0] == "only 2 values: no 95% interval, which takes at least 6"


def test_asvs_infinite_interval_of_a_single_value_is_none():
    found = summarise(measured(value=1.0, interval=(-math.inf, math.inf), repeat=1))
    assert (found.low, found.high, found.n) == (None, None, 1)
    assert found.warnings == ("a single value: no 95% interval, which takes at least 6",)


def test_an_infinite_interval_of_unknown_origin_is_none():
    found = summarise(measured(value=1.0, interval=(-math.inf, math.inf)))
    assert (found.low, found.confidence, found.n) == (None, None, 0)
    assert "how many values it is made of was not recorded" in found.warnings


def test_a_wide_spread_shows_in_quartiles_too():
    point = measured(value=1.0, interval=(0.9, 1.3), quartiles=(0.95, 1.25), repeat=20)
    assert summarise(point).warnings == (
        "wide spread: the middle half of the values spans 30% of the median",
        NOT_RECORDED,
    )


def test_a_tracked_number_is_a_single_value():
    found = summarise(measured(value=2.5e9))
    assert found == Summary(
        2.5e9, None, None, None, 1, ("a single value: no 95% interval, which takes at least 6",)
    )


def test_zero_is_a_centre_like_any_other():
    assert summarise(measured([0.0] * 10)).warnings == ()
    assert summarise(measured([-1.0, 0.0, 1.0] * 4)).centre == 0.0


def test_the_median_of_huge_values_does_not_overflow():
    assert median([1.7e308, 1.7e308]) == 1.7e308


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_the_interval_encloses_the_centre_whatever_the_values(samples):
    found = summarise(measured(samples))
    assert found.n == len(samples)
    assert min(samples) <= found.centre <= max(samples)
    if len(samples) < 6:
        assert found.low is None
    else:
        assert found.low <= found.centre <= found.high
        assert found.low in samples
        assert found.high in samples
        assert 0.95 <= found.confidence < 1


def test_the_centre_of_a_timing_is_its_lower_quartile():
    # Of 1 ... 15 the place 14 * 0.25 = 3.5 lies between 4 and 5.  P(B = 0) = 0.75**15 = 0.01336
    # and P(B >= 8) = 0.01730 for B binomial(15, 1/4), so x1 and x8 enclose the quartile with 96.9%.
    found = summarise(measured([float(value) for value in range(15, 0, -1)]))
    assert (found.centre, found.low, found.high, found.n) == (4.5, 1.0, 8.0, 15)
    assert found.confidence == pytest.approx(0.96934, abs=1e-5)
    assert found.statistic == "lower quartile"


def test_twelve_values_are_too_few_for_a_quartile_so_the_median_stands_in():
    found = summarise(measured([float(value) for value in range(1, 13)]))
    assert (found.centre, found.statistic) == (6.5, "median")


def test_what_is_no_timing_is_summed_up_by_its_median():
    values = tuple(float(value) for value in range(1, 16))
    point = Point("hardware.CanaryGemm.track_flops", (), Outcome.MEASURED, 8.0, values)
    assert (summarise(point).centre, summarise(point).statistic) == (8.0, "median")


@pytest.mark.parametrize("name", ["time_a", "a.b.time_layer", "a.TimeLayer"])
def test_a_timing_is_what_asv_takes_for_one(name):
    values = tuple(float(value) for value in range(1, 16))
    assert summarise(Point(name, (), Outcome.MEASURED, 8.0, values)).statistic == "lower quartile"


@pytest.mark.parametrize(("n", "expected"), [(12, None), (13, (1, 7)), (15, (1, 8)), (20, (2, 10))])
def test_the_quartiles_interval_is_the_narrowest_with_at_most_a_fortieth_on_either_side(
    n, expected
):
    found = quantile_interval(n, 0.25)
    assert (found and found[:2]) == expected

    def below(k):
        return sum(comb(n, i) * 0.25**i * 0.75 ** (n - i) for i in range(k))

    if found is not None:
        r, s, reached = found
        assert below(r) <= 0.025 < below(r + 1)
        assert 1 - below(s) <= 0.025 < 1 - below(s - 1)
        assert reached == pytest.approx(below(s) - below(r), abs=1e-9)
