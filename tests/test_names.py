"""The names that history is keyed by stay what they are."""

import pytest

from cnnfc.errors import UsageError
from cnnfc.names import (
    CANARY_DEVICES,
    DEVICES,
    PROFILES,
    SCALING_DEVICES,
    BenchmarkName,
    Device,
    parse_profile,
)


def test_the_device_list_is_frozen():
    """asv drops values whose parameters are not in the last run's list: only ever append."""
    assert DEVICES == (
        "cpu-1",
        "cpu-2",
        "cpu-4",
        "cpu-8",
        "cpu-16",
        "cpu-32",
        "cpu-64",
        "cpu-128",
        "cuda-0",
        "mps-0",
        "xpu-0",
    )


def test_thread_scaling_looks_between_the_powers_of_two():
    assert set(SCALING_DEVICES) == {device for device in DEVICES if device.startswith("cpu")} | {
        "cpu-6",
        "cpu-12",
        "cpu-24",
        "cpu-48",
        "cpu-96",
    }
    assert list(SCALING_DEVICES) == sorted(
        SCALING_DEVICES, key=lambda name: Device.parse(name).index
    )


def test_canaries_cover_every_further_gpu():
    further = tuple(f"cuda-{index}" for index in range(1, 8))
    assert (*DEVICES, *further) == CANARY_DEVICES


def test_the_profiles_are_frozen():
    assert PROFILES == ("quick", "standard", "full")
    assert [parse_profile(profile) for profile in PROFILES] == list(PROFILES)


def test_an_unknown_profile_is_answered_with_the_profiles():
    with pytest.raises(UsageError) as caught:
        parse_profile("fulll")
    assert str(caught.value) == (
        "unknown profile 'fulll': choose one of quick, standard, full; did you mean 'full'?"
    )


@pytest.mark.parametrize("name", sorted({*DEVICES, *SCALING_DEVICES, *CANARY_DEVICES}))
def test_a_device_survives_being_written_and_read(name):
    assert str(Device.parse(name)) == name


def test_a_device_tells_threads_from_ordinals():
    assert Device.parse("cpu-6") == Device("cpu", 6)
    assert Device.parse("cpu-6").is_cpu
    assert Device.parse("cuda-1") == Device("cuda", 1)
    assert not Device.parse("cuda-1").is_cpu


@pytest.mark.parametrize(
    ("name", "label"),
    [("cpu-1", "CPU, 1 thread"), ("cpu-2", "CPU, 2 threads"), ("cuda-0", "cuda-0")],
)
def test_a_device_has_a_label_for_people(name, label):
    assert Device.parse(name).label == label


@pytest.mark.parametrize(
    "text",
    ["", "cpu", "cpu-0", "cpu-01", "cpu--1", "cpu-2 ", "CPU-2", "gpu-0", "cuda-00", "cpu-²"],
)
def test_what_is_no_device_is_answered_with_how_to_write_one(text):
    with pytest.raises(UsageError, match="write cpu-THREADS, cuda-N, mps-N or xpu-N"):
        Device.parse(text)


def test_an_endless_number_is_no_device():
    with pytest.raises(UsageError, match="unknown device"):
        Device.parse(f"cpu-{'9' * 5000}")


#: A contract: the benchmarks whose results are committed, and what each part of a name means.
BENCHMARKS = {
    "conv.Forward.time_layer": ("conv", "Forward", "", "time", "layer"),
    "conv.ForwardFull.time_layer": ("conv", "Forward", "Full", "time", "layer"),
    "conv.ForwardCold.time_layer": ("conv", "Forward", "Cold", "time", "layer"),
    "conv.ForwardFirst.track_latency": ("conv", "Forward", "First", "track", "latency"),
    "conv.ForwardDevice.track_duration": ("conv", "Forward", "Device", "track", "duration"),
    "conv.ForwardThroughput.track_duration": ("conv", "Forward", "Throughput", "track", "duration"),
    "conv.ForwardHost.track_latency": ("conv", "Forward", "Host", "track", "latency"),
    "conv.Forward.peakmem_layer": ("conv", "Forward", "", "peakmem", "layer"),
    "conv.TrainStep.time_layer": ("conv", "TrainStep", "", "time", "layer"),
    "dense.Forward.time_layer": ("dense", "Forward", "", "time", "layer"),
    "dense.ForwardFull.time_layer": ("dense", "Forward", "Full", "time", "layer"),
    "dense.ForwardCold.time_layer": ("dense", "Forward", "Cold", "time", "layer"),
    "dense.ForwardFirst.track_latency": ("dense", "Forward", "First", "track", "latency"),
    "dense.ForwardDevice.track_duration": ("dense", "Forward", "Device", "track", "duration"),
    "dense.ForwardThroughput.track_duration": (
        "dense",
        "Forward",
        "Throughput",
        "track",
        "duration",
    ),
    "dense.ForwardHost.track_latency": ("dense", "Forward", "Host", "track", "latency"),
    "dense.Forward.peakmem_layer": ("dense", "Forward", "", "peakmem", "layer"),
    "dense.TrainStep.time_layer": ("dense", "TrainStep", "", "time", "layer"),
    "threads.Forward.time_layer": ("threads", "Forward", "", "time", "layer"),
    "hardware.CanaryGemm.track_flops": ("hardware", "Canary", "Gemm", "track", "flops"),
    "hardware.CanaryCopy.track_bandwidth": ("hardware", "Canary", "Copy", "track", "bandwidth"),
    "hardware.CanaryLoop.track_duration": ("hardware", "Canary", "Loop", "track", "duration"),
}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_name_means_the_same_forever(name):
    parsed = BenchmarkName.parse(name)
    assert parsed == BenchmarkName(*BENCHMARKS[name])
    assert str(parsed) == name


def test_layer_latency_is_a_warmed_forward_call_whichever_profile_measures_it():
    latencies = {name for name in BENCHMARKS if BenchmarkName.parse(name).is_layer_latency}
    assert latencies == {
        "conv.Forward.time_layer",
        "conv.ForwardFull.time_layer",
        "dense.Forward.time_layer",
        "dense.ForwardFull.time_layer",
    }


def test_canaries_are_told_by_their_names():
    canaries = {name for name in BENCHMARKS if BenchmarkName.parse(name).is_canary}
    assert canaries == {name for name in BENCHMARKS if name.startswith("hardware.")}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "conv.Forward",
        "conv.forward.time_layer",
        "conv.Forwardcold.time_layer",
        "conv.Sideways.time_layer",
        "conv.Forward.layer",
        "package.conv.Forward.time_layer",
        "bench_linalg.Einsum.time_einsum_outer",
        "conv.Forward.time_layer\n",
    ],
)
def test_the_name_of_another_suite_is_left_alone(name):
    assert BenchmarkName.parse(name) is None
