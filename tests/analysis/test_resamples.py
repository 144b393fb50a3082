import math

import numpy as np
import pytest

from cnnfc.analysis import resamples

NAN = math.nan


def test_resamples_are_as_large_as_the_sample_and_the_same_every_time():
    (first,), (again,) = (list(resamples.draws(7)) for _ in range(2))
    assert first.shape == (resamples.RESAMPLES, 7)
    assert (first.sum(axis=1) == 7).all()
    assert (first == again).all()
    assert first.mean() == 1


def test_each_stratum_keeps_its_size():
    strata = np.array([0, 2, 2, 0, 0])
    (weights,) = resamples.draws(5, strata)
    assert (weights[:, strata == 0].sum(axis=1) == 3).all()
    assert (weights[:, strata == 2].sum(axis=1) == 2).all()
    # Three draws from three values: each is left out in (2/3)^3 = 30% of the resamples.
    assert (weights[:, 0] == 0).mean() == pytest.approx(8 / 27, abs=0.04)


def test_many_points_come_in_parts_that_fit_into_memory():
    sizes = [len(weights) for weights in resamples.draws(3000)]
    assert sum(sizes) == resamples.RESAMPLES
    assert max(sizes) * 3000 <= 1_000_000


def test_bounds_cut_off_a_fortieth_on_each_side():
    assert resamples.bounds(np.arange(101.0)) == pytest.approx((2.5, 97.5))


def test_bounds_leave_out_resamples_without_a_value():
    assert resamples.bounds(np.array([NAN, 3.0, NAN])) == (3.0, 3.0)
    assert resamples.bounds(np.array([NAN])) == (None, None)


def test_ranks_are_those_of_the_values_as_often_as_they_were_drawn():
    weights = np.array([[1.0, 1, 1], [2, 1, 0], [0, 3, 0]])
    found = resamples.ranks(np.array([10.0, 30, 20]), weights)
    assert found[0].tolist() == [1, 3, 2]
    # 10, 10, 30 have the ranks 1.5, 1.5, 3
    assert found[1, :2].tolist() == [1.5, 3]
    assert found[2, 1] == 2


def test_a_correlation_counts_each_point_as_often_as_it_was_drawn():
    x, y = np.array([0.0, 1, 2]), np.array([0.0, 2, 1])
    found = resamples.correlation(x, y, np.array([[1.0, 1, 1], [1, 1, 0], [0, 0, 3]]))
    # Deviations (-1, 0, 1) and (-1, 1, 0): 1 / 2.
    assert found[:2].tolist() == pytest.approx([0.5, 1])
    assert math.isnan(found[2])


def test_a_line_counts_each_point_as_often_as_it_was_drawn():
    x, y = np.array([0.0, 1, 2]), np.array([1.0, 3, 8])
    weights = np.array([[1.0, 1, 1], [2, 1, 0], [0, 0, 3], [0, 0, 0]])
    x_mean, y_mean, slope = (found[:, 0].tolist() for found in resamples.lines(x, y, weights))
    # All three: means 1 and 4, slope (1 * 3 + 1 * 4) / 2.  The first twice and the second: 2.
    assert x_mean[:3] == pytest.approx([1, 1 / 3, 2])
    assert y_mean[:3] == pytest.approx([4, 5 / 3, 8])
    assert slope[:2] == pytest.approx([3.5, 2])
    assert [math.isnan(value) for value in slope[2:]] == [True, True]


@pytest.mark.parametrize(
    ("drawn", "median"),
    [
        ([1, 1, 1, 1], 2.5),
        ([1, 1, 1, 0], 2),
        ([2, 0, 1, 0], 1),
        ([2, 0, 0, 2], 2.5),
        ([0, 0, 0, 5], 4),
    ],
)
def test_a_median_counts_each_value_as_often_as_it_was_drawn(drawn, median):
    # In the order 4, 1, 3, 2 so that sorting matters.
    order = [3, 0, 2, 1]
    values = np.array([[1.0, 2, 3, 4]])[:, order]
    assert resamples.medians(values, np.array([drawn], dtype=float)[:, order]).tolist() == [median]


def test_nothing_has_no_median():
    assert math.isnan(resamples.medians(np.array([[1.0, 2]]), np.zeros((1, 2)))[0])


def test_what_is_too_large_for_a_float_is_infinite():
    assert resamples.exp(0.0) == 1
    assert resamples.exp(1e6) == math.inf
