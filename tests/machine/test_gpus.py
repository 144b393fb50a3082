import os
from types import SimpleNamespace

import pytest

from cnnfc.machine.gpus import (
    GpuReading,
    free_gpu_memory,
    gpu_identity,
    gpu_state,
    watched_gpu,
)
from testkit import machines


def test_no_bindings_and_no_driver_mean_no_gpus_and_no_complaint(make_host):
    for nvml in (
        None,
        machines.FakeNvml(
            fails=machines.NVMLError_LibraryNotFound("NVML Shared Library Not Found")
        ),
    ):
        host = make_host(nvml=nvml)
        assert gpu_identity(host) == []
        assert gpu_state(host) == {"gpus": []}


def test_a_driver_that_fails_is_said(make_host):
    host = make_host(
        nvml=machines.FakeNvml(fails=machines.NVMLError("Driver/library version mismatch"))
    )
    assert gpu_identity(host) == []
    assert gpu_state(host) == {"gpus": [], "gpu_error": "Driver/library version mismatch"}


def test_an_error_without_words_is_named_by_its_kind(make_host):
    host = make_host(nvml=machines.FakeNvml(fails=OSError()))
    assert gpu_state(host)["gpu_error"] == "OSError"


def test_what_a_gpu_is(make_host):
    assert gpu_identity(make_host(nvml=machines.FakeNvml(machines.h200()))) == [
        {
            "name": "NVIDIA H200",
            "memory_bytes": 150754820096,
            "compute_capability": "9.0",
            "cuda_cores": 16896,
            "multiprocessors": 132,  # 16896 cores, 128 a multiprocessor
            "memory_bus_bits": 6144,
            "pcie_max_generation": 5,
            "pcie_max_width": 16,
        }
    ]


def test_how_a_gpu_is_in_base_units(make_host):
    nvml = machines.FakeNvml(machines.h200(), DriverVersion="550.90.07", CudaDriverVersion=12040)
    state = gpu_state(make_host(nvml=nvml))
    assert state["gpu_driver"] == {"version": "550.90.07", "cuda": "12.4"}
    assert state["gpus"] == [
        {
            "name": "NVIDIA H200",
            "sm_clock_hz": 1755000000,
            "sm_clock_max_hz": 1980000000,
            "memory_clock_hz": 3201000000,
            "memory_clock_max_hz": 3201000000,
            "power_watts": 650.5,
            "power_limit_watts": 700.0,
            "power_limit_default_watts": 700.0,
            "temperature_celsius": 61,
            "performance_state": "P0",
            "clock_reasons": ["software-power-cap", "software-thermal-slowdown"],
            "utilisation_percent": 97,
            "memory_free_bytes": 150000000000,
            "memory_used_bytes": 754820096,
            "other_processes": 2,
            "ecc": True,
            "mig": False,
            "persistence": True,
            "pcie_generation": 4,
            "pcie_width": 8,
        }
    ]


def test_two_gpus_are_two_entries(make_host):
    nvml = machines.FakeNvml(machines.h200(), {**machines.h200(), "Name": b"Tesla T4"})
    names = [gpu["name"] for gpu in gpu_identity(make_host(nvml=nvml))]
    assert names == ["NVIDIA H200", "Tesla T4"]
    assert len(gpu_state(make_host(nvml=nvml))["gpus"]) == 2


def test_a_gpu_that_answers_nothing_is_an_empty_entry(make_host):
    host = make_host(nvml=machines.FakeNvml({}))
    assert gpu_identity(host) == [{}]
    assert gpu_state(host) == {"gpus": [{}], "gpu_driver": {}}


def test_a_capability_that_is_not_listed_leaves_the_multiprocessors_unknown(make_host):
    gpu = {**machines.h200(), "CudaComputeCapability": (99, 0)}
    what = gpu_identity(make_host(nvml=machines.FakeNvml(gpu)))[0]
    assert (what["compute_capability"], "multiprocessors" in what) == ("99.0", False)


def test_a_gpu_that_is_lost_is_left_out(make_host):
    class Lost(machines.FakeNvml):
        def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802 - NVML's name
            if index == 0:
                raise machines.NVMLError("GPU is lost")
            return index

    host = make_host(nvml=Lost(machines.h200(), machines.h200()))
    assert len(gpu_identity(host)) == 1


def test_older_names_of_functions_are_asked_too(make_host):
    gpu = machines.h200()
    gpu["CurrentClocksThrottleReasons"] = gpu.pop("CurrentClocksEventReasons")
    gpu["TemperatureV"] = gpu.pop("Temperature")
    state = gpu_state(make_host(nvml=machines.FakeNvml(gpu)))["gpus"][0]
    assert state["clock_reasons"] == ["software-power-cap", "software-thermal-slowdown"]
    assert state["temperature_celsius"] == 61


@pytest.mark.parametrize(
    ("mask", "reasons"),
    [
        (0, []),
        (1, ["gpu-idle"]),
        (0x4048, ["hardware-slowdown", "hardware-thermal-slowdown", "0x4000"]),
    ],
)
def test_clock_reasons_have_names_and_unknown_bits_stay_visible(make_host, mask, reasons):
    gpu = {**machines.h200(), "CurrentClocksEventReasons": mask}
    assert gpu_state(make_host(nvml=machines.FakeNvml(gpu)))["gpus"][0]["clock_reasons"] == reasons


