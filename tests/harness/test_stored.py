import json

import asv.results
import pytest

from cnnfc.errors import DataError
from cnnfc.harness.stored import read_stored, result_path
from cnnfc.harness.suite import Benchmark, Point, Suite
from cnnfc.records import Outcome

NAME = "dense.Forward.time_layer"
SUITE = Suite(
    {
        NAME: Benchmark(
            NAME, ("case", "device"), (("'a'", "'b'"), ("'cpu-1'", "'cpu-2'")), version="1"
        ),
        "a.time_b": Benchmark("a.time_b", version="1"),
    }
)


def point(case, device):
    return Point(NAME, (repr(case), repr(device)))


def write(tmp_path, results, **changes):
    content = {
        "version": 2,
        "result_columns": ["result", "params", "version"],
        "results": results,
        **changes,
    }
    path = tmp_path / "r.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("environment", ["virtualenv-py3.11", "e" * 127, "e" * 128, "é" * 200])
def test_the_file_is_where_asv_puts_it(tmp_path, environment):
    commit = "0123456789abcdef" * 2
    expected = tmp_path / asv.results.get_filename("m", commit, environment)
    assert result_path(tmp_path, "m", commit, environment) == expected


def test_a_missing_file_holds_nothing(tmp_path):
    assert read_stored(tmp_path / "none.json", SUITE) == {}


def test_values_failures_and_not_a_number_are_told_apart(tmp_path):
    params = [["'a'", "'b'"], ["'cpu-1'", "'cpu-2'"]]
    stored = read_stored(
        write(tmp_path, {NAME: [[0.5, float("nan"), None, 2], params, "1"]}), SUITE
    )
    assert stored == {
        point("a", "cpu-1"): Outcome.MEASURED,
        point("a", "cpu-2"): Outcome.SKIPPED,
        point("b", "cpu-1"): Outcome.FAILED,
        point("b", "cpu-2"): Outcome.MEASURED,
    }


def test_values_belong_to_the_parameters_in_the_file_whatever_the_suite_has_now(tmp_path):
    params = [["'b'", "'gone'"], ["'cpu-2'"]]
    stored = read_stored(write(tmp_path, {NAME: [[1.0, 2.0], params, "1"]}), SUITE)
    assert stored == {point("b", "cpu-2"): Outcome.MEASURED}


def test_a_row_of_nulls_is_a_failure_of_every_point(tmp_path):
    stored = read_stored(write(tmp_path, {NAME: [None, [["'a'"], ["'cpu-1'"]], "1"]}), SUITE)
    assert stored == {point("a", "cpu-1"): Outcome.FAILED}


def test_a_benchmark_without_parameters_has_one_value(tmp_path):
    stored = read_stored(write(tmp_path, {"a.time_b": [[3.0], [], "1"]}), SUITE)
    assert stored == {Point("a.time_b"): Outcome.MEASURED}


def test_results_of_another_version_of_a_benchmark_do_not_count(tmp_path):
    row = [[1.0], [["'a'"], ["'cpu-1'"]]]
    assert read_stored(write(tmp_path, {NAME: [*row, "0"]}), SUITE) == {}
    assert read_stored(write(tmp_path, {NAME: row}), SUITE) == {}


def test_benchmarks_that_the_suite_no_longer_has_are_left_out(tmp_path):
    assert read_stored(write(tmp_path, {"gone.time_it": [[1.0], [], "1"]}), SUITE) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"version": 2, "result_col',
        "[]",
        "{}",
        '{"version": 2, "result_columns": ["result"], "results": 3}',
        json.dumps(
            {
                "version": 2,
                "result_columns": ["result", "params", "version"],
                "results": {NAME: [[1.0, 2.0], [["'a'"], ["'cpu-1'"]], "1"]},
            }
        ),
        json.dumps(
            {
                "version": 2,
                "result_columns": ["result", "params", "version"],
                "results": {NAME: [4.0, 5, "1"]},
            }
        ),
    ],
)
def test_a_damaged_file_is_named_before_asv_stumbles_over_it(tmp_path, text):
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(DataError, match="is damaged") as caught:
        read_stored(path, SUITE)
    assert str(path) in str(caught.value)


def test_a_file_of_another_format_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"has format 1 instead of 2: run `asv update`"):
        read_stored(write(tmp_path, {}, version=1), SUITE)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_stored(tmp_path, SUITE)


def test_a_file_nested_too_deeply_is_named(tmp_path):
    path = tmp_path / "r.json"
    path.write_text("[" * 100_000)
    with pytest.raises(DataError, match="is damaged"):
        read_stored(path, SUITE)
