import json
import math

import numpy as np

from cnnfc.analysis.changepoints.steps import Course, Step
from cnnfc.history.index.columns import MEASURED
from cnnfc.studies.scale.report_data import SCHEMA, documents
from cnnfc.timeline.indexed.tracks import Track

NOTHING = Course((), (), 0.0, 0.0, enough=False)


def track(benchmark, centre, low, high, commit=None, parameters=("a",)):
    size = len(centre)
    places = np.arange(size) if commit is None else np.array(commit)
    arrays = (np.array(values, np.float64) for values in (centre, low, high))
    ones = np.ones(size, np.int32)
    return Track(benchmark, parameters, places, *arrays, ones, 0, ones, places, MEASURED)


def one(*args, course=NOTHING, **options):
    (text,) = documents([track("s.time_a", *args, **options)], [course]).values()
    (series,) = json.loads(text)
    assert series.keys() == SCHEMA.keys()
    return series


def test_numbers_are_differences_in_hundred_thousandths_of_the_median():
    series = one([1.0, 2.0, 4.0], [0.5, 2.0, 3.0], [1.5, 2.5, 8.0], commit=[3, 4, 9])
    assert series["u"] == 2e-5
    assert series["c"] == [3, 1, 5]
    assert series["v"] == [50_000, 50_000, 100_000]
    assert series["l"] == [25_000, 0, 50_000]
    assert series["h"] == [25_000, 25_000, 200_000]


def test_what_is_not_known_or_infinite_is_minus_one():
    nan, inf = math.nan, math.inf
    series = one([1.0, 1.0], [nan, -inf], [nan, inf])
    assert (series["l"], series["h"]) == ([-1, -1], [-1, -1])


def test_zeros_have_a_unit_too():
    assert one([0.0, 0.0], [0.0, 0.0], [0.0, 1.0])["h"] == [0, 1]


def test_steps_have_five_digits_and_no_bare_nan():
    step = Step(5, 4, 6, 1.23456789, math.nan, math.inf, 1e-300)
    course = Course((), (step,), 0.1, 0.0, enough=True)
    series = one([1.0], [1.0], [1.0], course=course)
    assert series["s"] == [[5, 4, 6, 1.2346, None, None, 1e-300]]


def test_series_stand_with_their_benchmark_and_those_without_values_are_left_out():
    tracks = [
        track("s.b", [1.0], [1.0], [1.0], parameters=("x",)),
        track("s.a", [1.0], [1.0], [1.0], parameters=()),
        track("s.b", [1.0], [1.0], [1.0], parameters=("y",)),
        track("s.c", [], [], []),
    ]
    found = {name: json.loads(text) for name, text in documents(tracks, [NOTHING] * 4).items()}
    assert {name: [one["p"] for one in series] for name, series in found.items()} == {
        "s.b": [["x"], ["y"]],
        "s.a": [[]],
    }
