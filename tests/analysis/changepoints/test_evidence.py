import itertools
import math

import numpy as np
import pytest

from cnnfc.analysis.changepoints import evidence as module
from cnnfc.analysis.changepoints.evidence import GRID, STEP, Evidence
from cnnfc.analysis.changepoints.segments import FLAT
from cnnfc.analysis.changepoints.values import Prepared


def prepared(levels, noise=None, unit=1.0):
    levels = np.asarray(levels, dtype=float)
    noise = np.ones(len(levels)) if noise is None else np.asarray(noise)
    return Prepared(
        levels, noise, np.arange(len(levels)), levels[:0], np.arange(0), unit, relative=True
    )


@pytest.fixture
def values():
    return np.random.default_rng(5).standard_normal(14)


@pytest.fixture
def noise():
    return np.array([1.0] * 6 + [2.0, 1.0, 1.0, 1.5] + [1.0] * 4)


def log_density(values, noise, rho, blocks, lifted=None):
    """By matrices: Gaussian, AR(1) in each block, level and scale integrated out."""
    count = len(values)
    covariance = np.zeros((count, count))
    for start, stop in blocks:
        distance = np.abs(np.subtract.outer(np.arange(start, stop), np.arange(start, stop)))
        covariance[start:stop, start:stop] = rho**distance / (1 - rho**2)
    covariance *= np.outer(noise, noise)
    if lifted is not None:
        covariance += STEP**2 / (1 - rho**2) * np.outer(lifted, lifted)
    return log_density_of(values, covariance, np.ones((count, 1)))


def log_mean(logs):
    return math.log(np.mean(np.exp(logs)))


def ratio(values, noise, blocks, lifted):
    def over_rho(weights, blocks, lifted=None):
        logs = [log_density(values, noise, rho, blocks, lifted) for rho in GRID]
        return math.log(np.exp(np.array(logs) + weights).sum())

    flat = over_rho(FLAT, [(0, len(values))])
    return over_rho(module._WITH_STEP, blocks, lifted) - flat


def single(values, noise, place):
    lifted = (np.arange(14) >= place).astype(float)
    return ratio(values, noise, [(0, place), (place, 14)], lifted)


def stretch(values, noise, start, stop):
    places = np.arange(14)
    lifted = ((places >= start) & (places < stop)).astype(float)
    return ratio(values, noise, [(0, start), (start, stop), (stop, 14)], lifted)


def test_the_evidence_for_a_step_is_the_ratio_of_densities(values, noise):
    evidence = Evidence(prepared(values, noise))
    places, logs = evidence.step([7], 0)
    assert places.tolist() == list(range(3, 12))
    expected = [single(values, noise, place) - math.log(3 * 9) for place in places]
    assert logs.tolist() == pytest.approx(expected, abs=1e-6)


def test_strength_is_the_average_over_single_steps_and_stretches(values, noise):
    evidence = Evidence(prepared(values, noise))
    singles = [single(values, noise, place) for place in range(3, 12)]
    # Stretches of 5 and 7 values with 3 at least on either side.
    pairs = [stretch(values, noise, *ends) for ends in ((3, 8), (4, 9), (5, 10), (6, 11))]
    pairs += [stretch(values, noise, *ends) for ends in ((3, 10), (4, 11))]
    expected = np.logaddexp(log_mean(singles), log_mean(pairs)) - math.log(3)
    assert evidence.addition(()).strength == pytest.approx(expected, abs=1e-6)


def test_of_many_stretches_the_best_are_weighed(monkeypatch):
    values = np.random.default_rng(9).standard_normal(60)
    values[20:34] += 3
    whole = Evidence(prepared(values)).addition(())
    monkeypatch.setattr(module, "_BEST_STRETCHES", 10_000)
    assert Evidence(prepared(values)).addition(()).strength == pytest.approx(
        whole.strength, abs=0.1
    )


@pytest.mark.parametrize(("bounds", "added"), [((), (3, 8)), ((5,), (10,)), ((7,), (3, 11))])
def test_the_evidence_for_a_set_of_steps_is_the_ratio_of_densities(values, noise, bounds, added):
    """By matrices: levels of pieces are drawn around that of their segment, which is flat."""
    found = Evidence(prepared(values, noise)).joint(bounds, added)
    logs = []
    for with_steps, weights in ((True, module._WITH_STEP), (False, FLAT)):
        ends = sorted((*bounds, *added)) if with_steps else list(bounds)
        pieces = list(zip([0, *ends], [*ends, 14], strict=True))
        segments = list(zip([0, *bounds], [*bounds, 14], strict=True))
        logs.append([])
        for rho in GRID:
            covariance = np.zeros((14, 14))
            for start, stop in pieces:
                span = np.arange(start, stop)
                distance = np.abs(np.subtract.outer(span, span))
                covariance[start:stop, start:stop] = rho**distance / (1 - rho**2)
            covariance *= np.outer(noise, noise)
            for start, stop in pieces if with_steps else ():
                covariance[start:stop, start:stop] += 0.5 * STEP**2 / (1 - rho**2)
            design = np.array([[start <= p < stop for start, stop in segments] for p in range(14)])
            logs[-1].append(log_density_of(values, covariance, design.astype(float)))
        logs[-1] = math.log(np.exp(np.array(logs[-1]) + weights).sum())
    assert found == pytest.approx(logs[0] - logs[1], abs=1e-6)


