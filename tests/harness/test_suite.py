import json

import pytest

from cnnfc.errors import DataError
from cnnfc.harness.suite import Benchmark, Point, Suite, plain, read_suite

FORWARD = Benchmark(
    "dense.Forward.time_layer",
    parameter_names=("case", "device"),
    params=(("'dense.2-3'", "'dense.4-5'"), ("'cpu-1'", "'cpu-2'")),
)


def entry(**changes):
    return {
        "name": "a.time_b",
        "params": [],
        "param_names": [],
        "version": "1",
        "type": "time",
        **changes,
    }


def write(tmp_path, content):
    path = tmp_path / "benchmarks.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_point_is_named_as_asv_matches_it():
    point = Point("dense.Forward.time_layer", ("'dense.2-3'", "'cpu-1'"))
    assert str(point) == "dense.Forward.time_layer('dense.2-3', 'cpu-1')"
    assert point.label == "dense.Forward.time_layer dense.2-3 cpu-1"
    assert str(Point("a.time_b")) == "a.time_b"


def test_points_run_through_the_parameters_as_asv_counts_them():
    assert [point.values for point in FORWARD.points] == [
        ("dense.2-3", "cpu-1"),
        ("dense.2-3", "cpu-2"),
        ("dense.4-5", "cpu-1"),
        ("dense.4-5", "cpu-2"),
    ]


def test_a_benchmark_without_parameters_is_one_point():
    assert Benchmark("a.time_b").points == (Point("a.time_b"),)


def test_case_and_device_are_read_by_the_names_of_the_parameters():
    suite = Suite({FORWARD.name: FORWARD, "a.time_b": Benchmark("a.time_b", ("n",), (("3",),))})
    point = Point(FORWARD.name, ("'dense.2-3'", "'cpu-2'"))
    assert (suite.case(point), suite.device(point)) == ("dense.2-3", "cpu-2")
    assert suite.case(Point("a.time_b", ("3",))) is None


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("'x'", "x"),
        ("3", "3"),
        ("<class 'int'>", "<class 'int'>"),
        ("'", "'"),
        ("(" * 300, "(" * 300),
    ],
)
def test_a_parameter_is_shown_without_its_quotes_and_never_evaluated(written, shown):
    assert plain(written) == shown


def test_canaries_and_conditions_are_known_by_name_alone():
    assert Benchmark("hardware.CanaryGemm.track_flops").is_canary
    assert Benchmark("conv.ForwardFull.time_layer").condition == "Full"
    assert not Benchmark("other.Suite.time_it").is_canary
    assert Benchmark("other.Suite.time_it").condition == ""


def test_asvs_list_is_read(tmp_path):
    content = {
        "version": 2,
        "a.time_b": entry(params=[["1", "2"]], param_names=["n"], rounds=3, version="7"),
    }
    benchmark = read_suite(write(tmp_path, content)).benchmarks["a.time_b"]
    assert benchmark.params == (("1", "2"),)
    assert (benchmark.rounds, benchmark.version) == (3, "7")


def test_the_expected_time_of_a_process_comes_from_the_benchmarks_settings(tmp_path):
    content = {
        "version": 2,
        "a.time_b": entry(warmup_time=0.08, sample_time=0.02),
        "a.time_c": entry(warmup_time=-1),
        "a.track_d": entry(type="track"),
    }
    benchmarks = read_suite(write(tmp_path, content)).benchmarks
    assert benchmarks["a.time_b"].seconds == pytest.approx(0.15 + 0.08 + 0.1)
    assert benchmarks["a.time_c"].seconds == pytest.approx(0.15 + 0.1 + 0.05)
    assert benchmarks["a.track_d"].seconds == 0.5


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "a": {}}',
        '{"version": 2, "a": 3}',
        '{"version": 2, "a": {"p',
    ],
)
def test_a_damaged_list_is_named_with_what_to_do(tmp_path, content):
    path = write(tmp_path, content)
    with pytest.raises(DataError, match="just-discover") as caught:
        read_suite(path)
    assert str(path) in str(caught.value)


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(DataError, match=r"benchmarks\.json cannot be read"):
        read_suite(tmp_path / "benchmarks.json")


def test_a_list_of_another_format_is_refused(tmp_path):
    with pytest.raises(DataError, match="a format that this cnnfc does not know"):
        read_suite(write(tmp_path, {"version": 3}))


def test_a_list_nested_too_deeply_is_named(tmp_path):
    with pytest.raises(DataError, match="is not asv's list of benchmarks"):
        read_suite(write(tmp_path, "[" * 100_000))
