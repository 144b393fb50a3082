"""The suite as asv sees it."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from asv_runner.benchmarks.mark import SkipNotImplemented

from cnnfc import names
from cnnfc.cases import Case

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def _suite_importable(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.fixture(scope="module")
def discovered(tmp_path_factory):
    """What asv's own discovery finds, in a process of its own as asv runs it."""
    out = tmp_path_factory.mktemp("discovery") / "benchmarks.json"
    code = (
        "import sys; from asv_runner.discovery import _discover;"
        "_discover((sys.argv[1], sys.argv[2]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "benchmarks"), str(out)],
        check=True,
        timeout=120,
        cwd=out.parent,
    )
    return {entry["name"]: entry for entry in json.loads(out.read_text())}


def test_the_names_of_the_benchmarks_are_frozen(discovered):
    layers = [
        f"{family}.{rest}"
        for family in ("conv", "dense")
        for rest in (
            "Forward.time_layer",
            "ForwardCold.time_layer",
            "ForwardDevice.track_duration",
            "ForwardFirst.track_latency",
            "ForwardFull.time_layer",
            "ForwardHost.track_latency",
            "ForwardMemory.peakmem_layer",
            "ForwardMemory.track_device_memory",
            "ForwardThroughput.track_duration",
            "TrainStep.time_layer",
        )
    ]
    canaries = [
        "hardware.CanaryCopy.track_bandwidth",
        "hardware.CanaryGemm.track_flops",
        "hardware.CanaryLoop.track_duration",
    ]
    assert sorted(discovered) == [*layers, *canaries, "threads.Forward.time_layer"]


def test_every_name_says_what_it_measures(discovered):
    for name in discovered:
        assert str(names.BenchmarkName.parse(name)) == name


def test_every_benchmark_has_two_parameters_a_case_and_a_device(discovered):
    for entry in discovered.values():
        assert entry["param_names"] == ["case", "device"]
        cases, devices = entry["params"]
        for case in cases:
            assert str(Case.parse(case.strip("'"))) == case.strip("'")
        for device in devices:
            assert str(names.Device.parse(device.strip("'"))) == device.strip("'")


def test_every_version_is_written_out(discovered):
    versions = {name.split(".")[0]: set() for name in discovered}
    for name, entry in discovered.items():
        versions[name.split(".")[0]].add(entry["version"])
    assert versions == {"conv": {"2"}, "dense": {"2"}, "threads": {"2"}, "hardware": {"1"}}


def test_the_statement_that_is_timed_is_the_one_that_the_method_runs(pytestconfig):
    """Otherwise a suite would time something else than its method says."""
    from asv_runner.discovery import get_benchmark_from_name

    from cnnfc.measure import layers

    root = str(pytestconfig.rootpath / "benchmarks")
    for name in ("conv.Forward", "conv.ForwardCold", "conv.TrainStep", "threads.Forward"):
        method = get_benchmark_from_name(root, f"{name}.time_layer").func
        case = "conv2d.3-4.k3.hw8"
        method(case, "cpu-1")
        assert method.statement(case, "cpu-1") is layers.active.call


def test_the_device_lists_are_those_of_the_names(discovered):
    def devices(name):
        return [value.strip("'") for value in discovered[name]["params"][1]]

    assert devices("conv.Forward.time_layer") == list(names.DEVICES)
    assert devices("threads.Forward.time_layer") == list(names.SCALING_DEVICES)
    assert devices("hardware.CanaryGemm.track_flops") == list(names.CANARY_DEVICES)


def test_the_three_times_of_an_accelerator_are_taken_on_accelerators_of_few_cases(discovered):
    """Where there is none, each of these points is a skip of 27 ms a round."""
    names_of = {
        f"{family}.Forward{rest}"
        for family in ("conv", "dense")
        for rest in ("Device.track_duration", "Throughput.track_duration", "Host.track_latency")
    }
    points = 0
    for name in names_of:
        cases, devices = discovered[name]["params"]
        assert [value.strip("'") for value in devices] == list(names.ACCELERATORS)
        points += len(cases) * len(devices) * discovered[name]["rounds"]
    assert points * 0.027 < 5


@pytest.mark.parametrize(
    ("benchmark", "quantity"),
    [
        ("ForwardDevice.track_duration", "device_time"),
        ("ForwardThroughput.track_duration", "throughput"),
        ("ForwardHost.track_latency", "host_latency"),
    ],
)
def test_each_of_the_three_times_is_that_of_the_api(monkeypatch, capsys, benchmark, quantity):
    suite = importlib.import_module("benchmarks.conv")
    api = importlib.import_module("cnnfc.measure.api")
    class_, _, method = benchmark.partition(".")
    measure = getattr(getattr(suite, class_)(), method)
    monkeypatch.setattr(api, quantity, lambda case, device: (case, device))
    assert measure("dense.3-2", "cuda-0") == ("dense.3-2", "cuda-0")
    # An older commit's, which has no such function.
    monkeypatch.delattr(api, quantity)
    with pytest.raises(SkipNotImplemented, match=f"cnnfc.measure.api has no {quantity}"):
        measure("dense.3-2", "cuda-0")
    assert capsys.readouterr().err.startswith("cnnfc: skipped dense.3-2 on cuda-0: this commit's")


