"""The surface that benchmark suites use."""

import contextlib
import functools
import inspect
import os
import re
import subprocess
import sys
import weakref

import pytest
import torch
from asv_runner.benchmarks.mark import SkipNotImplemented

from cnnfc.measure import api, layers, recording, skipping, timings


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch):
    """Forget what other tests built, as a new benchmark process would not know it either."""
    api._forward.cache_clear()
    api._train_step.cache_clear()
    monkeypatch.setattr(api, "_started", [])


@pytest.fixture
def notes(monkeypatch):
    collected = []
    monkeypatch.setattr(recording, "note_skip", lambda *note: collected.append(note))
    return collected


def test_the_surface_is_frozen():
    assert api.API_VERSION == 1
    signatures = {
        name: str(
            inspect.signature(getattr(api, name)).replace(return_annotation=inspect.Signature.empty)
        )
        for name in api.__all__
        if name not in ("API_VERSION", "Suite")
    }
    one = "(case: 'str', device: 'str')"
    layer = "(case: 'str', device: 'str', profile: 'str | None' = None)"
    assert signatures == {
        "canary_bandwidth": one,
        "canary_duration": one,
        "canary_flops": one,
        "clock": "()",
        "device_time": one,
        "evict": one,
        "first_call": one,
        "forget": "()",
        "forward": layer,
        "host_latency": one,
        "peak_device_memory": one,
        "throughput": one,
        "train_step": layer,
    }


def test_a_suite_has_its_parameters_and_the_waiting_clock_and_no_protocol_of_its_own():
    assert api.Suite.param_names == ("case", "device")
    assert api.Suite.timer is api.clock
    for name in ("setup", "version", "rounds", "repeat", "warmup_time", "sample_time"):
        assert not hasattr(api.Suite, name)


def test_a_workload_is_built_once():
    assert api.forward("dense.3-2", "cpu-1") is api.forward("dense.3-2", "cpu-1")


def test_switching_between_devices_and_passes_sets_the_process_up_again():
    api.forward("dense.3-2", "cpu-1")()
    assert (torch.get_num_threads(), torch.is_inference_mode_enabled()) == (1, True)
    api.train_step("dense.3-2", "cpu-2")()
    assert (torch.get_num_threads(), torch.is_inference_mode_enabled()) == (2, False)
    api.forward("dense.3-2", "cpu-1")()
    assert (torch.get_num_threads(), torch.is_inference_mode_enabled()) == (1, True)


def test_what_is_not_here_is_skipped_with_the_reason_on_standard_error(notes, capsys):
    with pytest.raises(SkipNotImplemented, match="no xpu device"):
        api.forward("dense.3-2", "xpu-0")
    error = capsys.readouterr().err
    assert error.startswith("cnnfc: skipped dense.3-2 on xpu-0: no xpu device")
    assert len(notes) == 1


@pytest.mark.usefixtures("notes")
@pytest.mark.parametrize("name", ["hologram.3-2", "conv2d.3-2", "dense.3-2.fp8"])
def test_a_case_that_this_commit_cannot_parse_is_skipped_not_failed(name):
    with pytest.raises(SkipNotImplemented, match=re.escape(name)):
        api.forward(name, "cpu-1")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nmore"),
        MemoryError("no memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
        RuntimeError("Invalid buffer size: 60.00 GB"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronous"),
        RuntimeError("HIP error: out of memory"),
        RuntimeError("miopenStatusAllocFailed"),
        RuntimeError("level_zero backend failed with error: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEM"),
    ],
)
def test_running_out_of_memory_in_the_first_call_is_a_skip_with_the_reason(
    monkeypatch, notes, error
):
    def explode():
        raise error

    workload = layers.Workload(explode, layers.Device("cpu", 1), "fp32")
    monkeypatch.setattr(layers, "build_forward", lambda case, device: workload)
    with pytest.raises(SkipNotImplemented):
        api.forward("dense.3-2", "cpu-1")
    assert notes == [(str(error).partition("\n")[0], "dense.3-2", "cpu-1")]


