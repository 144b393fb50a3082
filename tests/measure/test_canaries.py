"""Reference kernels: what their values mean."""

import itertools

import pytest
import torch

from cnnfc.cases import Copy, Gemm, Loop
from cnnfc.errors import CannotMeasure
from cnnfc.measure import canaries
from cnnfc.names import Device

ONE = Device("cpu", 1)


@pytest.fixture
def two_seconds_a_call(monkeypatch):
    """A clock on which every call takes exactly 2 seconds."""
    ticks = itertools.count(0.0, 2.0)
    monkeypatch.setattr(canaries, "clock", lambda: next(ticks))


@pytest.mark.usefixtures("two_seconds_a_call")
def test_a_matrix_product_counts_two_operations_a_multiply_add(monkeypatch):
    monkeypatch.setattr(canaries, "_LONGEST_READING", 1e9)
    monkeypatch.setattr(canaries, "_SECONDS", 0.0)
    assert canaries.gemm_flops(Gemm(10), ONE) == [2 * 1000 / 2.0] * 3


@pytest.mark.usefixtures("two_seconds_a_call")
def test_a_copy_counts_the_bytes_read_and_written(monkeypatch):
    monkeypatch.setattr(canaries, "last_level_cache", lambda: 1000)
    monkeypatch.setattr(canaries, "_SECONDS", 0.0)
    assert canaries.copy_bandwidth(Copy(4), ONE) == [2 * 4000 / 2.0] * 3


@pytest.mark.usefixtures("two_seconds_a_call")
def test_the_interpreter_loop_is_measured_on_one_thread_alone(monkeypatch):
    monkeypatch.setattr(canaries, "_SECONDS", 0.0)
    assert canaries.loop_duration(Loop(10), ONE) == [2.0] * 3
    with pytest.raises(CannotMeasure, match="cpu-1 alone"):
        canaries.loop_duration(Loop(10), Device("cpu", 2))


@pytest.mark.usefixtures("two_seconds_a_call")
def test_a_dtype_without_fast_kernels_is_skipped():
    # The probe of 256 takes 2 s a call, so 2048 would take 8**3 times that.
    with pytest.raises(
        CannotMeasure, match="no fast fp32 kernels: 3 calls would take more than 5 s"
    ):
        canaries.gemm_flops(Gemm(2048), ONE)


@pytest.mark.usefixtures("two_seconds_a_call")
def test_a_reading_of_short_calls_ends_at_ten_values(monkeypatch):
    monkeypatch.setattr(canaries, "_SECONDS", 3600.0)
    assert canaries.loop_duration(Loop(10), ONE) == [2.0] * 10


def test_a_copy_that_does_not_fit_is_skipped(monkeypatch):
    monkeypatch.setattr(canaries, "free_memory", lambda device: 10)
    with pytest.raises(CannotMeasure, match="of memory"):
        canaries.copy_bandwidth(Copy(4), ONE)


@pytest.mark.parametrize(
    ("read", "case"),
    [
        (canaries.gemm_flops, Gemm(64)),
        (canaries.copy_bandwidth, Copy(4)),
        (canaries.loop_duration, Loop(4)),
    ],
)
@pytest.mark.parametrize("name", ["xpu-0", "cuda-7", "cpu-100000"])
def test_an_absent_device_is_skipped_and_never_touched(read, case, name):
    with pytest.raises(CannotMeasure, match=r"device|usable here|cpu-1 alone"):
        read(case, Device.parse(name))


def test_eviction_rewrites_twice_the_last_level_cache(monkeypatch):
    monkeypatch.setattr(canaries, "last_level_cache", lambda: 4096)
    monkeypatch.setattr(canaries, "_buffers", {})
    canaries.evict(ONE)
    canaries.evict(ONE)
    buffer = canaries._buffers["cpu"]
    assert buffer.nbytes == 2 * 4096
    assert torch.equal(buffer, torch.full_like(buffer, 2))
