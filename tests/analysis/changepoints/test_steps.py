import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnfc.analysis.changepoints.steps import ENOUGH, Course, Segment, find_steps


def noise(count, seed=1, size=0.02):
    return size * np.random.default_rng(seed).standard_normal(count)


def series(*parts, seed=1, size=0.02):
    """Parts (length, level) with noise of 2%."""
    levels = np.concatenate([np.full(length, math.log(level)) for length, level in parts])
    return np.exp(levels + noise(len(levels), seed, size)).tolist()


def indices(values, intervals=()):
    return [step.index for step in find_steps(values, intervals).steps]


def test_a_step_is_found_with_its_place_size_and_interval():
    course = find_steps(series((40, 1.0), (30, 1.1)))
    (step,) = course.steps
    assert abs(step.index - 40) <= 1
    assert step.earliest <= 40 <= step.latest
    assert step.latest - step.earliest <= 2
    assert step.low < 1.1 < step.high
    assert step.ratio == pytest.approx(1.1, abs=0.02)
    assert step.p_value < 1e-6
    assert course.spread == pytest.approx(0.02, abs=0.005)
    assert course.enough


def test_segments_cover_the_series_and_have_intervals_of_their_levels():
    course = find_steps(series((40, 2.0), (30, 2.4)))
    first, second = course.segments
    assert (first.start, first.stop, second.stop) == (0, second.start, 70)
    assert first.low < 2.0 < first.high
    assert second.low < 2.4 < second.high
    # The geometric mean: the ratio of the step is that of the levels.
    assert second.centre / first.centre == pytest.approx(course.steps[0].ratio)


@pytest.mark.parametrize("seed", range(8))
def test_flat_series_have_one_segment(seed):
    course = find_steps(series((60, 3.0), seed=seed))
    assert course.steps == ()
    assert [(s.start, s.stop) for s in course.segments] == [(0, 60)]


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_steps_up_and_down_are_found(factor):
    (step,) = find_steps(series((30, 1.0), (30, factor))).steps
    assert step.ratio == pytest.approx(factor, abs=0.02)


def test_several_steps_are_found_each():
    found = indices(series((40, 1.0), (30, 1.1), (50, 1.0), (25, 1.3), (40, 1.2)))
    assert len(found) == 4
    assert all(abs(a - b) <= 1 for a, b in zip(found, (40, 70, 120, 145), strict=True))


def test_a_short_change_far_from_both_ends_is_found():
    found = indices(series((200, 1.0), (8, 1.15), (190, 1.0)))
    assert len(found) == 2
    assert all(abs(a - b) <= 1 for a, b in zip(found, (200, 208), strict=True))


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_a_burst_is_no_step(length):
    assert indices(series((50, 1.0), (length, 1.5), (40, 1.0))) == []


@pytest.mark.parametrize("length", [1, 2])
def test_one_or_two_slow_values_at_the_end_are_no_step(length):
    assert indices(series((50, 1.0), (length, 1.5))) == []


def test_three_slow_values_at_the_end_are_a_step():
    assert indices(series((50, 1.0), (3, 1.5))) == [50]


def test_a_step_is_found_in_spite_of_outliers():
    values = series((50, 1.0), (50, 1.1))
    for place in (5, 22, 23, 48, 52, 70, 90):
        values[place] *= 3
    (step,) = find_steps(values).steps
    assert step.earliest - 1 <= 50 <= step.latest + 1


def test_an_outlier_beside_a_step_leaves_open_to_which_side_it_belongs():
    values = series((50, 1.0), (50, 1.3))
    values[50] = 5.0
    (step,) = find_steps(values).steps
    assert step.earliest <= 50
    assert step.index == step.latest == 51


def test_a_second_mode_is_no_level_where_it_happens_to_last():
    """A quarter of the values is in another mode; five of seven are so somewhere, now and then."""
    changed = 0
    for seed in range(40):
        modes = 0.2 * (np.random.default_rng(seed).random(150) < 1 / 4)
        changed += bool(indices(np.exp(modes + noise(150, seed))))
    assert changed <= 2


def test_a_level_that_lasts_as_long_without_others_is_one():
    assert len(indices(series((70, 1.0), (5, 1.22), (75, 1.0)))) == 2


def test_a_ramp_gives_few_steps():
    rising = np.concatenate((np.zeros(50), np.linspace(0, 0.1, 50), np.full(50, 0.1)))
    found = find_steps(np.exp(rising + noise(150)).tolist())
    assert 1 <= len(found.steps) <= 5
    assert all(step.ratio > 1 for step in found.steps)


def test_values_that_are_all_equal_have_no_step():
    course = find_steps([0.25] * 40)
    assert course.steps == ()
    assert course.segments[0].centre == pytest.approx(0.25)


def test_a_step_without_any_noise_is_certain():
    (step,) = find_steps([100.0] * 12 + [101.0] * 5).steps
    assert (step.index, step.earliest, step.latest) == (12, 12, 12)
    assert step.ratio == pytest.approx(1.01)
    assert step.p_value < 1e-9