def test_any_other_error_of_a_layer_is_a_failure_and_not_a_skip(monkeypatch):
    def explode():
        raise RuntimeError("expected scalar type Float")

    workload = layers.Workload(explode, layers.Device("cpu", 1), "fp32")
    monkeypatch.setattr(layers, "build_forward", lambda case, device: workload)
    with pytest.raises(RuntimeError, match="scalar type"):
        api.forward("dense.3-2", "cpu-1")


def test_what_belongs_to_the_full_profile_runs_in_it_alone(monkeypatch, notes):
    monkeypatch.delenv("CNNFC_PROFILE", raising=False)
    with pytest.raises(SkipNotImplemented, match="only the full profile"):
        api.forward("dense.3-2", "cpu-1", "full")
    assert notes == []
    monkeypatch.setenv("CNNFC_PROFILE", "full")
    assert api.forward("dense.3-2", "cpu-1", "full")().shape == (1, 2)


@pytest.mark.usefixtures("notes")
def test_a_first_call_can_be_read_once_a_process():
    sample = api.first_call("dense.3-2", "cpu-1")
    assert sample["number"] == 1
    assert len(sample["samples"]) == 1
    assert sample["samples"][0] > 0
    with pytest.raises(SkipNotImplemented, match=r"dense\.3-2 has run in this process already"):
        api.first_call("dense.6-2", "cpu-1")


def test_a_first_call_is_timed_from_before_it_to_after_it_and_after_the_build(monkeypatch):
    events = []
    workload = layers.Workload(lambda: events.append("call"), layers.Device("cpu", 1), "fp32")
    monkeypatch.setattr(
        layers, "build_forward", lambda case, device: events.append("build") or workload
    )
    readings = iter([10.0, 12.5])
    monkeypatch.setattr(api, "clock", lambda: events.append("clock") or next(readings))
    assert api.first_call("dense.3-2", "cpu-1")["samples"] == [2.5]
    assert events == ["build", "clock", "call", "clock"]


def test_a_canary_between_two_calls_does_not_leave_its_threads_behind():
    seen = []
    call = api.forward("dense.3-2", "cpu-1")
    call()
    api.canary_duration("loop.10", "cpu-1")
    api.canary_flops("gemm.16", "cpu-2")
    api.forward("dense.3-2", "cpu-1")()
    seen.append((torch.get_num_threads(), torch.is_inference_mode_enabled()))
    assert seen == [(1, True)]


@pytest.mark.usefixtures("notes")
def test_a_build_that_runs_out_of_memory_does_not_leave_its_modes_behind(monkeypatch):
    api.forward("dense.3-2", "cpu-1")()

    def no_memory(tensor, generator):
        raise MemoryError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(layers, "_fill", no_memory)
        with pytest.raises(SkipNotImplemented):
            api.train_step("dense.4-2", "cpu-2")
    api.forward("dense.3-2", "cpu-1")()
    assert (torch.get_num_threads(), torch.is_inference_mode_enabled()) == (1, True)


def test_eviction_builds_the_layer_first_and_sweeps_with_its_threads(monkeypatch):
    events = []
    monkeypatch.setattr(
        api.caches, "evict", lambda device: events.append((str(device), torch.get_num_threads()))
    )
    api.evict("dense.3-2", "cpu-2")
    assert events == [("cpu-2", 2)]
    assert api._forward.cache_info().currsize == 1


def test_an_eviction_without_the_memory_for_it_is_a_skip(monkeypatch, notes):
    monkeypatch.setattr(api.caches, "_buffers", {})
    monkeypatch.setattr(api.caches, "free_memory", lambda device: 10)
    with pytest.raises(SkipNotImplemented, match="emptying the caches needs"):
        api.evict("dense.3-2", "cpu-1")
    ((reason, case, device),) = notes
    assert reason.endswith("of memory, 10 B free")
    assert (case, device) == ("dense.3-2", "cpu-1")


