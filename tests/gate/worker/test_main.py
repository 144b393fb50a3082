"""What a worker answers, asked as the gate asks it: every test starts the real program."""

import json
import sys
from pathlib import Path

import pytest

TIMEOUT = 60.0
LEG = {"number": 1, "seconds": 0.0, "warm_calls": 0}


@pytest.fixture
def asked(start):
    """Asks a new worker on the suite `asv_like`."""
    worker = start("asv_like")
    return lambda op, **fields: worker.ask(op, TIMEOUT, **fields)


def events(tmp_path):
    file = tmp_path / "work" / "events"
    found = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return found


def test_hello_says_who_it_is_and_loads_nothing(start):
    worker = start("damaged")
    answer = worker.ask("hello", TIMEOUT)
    assert answer["pid"] == worker.pid
    assert Path(answer["python"]).samefile(sys.executable)
    assert answer["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "asv_runner" in answer["versions"]
    assert "too old" not in worker.said()


def test_benchmarks_are_listed_with_what_asv_knows_of_them(asked):
    listed = {one["name"]: one for one in asked("list")["benchmarks"]}
    hooked = listed["events.Hooked.time_it"]
    assert hooked["params"] == [["1", "2"], ["'a'", "'b'"]]
    assert hooked["param_names"] == ["n", "letter"]
    assert (hooked["type"], hooked["unit"], hooked["index_count"]) == ("time", "seconds", 4)
    assert hooked["setup_cache_key"] is None
    assert hooked["file"].endswith("asv_like/events.py")
    assert listed["events.Cached.track_answer"]["setup_cache_key"].startswith("events:")
    number = listed["kinds.track_number"]
    assert (number["type"], number["unit"], number["index_count"]) == ("track", "apples", 1)
    assert number["higher_is_better"] is True
    assert hooked["higher_is_better"] is False
    assert listed["kinds.peakmem_nothing"]["type"] == "peakmemory"


def test_load_counts_what_there_is(asked):
    answer = asked("load")
    assert answer["benchmarks"] == len(asked("list")["benchmarks"]) > 10
    assert answer["errors"] == []
    assert answer["seconds"] > 0


def test_a_module_that_cannot_be_imported_is_named_and_the_others_remain(start):
    worker = start("damaged")
    answer = worker.ask("load", TIMEOUT)
    assert answer["benchmarks"] == 1
    assert answer["errors"] == [
        {"module": "damaged.exits", "failed": "SystemExit: too old"},
        {
            "module": "damaged.lacks",
            "failed": "ModuleNotFoundError: No module named 'no_such_module_anywhere'",
        },
    ]
    assert [one["name"] for one in worker.ask("list", TIMEOUT)["benchmarks"]] == ["fine.time_fine"]
    assert "no_such_module_anywhere" in worker.said()


def test_every_call_after_a_setup_finds_a_setup_of_its_own(asked, tmp_path):
    case = {"benchmark": "events.Hooked.time_it", "index": 1}
    answer = asked("leg", **case, number=1, seconds=0.0, warm_calls=1)
    assert len(answer["values"]) == 1
    assert events(tmp_path) == [
        *("setup 1 b", "call 1 b"),  # the warm call
        *("teardown 1 b", "setup 1 b", "call 1 b"),
    ]
    # The second leg goes on with the same object: nothing is built anew beside asv's hooks.
    asked("leg", **case, **LEG)
    assert events(tmp_path) == ["teardown 1 b", "setup 1 b", "call 1 b"]
    asked("drop", **case)
    assert events(tmp_path) == ["teardown 1 b"]
    asked("drop", **case)
    assert events(tmp_path) == []


def test_several_calls_a_value_are_each_set_up_where_there_are_setups(asked, tmp_path):
    asked("leg", benchmark="events.Hooked.time_it", index=0, number=3, seconds=0.0, warm_calls=0)
    called = events(tmp_path)
    assert called.count("call 1 a") == 3
    assert called.count("setup 1 a") == 3


def test_survey_counts_single_calls_where_there_are_setups(asked):
    answer = asked("survey", benchmark="events.Hooked.time_it", index=0)
    assert answer["number"] == 1
    assert answer["seconds"] > 0


def test_survey_finds_the_number_of_calls_that_fills_a_sample(asked):
    answer = asked("survey", benchmark="kinds.time_function", index=0, sample_seconds=1e-3)
    assert answer["type"] == "time"
    assert answer["number"] == pytest.approx(1e-3 / answer["seconds"], rel=0.01)
    assert answer["memory"] >= 0
    assert (answer["device"], answer["threads"]) == ("cpu", None)


def test_survey_keeps_the_number_that_the_suite_says(asked):
    assert asked("survey", benchmark="kinds.Numbered.time_it", index=0)["number"] == 7


def test_the_timer_of_the_suite_is_the_one_that_is_read(asked):
    case = {"benchmark": "kinds.Ticking.time_it", "index": 0}
    assert asked("survey", **case)["seconds"] == 1 / 4
    answer = asked("leg", **case, number=4, seconds=0.0, warm_calls=2)
    assert answer["values"] == [1 / 4]
    assert answer["started"] <= answer["ended"]


def test_an_injected_slowdown_lies_between_two_readings_of_the_timer(asked):
    case = {"benchmark": "kinds.Ticking.time_it", "index": 0}
    inject = {"fraction": 0.1, "every": 1, "seconds_per_call": 1e-3}
    answer = asked("leg", **case, number=4, seconds=0.0, warm_calls=0, inject=inject)
    # Once more before it spends the time: two ticks a value instead of one.
    assert answer["values"] == [2 / 4]


def test_each_parameter_has_an_instance_of_its_own(asked):
    for index in (0, 1, 0, 1):
        answer = asked("leg", benchmark="kinds.Own.time_it", index=index, **LEG)
        assert "values" in answer, answer


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("kinds.NoKernel.time_skips", "no such kernel"),
        ("kinds.Parameters.time_skips", "the suite leaves these parameters out (skip_params)"),
        ("kinds.time_skips_inside", "not on this machine"),
    ],
)
def test_what_asv_skips_is_skipped_with_its_reason(asked, name, reason):
    assert asked("survey", benchmark=name, index=0) == {"skipped": reason}
    assert asked("leg", benchmark=name, index=0, **LEG) == {"skipped": reason}


