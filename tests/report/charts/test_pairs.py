import math

import pytest

from cnnfc.report.charts.pairs import strip


def test_every_pair_is_a_dot_in_the_order_of_measuring():
    drawn = strip([0.0, 0.02, 0.01], limit=0.03, centre=0.01, interval=(0.0, 0.02), label="x")
    places = [part.split("h0")[0].split(" ") for part in drawn.dots.split("M")[1:]]
    assert [int(x) for x, _ in places] == [8, 180, 352]
    heights = [float(y) for _, y in places]
    assert heights[0] > heights[2] > heights[1]  # slower is higher
    assert float(drawn.limit) < heights[1]
    assert float(drawn.centre) == heights[2]
    assert float(drawn.band[0]) == heights[1]
    assert float(drawn.band[0]) + float(drawn.band[1]) == pytest.approx(heights[0], abs=0.11)


def test_a_second_statistic_has_dots_of_its_own_and_only_levels_are_joined():
    drawn = strip([0.01, 0.02], others=[0.03, 0.04], label="x")
    assert drawn.others.count("h0") == 2
    assert drawn.line == ""
    assert strip([0.01, 0.02], label="x", joined=True).line.count("L") == 1


def test_what_is_not_finite_leaves_a_gap():
    drawn = strip([0.01, math.nan, math.inf, 0.02], interval=(-math.inf, math.inf), label="x")
    assert drawn.dots.count("h0") == 2
    assert strip([math.nan], label="x") is None
    assert strip([], label="x") is None


def test_one_pair_stands_in_the_middle():
    assert strip([0.01], label="x").dots.startswith("M180 ")
