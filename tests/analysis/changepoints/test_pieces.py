import numpy as np
import pytest

from cnnfc.analysis.changepoints.pieces import GRID, INDEPENDENT, SHARE, Fits
from cnnfc.analysis.changepoints.values import Prepared


def fits(levels, noise=None, unit=1.0):
    levels = np.asarray(levels, dtype=float)
    noise = np.ones(len(levels)) if noise is None else np.asarray(noise, dtype=float)
    return Fits(
        Prepared(
            levels, noise, np.arange(len(levels)), levels[:0], np.arange(0), unit, relative=True
        )
    )


def test_without_autocorrelation_a_fit_is_a_mean():
    found = fits([1.0, 2.0, 6.0, 3.0]).pieces(np.array([0, 1]), np.array([3, 4]), INDEPENDENT)
    # Around the median 2.5: means 3 and 11/3.
    assert found.centre[0].tolist() == pytest.approx([0.5, 11 / 3 - 2.5])
    assert found.precision[0].tolist() == [3.0, 3.0]
    assert found.rest[0].tolist() == pytest.approx([14.0, 26 / 3])


def test_with_noise_that_differs_a_fit_is_a_weighted_mean():
    found = fits([0.0, 0.0, 5.0], [1.0, 1.0, 2.0]).pieces(np.array([0]), np.array([3]), INDEPENDENT)
    # Weights 1, 1 and 1/4.
    assert found.centre[0, 0] == pytest.approx(1.25 / 2.25)
    assert found.precision[0, 0] == pytest.approx(2.25)


def test_with_autocorrelation_a_fit_is_that_of_generalised_least_squares():
    levels = np.random.default_rng(1).standard_normal(20)
    noise = np.random.default_rng(2).uniform(0.5, 2.0, 20)
    found = fits(levels, noise).pieces(np.array([4]), np.array([15]))
    part = levels[4:15] - np.median(levels)
    for row, rho in enumerate(GRID):
        distance = np.abs(np.subtract.outer(np.arange(11), np.arange(11)))
        covariance = rho**distance / SHARE[row] * np.outer(noise[4:15], noise[4:15])
        inverse = np.linalg.inv(covariance)
        precision = inverse.sum()
        centre = (inverse @ part).sum() / precision
        rest = (part - centre) @ inverse @ (part - centre)
        assert found.precision[row, 0] == pytest.approx(precision)
        assert found.centre[row, 0] == pytest.approx(centre)
        assert found.rest[row, 0] == pytest.approx(rest)


def test_the_unit_and_the_middle_are_taken_away():
    one = fits([1.0, 2.0, 6.0, 3.0]).pieces(np.array([0]), np.array([4]))
    other = fits([10.1, 10.2, 10.6, 10.3], unit=0.1).pieces(np.array([0]), np.array([4]))
    assert other.rest.flatten().tolist() == pytest.approx(one.rest.flatten().tolist())
    assert other.centre.flatten().tolist() == pytest.approx(one.centre.flatten().tolist())


def test_a_stretch_of_one_value_is_that_value():
    found = fits([1.0, 4.0, 2.0]).pieces(np.array([1]), np.array([2]))
    assert found.centre[:, 0].tolist() == pytest.approx([2.0] * len(GRID))
    assert found.rest.max() == pytest.approx(0.0, abs=1e-12)