_OLDER = """
import os, sys
sys.path.insert(0, sys.argv[1])
from cnnfc.measure import api
del api.forget
from asv_runner.discovery import get_benchmark_from_name
from cnnfc.measure import layers

layers.build_forward = layers.build_train_step = None  # nothing may be built
for name in sys.argv[2:]:
    benchmark = get_benchmark_from_name(os.path.join(sys.argv[1], "benchmarks"), name)
    case = {"CanaryLoop": "loop.10", "CanaryCopy": "copy.x1llc", "CanaryGemm": "gemm.64"}
    parameters = case.get(name.split(".")[1], "dense.3-2"), "cpu-1"
    benchmark._current_params = parameters  # instead of the place of a case in the list
    skipped = benchmark.do_setup()
    try:
        if not skipped:
            benchmark.do_run()
    except NotImplementedError:
        skipped = True
    print(name, "skipped" if skipped else "measured")
"""


def test_where_the_measured_commit_is_older_than_version_2_only_version_1_is_measured(discovered):
    """Its values would be filed under version 2 and still be those of version 1."""
    names = sorted(discovered)
    result = subprocess.run(
        [sys.executable, "-c", _OLDER, str(ROOT), *names],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    what = {"1": "measured", "2": "skipped"}
    expected = [f"{name} {what[discovered[name]['version']]}" for name in names]
    # Of a setup that skips asv says so by itself.
    told = [line for line in result.stdout.splitlines() if not line.startswith("asv: skipped")]
    assert told == expected
    skipped = (
        "cnnfc: skipped dense.3-2 on cpu-1: this commit's cnnfc.measure is older than version 2"
    )
    assert skipped in result.stderr


def test_the_standard_profile_has_at_least_sixty_cases_and_no_case_twice(discovered):
    standard = [
        case
        for family in ("conv", "dense")
        for case in discovered[f"{family}.Forward.time_layer"]["params"][0]
    ]
    full = [
        case
        for family in ("conv", "dense")
        for case in discovered[f"{family}.ForwardFull.time_layer"]["params"][0]
    ]
    assert len(standard) >= 60
    assert len(set(standard + full)) == len(standard + full)


def test_one_setup_cache_serves_all_classes_so_that_one_record_is_written(discovered):
    assert len({entry["setup_cache_key"] for entry in discovered.values()}) == 1


def test_canaries_are_read_before_and_between_the_layers(discovered):
    rounds = discovered["conv.Forward.time_layer"]["rounds"]
    assert discovered["hardware.CanaryGemm.track_flops"]["rounds"] == rounds + 1 == 4


def test_only_the_cold_benchmarks_have_a_setup_because_asv_then_times_single_calls():
    suite = importlib.import_module("benchmarks.passes")
    classes = [c for c in vars(suite).values() if isinstance(c, type)]
    assert [c.__name__ for c in classes if hasattr(c, "setup")] == ["_ForwardCold"]


def test_the_protocol_belongs_to_the_suite_so_that_every_commit_is_measured_alike():
    suite = importlib.import_module("benchmarks.passes")._Suite
    for name in ("version", "rounds", "repeat", "warmup_time", "sample_time", "timeout"):
        assert name in vars(suite)


def test_units_and_directions_are_declared(discovered):
    units = {name: entry["unit"] for name, entry in discovered.items()}
    assert units["hardware.CanaryGemm.track_flops"] == "flop/s"
    assert units["hardware.CanaryCopy.track_bandwidth"] == "byte/s"
    assert units["hardware.CanaryLoop.track_duration"] == "seconds"
    assert units["conv.ForwardFirst.track_latency"] == "seconds"
    assert units["conv.ForwardMemory.track_device_memory"] == "bytes"
    for name in ("Device.track_duration", "Throughput.track_duration", "Host.track_latency"):
        assert units[f"conv.Forward{name}"] == units[f"dense.Forward{name}"] == "seconds"
    assert discovered["hardware.CanaryGemm.track_flops"]["higher_is_better"] is True


_IMPORT = """
import os, sys
sys.path.insert(0, sys.argv[1])
import benchmarks.conv, benchmarks.dense, benchmarks.hardware, benchmarks.threads
import torch
print(len(os.listdir("/proc/self/task")), torch.cuda.is_initialized(), torch.xpu.is_initialized())
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads through /proc")
def test_importing_the_suite_starts_no_thread_and_no_accelerator():
    result = subprocess.run(
        [sys.executable, "-c", _IMPORT, str(ROOT)], capture_output=True, text=True, timeout=120
    )
    assert result.stdout.split() == ["1", "False", "False"], result.stderr


_FORK = """
import os, sys
sys.path.insert(0, sys.argv[1])
import benchmarks.conv
for _ in range(3):
    child = os.fork()
    if child == 0:
        import signal
        signal.alarm(60)  # one parallel operation before the fork would hang this child for ever
        from cnnfc.measure import api
        os._exit(tuple(api.forward("conv2d.16-16.k3.hw64.n8", "cpu-2")().shape)[0])
    print(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_children_forked_after_the_import_run_parallel_layers():
    from cnnfc.machine.state import usable_cpus

    if usable_cpus() < 2:
        pytest.skip("needs 2 usable CPUs")
    result = subprocess.run(
        [sys.executable, "-c", _FORK, str(ROOT)], capture_output=True, text=True, timeout=200
    )
    # Exit status 8, the batch, in the high byte of what waitpid returns.
    assert result.stdout.split() == [str(8 << 8)] * 3, result.stderr
