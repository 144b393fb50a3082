import math

import numpy as np
import pytest

from cnnfc.analysis.changepoints.values import FAR, noise_of, prepare


def noise(count, seed=1, size=0.02):
    """Without tails, so that no value is an outlier by itself; its standard deviation is `size`."""
    return size * np.random.default_rng(seed).uniform(-(3**0.5), 3**0.5, count)


def left_out(values, intervals=()):
    prepared = prepare(values, intervals)
    return sorted(set(range(len(values))) - set(prepared.places.tolist()))


def test_positive_values_become_logarithms_and_others_stay():
    positive = prepare([1.0, math.e, 1.0, math.e])
    assert positive.relative
    assert positive.levels.tolist() == pytest.approx([0.0, 1.0, 0.0, 1.0])
    mixed = prepare([1.0, -2.0, 0.0, 1.0])
    assert not mixed.relative
    assert mixed.levels.tolist() == [1.0, -2.0, 0.0, 1.0]


def test_noise_is_the_median_distance_of_neighbours():
    # Distances 1, 2, 3, 4, 5: their median is 0.9539 of the standard deviation.
    assert noise_of(np.array([0.0, 1.0, 3.0, 6.0, 10.0, 15.0])) == pytest.approx(3 / 0.9539)


def test_noise_of_values_that_are_mostly_the_same_is_not_nothing():
    # Of 19 distances 7 are 1; without the largest tenth 5 of 17, and half of that counts.
    values = np.array([0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1], dtype=float)
    assert noise_of(values) == pytest.approx(0.5 * 5 / 17 / 0.930)


def test_noise_of_normal_values_is_their_standard_deviation():
    normal = 0.02 * np.random.default_rng(1).standard_normal(4000)
    assert noise_of(normal) == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_values_have_no_noise(count):
    assert noise_of(np.zeros(count)) == 0


@pytest.mark.parametrize("length", [1, 2, 3, 4])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_burst_that_comes_back_is_left_out(length, sign):
    values = noise(40)
    values[20 : 20 + length] += sign * 0.4
    assert left_out(np.exp(values)) == list(range(20, 20 + length))


def test_five_values_in_a_row_are_a_level():
    values = noise(40)
    values[20:25] += 0.4
    assert left_out(np.exp(values)) == []


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("end", ["first", "last"])
def test_one_or_two_values_at_an_end_are_left_out(length, end):
    values = noise(40)
    values[-length:] += 0.4
    if end == "first":
        values = values[::-1]
    expected = list(range(length)) if end == "first" else list(range(40 - length, 40))
    assert left_out(np.exp(values)) == expected


@pytest.mark.parametrize("end", ["first", "last"])
def test_three_values_at_an_end_are_a_level(end):
    values = noise(40)
    values[-3:] += 0.4
    assert left_out(np.exp(values if end == "last" else values[::-1])) == []


def test_an_outlier_in_a_new_level_does_not_hide_it():
    values = noise(40)
    values[20:] += 0.4
    values[23] -= 0.6
    assert left_out(np.exp(values)) == [23]


def test_the_edge_of_a_step_stays_where_it_is():
    values = noise(40)
    values[20:] += 5.0
    assert left_out(np.exp(values)) == []


def test_what_happens_often_is_noise():
    # Every third value in another mode: none is left out, since more than a fifth would be.
    assert left_out(np.exp(noise(99) + 0.3 * (np.arange(99) % 3 == 0))) == []
    assert len(left_out(np.exp(noise(99) + 0.3 * (np.arange(99) % 6 == 0)))) == 17


def test_equal_values_are_all_kept_and_a_different_one_is_left_out():
    assert left_out([0.1] * 30) == []
    assert left_out([0.1] * 15 + [0.2] + [0.1] * 14) == [15]


def test_short_series_are_taken_as_they_are():
    assert left_out([1.0, 5.0]) == []
    assert prepare([1.0]).unit > 0


def test_values_within_the_limit_are_kept():
    values = np.zeros(21)
    values[::2] = 1.0  # distances of 1, so the noise is 1 / 0.9539
    values[10] = 0.9 * FAR / 0.9539
    assert left_out(values - 0.5) == []


def test_noise_that_is_even_counts_the_same_everywhere():
    assert np.ptp(prepare(np.exp(noise(200))).noise) < 0.4


def test_a_noisy_stretch_counts_less():
    values = noise(200)
    values[100:] *= 5
    found = prepare(np.exp(values))
    quiet, loud = np.median(found.noise[:80]), np.median(found.noise[120:])
    assert quiet == pytest.approx(1.0, abs=0.1)
    assert 3 < loud < 6


def test_a_quiet_stretch_counts_no_more_than_the_rest():
    values = noise(600)
    values[290:310] /= 50
    found = prepare(np.exp(values))
    assert found.noise.min() == 1.0
    assert np.ptp(found.noise) < 0.6


def test_values_of_a_noisy_stretch_are_no_outliers():
    values = noise(200)
    values[100:] *= 5
    assert left_out(np.exp(values)) == []


def test_a_value_with_a_wide_interval_counts_less():
    values = np.exp(noise(30))
    intervals = [(0.99 * value, 1.01 * value) for value in values]
    intervals[7] = (values[7] / 1.2, values[7] * 1.2)
    found = prepare(values, intervals)
    at = found.places.tolist().index(7)
    # Standard errors of 0.182 / 1.96 = 0.093 and usually 0.0051, in noise of 0.02 or so.
    expected = math.sqrt(1 + (0.0930**2 - 0.0051**2) / noise_of(np.log(values)) ** 2)
    assert found.noise[at] == pytest.approx(expected, rel=0.01)
    assert np.delete(found.noise, at).max() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    "unknown", [None, (0.0, math.inf), (-math.inf, math.inf), (-1.0, 3.0), (2.0, 1.0)]
)
def test_unknown_and_impossible_intervals_change_nothing(unknown):
    values = np.exp(noise(30))
    without = prepare(values)
    assert np.array_equal(prepare(values, [unknown] * 30).noise, without.noise)
    mixed = [(value / 1.01, value * 1.01) for value in values]
    mixed[3] = unknown
    assert prepare(values, mixed).noise.tolist() == pytest.approx(without.noise.tolist(), abs=1e-3)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        prepare([1.0, bad, 2.0])


def test_intervals_must_be_as_many_as_values():
    with pytest.raises(ValueError, match="3 values cannot have 2 intervals"):
        prepare([1.0, 2.0, 3.0], [None, None])
