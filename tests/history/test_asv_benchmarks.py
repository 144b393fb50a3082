import json

import pytest

from cnnfc.history.asv_benchmarks import default_info, kind_of, read_benchmarks
from cnnfc.history.asv_json import read_run
from cnnfc.records import BenchmarkInfo

LAYER = "conv.Forward.time_layer"


@pytest.fixture
def write(tmp_path):
    def write(content):
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "benchmarks.json").write_text(text)
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv.Forward.time_layer", ("time", "seconds")),
        ("suite.TimeThing", ("time", "seconds")),
        ("suite.Timething", ("track", "unit")),
        ("suite.timeraw_import", ("time", "seconds")),
        ("suite.mem_list", ("memory", "bytes")),
        ("suite.peakmem_list", ("peakmemory", "bytes")),
        ("suite.track_rate", ("track", "unit")),
        ("time_layer", ("time", "seconds")),
        ("time_layer.other", ("track", "unit")),
        ("", ("track", "unit")),
    ],
)
def test_a_name_says_what_kind_of_benchmark_it_is(name, expected):
    assert kind_of(name) == expected


def test_kinds_and_units_from_names_are_those_that_asv_writes(real):
    for name, entry in json.loads((real / "benchmarks.json").read_text()).items():
        if name not in ("version", "suite.track_rate"):  # track_rate states a unit of its own
            assert kind_of(name) == (entry["type"], entry["unit"])


def test_names_of_this_project_say_their_parameters_and_units():
    assert default_info(LAYER, 2) == BenchmarkInfo(
        LAYER, "time", "seconds", ("case", "device"), None, higher_is_better=False
    )
    flops = default_info("hardware.CanaryGemm.track_flops", 2)
    assert (flops.unit, flops.higher_is_better) == ("flop/s", True)
    bandwidth = default_info("hardware.CanaryCopy.track_bandwidth", 2)
    assert (bandwidth.unit, bandwidth.higher_is_better) == ("byte/s", True)
    loop = default_info("hardware.CanaryLoop.track_duration", 2)
    assert (loop.unit, loop.higher_is_better) == ("seconds", False)
    first = default_info("conv.ForwardFirst.track_latency", 2)
    assert (first.unit, first.higher_is_better) == ("seconds", False)


def test_the_time_of_a_quantity_is_a_time():
    info = default_info("conv.Forward.time_flops", 2)
    assert (info.unit, info.higher_is_better) == ("seconds", False)


def test_nothing_is_assumed_of_the_track_benchmarks_of_others():
    info = default_info("suite.track_flops", 1)
    assert (info.unit, info.parameter_names, info.higher_is_better) == ("unit", ("param1",), False)


def test_a_file_of_asv_is_read_as_it_stands(real):
    found, problems = read_benchmarks(real, [])
    assert problems == ()
    assert list(found) == sorted(found)
    assert found["suite.track_rate"] == BenchmarkInfo(
        "suite.track_rate", "track", "flop/s", ("kind",), "1", higher_is_better=True
    )
    assert found["suite.Grid.time_layer"].parameter_names == ("case", "amount")


def test_without_the_file_names_and_points_say_enough(real, tmp_path):
    run, _ = read_run(real / "oak" / "af7bc921-virtualenv-py3.11.json", "x")
    found, problems = read_benchmarks(tmp_path, [run])
    assert problems == ()
    assert set(found) == {point.benchmark for point in run.points}
    assert found["suite.Grid.time_layer"] == BenchmarkInfo(
        "suite.Grid.time_layer", "time", "seconds", ("param1", "param2"), None
    )


def test_stand_ins_of_asv_do_not_hide_what_a_name_says(write):
    folder = write({LAYER: {"params": [[], []], "param_names": ["param1", "param2"]}})
    assert read_benchmarks(folder, [])[0][LAYER].parameter_names == ("case", "device")
    folder = write({LAYER: {"params": [[], []], "param_names": ["layer", "place"]}})
    assert read_benchmarks(folder, [])[0][LAYER].parameter_names == ("layer", "place")


@pytest.mark.parametrize("content", ["", "{", '{"version": 3}', "[]"])
def test_a_file_that_cannot_be_read_is_named_and_names_are_used(write, real, content):
    run, _ = read_run(real / "oak" / "af7bc921-virtualenv-py3.11.json", "x")
    found, problems = read_benchmarks(write(content), [run])
    assert found["suite.Grid.time_layer"].unit == "seconds"
    (problem,) = problems
    assert problem.endswith("units and parameter names are guessed from names meanwhile")


def test_a_file_from_the_future_says_so(write):
    (problem,) = read_benchmarks(write({"version": 3}), [])[1]
    assert problem.startswith("it is in format 3 of asv and this cnnfc reads up to 2: update cnnfc")


def test_fields_of_a_wrong_type_are_named_and_the_rest_is_used(write):
    entry = {
        "type": 3,
        "unit": ["s"],
        "param_names": "case",
        "higher_is_better": "yes",
        "version": "5",
    }
    found, problems = read_benchmarks(write({"version": 2, LAYER: entry, "other": 3}), [])
    assert found[LAYER] == BenchmarkInfo(LAYER, "time", "seconds", (), "5")
    assert problems == (
        "other in it describes no benchmark and is left out",
        f"param_names, higher_is_better, type, unit of {LAYER} in it is no such value and left out",
    )


def test_a_benchmark_that_is_described_twice_is_named(write):
    folder = write('{"suite.track_a": {"unit": "m"}, "suite.track_a": {"unit": "kg"}}')
    found, problems = read_benchmarks(folder, [])
    assert found["suite.track_a"].unit == "kg"
    assert problems == ("suite.track_a is in it twice: the last one counts",)
