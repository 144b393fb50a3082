import math
from datetime import UTC, datetime

import pytest

from cnnfc.history.asv_row import RowError, finite, parse_time, read_row
from cnnfc.records import Outcome, Point

NAME = "suite.time_a"
TWO = [["'x'", "'y'"]]


def only(row):
    assert row.dropped == []
    (point,) = row.points
    return point


def test_parameters_are_combined_with_the_last_one_fastest():
    row = read_row(NAME, {"params": [["'a'", "'b'"], ["1", "2"]], "result": [1.0, 2.0, 3.0, 4.0]})
    assert [(point.parameters, point.value) for point in row.points] == [
        (("a", "1"), 1.0),
        (("a", "2"), 2.0),
        (("b", "1"), 3.0),
        (("b", "2"), 4.0),
    ]


def test_failed_and_skipped_are_kept_apart():
    row = read_row(NAME, {"params": [["1", "2", "3"]], "result": [None, math.nan, 0.5]})
    assert [point.outcome for point in row.points] == [
        Outcome.FAILED,
        Outcome.SKIPPED,
        Outcome.MEASURED,
    ]
    assert [point.value for point in row.points] == [None, None, 0.5]


def test_no_result_at_all_is_a_failure_of_every_combination():
    row = read_row(NAME, {"params": TWO, "result": None})
    assert [(p.parameters, p.outcome) for p in row.points] == [
        (("x",), Outcome.FAILED),
        (("y",), Outcome.FAILED),
    ]


def test_every_column_finds_its_place_in_the_point():
    row = read_row(
        NAME,
        {
            "result": [1.5],
            "params": [],
            "version": "3",
            "started_at": 1_772_438_400_250,
            "stats_ci_99_a": [1.0],
            "stats_ci_99_b": [2.0],
            "stats_q_25": [1.25],
            "stats_q_75": [1.75],
            "stats_number": [10],
            "stats_repeat": [4],
            "samples": [[1.0, 2, 1.5, 1.5]],
            "duration": 3.5,
            "column_of_the_future": {"a": 1},
        },
    )
    assert only(row) == Point(
        benchmark=NAME,
        parameters=(),
        outcome=Outcome.MEASURED,
        value=1.5,
        samples=(1.0, 2.0, 1.5, 1.5),
        interval=(1.0, 2.0),
        quartiles=(1.25, 1.75),
        number=10,
        repeat=4,
        version="3",
        started_at=datetime(2026, 3, 2, 8, 0, 0, 250_000, tzinfo=UTC),
    )


def test_a_row_of_nothing_is_one_failure():
    assert only(read_row(NAME, {})).outcome is Outcome.FAILED


def test_the_infinite_interval_of_a_single_value_is_kept():
    cells = {"result": [1.0], "stats_ci_99_a": [-math.inf], "stats_ci_99_b": [math.inf]}
    assert only(read_row(NAME, cells)).interval == (-math.inf, math.inf)


def test_half_an_interval_is_none():
    point = only(read_row(NAME, {"result": [1.0], "stats_ci_99_a": [0.5]}))
    assert point.interval is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (True, "the value True of (x), which is not a number,"),
        ("1.0", "the value '1.0' of (x), which is not a number,"),
        ([1.0], "the value [1.0] of (x), which is not a number,"),
        (math.inf, "the value inf of (x), which is not finite,"),
        (-math.inf, "the value -inf of (x), which is not finite,"),
        (-0.5, "the value -0.5 of (x), which is negative,"),
    ],
)
def test_a_value_that_no_time_can_be_is_left_out_and_named(value, why):
    row = read_row(NAME, {"params": TWO, "result": [value, 2.0]})
    assert [point.parameters for point in row.points] == [("y",)]
    assert row.dropped == [why]


def test_a_number_beyond_floats_is_left_out_and_named():
    row = read_row("suite.track_a", {"params": TWO, "result": [10**400, 2.0]})
    assert [point.parameters for point in row.points] == [("y",)]
    assert "which is not finite" in row.dropped[0]


def test_what_is_no_time_may_be_negative():
    assert only(read_row("suite.track_a", {"result": [-42]})).value == -42.0


def test_a_time_may_be_zero():
    assert only(read_row(NAME, {"result": [0.0]})).value == 0.0


def test_impossible_values_of_a_sample_are_left_out_and_counted():
    sample = [1.0, None, math.nan, math.inf, -1.0, True, "2", 3]
    row = read_row(NAME, {"result": [1.0], "samples": [sample]})
    assert row.points[0].samples == (1.0, 3.0)
    assert row.dropped == ["6 of 8 values of the sample"]


