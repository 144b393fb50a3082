"""Numbers read well and mean what was measured."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnfc.units import (
    Scale,
    format_count,
    format_duration,
    format_value,
    scale_for,
    significant,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (1234.5, "1,230"),
        (0.01234, "0.0123"),
        (-0.5, "-0.500"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (99.96, "100"),
        (999.6, "1,000"),
        (1e15, "1,000,000,000,000,000"),
        (math.nan, "n/a"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
    ],
)
def test_three_digits_are_significant(value, text):
    assert significant(value) == text
    assert Scale(1.0, "").format(value) == text


def test_the_number_of_digits_can_be_chosen():
    assert significant(1234.5, 5) == "1,234.5"
    assert significant(1234.5, 1) == "1,000"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.floats(1e-12, 1e12), st.integers(1, 9))
def test_significant_digits_bound_the_error(value, digits):
    shown = float(significant(value, digits).replace(",", ""))
    assert math.isclose(shown, value, rel_tol=0.5000001 * 10.0 ** (1 - digits))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.00123, "seconds", "1.23 ms"),
        (2.0, "s", "2 s"),
        (1.5e-9, "seconds", "1.5 ns"),
        (2e-10, "seconds", "0.2 ns"),
        (0.99949, "seconds", "999 ms"),
        (0.9996, "seconds", "1 s"),
        (100.0, "seconds", "100 s"),
        (2**20, "bytes", "1 MiB"),
        (1536, "byte", "1.5 KiB"),
        (5 * 2**40, "B", "5 TiB"),
        (1.72e10, "flop/s", "17.2 GFLOP/s"),
        (2.5e10, "byte/s", "25 GB/s"),
        (3e12, "macs", "3 TMAC"),
        (23_508_032, "parameters", "23.5 M"),
        (7, "count", "7"),
        (0.25, "ratio", "0.25 ratio"),
        (0, "seconds", "0 s"),
        (math.nan, "seconds", "n/a s"),
    ],
)
def test_a_value_is_scaled_for_reading(value, unit, text):
    assert format_value(value, unit) == text


def test_a_column_shares_the_scale_of_its_middle():
    seconds = [2e-6, 3e-3, 4e-3, 5e-3, 90.0]
    scale = scale_for("seconds", seconds)
    assert scale == Scale(1e-3, "ms")
    assert [scale.format(value) for value in seconds] == [
        "0.00200",
        "3.00",
        "4.00",
        "5.00",
        "90,000",
    ]


def test_what_was_not_measured_has_no_say_in_the_scale():
    assert scale_for("seconds", [math.nan, 0.0, 2e-6, math.inf]) == Scale(1e-6, "µs")


@pytest.mark.parametrize(
    ("unit", "symbol"),
    [("seconds", "s"), ("bytes", "B"), ("flops", "FLOP"), ("widgets", "widgets")],
)
def test_an_empty_column_has_the_base_unit(unit, symbol):
    assert scale_for(unit, []) == Scale(1.0, symbol)


def test_counts_are_exact():
    assert format_count(15_105_886_208) == "15,105,886,208"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (3.6, "4 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3599.7, "1 h 00 min"),
        (11_000, "3 h 03 min"),
    ],
)
def test_a_waiting_time_is_written_for_people(seconds, text):
    assert format_duration(seconds) == text
