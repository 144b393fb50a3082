"""All points of a file at once come to what each of them comes to alone."""

import math
import random

import numpy as np

from cnnfc.analysis.summary import summarise
from cnnfc.history.index.columns import of_points
from cnnfc.records import Outcome, Point
from cnnfc.timeline.indexed.centres import Summaries


def number(value):
    return math.nan if value is None else value


def check(points):
    found = Summaries()(of_points(points))
    summaries = [summarise(point) for point in points]
    for column, field in (
        (found.centre, "centre"),
        (found.low, "low"),
        (found.high, "high"),
    ):
        wanted = [math.nan if s is None else number(getattr(s, field)) for s in summaries]
        np.testing.assert_array_equal(column, wanted, err_msg=field)
    assert found.n.tolist() == [0 if s is None else s.n for s in summaries]


def point(name="s.time_a", **fields):
    return Point(name, (), Outcome.MEASURED, **{"value": 1.5, **fields})


def test_a_timing_of_fifteen_values_comes_to_its_lower_quartile():
    sample = tuple(float(value) for value in range(15, 0, -1))
    found = Summaries()(of_points([point(samples=sample)]))
    # The quartile of 1 to 15 is 4.5; the 1st and the 8th enclose it (analysis.summary).
    assert (found.centre[0], found.low[0], found.high[0], found.n[0]) == (4.5, 1.0, 8.0, 15)


def test_samples_of_every_size_come_to_what_they_come_to_alone():
    chance = random.Random(1)  # noqa: S311
    for name in ("s.time_a", "s.track_a", "s.timeraw_a", "s.mem_a"):
        check(
            [
                point(name, samples=tuple(chance.lognormvariate(0, 1) for _ in range(n)))
                for n in [*range(1, 40), 15, 100, 15]
            ]
        )


def test_values_without_samples_come_to_what_asv_says_of_them():
    infinite = (-math.inf, math.inf)
    check(
        [
            point(interval=interval, repeat=repeat)
            for interval in (None, (1.0, 2.0), infinite, (-1.0, math.inf))
            for repeat in (None, 1, 5, 6, 100)
        ]
    )


def test_what_was_not_measured_comes_to_nothing():
    check([Point("s.time_a", (), outcome) for outcome in (Outcome.SKIPPED, Outcome.FAILED)])
    check([])


def test_samples_next_to_one_another_are_not_mixed_up():
    check(
        [
            Point("s.time_a", (), Outcome.FAILED),
            point(samples=(3.0, 1.0, 2.0)),
            point(interval=(1.0, 2.0), repeat=8),
            point("s.track_b", samples=(9.0,) * 13),
            point("s.track_b", samples=(7.0, 8.0, 9.0)),
        ]
    )
