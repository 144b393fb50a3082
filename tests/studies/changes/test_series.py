import numpy as np
import pytest

from cnnfc.studies.changes import series
from cnnfc.studies.changes.series import NOISES, flat, ramp, random_of, several, step


def logs(drawn):
    return np.log(drawn.values / 1e-3)


@pytest.mark.parametrize("noise", NOISES)
def test_flat_series_have_no_steps_and_positive_values(noise):
    drawn = flat(random_of("a cell", 1), noise, 50, 0.02)
    assert len(drawn.values) == 50
    assert drawn.steps == ()
    assert (drawn.values > 0).all()


def test_a_series_is_the_same_whenever_it_is_drawn():
    one, same, other = (
        flat(random_of(cell, place), "independent", 30, 0.02).values
        for cell, place in (("a", 3), ("a", 3), ("b", 3))
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_noise_has_the_size_and_autocorrelation_that_its_name_says():
    random = random_of("noise", 1)
    for name, rho in (("independent", 0.0), ("autocorrelated", 0.7), ("half autocorrelated", 0.35)):
        values = logs(flat(random, name, 20_000, 0.02))
        assert values.std() == pytest.approx(0.02, rel=0.06)
        assert np.corrcoef(values[1:], values[:-1])[0, 1] == pytest.approx(rho, abs=0.03)


def test_a_step_rises_by_its_size_behind_its_place():
    drawn = step(random_of("step", 1), "independent", 40, 30, size=0.1, spread=1e-9)
    assert drawn.steps == (40,)
    assert drawn.values[39] == pytest.approx(1e-3)
    assert drawn.values[40] == pytest.approx(1.1e-3)
    assert len(drawn.values) == 70


def test_several_steps_are_where_they_are_said_to_be_and_apart():
    for place in range(20):
        drawn = several(random_of("several", place), 200, 1e-9)
        jumps = np.flatnonzero(np.abs(np.diff(logs(drawn))) > 0.01) + 1
        assert tuple(jumps.tolist()) == drawn.steps
        assert len(drawn.steps) == 5
        assert np.diff([0, *drawn.steps, 200]).min() >= 15
        sizes = np.abs(np.diff(logs(drawn)))[jumps - 1]
        assert all(
            min(abs(np.expm1(size) - one) for one in (0.05, 0.1, 0.2)) < 1e-6 for size in sizes
        )


def test_a_ramp_rises_evenly_between_two_flat_parts():
    drawn = ramp(random_of("ramp", 1), 10, 4, size=0.1, spread=1e-12)
    assert len(drawn.values) == 24
    rises = np.diff(logs(drawn))[9:14]
    assert rises.tolist() == pytest.approx([np.log(1.1) / 5] * 5)
    assert drawn.values[-1] == pytest.approx(1.1e-3)


def test_bursts_are_of_two_to_four_values():
    slow = logs(flat(random_of("burst", 3), "bursts", 200, 0.02)) > 0.1
    edges = np.flatnonzero(np.diff(np.concatenate(([0], slow.astype(int), [0]))))
    lengths = edges[1::2] - edges[::2]
    assert len(lengths) >= 6
    assert lengths.min() >= 2
    assert lengths.max() <= 4


def test_louder_noise_is_three_times_as_large_in_the_second_half():
    values = logs(flat(random_of("louder", 1), "louder", 4000, 0.02))
    assert values[2000:].std() / values[:2000].std() == pytest.approx(3.0, rel=0.1)


def test_two_modes_are_a_third_and_two_thirds_of_the_values():
    values = logs(flat(random_of("modes", 1), "two modes", 3000, 0.02))
    assert (values > 0.08).mean() == pytest.approx(1 / 3, abs=0.04)
    assert series.RHO == 0.7
