"""Which devices exist, with the reason where one does not."""

import pytest
import torch

from cnnfc.errors import CannotMeasure
from cnnfc.measure import devices
from cnnfc.names import Device


def test_more_threads_than_usable_cpus_are_absent_with_both_numbers(monkeypatch):
    monkeypatch.setattr(devices, "usable_cpus", lambda: 2)
    assert devices.why_absent(Device("cpu", 2)) is None
    assert devices.why_absent(Device("cpu", 4)) == "4 threads asked for, 2 CPUs usable here"


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


def test_free_memory_of_a_gpu_is_the_drivers(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: (10 + index, 100))
    assert devices.free_memory(Device("cuda", 3)) == 13
