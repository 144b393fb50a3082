"""What is taken straight from JSON is what the tolerant reader says, wherever it says anything."""

import copy
import json
import math
import random
from pathlib import Path

import numpy as np
import pytest

from cnnfc.errors import DataError
from cnnfc.history.asv_json import run_of
from cnnfc.history.index.columns import FAILED, MEASURED, SKIPPED, of_points
from cnnfc.history.index.well_formed import columns_of
from cnnfc.history.json_file import parse_object
from testkit.results_on_disk import COLUMNS, file_content

ROOT = Path(__file__).parents[3]
FILES = [
    path
    for folder in (ROOT / "tests/data/results", ROOT / "reports/results")
    for path in sorted(folder.glob("**/*-*.json"))
]
ROWS = {
    "a.time_x": [
        [1.5, None, math.nan, 2],
        [["'p'", "'q'"], ["1", "2"]],
        "3",
        1_772_438_400_250,
        0.5,
        [1.25, None, None, -math.inf],
        [1.75, None, None, math.inf],
        [1.375, None, None, 2],
        [1.625, None, None, 2],
        [10, None, None, 1],
        [4, None, None, 1],
        [[1.25, 1.5, 1.5, 1.75], None, None, [2.0]],
        None,
    ],
    "a.track_y": [[-3], [], "1", 1_772_438_400_000],
    "a.mem_z": [None, [["1", "2"]]],
    "a.time_once": [[0.25], []],
}


def content(rows=ROWS, **changes):
    return file_content(copy.deepcopy(rows), **changes)


def same(one, other):
    assert one.rows == other.rows
    for name in ("outcome", "value", "low", "high", "repeat", "samples", "sizes"):
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype, name
        np.testing.assert_array_equal(left, right, err_msg=name)


def agrees(data):
    """Whether the fast way took it; where it did, the tolerant reader must agree."""
    fast = columns_of(data)
    if fast is None:
        return False
    run, problems = run_of(data, (), "x")
    _, of_head = run_of({**data, "results": {}}, (), "x")
    assert problems == of_head, "the tolerant reader complains"
    same(fast, of_points(run.points))
    return True


def test_a_rich_file_is_taken_by_hand_computed_columns():
    found = columns_of(content())
    assert [(row.benchmark, row.version, row.started_at) for row in found.rows] == [
        ("a.time_x", "3", 1_772_438_400_250),
        ("a.track_y", "1", 1_772_438_400_000),
        ("a.mem_z", None, None),
        ("a.time_once", None, None),
    ]
    assert found.rows[0].combinations == (("p", "1"), ("p", "2"), ("q", "1"), ("q", "2"))
    assert found.outcome.tolist() == [
        *(MEASURED, FAILED, SKIPPED, MEASURED),
        MEASURED,
        *(FAILED, FAILED),
        MEASURED,
    ]
    nan = math.nan
    np.testing.assert_array_equal(found.value, [1.5, nan, nan, 2, -3, nan, nan, 0.25])
    np.testing.assert_array_equal(found.low, [1.25, nan, nan, -math.inf, nan, nan, nan, nan])
    np.testing.assert_array_equal(found.high, [1.75, nan, nan, math.inf, nan, nan, nan, nan])
    assert found.repeat.tolist() == [4, 0, 0, 1, 0, 0, 0, 0]
    assert found.samples.tolist() == [1.25, 1.5, 1.5, 1.75, 2.0]
    assert found.sizes.tolist() == [4, 0, 0, 1, 0, 0, 0, 0]
    assert agrees(content())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_both_ways_agree_on_every_file_that_is_kept_here(path):
    data, _ = parse_object(path.read_bytes())
    # The old format is left to the tolerant reader.
    assert agrees(data) == (data["version"] == 2)