def test_an_error_is_told_and_the_case_torn_down(asked, tmp_path):
    answer = asked("survey", benchmark="events.Failing.time_it", index=0)
    assert answer["failed"] == "ValueError: it is broken"
    assert answer["traceback"].rstrip().endswith("ValueError: it is broken")
    assert events(tmp_path) == ["setup 1 a", "teardown 1 a"]


def test_code_that_is_not_implemented_fails_as_in_asv(asked):
    answer = asked("survey", benchmark="kinds.time_unfinished", index=0)
    assert answer["failed"] == "NotImplementedError: half done"


def test_the_result_of_setup_cache_reaches_the_benchmark(start, tmp_path):
    file = tmp_path / "cache"
    worker = start("asv_like")
    case = {"benchmark": "events.Cached.track_answer", "index": 0}
    (listed,) = (
        one for one in worker.ask("list", TIMEOUT)["benchmarks"] if one["name"] == case["benchmark"]
    )
    key = listed["setup_cache_key"]
    assert worker.ask("value", TIMEOUT, **case)["failed"] == (
        f"LookupError: the setup_cache of events.Cached.track_answer ({key}) has not been run"
    )
    assert worker.ask("setup_cache", TIMEOUT, benchmark=case["benchmark"], file=str(file)) == {}
    assert worker.ask("value", TIMEOUT, **case) == {"value": 42.0}
    # asv calls no setup that wants parameters before setup_cache; this one is a method.
    assert events(tmp_path) == ["setup_cache", "setup {'answer': 42}"]
    other = start("asv_like", caches={key: file})
    assert other.ask("value", TIMEOUT, **case) == {"value": 42.0}


def test_values_are_set_up_and_torn_down_each_time(asked, tmp_path):
    for _ in range(2):
        assert asked("value", benchmark="events.Hooked.track_it", index=2) == {"value": 2.0}
        assert events(tmp_path) == ["setup 2 a", "track 2 a", "teardown 2 a"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kinds.track_number", 3.0),
        ("kinds.track_nan", None),
        ("kinds.track_nothing", None),
        ("kinds.track_samples", 2.0),
    ],
)
def test_values_are_numbers_or_nothing(asked, name, value):
    assert asked("value", benchmark=name, index=0) == {"value": value}