def test_only_timings_by_the_devices_clock_need_its_events_to_tell_time(monkeypatch, notes):
    def marker(device):
        raise api.CannotMeasure("the events of xpu-0 do not tell time")

    monkeypatch.setattr(api.stages, "marker", marker)
    monkeypatch.setattr(api, "forward", lambda case, device: lambda: None)
    monkeypatch.setattr(api.recording, "note_timing", lambda *timing: None)
    for short in ("_WARM_UP", "_SECONDS"):
        monkeypatch.setattr(api.timings, short, 0.0)
    for quantity in (api.device_time, api.throughput):
        with pytest.raises(SkipNotImplemented, match="do not tell time"):
            quantity("dense.3-2", "xpu-0")
    assert len(notes) == 2
    assert len(api.host_latency("dense.3-2", "xpu-0")["samples"]) == 6


@pytest.mark.usefixtures("notes")
def test_a_canary_of_another_kind_is_skipped():
    with pytest.raises(SkipNotImplemented, match=r"copy\.x4llc is not a gemm canary"):
        api.canary_flops("copy.x4llc", "cpu-1")


@pytest.mark.usefixtures("notes")
def test_device_memory_is_the_allocators_peak_on_an_accelerator(monkeypatch):
    with pytest.raises(SkipNotImplemented, match="CUDA, ROCm and XPU"):
        api.peak_device_memory("dense.3-2", "cpu-1")
    events = []
    monkeypatch.setattr(api, "forward", lambda case, device: lambda: events.append("call"))
    monkeypatch.setattr(
        torch.cuda, "reset_peak_memory_stats", lambda index: events.append(f"reset {index}")
    )
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda index: 4096)
    assert api.peak_device_memory("dense.3-2", "cuda-1") == 4096
    assert events == ["reset 1", "call"]


@pytest.fixture
def one_stage(monkeypatch):
    """Timings that find what they are told, of whatever is staged; what was staged and noted."""
    log = []

    @contextlib.contextmanager
    def stage(call, device, *, marks):
        log.append(("stage", tuple(call().shape), str(device), marks))
        yield "the stage"

    monkeypatch.setattr(api.stages, "stage", stage)
    monkeypatch.setattr(recording, "note_timing", lambda *told: log.append(told))
    monkeypatch.setattr(api.layers, "why_absent", lambda device: None)
    return log


@pytest.mark.parametrize("quantity", ["device_time", "throughput", "host_latency"])
def test_a_timing_is_of_the_built_layer_and_its_values_are_a_sample(
    monkeypatch, one_stage, quantity
):
    found = timings.Timing(values=(3.0, 4.0), number=7)

    def measure(stage):
        assert stage == "the stage"
        return found

    measure.__name__ = quantity
    monkeypatch.setattr(api.timings, quantity, measure)
    call = layers.Workload(lambda: torch.ones(1, 2), layers.Device("cuda", 0), "fp32")
    monkeypatch.setattr(layers, "build_forward", lambda case, device: call)
    monkeypatch.setattr(layers.Workload, "activate", lambda workload: None)
    assert getattr(api, quantity)("dense.3-2", "cuda-0") == {"samples": [3.0, 4.0], "number": 7}
    assert one_stage == [
        ("stage", (1, 2), "cuda-0", quantity != "host_latency"),
        (quantity, "dense.3-2", "cuda-0", found),
    ]


@pytest.mark.parametrize("quantity", ["device_time", "throughput"])
def test_what_needs_a_devices_own_clock_is_skipped_on_a_cpu_before_anything_is_built(
    monkeypatch, notes, quantity
):
    monkeypatch.setattr(layers, "build_forward", pytest.fail)
    with pytest.raises(SkipNotImplemented, match="a CPU has no clock beside the host's"):
        getattr(api, quantity)("dense.3-2", "cpu-1")
    assert len(notes) == 1


def test_the_latency_of_single_calls_is_measured_on_a_cpu_too(monkeypatch):
    monkeypatch.setattr(timings, "_WARM_UP", 0.0)
    sample = api.host_latency("dense.3-2", "cpu-1")
    assert sample["number"] == 1
    assert len(sample["samples"]) == 20
    assert all(value > 0 for value in sample["samples"])


