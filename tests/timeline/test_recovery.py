import pytest

from cnnfc.analysis.changepoints.steps import Course, Segment, Step
from cnnfc.timeline.recovery import State, state_of


def _course(*levels, half=0.5):
    segments = tuple(
        Segment(3 * index, 3 * index + 3, level, level - half, level + half)
        for index, level in enumerate(levels)
    )
    steps = tuple(Step(3 * index, 3 * index, 3 * index, 1.1, 1.0, 1.2, 0.0) for index in (1,))
    return Course(segments, steps, 0.01, 0.0, enough=True)


@pytest.mark.parametrize(
    ("levels", "state"),
    [
        ((100, 110), State.PRESENT),
        ((100, 110, 120), State.PRESENT),
        ((100, 110, 100), State.RECOVERED),
        ((100, 110, 90), State.RECOVERED),
        ((100, 110, 101), State.RECOVERED),
        ((100, 110, 101.1), State.PARTLY),
        ((100, 110, 107.5), State.PARTLY),
        ((100, 110, 107.6), State.PRESENT),
        ((100, 90, 99), State.RECOVERED),
        ((100, 90, 95), State.PARTLY),
        ((100, 110, 120, 100), State.RECOVERED),
        # Slower again later is another change.
        ((100, 110, 100, 110), State.RECOVERED),
    ],
)
def test_a_change_is_gone_if_a_later_level_is_back_at_the_old_one(levels, state):
    assert state_of(_course(*levels), 0) is state


def test_levels_whose_intervals_meet_are_the_same_from_half_of_the_way_on():
    assert state_of(_course(100, 110, 104.9, half=3), 0) is State.RECOVERED
    assert state_of(_course(100, 110, 105.1, half=3), 0) is State.PARTLY
    assert state_of(_course(100, 110, 104.9, half=2), 0) is State.PARTLY
