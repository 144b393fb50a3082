import math

import numpy as np
import pytest

from cnnfc.analysis.changepoints.pieces import Fits
from cnnfc.analysis.changepoints.segments import levels_of, log_sum, segment
from cnnfc.analysis.changepoints.values import Prepared


def fits(levels, unit=1.0):
    levels = np.asarray(levels, dtype=float)
    count = len(levels)
    ones, places = np.ones(count), np.arange(count)
    return Fits(Prepared(levels, ones, places, levels[:0], places[:0], unit, relative=True))


def test_a_density_without_autocorrelation_is_that_of_the_formula():
    found = segment(fits([1.0, 2.0, 3.0, 10.0, 14.0]), [3])
    # Rests 2 and 8, precisions 3 and 2, 3 degrees of freedom.
    assert found.rest[0] == pytest.approx(10.0)
    assert found.degrees == 3
    assert found.logs[0] == pytest.approx(-0.5 * math.log(6) - 1.5 * math.log(10))


def test_values_that_are_all_equal_have_a_density():
    assert math.isfinite(segment(fits([2.0] * 8), []).flat)


def test_levels_of_independent_noise_are_means():
    random = np.random.default_rng(2)
    series = random.standard_normal(400)
    series[150:] += 4
    found = levels_of(fits(series), [150])
    assert found.centres == pytest.approx([series[:150].mean(), series[150:].mean()], abs=0.03)
    assert found.errors == pytest.approx([1 / math.sqrt(150), 1 / math.sqrt(250)], rel=0.2)
    assert found.degrees == 398
    assert found.spread == pytest.approx(1.0, abs=0.1)
    assert found.rho < 0.1


def test_autocorrelated_noise_widens_levels():
    noise = np.random.default_rng(4).standard_normal(2000)
    for place in range(1, 2000):
        noise[place] = 0.6 * noise[place - 1] + 0.8 * noise[place]
    found = levels_of(fits(noise), [])
    assert found.rho == pytest.approx(0.6, abs=0.06)
    assert found.spread == pytest.approx(1.0, abs=0.1)
    # The variance of a mean is (1 + rho) / (1 - rho) = 4 times that of independent values.
    assert found.errors[0] == pytest.approx(2 / math.sqrt(2000), rel=0.15)


def test_levels_are_in_the_unit_of_the_values():
    values = np.random.default_rng(2).standard_normal(30)
    one, other = levels_of(fits(values), []), levels_of(fits(1e-3 * values + 5, unit=1e-3), [])
    assert other.centres == pytest.approx(1e-3 * one.centres + 5)
    assert other.errors == pytest.approx(1e-3 * one.errors)
    assert other.spread == pytest.approx(1e-3 * one.spread)


def test_a_sum_of_exponentials_does_not_overflow():
    assert log_sum(np.array([2000.0, 2000.0])) == pytest.approx(2000 + math.log(2))
