import math
from statistics import NormalDist

import pytest

from cnnfc.analysis.student import limit, tail


@pytest.mark.parametrize(
    ("degrees", "probability", "t"),
    # From the printed tables; for so few digits they are exact.
    [
        (1, 0.25, 1.0),
        (2, 0.05, 2.920),
        (3, 0.0005, 12.924),
        (4, 0.01, 3.747),
        (5, 0.05, 2.015),
        (9, 0.005, 3.250),
        (20, 0.001, 3.552),
        (30, 0.025, 2.042),
    ],
)
def test_limits_are_those_of_the_tables(degrees, probability, t):
    assert limit(probability, degrees) == pytest.approx(t, abs=6e-4)
    assert tail(t, degrees) == pytest.approx(probability, rel=2e-3)


def test_with_two_degrees_the_tail_is_elementary():
    assert tail(3.0, 2) == pytest.approx(0.5 - 3 / (2 * math.sqrt(2 + 9)), abs=1e-15)


def test_with_many_degrees_it_is_the_normal_distribution():
    assert tail(2.0, 100_001) == pytest.approx(1 - NormalDist().cdf(2.0), rel=1e-4)


def test_below_zero_the_rest_is_above():
    assert tail(-2.015, 5) == pytest.approx(0.95, abs=1e-4)
    assert tail(0.0, 7) == 0.5


def test_beyond_everything_is_nothing():
    assert tail(math.inf, 3) == 0.0
    assert tail(-math.inf, 4) == 1.0


@pytest.mark.parametrize("probability", [0.5, 0.01, 1e-5, 1e-9])
@pytest.mark.parametrize("degrees", [1, 2, 3, 8, 19])
def test_the_limit_is_the_inverse_of_the_tail(probability, degrees):
    assert tail(limit(probability, degrees), degrees) == pytest.approx(probability, rel=1e-4)


@pytest.mark.parametrize("probability", [0.0, 0.6, math.nan])
def test_a_probability_that_has_no_limit_is_refused(probability):
    with pytest.raises(ValueError, match="the probability is from 1e-12"):
        limit(probability, 3)


def test_no_degrees_of_freedom_are_refused():
    with pytest.raises(ValueError, match="at least 1 degree of freedom, not 0"):
        tail(1.0, 0)