def test_a_clock_that_ran_backwards_is_seen_in_a_sample():
    row = read_row(NAME, {"result": [1.0], "samples": [[1.0, -1.0, 2.0]]})
    assert row.points[0].samples == (1.0, 2.0)
    assert row.dropped == ["1 of 3 values of the sample"]
    assert only(read_row("suite.track_a", {"result": [1.0], "samples": [[-1.0]]})).samples == (
        -1.0,
    )


def test_a_sample_that_is_no_list_is_left_out_and_named():
    row = read_row(NAME, {"params": TWO, "result": [1.0, 2.0], "samples": [3.0, [2.0]]})
    assert [point.samples for point in row.points] == [(), (2.0,)]
    assert row.dropped == ["the sample 3.0 of (x)"]


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        ({"stats_ci_99_a": [2.0], "stats_ci_99_b": [1.0]}, "the interval 2.0 to 1.0"),
        ({"stats_ci_99_a": [math.nan], "stats_ci_99_b": [1.0]}, "the interval nan to 1.0"),
        ({"stats_q_25": [True], "stats_q_75": [1.0]}, "the quartiles True to 1.0"),
        ({"stats_number": [0]}, "the number 0"),
        ({"stats_number": [True]}, "the number True"),
        ({"stats_repeat": [1.5]}, "the repeat 1.5"),
        ({"stats_repeat": ["4"]}, "the repeat '4'"),
        ({"version": 3}, "its version 3 is not text"),
        ({"started_at": -1}, "its start -1 is not in ms between 1970 and 2200"),
        ({"started_at": True}, "its start True is not in ms between 1970 and 2200"),
        ({"started_at": 1e300}, "its start 1e+300 is not in ms between 1970 and 2200"),
    ],
)
def test_an_impossible_detail_is_named_and_the_value_is_kept(cells, named):
    row = read_row(NAME, {"result": [1.5], **cells})
    assert row.dropped == [named]
    assert row.points == [Point(NAME, (), Outcome.MEASURED, 1.5)]


def test_whole_numbers_may_be_written_as_floats():
    cells = {"result": [1], "stats_number": [10.0], "stats_ci_99_a": [0], "stats_ci_99_b": [2]}
    point = only(read_row(NAME, cells))
    assert (point.value, point.number, point.interval) == (1.0, 10, (0.0, 2.0))


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"result": [1.0]}, "its result has 1 entries for 2 combinations of parameters"),
        ({"result": [1.0] * 3}, "its result has 3 entries for 2 combinations of parameters"),
        ({"result": 1.0}, "its result is 1.0 and not a list"),
        (
            {"result": [1.0, 2.0], "samples": [[1.0]]},
            "its samples has 1 entries for 2 combinations of parameters",
        ),
        ({"result": [1.0, 2.0], "stats_q_25": 3}, "its stats_q_25 is 3 and not a list"),
        ({"params": "ab", "result": [1.0, 2.0]}, "its parameters are not lists of plain values"),
        ({"params": [[["a"]]], "result": [1.0]}, "its parameters are not lists of plain values"),
    ],
)
def test_lists_that_do_not_fit_the_parameters_rule_the_benchmark_out(cells, why):
    with pytest.raises(RowError) as caught:
        read_row(NAME, {"params": TWO, **cells})
    assert str(caught.value) == why


def test_parameters_that_would_fill_the_memory_are_refused():
    axis = [repr(f"v{index}") for index in range(1000)]
    with pytest.raises(RowError, match=r"have 1,000,000,000,000 combinations, more than 200,000"):
        read_row(NAME, {"params": [axis] * 4, "result": None})


def test_a_parameter_without_values_has_no_points():
    assert read_row(NAME, {"params": [[]], "result": []}).points == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1.0), (1.5, 1.5), (True, None), ("1", None), (None, None), (math.nan, None)],
)
def test_only_numbers_are_numbers(value, expected):
    assert finite(value) == expected


def test_times_are_milliseconds_of_utc():
    assert parse_time(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_time(1_772_438_400_250.4) == datetime(2026, 3, 2, 8, 0, 0, 250_000, tzinfo=UTC)
    assert parse_time(7_258_118_399_999) == datetime(2199, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert parse_time(7_258_118_400_000) is None
    assert parse_time("0") is None
