"""Reference kernels: what their values mean."""

import itertools

import pytest
import torch

from cnnfc.cases import Copy, Gemm, Loop
from cnnfc.errors import CannotMeasure
from cnnfc.measure import caches, canaries, layers
from cnnfc.names import Device

ONE = Device("cpu", 1)


@pytest.fixture
def two_seconds_a_reading(monkeypatch):
    """A clock that goes 2 seconds from each of its readings to the next."""
    ticks = itertools.count(0.0, 2.0)
    monkeypatch.setattr(canaries, "clock", lambda: next(ticks))
    monkeypatch.setattr(canaries, "_SECONDS", 0.0)


@pytest.mark.usefixtures("two_seconds_a_reading")
def test_a_matrix_product_counts_two_operations_a_multiply_add():
    assert canaries.gemm_flops(Gemm(10), ONE) == [2 * 1000 / 2.0] * 3


@pytest.mark.usefixtures("two_seconds_a_reading")
def test_a_copy_counts_the_bytes_read_and_written(monkeypatch):
    monkeypatch.setattr(caches, "last_level_cache", lambda: 1000)
    assert canaries.copy_bandwidth(Copy(4), ONE) == [2 * 4000 / 2.0] * 3


@pytest.mark.usefixtures("two_seconds_a_reading")
def test_the_interpreter_loop_is_measured_on_one_thread_alone():
    assert canaries.loop_duration(Loop(10), ONE) == [2.0] * 3
    with pytest.raises(CannotMeasure, match="cpu-1 alone"):
        canaries.loop_duration(Loop(10), Device("cpu", 2))


@pytest.mark.usefixtures("two_seconds_a_reading")
def test_a_value_covers_as_many_calls_as_fill_its_time_after_an_untimed_one(monkeypatch):
    monkeypatch.setattr(canaries, "_SECONDS_A_VALUE", 10.0)
    calls = []
    # One untimed call, one of 2 s to find that 5 calls fill 10 s, then three values of 5.
    assert canaries._read(lambda: calls.append(1)) == [2.0 / 5] * 3
    assert len(calls) == 1 + 1 + 3 * 5


@pytest.mark.usefixtures("two_seconds_a_reading")
def test_a_reading_of_short_calls_ends_at_ten_values(monkeypatch):
    monkeypatch.setattr(canaries, "_SECONDS", 3600.0)
    assert canaries.loop_duration(Loop(10), ONE) == [2.0] * 10


@pytest.mark.parametrize(("half", "is_measured"), [(0.01, True), (1.9, True), (2.1, False)])
def test_a_dtype_far_slower_than_float32_is_emulated_and_no_measure_of_the_peak(
    monkeypatch, half, is_measured
):
    monkeypatch.setattr(
        canaries, "_probe", lambda dtype, device: {"fp32": 0.1, "fp16": half}[dtype]
    )
    monkeypatch.setattr(canaries, "_read", lambda call: [1.0])
    if is_measured:
        assert canaries.gemm_flops(Gemm(10, "fp16"), ONE) == [2000.0]
    else:
        with pytest.raises(CannotMeasure, match="fp16 is emulated here"):
            canaries.gemm_flops(Gemm(10, "fp16"), ONE)


@pytest.mark.parametrize(("seconds", "is_measured"), [(0.009, True), (0.011, False)])
def test_a_dtype_that_would_take_too_long_is_emulated_though_the_float32_probe_was_slow_too(
    monkeypatch, seconds, is_measured
):
    # 2048 is 8 times 256, so a call takes 512 times as long: 4.6 s and 5.6 s.
    monkeypatch.setattr(canaries, "_probe", lambda dtype, device: seconds)
    monkeypatch.setattr(canaries, "_read", lambda call: [1.0])
    if is_measured:
        assert canaries.gemm_flops(Gemm(2048, "bf16"), ONE) == [2 * 2048**3]
    else:
        with pytest.raises(CannotMeasure, match="bf16 is emulated here"):
            canaries.gemm_flops(Gemm(2048, "bf16"), ONE)


def test_float32_is_measured_however_slow_it_is(monkeypatch):
    monkeypatch.setattr(canaries, "_read", lambda call: [1e6])
    assert canaries.gemm_flops(Gemm(10), ONE) == [2000 / 1e6]


def test_the_largest_products_are_for_accelerators():
    with pytest.raises(CannotMeasure, match="a product of size 8192 is for accelerators"):
        canaries.gemm_flops(Gemm(8192), ONE)


@pytest.mark.parametrize(
    ("read", "case"),
    [(canaries.gemm_flops, Gemm(16)), (canaries.copy_bandwidth, Copy(1))],
)
def test_a_canary_runs_with_the_threads_of_its_device_and_waits_for_it(monkeypatch, read, case):
    monkeypatch.setattr(caches, "last_level_cache", lambda: 1000)
    seen = []

    def look(call):
        seen.append((torch.get_num_threads(), layers.active.call is call))
        return [1.0]

    monkeypatch.setattr(canaries, "_read", look)
    read(case, Device("cpu", 2))
    read(case, ONE)
    assert seen == [(2, True), (1, True)]


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
