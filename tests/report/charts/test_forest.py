import itertools
import math

import pytest

from cnnfc.report.charts.forest import forest


def _place(text):
    return float(text.removesuffix("%"))


def test_no_change_lies_at_zero_and_the_threshold_in_the_plot():
    axis = forest([0.99, 1.05], [0.03])
    assert [
        (tick.label, tick.limit) for tick in axis.ticks(0.03) if tick.label in ("0", "+3%")
    ] == [
        ("0", False),
        ("+3%", True),
    ]
    zone = axis.zone(0.03)
    assert _place(zone.start) == pytest.approx(axis.place(1.03), abs=0.01)
    assert _place(zone.start) + _place(zone.width) == pytest.approx(100, abs=0.02)


def test_a_plain_axis_is_logarithmic_with_a_margin_at_either_end():
    axis = forest([0.8, 1.25], [0.03])
    assert not axis.bent
    assert axis.place(0.8) == pytest.approx(3)
    assert axis.place(1.0) == pytest.approx(50)
    assert axis.place(1.25) == pytest.approx(97)


def test_a_far_ratio_leaves_the_threshold_visible():
    axis = forest([0.99, 8.0], [0.03])
    assert axis.bent
    assert axis.place(1.03) - axis.place(1.0) > 5
    places = [axis.place(ratio) for ratio in (0.99, 1.0, 1.03, 1.5, 3.0, 8.0)]
    assert places == sorted(places)
    assert places[-1] == pytest.approx(97)


def test_an_end_that_nothing_bounds_leaves_the_plot():
    bar = forest([0.95, 1.1], [0.03]).bar(1.02, 0.0, math.inf)
    assert (bar.low, bar.high, bar.low_open, bar.high_open) == ("0%", "100%", True, True)
    closed = forest([0.95, 1.1], [0.03]).bar(1.02, 0.95, 1.1)
    assert (closed.low_open, closed.high_open) == (False, False)


@pytest.mark.parametrize("ratio", [math.nan, math.inf, 0.0, -1.0])
def test_what_is_no_ratio_has_no_mark(ratio):
    assert forest([], []).bar(ratio, 0.9, 1.1) is None


@pytest.mark.parametrize(
    "ends", [[], [math.nan], [1.0], [1e-300, 1e300], [1.029], [0.5, 0.6], [1.0001]]
)
@pytest.mark.parametrize("thresholds", [[], [0.0], [0.03, 0.5], [math.nan], [1e300]])
def test_every_axis_has_a_range_and_labels_with_room(ends, thresholds):
    axis = forest(ends, thresholds)
    places = [_place(tick.at) for tick in axis.ticks(0.03)]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)
    assert all(b - a >= 9.9 for a, b in itertools.pairwise(places))
    assert "0" in [tick.label for tick in axis.ticks(0.03)]
