import math

import numpy as np

from cnnfc.history.index.columns import PlainValues, of_points
from cnnfc.history.index.numbers import Numbers, parse_series, series_text
from cnnfc.records import Outcome, Point


def test_series_and_versions_have_their_place_for_a_number():
    numbers = Numbers()
    assert [numbers.add_series("a", ()), numbers.add_series("a", ("1",))] == [0, 1]
    assert numbers.add_series("a", ()) == 0
    assert [numbers.add_version("x"), numbers.add_version(None), numbers.add_version("y")] == [
        *(0, -1, 1)
    ]
    assert numbers.add_version("x") == 0
    assert numbers.series == [("a", ()), ("a", ("1",))]
    assert numbers.versions == ["x", "y"]


def test_the_columns_of_a_file_name_series_by_number():
    numbers = Numbers()
    numbers.add_series("b", ("2",))
    points = [
        Point("a", (), Outcome.FAILED, version="v"),
        Point("b", ("1",), Outcome.MEASURED, 1.5, repeat=7),
        Point("b", ("2",), Outcome.SKIPPED),
    ]
    columns = of_points(points)
    found = numbers.arrays(9, columns, PlainValues()(columns))
    assert found["file"].tolist() == [9, 9, 9]
    assert found["series"].tolist() == [1, 2, 0]
    assert found["version"].tolist() == [0, -1, -1]
    assert found["started_at"].tolist() == [-1, -1, -1]
    assert found["outcome"].tolist() == [2, 0, 1]
    np.testing.assert_array_equal(found["value"], [np.nan, 1.5, np.nan])
    assert found["n"].tolist() == [0, 7, 0]


def test_a_series_is_the_same_after_it_was_text():
    for key in [("a.time_x", ()), ("a", ("1", "\u00e9\x00'\"", "\U0001f600"))]:
        assert parse_series(series_text(key)) == key
        assert series_text(key).isascii()


def test_of_a_combination_that_a_file_has_twice_the_one_measured_last_counts():
    numbers = Numbers()
    values = {("x",): [1.5, 2.5, None], ("y",): [None, math.nan], ("z",): [3.5]}
    points = [
        Point("a", key, _outcome(value), value if _outcome(value) is Outcome.MEASURED else None)
        for key, many in values.items()
        for value in many
    ]
    columns = of_points(points)
    for _ in range(2):
        found = numbers.arrays(0, columns, PlainValues()(columns))
        assert [numbers.series[n][1] for n in found["series"]] == [("x",), ("y",), ("z",)]
        np.testing.assert_array_equal(found["value"], [2.5, np.nan, 3.5])
        assert found["outcome"].tolist() == [0, 2, 0]
        assert {len(column) for column in found.values()} == {3}


def _outcome(value):
    if value is None:
        return Outcome.FAILED
    return Outcome.SKIPPED if math.isnan(value) else Outcome.MEASURED
