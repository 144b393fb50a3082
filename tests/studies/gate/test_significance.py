import pytest

from cnnfc.studies.gate.significance import benchstat, pyperf, rank_sum_p, t_point


def test_the_rank_sum_counts_every_order():
    # Of the 20 orders of 3 and 3 values one has none of the first above, and one all of them.
    assert rank_sum_p([1, 2, 3], [4, 5, 6]) == pytest.approx(2 / 20)
    # One inversion: 1 + 1 orders have at most one.
    assert rank_sum_p([1, 2, 4], [3, 5, 6]) == pytest.approx(2 * 2 / 20)


def test_equal_samples_have_no_rank_difference():
    assert rank_sum_p([1, 2, 3, 4], [1, 2, 3, 4]) == 1.0


def test_the_orders_of_unequal_samples_are_counted_too():
    # 2 of 5: 10 orders, one of which has both values first.
    assert rank_sum_p([1, 2], [3, 4, 5]) == pytest.approx(2 / 10)


def test_benchstat_needs_four_values_to_see_anything():
    assert benchstat([1, 2, 3], [4, 5, 6]) == 0
    assert benchstat([1, 2, 3, 4], [5, 6, 7, 8]) == 1
    assert benchstat([5, 6, 7, 8], [1, 2, 3, 4]) == -1


def test_pyperf_compares_means_with_the_pooled_error():
    # Variances 1 and 1, n 3: the error is sqrt(2/3) = 0.816, the limit 2.776 * 0.816 = 2.267.
    assert pyperf([1, 2, 3], [3.2, 4.2, 5.2]) == 0
    assert pyperf([1, 2, 3], [3.3, 4.3, 5.3]) == 1
    assert pyperf([3.3, 4.3, 5.3], [1, 2, 3]) == -1


def test_values_that_never_vary_and_agree_are_no_change():
    assert pyperf([1, 1], [1, 1]) == 0
    assert pyperf([1, 1], [1.1, 1.1]) == 1


@pytest.mark.parametrize(
    ("degrees", "point"), [(1, 12.706), (30, 2.042), (39, 2.042), (58, 2.009), (1000, 1.960)]
)
def test_the_smaller_degrees_of_freedom_count_between_two(degrees, point):
    assert t_point(degrees) == point
