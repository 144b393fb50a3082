"""Which devices exist, with the reason where one does not."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from cnnfc.errors import CannotMeasure
from cnnfc.machine.state import usable_cpus
from cnnfc.measure import devices
from cnnfc.names import Device


def test_more_threads_than_usable_cpus_are_absent_with_both_numbers(monkeypatch):
    monkeypatch.setattr(devices, "usable_cpus", lambda: 2)
    assert devices.why_absent(Device("cpu", 2)) is None
    assert devices.why_absent(Device("cpu", 4)) == "4 threads asked for, 2 CPUs usable here"


BINDING = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY")
#: As a forked benchmark asks, too.
ASK = """
import cnnfc.measure.api, os
from cnnfc.measure.devices import why_absent
from cnnfc.names import Device
print(why_absent(Device.parse("cpu-2")), flush=True)
if os.fork() == 0:
    print(why_absent(Device.parse("cpu-2")), flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize(
    "binding",
    [{"OMP_PROC_BIND": "close", "OMP_PLACES": "threads"}, {"GOMP_CPU_AFFINITY": "ALL"}],
)
def test_a_first_thread_that_openmp_has_bound_leaves_two_cpus_usable(binding):
    if usable_cpus() < 2:
        pytest.skip("needs two CPUs")
    cpus = " ".join(map(str, sorted(os.sched_getaffinity(0))))
    binding = {name: cpus if value == "ALL" else value for name, value in binding.items()}
    bare = {k: v for k, v in os.environ.items() if k not in BINDING}
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**bare, **binding},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.split() == ["None", "None"]


def test_a_gpu_beyond_the_last_one_is_absent(monkeypatch):
    monkeypatch.setattr(devices, "accelerator_count", lambda kind: 2)
    assert devices.why_absent(Device("cuda", 1)) is None
    assert devices.why_absent(Device("cuda", 2)) == "cuda devices here: 2, counted from 0"


def test_a_cpu_build_of_torch_sees_no_gpu_whatever_the_driver_says(monkeypatch):
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)
    assert devices.accelerator_count("cuda") == 0
    assert "no cuda device" in devices.why_absent(Device("cuda", 0))


@pytest.mark.parametrize(
    ("kind", "probe"),
    [("mps", "torch.backends.mps.is_available"), ("xpu", "torch.xpu.is_available")],
)
def test_other_accelerators_are_asked_through_torch(monkeypatch, kind, probe):
    monkeypatch.setattr(probe, lambda: True)
    monkeypatch.setattr(torch.xpu, "device_count", lambda: 1)
    assert devices.accelerator_count(kind) == 1
    monkeypatch.setattr(probe, lambda: False)
    assert devices.accelerator_count(kind) == 0


def test_threads_are_set_and_checked(monkeypatch):
    before = torch.get_num_threads()
    try:
        devices.use_threads(Device("cpu", 1))
        assert torch.get_num_threads() == 1
        devices.use_threads(Device("cpu", 2))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_thread_count_that_torch_does_not_take_over_is_not_measured(monkeypatch):
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    with pytest.raises(CannotMeasure, match="torch uses 1 threads, not 2"):
        devices.use_threads(Device("cpu", 2))


def test_accelerator_work_gets_one_host_thread(monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    devices.use_threads(Device("cuda", 0))
    assert asked == [1]


@pytest.mark.parametrize("kind", ["cuda", "xpu"])
def test_free_memory_is_the_drivers_and_what_torch_holds_unused(monkeypatch, kind):
    accelerator = getattr(torch, kind)
    monkeypatch.setattr(accelerator, "mem_get_info", lambda index: (10 + index, 100))
    monkeypatch.setattr(accelerator, "memory_reserved", lambda index: 50 + index)
    monkeypatch.setattr(accelerator, "memory_allocated", lambda index: 20)
    # 13 bytes at the driver's, 53 - 20 = 33 in torch's pool.
    assert devices.free_memory(Device(kind, 3)) == 46


def _refuses(index):
    raise RuntimeError("The device doesn't support querying free memory")


@pytest.mark.parametrize("answer", [_refuses, None])
def test_an_intel_gpu_that_does_not_say_what_is_free_has_what_torch_does_not_hold(
    monkeypatch, answer
):
    if answer is None:  # early releases of torch
        monkeypatch.delattr(torch.xpu, "mem_get_info")
    else:
        monkeypatch.setattr(torch.xpu, "mem_get_info", answer)
    properties = SimpleNamespace(total_memory=100)
    monkeypatch.setattr(torch.xpu, "get_device_properties", lambda index: properties)
    monkeypatch.setattr(torch.xpu, "memory_reserved", lambda index: 50)
    monkeypatch.setattr(torch.xpu, "memory_allocated", lambda index: 20)
    assert devices.free_memory(Device("xpu", 0)) == 80


@pytest.mark.parametrize(("available", "free"), [(200, 70), (60, 60)])
def test_an_apple_gpu_shares_the_machines_memory_up_to_metals_limit(monkeypatch, available, free):
    monkeypatch.setattr(devices, "available_memory", lambda: available)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 100)
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: 30)
    assert devices.free_memory(Device("mps", 0)) == free


@pytest.mark.parametrize("kind", ["cuda", "xpu", "mps"])
def test_memory_is_given_back_through_the_allocator_of_the_device(monkeypatch, kind):
    emptied = []
    monkeypatch.setattr(devices, "accelerator_count", lambda kind: 1)
    monkeypatch.setattr(getattr(torch, kind), "empty_cache", lambda: emptied.append(kind))
    devices.give_back_memory(Device("cpu", 1))
    devices.give_back_memory(Device(kind, 1))  # not here
    assert emptied == []
    devices.give_back_memory(Device(kind, 0))
    assert emptied == [kind]


def test_allocations_that_failed_are_counted_once_cuda_runs(monkeypatch):
    monkeypatch.setattr(torch.cuda, "memory_stats", lambda index: {"num_ooms": 2 + index})
    assert devices.failed_allocations(Device("cuda", 1)) == 0
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    assert devices.failed_allocations(Device("cuda", 1)) == 3
    assert devices.failed_allocations(Device("cpu", 1)) == 0
