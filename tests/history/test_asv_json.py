import itertools
import json
import math
import shutil
from datetime import UTC, datetime

import pytest

from cnnfc.analysis.summary import summarise
from cnnfc.errors import DataError
from cnnfc.history.asv_json import read_run
from cnnfc.history.parameters import parse_parameter
from cnnfc.records import Outcome

REAL = (
    "oak/96f3d5c1-virtualenv-py3.11.json",
    "oak/af7bc921-virtualenv-py3.11.json",
    "elm/96f3d5c1-virtualenv-py3.11.json",
)
OLD = ("yew/0123abcd-py3.5-numpy1.9.json", "yew/4567cdef-conda-py3.5.json")


def as_read_by_asv(path):
    """The same file by asv's own reader: facts of the run, and what it says of each point."""
    from asv.results import Results

    results = Results.load(str(path))
    points = {}
    for name in results.get_all_result_keys():
        params = results.get_result_params(name)
        columns = (
            results.get_result_value(name, params),
            results.get_result_samples(name, params),
            results.get_result_stats(name, params),
        )
        started = results.started_at[name]
        for combination, value, sample, found in zip(
            itertools.product(*params), *columns, strict=True
        ):
            measured = value is not None and not math.isnan(value)
            stats = (found if measured else None) or {}
            bounds = stats.get("ci_99_a"), stats.get("ci_99_b")
            quartiles = stats.get("q_25"), stats.get("q_75")
            points[name, tuple(map(parse_parameter, combination))] = (
                value if measured else None,
                tuple(sample or ()) if measured else (),
                None if None in bounds else bounds,
                None if None in quartiles else quartiles,
                stats.get("number"),
                stats.get("repeat"),
                results.benchmark_version[name],
                None if started is None else datetime.fromtimestamp(started / 1000, UTC),
                Outcome.FAILED
                if value is None
                else Outcome.MEASURED
                if measured
                else Outcome.SKIPPED,
            )
    facts = (
        results.commit_hash,
        datetime.fromtimestamp(results.date / 1000, UTC),
        results.env_name,
        results.params["machine"],
        results._python,
        results._requirements,
    )
    return facts, points


def as_read_here(path):
    run, problems = read_run(path, "shown")
    assert problems == ()
    assert run.path == "shown"
    points = {
        (point.benchmark, point.parameters): (
            point.value,
            point.samples,
            point.interval,
            point.quartiles,
            point.number,
            point.repeat,
            point.version,
            point.started_at,
            point.outcome,
        )
        for point in run.points
    }
    assert len(points) == len(run.points)
    facts = (run.commit, run.commit_date, run.environment, run.machine, run.python)
    return (*facts, dict(run.requirements)), points


@pytest.mark.parametrize("name", REAL)
def test_a_file_that_asv_wrote_is_read_as_asv_reads_it(real, name):
    assert as_read_here(real / name) == as_read_by_asv(real / name)


@pytest.mark.parametrize("name", OLD)
def test_an_old_file_is_read_as_asv_reads_it_after_its_own_update(format1, tmp_path, name):
    from asv.results import Results

    updated = tmp_path / name
    updated.parent.mkdir()
    shutil.copy(format1 / name, updated)
    Results.update(str(updated))
    assert json.loads(updated.read_text())["version"] == 2
    assert as_read_here(format1 / name) == as_read_by_asv(updated)


def test_what_asv_wrote_holds_every_outcome_and_samples_only_where_they_were_recorded(real):
    recorded, plain, merged = (read_run(real / name, name)[0] for name in REAL)
    assert {point.outcome for point in recorded.points} == set(Outcome)
    assert [run.measured for run in (recorded, plain, merged)] == [14, 14, 10]
    assert [run.failed for run in (recorded, plain, merged)] == [4, 4, 1]
    assert not any(point.samples for point in plain.points)
    assert {p.parameters for p in merged.points if p.samples} == {
        ("dense.1024-512", "2.5"),
        ("True",),
        ("(1, 2)",),
    }


def test_the_centre_of_a_recorded_sample_is_the_value_that_asv_gives(real):
    for point in read_run(real / REAL[0], "x")[0].points:
        if point.samples:
            assert summarise(point).centre == point.value


def test_a_string_parameter_loses_its_quotes_and_others_stay_as_written(real):
    run, _ = read_run(real / REAL[0], "x")
    found = {point.parameters for point in run.points}
    assert ("conv2d.3-64.k3.hw32", "2.5") in found
    assert ('it\'s "odd"', "None") in found
    assert ("(1, 2)",) in found


def test_the_machine_is_described_without_its_environment(format1):
    run, _ = read_run(format1 / OLD[0], "x")
    assert run.machine_facts == {
        "arch": "x86_64",
        "cpu": "Example CPU 1000",
        "machine": "yew",
        "os": "Linux 3.4",
        "ram": "4000000",
    }
    assert run.requirements == {"nomkl": "", "numpy": "1.9"}


def test_an_environment_without_a_name_gets_the_one_that_asv_gave_it(format1):
    assert read_run(format1 / OLD[0], "x")[0].environment == "py3.5-nomkl-numpy1.9"
    assert read_run(format1 / OLD[1], "x")[0].environment == "conda-py3.5"


