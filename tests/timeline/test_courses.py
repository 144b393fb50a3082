from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.courses import earlier, follow, newest_session
from testkit import edges
from testkit import histories as make

KEY = ("conv.Forward.time_layer", "conv2d.3-64.k3.hw32", "cpu-1")


@pytest.fixture
def followed(grow):
    def build(level, detect=edges.find_edges, **options):
        (group,) = arrange(grow({KEY: level}, **options))
        (one,) = follow(group, detect)
        return group, one

    return build


def test_places_are_those_of_the_runs_that_measured(followed):
    _, one = followed(lambda number: None if number in {2, 5} else 1.0, count=6)
    assert one.positions == (0, 2, 3, 5)


def test_the_detector_gets_values_and_intervals_in_the_order_of_commits():
    heard = []

    def hear(values, intervals):
        heard.append((values, intervals))

    runs = [
        make.run(make.point(*KEY, value=v, n=n), number=i) for i, v, n in ((2, 3.0, 1), (1, 2.0, 7))
    ]
    (group,) = arrange(make.history(*runs))
    follow(group, hear)
    ((values, intervals),) = heard
    assert values == [2.0, 3.0]
    assert intervals == [(pytest.approx(1.98), pytest.approx(2.02)), None]


def test_a_session_is_the_last_twenty_hours_of_measuring(followed):
    group, _ = followed(lambda number: 1.0)
    assert newest_session(group, timedelta(hours=20)) == datetime(2026, 3, 11, 17, tzinfo=UTC)


def _unknown(group, one, hours=20):
    known = earlier(one, newest_session(group, timedelta(hours=hours)), edges.find_edges)
    (step,) = one.course.steps
    return known is not None and not known.has(step, one.course)


def test_a_step_that_the_last_value_brought_is_new(followed, step):
    assert _unknown(*followed(step(1.1, at=12)))


def test_a_step_that_was_there_before_the_last_value_is_not(followed, step):
    assert not _unknown(*followed(step(1.1, at=11)))


def test_a_step_is_new_if_all_was_measured_in_the_last_session(followed, step):
    assert _unknown(*followed(step(1.1, at=4)), hours=24 * 30)


def test_a_step_is_not_new_where_nothing_was_measured_lately(grow, step):
    """The series has ended; another one of the same machine goes on."""
    other = ("dense.Forward.time_layer", "dense.64-64", "cpu-1")
    level = step(1.1, at=6)
    (group,) = arrange(grow({KEY: lambda n: level(n) if n < 9 else None, other: lambda n: 1.0}))
    one, _ = follow(group, edges.find_edges)
    assert not _unknown(group, one)


def test_an_opposite_step_at_the_same_place_was_something_else(followed):
    """Up to yesterday commit 7 was quicker than 6; today 6 is measured again, and it is slower."""
    group, one = followed(lambda number: {6: 1.2}.get(number, 1.0 if number < 6 else 1.3))
    latest = datetime(2026, 3, 12, 14, tzinfo=UTC)
    measured = list(one.series.readings)
    old = replace(measured[5].point, started_at=latest)
    measured[5] = replace(measured[5], point=old)
    one = replace(one, series=replace(one.series, readings=tuple(measured)))
    rises = one.course.steps[1]
    until = newest_session(group, timedelta(hours=20))
    assert earlier(one, until, edges.find_edges).has(rises, one.course)

    def falling(values, intervals):
        return edges.find_edges([1 / value for value in values])

    assert not earlier(one, until, falling).has(rises, one.course)


def test_values_without_a_version_are_not_parted_from_those_with_one():
    """Between the two, the benchmark may be what has changed."""

    def course(*versions):
        runs = [
            make.run(
                replace(make.point(*KEY, value=1.0 if i < 4 else 1.2, spread=0.0), version=version),
                number=i + 1,
            )
            for i, version in enumerate(versions)
        ]
        (group,) = arrange(make.history(*runs))
        (one,) = follow(group, edges.find_edges)
        assert len(one.course.steps) == 1
        return one

    assert course(*8 * ["2"]).is_one_version(0)
    assert course(*8 * [None]).is_one_version(0)
    assert not course(*4 * [None], *4 * ["2"]).is_one_version(0)
    assert course(*3 * [None], "2", *4 * ["2"]).is_one_version(0)
