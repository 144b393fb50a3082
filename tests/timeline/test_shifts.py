import math

import pytest

from cnnfc.records import BenchmarkInfo
from cnnfc.timeline.shifts import Pace, Part, Shift, slowness


def test_a_shift_is_the_distance_of_the_medians_of_five_readings_on_either_side():
    old = (9.0, 9.0, 9.0, 0.1, 0.2, 0.0, 0.3, 0.2)
    new = (1.1, 1.3, 7.0, 1.2, 1.0, 9.0, 9.0, 9.0)
    found = Pace(tuple(range(16)), old + new, 0.0).shift(7, 8)
    assert found.log == pytest.approx(1.2 - 0.2)


def test_the_error_of_a_shift_is_that_of_two_medians():
    found = Pace(tuple(range(10)), (0.0,) * 10, 0.01).shift(4, 5)
    assert found.error == pytest.approx(0.01 * math.sqrt(math.pi / 2) * math.sqrt(2 / 5))


def test_a_median_of_two_is_a_mean():
    found = Pace((0, 1), (0.0, 0.5), 0.01).shift(0, 1)
    assert (found.log, found.error) == (0.5, pytest.approx(0.01 * math.sqrt(2)))


def test_readings_between_the_two_runs_count_on_neither_side():
    assert Pace((0, 1, 2), (0.0, 5.0, 1.0), 0.0).shift(0, 2).log == 1.0


def test_what_was_measured_far_away_is_not_compared():
    pace = Pace((0, 20), (0.0, 1.0), 0.0)
    assert pace.shift(14, 20) is not None
    assert pace.shift(15, 20) is None
    assert pace.shift(0, 6) is not None
    assert pace.shift(0, 5) is None


@pytest.mark.parametrize(
    ("log", "error", "part"),
    [
        (0.05, 0.0, Part.MOVED),
        (0.049, 0.0, Part.STILL),
        (0.3, 0.0, Part.MOVED),
        (-0.3, 0.0, Part.STILL),
        (0.1, 0.034, Part.UNCLEAR),
        (0.1, 0.033, Part.MOVED),
        (0.0, 0.033, Part.STILL),
        (0.1, math.nan, Part.UNCLEAR),
    ],
)
def test_half_of_a_change_is_a_part_in_it_where_noise_lets_that_be_told(log, error, part):
    assert Shift(log, error).part_in(0.1) is part
    assert Shift(-log, error).part_in(-0.1) is part


@pytest.mark.parametrize(("log", "part"), [(0.09, Part.UNCLEAR), (0.1, Part.MOVED)])
def test_three_errors_are_needed_to_be_sure(log, part):
    assert Shift(log, 0.0333).part_in(0.1, sure=True) is part
    assert Shift(log, 0.0333).part_in(0.1) is Part.MOVED


@pytest.mark.parametrize(
    ("type_", "unit", "sign"),
    [
        ("time", "seconds", 1),
        ("track", "seconds", 1),
        ("track", "flop/s", -1),
        ("peakmemory", "bytes", 0),
        ("track", "accuracy", 0),
    ],
)
def test_seconds_and_rates_are_speeds_and_nothing_else_is(type_, unit, sign):
    assert slowness(BenchmarkInfo("b", type_, unit)) == sign
