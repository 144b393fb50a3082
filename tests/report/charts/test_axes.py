import json
import math
import re

import pytest

from cnnfc.report.charts.axes import commit_axis, ratio_axis, value_axis


def test_a_wide_range_gets_a_logarithmic_axis_with_a_tick_a_decade():
    axis = value_axis([1e-6, 1e-2], "seconds")
    assert axis.log
    assert axis.labels == ("1 µs", "10 µs", "100 µs", "1 ms", "10 ms")
    assert axis.ticks == pytest.approx((1e-6, 1e-5, 1e-4, 1e-3, 1e-2))


def test_a_few_octaves_get_ticks_at_one_two_and_five():
    assert value_axis([1e-3, 9e-3], "seconds").labels == ("1 ms", "2 ms", "5 ms", "10 ms")


def test_close_values_get_a_linear_axis_with_equal_steps():
    axis = value_axis([1.00e-3, 1.10e-3], "seconds")
    assert not axis.log
    assert axis.labels == ("1.00 ms", "1.05 ms", "1.10 ms")


def test_steps_are_round_in_the_unit_that_is_printed():
    axis = value_axis([298 * 2**20, 306 * 2**20], "bytes")
    assert axis.labels == ("298 MiB", "300 MiB", "302 MiB", "304 MiB", "306 MiB")


def test_noise_below_one_percent_does_not_fill_the_picture():
    axis = value_axis([1.0, 1.0001], "seconds")
    assert axis.high - axis.low == pytest.approx(0.02, rel=0.01)


@pytest.mark.parametrize(
    "values",
    [[], [0.0], [-1.0, 1e9], [5e-324], [1e300], [math.nan, math.inf, 2.0], [1.0] * 3, [0.0, 1e-3]],
)
@pytest.mark.parametrize("log", [None, True])
def test_every_axis_has_a_range_whatever_the_values(values, log):
    axis = value_axis(values, "seconds", log=log)
    assert math.isfinite(axis.low)
    assert math.isfinite(axis.high)
    assert axis.low < axis.high
    assert len(axis.ticks) == len(axis.labels)
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)


def test_a_unit_of_a_stranger_never_gets_into_an_expression():
    evil = "'); alert(1); ('"
    axis = value_axis([1.0, 2.0, 30.0], evil)
    expression = axis.axis().to_dict()["labelExpr"]
    assert "alert" not in expression
    labels, values = re.fullmatch(
        r"(\[.*\])\[indexof\((\[.*\]), datum\.value\)\]", expression
    ).groups()
    assert json.loads(labels) == list(axis.labels)
    assert json.loads(values) == list(axis.ticks)


@pytest.mark.parametrize(
    ("ratios", "labels"),
    [
        ([1.0], ["−5%", "usual", "+5%"]),
        ([0.8, 1.2], ["−20%", "−10%", "usual", "+10%", "+25%"]),
        ([1.0, 4.0], ["×0.33", "×0.5", "usual", "×2", "×3"]),
        ([0.001], ["×0.001", "×0.01", "×0.1", "usual", "×10", "×100", "×1000"]),
    ],
)
def test_ratios_are_shown_as_far_up_as_down(ratios, labels):
    axis = ratio_axis(ratios)
    assert list(axis.labels) == labels
    assert axis.low * axis.high == pytest.approx(1)


def test_only_as_many_commits_are_labelled_as_there_is_room_for_the_newest_always():
    labels = [f"{n:08x}|2026-01-01" for n in range(100)]
    shown = commit_axis(labels, 10).to_dict()["values"]
    assert len(shown) == 10
    assert shown[0] == labels[-1]
