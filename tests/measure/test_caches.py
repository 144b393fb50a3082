"""What pushes a layer out of the caches."""

from types import SimpleNamespace

import pytest
import torch

from cnnfc.errors import CannotMeasure
from cnnfc.measure import caches
from cnnfc.names import Device

ONE = Device("cpu", 1)
MIB = 2**20


@pytest.fixture(autouse=True)
def _no_buffers(monkeypatch):
    monkeypatch.setattr(caches, "_buffers", {})


def test_eviction_reads_and_rewrites_twice_the_last_level_cache(monkeypatch):
    monkeypatch.setattr(caches, "last_level_cache", lambda: 4096)
    caches.evict(ONE)
    caches.evict(ONE)
    buffer = caches._buffers["cpu"]
    assert buffer.nbytes == 2 * 4096
    assert buffer.dtype == torch.int32
    assert torch.equal(buffer, torch.full_like(buffer, 3))
    read = []
    monkeypatch.setattr(torch.Tensor, "sum", lambda tensor: read.append(tensor.nbytes))
    caches.evict(ONE)
    assert read == [2 * 4096]


def test_only_an_eviction_waits_for_its_end(monkeypatch):
    waits = []
    monkeypatch.setattr(caches, "clock", lambda: waits.append(1))
    monkeypatch.setattr(caches, "last_level_cache", lambda: 4096)
    caches.sweep(ONE)
    assert waits == []
    caches.evict(ONE)
    assert waits == [1]


@pytest.mark.parametrize(("free", "fits"), [(2 * 4096, True), (2 * 4096 - 1, False)])
def test_a_buffer_that_does_not_fit_into_memory_is_not_allocated(monkeypatch, free, fits):
    monkeypatch.setattr(caches, "last_level_cache", lambda: 4096)
    monkeypatch.setattr(caches, "free_memory", lambda device: free)
    if fits:
        caches.sweep(ONE)
        return
    monkeypatch.setattr(torch, "ones", pytest.fail)
    with pytest.raises(
        CannotMeasure, match="emptying the caches needs 8 KiB of memory, 8 KiB free"
    ):
        caches.sweep(ONE)
    assert caches._buffers == {}


def test_memory_is_looked_at_before_the_first_pass_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(caches, "last_level_cache", lambda: 4096)
    monkeypatch.setattr(caches, "free_memory", lambda device: asked.append(device) or 2**30)
    for _ in range(3):
        caches.sweep(ONE)
    assert asked == [ONE]


def test_a_buffer_from_inference_can_be_swept_while_training(monkeypatch):
    monkeypatch.setattr(caches, "last_level_cache", lambda: 4096)
    with torch.inference_mode():
        caches.sweep(ONE)
    caches.sweep(ONE)
    assert int(caches._buffers["cpu"][0]) == 3


@pytest.mark.parametrize(
    ("hip", "reported", "expected"),
    [
        (None, 60 * MIB, 60 * MIB),
        (None, 0, 64 * MIB),  # a driver that does not say
        ("6.4", 4 * MIB, 256 * MIB),  # what lies behind the L2 of AMD's GPUs is not reported
        ("6.4", 512 * MIB, 512 * MIB),
    ],
)
def test_the_cache_of_a_gpu_is_what_its_runtime_reports(monkeypatch, hip, reported, expected):
    monkeypatch.setattr(torch.version, "hip", hip)
    properties = SimpleNamespace(L2_cache_size=reported)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: properties)
    assert caches.cache_bytes(Device("cuda", 1)) == expected


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (SimpleNamespace(last_level_cache_size=18 * MIB), 18 * MIB),
        (SimpleNamespace(last_level_cache_size=0), 408 * MIB),
        (SimpleNamespace(), 408 * MIB),  # older releases of torch
    ],
)
def test_the_cache_of_an_intel_gpu_is_read_where_torch_can(monkeypatch, properties, expected):
    monkeypatch.setattr(torch.xpu, "get_device_properties", lambda index: properties)
    assert caches.cache_bytes(Device("xpu", 0)) == expected


def test_the_cache_of_the_host_is_no_size_of_an_accelerators(monkeypatch):
    monkeypatch.setattr(caches, "last_level_cache", lambda: 1)
    assert caches.cache_bytes(Device("mps", 0)) == 96 * MIB
    assert caches.cache_bytes(ONE) == 1
    monkeypatch.setattr(caches, "last_level_cache", lambda: None)
    assert caches.cache_bytes(ONE) == 64 * MIB