def test_this_process_is_no_other_process(make_host):
    gpu = {**machines.h200(), "ComputeRunningProcesses": [SimpleNamespace(pid=os.getpid())]}
    del gpu["GraphicsRunningProcesses"]
    assert gpu_state(make_host(nvml=machines.FakeNvml(gpu)))["gpus"][0]["other_processes"] == 0


def test_an_unknown_performance_state_is_left_out(make_host):
    gpu = {**machines.h200(), "PerformanceState": 32}
    assert "performance_state" not in gpu_state(make_host(nvml=machines.FakeNvml(gpu)))["gpus"][0]


def test_nvml_is_closed_again_and_never_asked_for_serial_numbers(make_host):
    nvml = machines.FakeNvml(machines.h200())
    answers = repr([gpu_identity(make_host(nvml=nvml)), gpu_state(make_host(nvml=nvml))])
    assert nvml.open == 0
    assert "SENTINEL" not in answers
    assert not {name for name in nvml.asked if name.endswith(("UUID", "Serial", "PciInfo"))}


def test_the_installed_bindings_have_every_function_that_is_asked_for(make_host):
    pynvml = pytest.importorskip("pynvml")
    nvml = machines.FakeNvml({}, {"MemoryInfo": None})
    gpu_identity(make_host(nvml=nvml))
    gpu_state(make_host(nvml=nvml))
    assert len(set(nvml.asked)) > 20
    assert {name for name in nvml.asked if not hasattr(pynvml, name)} == set()
    assert (pynvml.NVML_CLOCK_SM, pynvml.NVML_CLOCK_MEM) == (1, 2)
    assert issubclass(pynvml.NVMLError_LibraryNotFound, Exception)


@pytest.fixture
def read_one(make_host):
    """A reading of the GPU with a UUID; None where there is no such GPU."""

    def read(nvml, uuid):
        with watched_gpu(make_host(nvml=nvml), uuid) as read:
            return None if read is None else read()

    return read


@pytest.mark.parametrize("uuid", ["1234", "GPU-1234"])
def test_a_gpu_is_watched_by_its_uuid_with_or_without_nvmls_prefix(read_one, uuid):
    other = {**machines.h200(), "ClockInfo": {1: 345, 2: 3201}}
    nvml = machines.FakeNvml(other, {**machines.h200(), "UUID": "GPU-1234"})
    assert read_one(nvml, uuid) == GpuReading(
        sm_clock_hz=1755000000,
        sm_clock_reference_hz=1980000000,
        power_watts=650.5,
        temperature_celsius=61,
        clock_reasons=("software-power-cap", "software-thermal-slowdown"),
    )
    assert nvml.open == 0


def test_the_clock_a_gpu_should_have_is_the_makers_default_where_there_is_one(read_one):
    gpu = {**machines.h200(), "UUID": "GPU-1"}
    for default, reference in (({1: 1590, 2: 0}, 1590000000), ({1: 0, 2: 0}, 1980000000)):
        nvml = machines.FakeNvml({**gpu, "DefaultApplicationsClock": default})
        assert read_one(nvml, "1").sm_clock_reference_hz == reference


def test_a_gpu_that_answers_nothing_is_watched_without_guesses(read_one):
    assert read_one(machines.FakeNvml({"UUID": "GPU-1"}), "1") == GpuReading()


def test_a_uuid_that_nvml_does_not_know_is_not_watched(read_one):
    """AMD's GPUs under ROCm, and slices of a GPU, which have no clocks of their own."""
    nvml = machines.FakeNvml(machines.h200())
    assert read_one(nvml, "of-a-slice") is None
    assert nvml.open == 0


def test_without_a_uuid_a_gpu_is_watched_only_where_there_is_no_choice(read_one):
    assert read_one(machines.FakeNvml(machines.h200()), None).temperature_celsius == 61
    assert read_one(machines.FakeNvml(machines.h200(), machines.h200()), None) is None


def test_without_a_driver_or_its_bindings_no_gpu_is_watched(read_one):
    for nvml in (
        None,
        machines.FakeNvml(
            fails=machines.NVMLError_LibraryNotFound("NVML Shared Library Not Found")
        ),
    ):
        assert read_one(nvml, "1") is None


def test_nvml_is_closed_although_what_was_measured_meanwhile_failed(make_host):
    nvml = machines.FakeNvml({**machines.h200(), "UUID": "GPU-1"})
    seen = []

    def measure():
        with watched_gpu(make_host(nvml=nvml), "1"):
            seen.append(nvml.open)
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        measure()
    assert seen == [1]
    assert nvml.open == 0


def test_free_memory_is_that_of_the_gpu_with_the_uuid(make_host):
    other = {**machines.h200(), "MemoryInfo": SimpleNamespace(total=8e9, free=1e9, used=7e9)}
    nvml = machines.FakeNvml(other, {**machines.h200(), "UUID": "GPU-1"})
    assert free_gpu_memory(make_host(nvml=nvml), "1") == 150e9
    assert free_gpu_memory(make_host(nvml=nvml), "2") is None
    # Without a UUID there would be a choice.
    assert free_gpu_memory(make_host(nvml=nvml), None) is None
    assert free_gpu_memory(make_host(nvml=machines.FakeNvml(other)), None) == 1e9
    assert free_gpu_memory(make_host(nvml=None), "1") is None
    assert nvml.open == 0