ODD = [
    ("result", 0, True),
    ("result", 0, "1.5"),
    ("result", 0, [1.5]),
    ("result", 0, math.inf),
    ("result", 0, -0.5),
    ("result", 0, 10**400),
    ("stats_ci_99_a", 0, None),
    ("stats_ci_99_a", 0, 9.0),
    ("stats_ci_99_b", 0, math.nan),
    ("stats_q_25", 0, 9.0),
    ("stats_number", 0, 0),
    ("stats_number", 0, 1.5),
    ("stats_repeat", 0, True),
    ("stats_repeat", 0, "4"),
    ("stats_repeat", 0, math.inf),
    ("samples", 0, 3.0),
    ("samples", 0, [1.0, -1.0]),
    ("samples", 0, [1.0, None]),
    ("samples", 0, [1.0, math.inf]),
    ("samples", 0, [True]),
    ("samples", 1, [1.0]),
]


@pytest.mark.parametrize(("column", "place", "value"), ODD)
def test_what_the_tolerant_reader_would_name_is_left_to_it(column, place, value):
    data = content()
    data["results"]["a.time_x"][COLUMNS.index(column)][place] = value
    assert columns_of(data) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("result", 1.5),
        ("result", [1.5]),
        ("params", "ab"),
        ("params", [["1", "2"], [1, 2]]),
        ("params", [["1", "2"], ["1", ["2"]]]),
        ("params", [["1", "2"], "12"]),
        ("version", 3),
        ("started_at", True),
        ("started_at", -1),
        ("started_at", math.nan),
        ("started_at", 7_258_118_400_000),
        ("samples", []),
        ("stats_q_25", {"a": 1}),
    ],
)
def test_a_column_that_does_not_fit_is_left_to_the_tolerant_reader(column, value):
    data = content()
    data["results"]["a.time_x"][COLUMNS.index(column)] = value
    assert columns_of(data) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 1},
        {"version": 3},
        {"result_columns": None},
        {"result_columns": ["params"]},
        {"result_columns": ["result", "params", "result"]},
        {"result_columns": ["result", 3]},
        {"results": []},
        {"results": {"a.time_x": {"result": [1.5]}}},
        {"results": {"a.time_x": [[], [[]]]}},
    ],
)
def test_a_file_of_another_shape_is_left_to_the_tolerant_reader(changes):
    assert columns_of(content(**changes)) is None


def test_a_number_is_not_taken_for_the_text_that_was_seen_before():
    assert columns_of(content({"a.time_x": [[1.0, 2.0], [["1", "True"]]]})) is not None
    assert columns_of(content({"a.time_x": [[1.0, 2.0], [[1, True]]]})) is None
    assert columns_of(content({"a.time_x": [[1.0, 2.0], ["ab"]]})) is None


def test_more_combinations_than_a_file_may_have_are_left_to_the_tolerant_reader():
    axis = [repr(f"v{index}") for index in range(1000)]
    assert columns_of(content({"a.time_x": [None, [axis] * 4]})) is None


def test_a_file_without_benchmarks_has_columns_without_entries():
    assert len(columns_of(content({}))) == 0
    assert agrees(content({}))


WRONG = [
    *(None, True, False, 0, -1, 3, 10**30, 10**400, 1.5, -2.5, math.nan, math.inf, -math.inf),
    *("", "x", "'", "1", [], {}, [[]], [None], [1.0], [[[1]]], {"a": 1}, ["'x'", "'y'"]),
    *([1.0, 2.0, 3.0, 4.0], [None] * 4, [[1.0], None, None, [2.0]], 1_772_438_400_000),
]


def places(data, here=()):
    if here:
        yield here
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield from places(value, (*here, key)) if isinstance(value, dict | list) else [(*here, key)]


def test_both_ways_agree_on_thousands_of_odd_files():
    chance = random.Random(5)  # noqa: S311
    everywhere = list(places(content()))
    taken = rejected = 0
    for _ in range(2500):
        data = content()
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            *parents, last = chance.choice(everywhere)
            inner = data
            try:
                for key in parents:
                    inner = inner[key]
                if chance.random() < 0.2:
                    del inner[last]
                else:
                    inner[last] = copy.deepcopy(chance.choice(WRONG))
            except (KeyError, IndexError, TypeError):
                continue  # an earlier change has taken the place away
        data = json.loads(json.dumps(data))
        try:
            taken += agrees(data)
        except DataError:
            rejected += 1  # the head is judged by the tolerant reader alone
    assert taken > 200
    assert rejected > 20
