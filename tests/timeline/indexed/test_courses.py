"""What was found once is found again without a search, and never where anything is different."""

import math

import numpy as np
import pytest

from cnnfc.analysis.changepoints.steps import find_steps
from cnnfc.history.index.columns import MEASURED
from cnnfc.machine.helpers import Helpers
from cnnfc.timeline.indexed import courses
from cnnfc.timeline.indexed.courses import find_courses
from cnnfc.timeline.indexed.tracks import Track


def track(values, half=None):
    centre = np.array(values, np.float64)
    width = np.full(len(centre), np.nan if half is None else half)
    place = np.arange(len(centre))
    n = np.full(len(centre), 10, np.int32)
    ends = (centre - width, centre + width)
    return Track("s.time_a", (), place, centre, *ends, n, 0, n, place, MEASURED)


def noisy(seed, length=60, step=1.0):
    values = 1 + 0.01 * np.random.default_rng(seed).standard_normal(length)
    values[length // 2 :] *= step
    return values


STEP = track(noisy(1, step=1.5))
FLAT = track(noisy(2), half=0.01)


def alone(one):
    intervals = [
        None if math.isnan(low) else (low, high)
        for low, high in zip(one.low.tolist(), one.high.tolist(), strict=True)
    ]
    return find_steps(one.centre.tolist(), intervals)


@pytest.fixture
def searched(monkeypatch):
    """Lengths of the series that were searched."""
    lengths = []

    def search(values, intervals):
        lengths.append(len(values))
        return find_steps(values, intervals)

    monkeypatch.setattr(courses, "find_steps", search)
    return lengths


def test_courses_are_those_that_each_series_has_alone():
    found, _ = find_courses([STEP, FLAT, track([])], {})
    assert found == [alone(STEP), alone(FLAT), alone(track([]))]
    assert [len(course.steps) for course in found] == [1, 0, 0]


def test_what_is_kept_is_not_searched_again_and_is_the_very_same(searched):
    first, kept = find_courses([STEP, FLAT], {})
    assert searched == [60, 60]
    again, kept_again = find_courses([STEP, FLAT], kept)
    assert searched == [60, 60]
    assert again == first
    assert kept_again == kept


def test_a_step_without_a_ratio_is_kept_too(searched):
    one = track(noisy(3) - 1 + np.repeat([0, 5], 30))
    (first,), kept = find_courses([one], {})
    assert math.isnan(first.steps[0].ratio)
    (again,), _ = find_courses([one], kept)
    assert searched == [60]
    assert repr(again) == repr(first)


def test_what_is_no_longer_there_is_forgotten_and_what_is_new_is_searched(searched):
    _, kept = find_courses([STEP, FLAT], {})
    longer = track([*STEP.centre, 1.5])
    found, later = find_courses([longer, FLAT], kept)
    assert searched == [60, 60, 61]
    assert found[0] == alone(longer)
    assert len(later) == 2
    assert len(kept.keys() & later.keys()) == 1


def test_another_interval_is_another_search(searched):
    _, kept = find_courses([FLAT], {})
    find_courses([track(FLAT.centre, half=0.02)], kept)
    assert len(searched) == 2


def test_another_detector_finds_nothing_kept(searched, monkeypatch):
    _, kept = find_courses([FLAT], {})
    monkeypatch.setattr(courses, "program", lambda room: f"another {room}")
    find_courses([FLAT], kept)
    assert len(searched) == 2


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b"[1, 2, 3, 4, 5]", b"[" * 10_000])
def test_what_is_kept_but_damaged_is_searched_again(searched, content):
    (first,), kept = find_courses([FLAT], {})
    (again,), _ = find_courses([FLAT], dict.fromkeys(kept, content))
    assert again == first
    assert len(searched) == 2


def test_two_series_that_are_equal_are_searched_once(searched):
    found, kept = find_courses([FLAT, FLAT], {})
    assert found[0] == found[1]
    assert len(kept) == len(searched) == 1


def test_several_processes_find_the_same_in_the_same_order(monkeypatch):
    monkeypatch.setattr(courses, "_WORTH_HELP", 1)
    monkeypatch.setattr(courses, "_CHUNK", 30)
    many = [track(noisy(seed, 30 + seed)) for seed in range(6)]
    with Helpers(1) as helpers:
        found, _ = find_courses(many, {}, helpers)
    assert found == [alone(one) for one in many]