def test_a_value_that_is_no_number_fails(asked):
    assert asked("value", benchmark="kinds.track_text", index=0)["failed"].startswith("ValueError")


def test_a_value_that_is_skipped_says_why(asked):
    answer = asked("value", benchmark="kinds.Parameters.track_skips", index=0)
    assert answer == {"skipped": "the suite leaves these parameters out (skip_params)"}
    assert asked("value", benchmark="kinds.Parameters.track_skips", index=1) == {"value": 2.0}


def test_peak_memory_is_that_of_the_process(asked):
    value = asked("value", benchmark="kinds.peakmem_nothing", index=0)["value"]
    assert 5e6 < value < 1e9


def test_a_value_is_not_surveyed(asked):
    assert asked("survey", benchmark="kinds.track_number", index=0)["failed"] == (
        "TypeError: kinds.track_number is not timed: ask for its value"
    )


def test_legs_and_values_are_not_mixed_up(asked):
    assert asked("value", benchmark="kinds.time_function", index=0)["failed"] == (
        "TypeError: kinds.time_function is timed: it has no value, ask for a leg"
    )
    assert asked("leg", benchmark="kinds.track_number", index=0, **LEG)["failed"] == (
        "TypeError: kinds.track_number is not timed: ask for its value"
    )


@pytest.mark.parametrize(
    ("name", "index", "error"),
    [("kinds.time_nowhere", 0, "ValueError"), ("kinds.Own.time_it", 2, "ValueError")],
)
def test_cases_that_do_not_exist_fail(asked, name, index, error):
    assert asked("leg", benchmark=name, index=index, **LEG)["failed"].startswith(error)


def test_an_operation_that_does_not_exist_fails_and_the_next_one_works(asked):
    assert asked("dance")["failed"] == "KeyError: 'dance'"
    assert "pid" in asked("hello")


def test_benchmarks_read_nothing_from_standard_input(asked):
    assert "seconds" in asked("survey", benchmark="kinds.time_reads_input", index=0)


def test_threads_of_torch_are_those_that_each_case_had(start):
    worker = start("threaded")
    worker.ask("load", TIMEOUT)
    remembers = "cases.Remembers.time_it"
    order = [(remembers, 0), ("cases.time_as_it_comes", 0), (remembers, 1)] * 2
    threads = [
        worker.ask("leg", TIMEOUT, benchmark=benchmark, index=index, **LEG).get("threads")
        for benchmark, index in order
    ]
    assert threads == [1, 16, 2] * 2


def test_an_accelerator_that_was_used_is_named(start):
    worker = start("threaded")
    gpu = worker.ask("survey", TIMEOUT, benchmark="cases.time_on_a_gpu", index=0)
    assert (gpu["device"], gpu["threads"]) == ("cuda", 16)
    cpu = worker.ask("survey", TIMEOUT, benchmark="cases.time_as_it_comes", index=0)
    assert cpu["device"] == "cpu"


def test_a_case_finds_the_folder_that_it_left(start, tmp_path):
    (tmp_path / "work" / "here").touch()
    worker = start("ends")
    for benchmark in ("time_in_folder", "time_leaves_folder", "time_in_folder"):
        answer = worker.ask("leg", TIMEOUT, benchmark=f"faults.{benchmark}", index=0, **LEG)
        assert "values" in answer, answer


def test_the_package_of_the_side_is_found_and_the_tools_own_modules_are_not(start, tmp_path):
    worker = start("ends")
    assert worker.ask("value", TIMEOUT, benchmark="faults.track_package", index=0)["value"] == 11
    worker.ask("value", TIMEOUT, benchmark="faults.track_path", index=0)
    path = json.loads((tmp_path / "work" / "path").read_text())
    assert path[0].endswith("suites/fakes")
    assert not any(folder.endswith("cnnfc/gate/worker") for folder in path)
    answer = worker.ask("value", TIMEOUT, benchmark="faults.track_tool", index=0)
    assert answer["failed"] == "ModuleNotFoundError: No module named 'readings'"


def test_cases_are_torn_down_when_the_worker_is_stopped(start, tmp_path):
    worker = start("asv_like")
    worker.ask("leg", TIMEOUT, benchmark="events.Hooked.time_it", index=0, **LEG)
    worker.suspend()
    events(tmp_path)
    worker.stop()
    assert events(tmp_path) == ["teardown 1 a"]