def log_density_of(values, covariance, design):
    inverse = np.linalg.inv(covariance)
    normal = design.T @ inverse @ design
    rest = values - design @ np.linalg.solve(normal, design.T @ inverse @ values)
    determinants = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(normal)[1]
    degrees = len(values) - design.shape[1]
    return -0.5 * determinants - 0.5 * degrees * math.log(rest @ inverse @ rest)


def test_a_path_adds_the_best_step_each_time():
    values = 0.1 * np.random.default_rng(3).standard_normal(60)
    values[20:] += 3
    values[40:] += 1
    path = Evidence(prepared(values)).path(())
    assert path[:2] == [(20,), (20, 40)]
    # Four more in vain, then it ends.
    assert len(path) == 6
    assert all(len(before) < len(after) for before, after in itertools.pairwise(path))


def test_a_path_leaves_the_steps_that_are_there_alone():
    values = 0.1 * np.random.default_rng(3).standard_normal(60)
    values[20:] += 3
    values[40:] += 1
    path = Evidence(prepared(values)).path((38,))
    assert path[0] == (20,)
    assert all(38 not in added for added in path)


def test_many_steps_are_seen_through_the_autocorrelation_that_they_look_like():
    values = 0.3 * np.random.default_rng(3).standard_normal(180)
    levels = np.repeat([0.0, 1.6, 0.2, 2.0, 0.4, 2.2], 30)
    found = Evidence(prepared(values + levels)).addition(())
    assert found.strength > 10
    assert len(found.bounds) >= 3


def test_the_best_addition_is_the_most_probable_one(values):
    values = 0.3 * values
    values[8:] += 5
    assert Evidence(prepared(values)).addition(()).bounds == (8,)
    values[8:] -= 5
    values[4:9] += 5
    assert Evidence(prepared(values)).addition(()).bounds == (4, 9)


def test_strength_does_not_depend_on_level_and_unit(values):
    first = Evidence(prepared(values)).addition(())
    moved = Evidence(prepared(1e-3 * values + 7, unit=1e-3)).addition(())
    assert moved.strength == pytest.approx(first.strength, abs=1e-6)


def test_segments_further_off_share_scale_and_autocorrelation_but_no_level(values):
    """A level that is 1,000 away, in a segment of its own, leaves the evidence as it is."""
    near = np.concatenate((values, np.random.default_rng(6).standard_normal(10)))
    far = near.copy()
    far[14:] += 1000
    one, other = (Evidence(prepared(levels)).step([7, 14], 0) for levels in (near, far))
    assert other[0].tolist() == one[0].tolist() == list(range(3, 10))
    assert other[1].tolist() == pytest.approx(one[1].tolist(), abs=1e-4)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_too_few_values_have_no_room_for_a_step(count):
    assert Evidence(prepared(np.arange(count))).addition(()) is None


def test_six_values_have_room_for_one_step():
    assert Evidence(prepared([0.0, 0.1, 0.0, 5.0, 5.1, 5.0])).addition(()).bounds == (3,)


def test_densities_with_a_step_average_to_what_is_weighed_of_them():
    """Drawn from the prior over rho that a flat series has: without sets two thirds of 1."""
    random = np.random.default_rng(8)
    strengths = []
    for _ in range(1500):
        rho = GRID[random.integers(len(GRID))]
        noise = random.standard_normal(12)
        noise[1:] *= math.sqrt(1 - rho**2)
        for place in range(1, 12):
            noise[place] += rho * noise[place - 1]
        strengths.append(math.exp(Evidence(prepared(noise)).addition(()).strength))
    # Heavy-tailed, so loosely; a wrong factor of 2 in a density would show.
    assert 0.45 < np.mean(strengths) < 0.9


def test_equal_values_are_no_evidence_and_a_clean_step_is_overwhelming():
    assert Evidence(prepared([1.0] * 20)).addition(()).strength < 1
    assert Evidence(prepared([1.0] * 10 + [2.0] * 10)).addition(()).strength > 25