def test_a_wrong_length_rules_out_its_benchmark_and_the_rest_is_read(box):
    results = {"suite.time_a": [[1.0, 2.0], []], "suite.time_b": [[3.0], []]}
    run, problems = read_run(box.write(results=results), "x")
    assert [(point.benchmark, point.value) for point in run.points] == [("suite.time_b", 3.0)]
    (problem,) = problems
    assert problem == (
        "benchmark suite.time_a is left out: its result has 2 entries for 1 combination of "
        "parameters"
    )


def test_a_row_that_is_no_list_rules_out_its_benchmark(box):
    results = {"suite.time_a": 1.0, "suite.time_b": [[3.0], []]}
    run, problems = read_run(box.write(results=results), "x")
    assert [point.benchmark for point in run.points] == ["suite.time_b"]
    assert problems == ("benchmark suite.time_a is left out: it is 1.0 and not a list of columns",)


def test_several_bad_values_of_a_benchmark_are_one_problem(box):
    results = {"suite.time_a": [[True, "2", -3.0, 4.0], [["1", "2", "3", "4"]]]}
    run, problems = read_run(box.write(results=results), "x")
    assert [point.value for point in run.points] == [4.0]
    (problem,) = problems
    assert problem == (
        "benchmark suite.time_a: the value True of (1), which is not a number, is left out "
        "(and 2 more of this benchmark)"
    )


def test_very_many_problems_are_counted(box):
    results = {f"suite.time_{index}": 1 for index in range(50)}
    run, problems = read_run(box.write(results=results), "x")
    assert run.points == ()
    assert len(problems) == 21
    assert problems[-1] == "30 more problems of these kinds are in it"


def test_columns_may_be_missing_reordered_or_unknown(box):
    content = box.content(
        results={"suite.time_a": [[["'x'"]], "from the future", [1.5]]},
        result_columns=["params", "weather", "result"],
    )
    run, problems = read_run(box.write(content=content), "x")
    assert problems == ()
    assert [(point.parameters, point.value) for point in run.points] == [(("x",), 1.5)]


def test_a_key_that_is_there_twice_is_named(box):
    text = json.dumps(box.content()).replace('"python": "3.11",', '"python": "3.11",' * 2, 1)
    _, problems = read_run(box.write(content=text), "x")
    assert problems == ("'python' is in it twice: the last one counts",)


def test_many_benchmarks_cannot_fill_the_memory_either(box):
    axis = [repr(f"v{index}") for index in range(400)]
    results = {f"suite.time_{index}": [None, [axis, axis]] for index in range(3)}
    run, problems = read_run(box.write(results=results), "x")
    assert len(run.points) == 160_000
    assert len(problems) == 2
    assert "160,000 combinations, more than 40,000" in problems[0]


def test_odd_facts_are_named_and_left_out(box):
    params = {"machine": "box", "gpus": 2, "ram": None, "disks": [1], "extra": {}}
    run, problems = read_run(box.write(params=params, requirements=3), "x")
    assert run.machine_facts == {"machine": "box", "gpus": "2", "ram": ""}
    assert problems == (
        "disks, extra in its params is no plain value and is left out",
        "its requirements 3 is not an object and is left out",
    )


def test_a_file_without_its_machine_or_python_is_read(box):
    run, problems = read_run(box.write(params=..., python=...), "x")
    assert (run.machine, run.python, run.measured, problems) == ("", "", 1, ())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"version": 3}, "it is in format 3 of asv and this cnnfc reads up to 2: update cnnfc"),
        ({"version": ...}, "its version None is not a format of asv"),
        ({"version": True}, "its version True is not a format of asv"),
        ({"version": "2"}, "its version '2' is not a format of asv"),
        ({"version": 0}, "its version 0 is not a format of asv"),
        ({"results": ...}, "it is not a result file of asv"),
        ({"results": [1]}, "it is not a result file of asv"),
        ({"commit_hash": ...}, "it is not a result file of asv"),
        ({"commit_hash": None}, "its commit_hash None is not a commit"),
        ({"commit_hash": "a b"}, "its commit_hash 'a b' is not a commit"),
        ({"commit_hash": ""}, "its commit_hash '' is not a commit"),
        ({"date": "today"}, "its date 'today' is not in ms between 1970 and 2200"),
        ({"date": -1}, "its date -1 is not in ms between 1970 and 2200"),
        ({"date": 10**30}, "is not in ms between 1970 and 2200"),
        ({"date": None}, "its date None is not in ms between 1970 and 2200"),
        ({"env_name": ...}, "its env_name None names no environment"),
        ({"env_name": 3}, "its env_name 3 names no environment"),
        ({"result_columns": ...}, "its result_columns None do not say where results are"),
        ({"result_columns": ["params"]}, "do not say where results are"),
        ({"result_columns": ["result", 3]}, "do not say where results are"),
    ],
)
def test_a_file_that_is_foreign_damaged_or_from_the_future_is_refused(box, changes, why):
    with pytest.raises(DataError) as caught:
        read_run(box.write(**changes), "x")
    assert why in str(caught.value)
