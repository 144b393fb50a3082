"""Reference kernels: what they are, on a clock that only they move."""

import sys
import types

import pytest

from cnnfc.gate.worker import canaries
from cnnfc.gate.worker.canaries import read


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(canaries, "_made", {})
    monkeypatch.setattr(canaries, "_ITERATIONS", 10)
    monkeypatch.setattr(canaries, "_LEAST_COPY", 4096)
    monkeypatch.setattr(canaries, "_LARGEST_COPY", 4096)


@pytest.mark.parametrize("name", ["loop", "copy"])
def test_a_canary_has_three_values_at_least(name):
    values = read(name, 0.0)["values"]
    assert len(values) == 3
    assert min(values) > 0


def test_the_copy_moves_every_byte():
    read("copy", 0.0)
    source, target = canaries._made["copy"]
    assert source.nbytes == 4096
    assert bytes(target) == bytes(source) == b"\1" * 4096


def test_the_copy_is_larger_than_the_last_level_cache(monkeypatch):
    monkeypatch.setattr(canaries, "_LARGEST_COPY", 2**20)
    monkeypatch.setattr(canaries, "_last_level_cache", lambda: 12345)
    read("copy", 0.0)
    assert canaries._made["copy"][0].nbytes == 12345


def test_without_torch_the_product_is_numpys(monkeypatch):
    numpy = pytest.importorskip("numpy")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert len(read("gemm", 0.0)["values"]) == 3
    left, right, out = canaries._made["numpy"]
    assert numpy.allclose(out, left @ right)


def test_without_either_the_product_is_skipped(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert read("gemm", 0.0) == {"skipped": "the suite loads neither torch nor numpy"}


def test_the_product_of_torch_runs_on_one_thread_and_leaves_threads_as_they_were():
    torch = pytest.importorskip("torch")
    before, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    seen = []
    original = torch.mm
    torch.set_num_threads(2)
    try:
        torch.mm = lambda *given, **options: (
            seen.append(torch.get_num_threads()),
            original(*given, **options),
        )
        assert len(read("gemm", 0.0)["values"]) == 3
        assert torch.get_num_threads() == 2
    finally:
        torch.mm = original
        torch.set_num_threads(before)
    assert set(seen) == {1}
    assert torch.get_float32_matmul_precision() == precision
    left, right, out = canaries._made["torch"]
    assert torch.allclose(out, left @ right, rtol=1e-3, atol=1e-3)


def test_a_canary_that_does_not_exist_is_refused():
    with pytest.raises(
        LookupError, match="unknown canary 'bird': choose one of loop, copy, gemm, gpu-"
    ):
        read("bird", 0.0)


@pytest.mark.parametrize("name", ["gpu-gemm", "gpu-copy"])
def test_a_gpu_that_the_suite_has_not_started_stays_off(monkeypatch, name):
    cuda = types.SimpleNamespace(is_initialized=lambda: False)
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda))
    assert read(name, 0.0) == {"skipped": "the suite has not started a GPU"}


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["gpu-gemm", "gpu-copy"])
def test_canaries_of_a_gpu_wait_until_it_has_finished(name):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    torch.cuda.init()
    values = read(name, 0.05)["values"]
    # No GPU does 17 GFLOP or moves 0.5 GB in 10 microseconds.
    assert min(values) > 1e-5
    left, right, out = canaries._made[name]
    wanted = left @ right if name == "gpu-gemm" else left
    assert torch.allclose(out, wanted, rtol=1e-3, atol=1e-2)


def test_values_are_taken_until_the_time_has_passed(monkeypatch):
    clock = types.SimpleNamespace(now=0.0)

    def tick():
        clock.now += 0.25
        return clock.now

    monkeypatch.setattr(canaries.time, "perf_counter", tick)
    # Each value reads the clock twice, and the end of it is looked at once: 0.75 s a value, after
    # the reading that begins, and the least number needs no look.
    assert read("loop", 3.0)["values"] == [0.25] * 5