@pytest.mark.usefixtures("one_stage")
def test_memory_that_runs_out_in_a_timing_is_a_skip_noted_once(monkeypatch, notes):
    def explode(stage):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nmore")

    monkeypatch.setattr(api.timings, "host_latency", explode)
    with pytest.raises(SkipNotImplemented):
        api.host_latency("dense.3-2", "cpu-1")
    assert notes == [
        ("CUDA out of memory. Tried to allocate 2 GiB", "dense.3-2", "cpu-1"),
    ]


def test_memory_that_runs_out_while_a_timing_builds_its_layer_is_noted_once(monkeypatch, notes):
    def build(case, device):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr(layers, "build_forward", build)
    with pytest.raises(SkipNotImplemented):
        api.host_latency("dense.3-2", "cpu-1")
    assert len(notes) == 1


@pytest.mark.usefixtures("notes")
def test_an_absent_accelerator_is_skipped_by_every_timing():
    for quantity in (api.device_time, api.throughput, api.host_latency):
        with pytest.raises(SkipNotImplemented, match="no xpu device"):
            quantity("dense.3-2", "xpu-0")


def test_a_library_that_finds_no_kernel_after_memory_ran_out_is_a_skip(monkeypatch, notes):
    """cuDNN tries its kernels one by one and does not say that each failed for want of memory."""
    failed = iter([0, 2])
    monkeypatch.setattr(skipping, "failed_allocations", lambda device: next(failed))

    def explode():
        raise RuntimeError("FIND was unable to find an engine to execute this computation")

    workload = layers.Workload(explode, layers.Device("cpu", 1), "fp32")
    monkeypatch.setattr(layers, "build_forward", lambda case, device: workload)
    with pytest.raises(SkipNotImplemented):
        api.forward("dense.3-2", "cpu-1")
    reason = "out of memory: FIND was unable to find an engine to execute this computation"
    assert notes == [(reason, "dense.3-2", "cpu-1")]


def test_a_library_that_finds_no_kernel_with_memory_left_is_a_failure(monkeypatch):
    def explode():
        raise RuntimeError("FIND was unable to find an engine to execute this computation")

    workload = layers.Workload(explode, layers.Device("cpu", 1), "fp32")
    monkeypatch.setattr(layers, "build_forward", lambda case, device: workload)
    with pytest.raises(RuntimeError, match="unable to find an engine"):
        api.forward("dense.3-2", "cpu-1")


@pytest.mark.usefixtures("notes")
def test_a_layer_that_ran_out_of_memory_keeps_none(monkeypatch):
    given_back, alive = [], []

    def give_back(device):
        given_back.append((str(device), [tensor() for tensor in alive]))

    monkeypatch.setattr(skipping, "give_back_memory", give_back)

    def run(weights):
        activations = weights * 2
        alive.append(weakref.ref(activations))
        raise torch.OutOfMemoryError("out of memory")

    def build(case, device):
        weights = torch.ones(1000)
        alive.append(weakref.ref(weights))
        return layers.Workload(functools.partial(run, weights), device, "fp32")

    monkeypatch.setattr(layers, "build_forward", build)
    with pytest.raises(SkipNotImplemented):
        api.forward("dense.3-2", "cpu-1")
    assert given_back == [("cpu-1", [None, None])]


@pytest.mark.usefixtures("notes")
def test_a_canary_reading_keeps_every_value(monkeypatch):
    monkeypatch.setattr(api.canaries, "gemm_flops", lambda case, device: [3.0, 4.0])
    assert api.canary_flops("gemm.64", "cpu-1") == {"samples": [3.0, 4.0], "number": 1}


def test_a_profile_that_does_not_exist_is_refused_when_the_suite_is_imported():
    result = subprocess.run(
        [sys.executable, "-c", "import cnnfc.measure.api"],
        env={**os.environ, "CNNFC_PROFILE": "ful"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode != 0
    assert "unknown profile 'ful'" in result.stderr