def test_values_that_are_not_positive_are_compared_by_differences():
    values = (10 * noise(80)).tolist()
    for place in range(40, 80):
        values[place] += 2.0
    course = find_steps(values)
    (step,) = course.steps
    assert step.index == 40
    assert math.isnan(step.ratio)
    assert step.low < 2.0 < step.high
    assert course.segments[0].low < 0 < course.segments[0].high
    assert course.spread == pytest.approx(0.2, abs=0.05)


def test_the_unit_changes_nothing():
    values = series((30, 1.0), (30, 1.1))
    one, other = find_steps(values), find_steps([1e-6 * value for value in values])
    assert [s.index for s in one.steps] == [s.index for s in other.steps]
    assert one.steps[0].ratio == pytest.approx(other.steps[0].ratio)


def test_reversed_in_time_a_step_is_as_strong():
    values = series((30, 1.0), (25, 1.1))
    (step,), (back,) = find_steps(values).steps, find_steps(values[::-1]).steps
    assert back.index == len(values) - step.index
    assert back.ratio == pytest.approx(1 / step.ratio)
    assert math.log(back.p_value) == pytest.approx(math.log(step.p_value), abs=0.5)


def test_values_with_wide_intervals_make_no_step():
    """Ten values are higher, but their intervals say that they may as well not be."""
    values = series((40, 1.0), (6, 1.12), seed=4)
    narrow = [(value / 1.005, value * 1.005) for value in values]
    assert indices(values, narrow) == [40]
    wide = narrow[:40] + [(value / 1.4, value * 1.4) for value in values[40:]]
    assert indices(values, wide) == []


def test_intervals_without_ends_are_taken_for_unknown():
    values = series((30, 1.0), (30, 1.1))
    assert indices(values, [(-math.inf, math.inf)] * 60) == indices(values)


@pytest.mark.parametrize("count", range(1, ENOUGH))
def test_few_values_are_too_few(count):
    course = find_steps([1.0, 2.0, 3.0, 1.5, 9.0][:count])
    assert not course.enough
    assert course.steps == ()
    assert [(s.start, s.stop) for s in course.segments] == [(0, count)]


def test_one_value_has_a_level_that_could_be_any():
    (segment,) = find_steps([5.0]).segments
    assert segment == Segment(0, 1, pytest.approx(5.0), 0.0, math.inf)


def test_no_values_have_no_course():
    assert find_steps([]) == Course((), (), 0.0, 0.0, enough=False)


def test_intervals_of_levels_hold_in_autocorrelated_noise():
    held = 0
    for seed in range(200):
        drawn = np.random.default_rng(seed).standard_normal(60)
        for place in range(1, 60):
            drawn[place] = 0.5 * drawn[place - 1] + math.sqrt(0.75) * drawn[place]
        segments = find_steps(np.exp(0.02 * drawn).tolist()).segments
        held += segments[0].low < 1 < segments[0].high
    assert held >= 180  # 95% of 200 less three standard errors


def test_places_hold_the_step_as_often_as_stated():
    held = found = 0
    for seed in range(150):
        for step in find_steps(series((30, 1.0), (30, 1.05), seed=seed)).steps:
            found += 1
            held += step.earliest <= 30 <= step.latest
    assert found > 130
    assert held / found > 0.89


ODD = st.sampled_from([0.0, -0.0, 5e-324, 1e-300, 1.0, 1.0 + 1e-15, -1.0, 1e150, 1e308, -1e308])
NUMBERS = st.one_of(ODD, st.floats(allow_nan=False, allow_infinity=False))
INTERVALS = st.one_of(st.none(), st.tuples(st.floats(allow_nan=True), st.floats(allow_nan=True)))


@settings(max_examples=80, deadline=None)
@given(st.data(), st.integers(0, 40))
def test_any_finite_values_have_a_course(data, count):
    kind = data.draw(st.sampled_from([NUMBERS, ODD, st.sampled_from([1.0, 2.0]), st.just(3.0)]))
    values = data.draw(st.lists(kind, min_size=count, max_size=count))
    intervals = data.draw(st.sampled_from([0, count]))
    ends = data.draw(st.lists(INTERVALS, min_size=intervals, max_size=intervals))
    course = find_steps(values, ends)
    starts, stops = [s.start for s in course.segments], [s.stop for s in course.segments]
    assert [0, *stops][: len(starts)] == starts
    assert not count or stops[-1] == count
    assert [step.index for step in course.steps] == starts[1:]
    for segment in course.segments:
        assert segment.low <= segment.centre <= segment.high
    for step in course.steps:
        assert 0 < step.earliest <= step.index <= step.latest < count
        assert 0 < step.p_value <= 0.01
        assert step.low <= step.high


def test_intervals_of_levels_are_those_of_students_t():
    """Independent values, many: the mean with 1.972 standard errors, from the quantile of t."""
    values = noise(250, seed=5) + 1.0
    (segment,) = find_steps((values - 1.5).tolist()).segments
    error = values.std(ddof=1) / math.sqrt(250)
    assert segment.centre == pytest.approx(values.mean() - 1.5, abs=0.3 * error)
    # Wider by what is not known of the autocorrelation.
    assert 0.95 < (segment.high - segment.low) / (2 * 1.972 * error) < 1.4
