"""Part of the worker, loaded by path: reference kernels that neither side can change."""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

#: One value of the interpreter loop takes about a millisecond.
_ITERATIONS = 50_000
#: Side of the square matrices: 113 MFLOP, one to three milliseconds on one core.
_SIZE = 384
#: Bytes that are copied, at least: the source alone fills the last-level cache.
_LEAST_COPY = 32 * 2**20
_LARGEST_COPY = 256 * 2**20
#: On a GPU: 17 GFLOP, and 16 times 16 MiB read and written.
_GPU_SIZE = 2048
_GPU_COPIES = 16
_LEAST_VALUES = 3

#: What to call, or why it cannot be; the process is as it was when the block is left.
Kernel = AbstractContextManager[Callable[[], object] | str]

#: Buffers and matrices, made once: making them anew takes longer than reading them.
_made: dict[str, Any] = {}


def read(name: str, seconds: float) -> dict[str, Any]:
    """Seconds of each value of the canary `name`, until `seconds` have passed, three at least.

    ``gemm`` is torch's on one thread, or numpy's; the ``gpu-`` kernels run on the GPU that the
    suite has started, and are skipped before it has.
    """
    kernels: dict[str, Callable[[], Kernel]] = {
        "loop": _loop,
        "copy": _copy,
        "gemm": _gemm,
        "gpu-gemm": functools.partial(_on_gpu, "gemm"),
        "gpu-copy": functools.partial(_on_gpu, "copy"),
    }
    if name not in kernels:
        raise LookupError(f"unknown canary {name!r}: choose one of {', '.join(kernels)}")
    with kernels[name]() as call:
        if isinstance(call, str):
            return {"skipped": call}
        call()
        return {"values": _values(call, seconds)}


def _values(call: Callable[[], object], seconds: float) -> list[float]:
    clock = time.perf_counter
    values: list[float] = []
    end = clock() + seconds
    while len(values) < _LEAST_VALUES or clock() < end:
        start = clock()
        call()
        values.append(clock() - start)
    return values


@contextlib.contextmanager
def _loop() -> Iterator[Callable[[], object]]:
    def loop() -> None:
        for _ in range(_ITERATIONS):
            pass

    yield loop


@contextlib.contextmanager
def _copy() -> Iterator[Callable[[], object]]:
    if "copy" not in _made:
        size = min(max(_LEAST_COPY, _last_level_cache()), _LARGEST_COPY)
        # Ones: the kernel may keep all pages of a buffer of zeros in a single one.
        _made["copy"] = memoryview(bytearray(b"\1") * size), memoryview(bytearray(size))
    source, target = _made["copy"]

    def copy() -> None:
        target[:] = source

    yield copy


@contextlib.contextmanager
def _gemm() -> Iterator[Callable[[], object] | str]:
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None and hasattr(torch, "mm"):
        threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
        torch.set_num_threads(1)
        torch.set_float32_matmul_precision("highest")
        try:
            with torch.inference_mode():
                if "torch" not in _made:
                    generator = torch.Generator().manual_seed(_SIZE)
                    shape = (_SIZE, _SIZE)
                    left, right = (torch.randn(shape, generator=generator) for _ in range(2))
                    _made["torch"] = left, right, torch.empty(shape)
                left, right, out = _made["torch"]
                yield lambda: torch.mm(left, right, out=out)
        finally:
            torch.set_num_threads(threads)
            torch.set_float32_matmul_precision(precision)
    elif numpy is not None and hasattr(numpy, "matmul"):
        if "numpy" not in _made:
            generator = numpy.random.default_rng(_SIZE)
            left, right = (generator.random((_SIZE, _SIZE), dtype="float32") for _ in range(2))
            _made["numpy"] = left, right, numpy.empty_like(left)
        left, right, out = _made["numpy"]
        yield lambda: numpy.matmul(left, right, out=out)
    else:
        yield "the suite loads neither torch nor numpy"


@contextlib.contextmanager
def _on_gpu(name: str) -> Iterator[Callable[[], object] | str]:
    """A large matrix product or copy on torch's current NVIDIA or AMD GPU, until it has finished.

    Sizes are such that either takes about a millisecond on today's data-centre GPUs: long against
    the 10 microseconds of a launch, short for older ones.
    """
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if torch is None or cuda is None or not cuda.is_initialized():
        yield "the suite has not started a GPU"
        return
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.inference_mode():
            if f"gpu-{name}" not in _made:
                shape = (_GPU_SIZE, _GPU_SIZE)
                tensors = [torch.randn(shape, device="cuda") for _ in range(3)]
                _made[f"gpu-{name}"] = tensors
            left, right, out = _made[f"gpu-{name}"]

            def gemm() -> None:
                torch.mm(left, right, out=out)
                cuda.synchronize()

            def copy() -> None:
                for _ in range(_GPU_COPIES):
                    out.copy_(left)
                cuda.synchronize()

            yield gemm if name == "gemm" else copy
    finally:
        torch.set_float32_matmul_precision(precision)


def _last_level_cache() -> int:
    """Bytes of the largest cache of the first CPU; 0 where Linux does not say."""
    largest = 0
    for index in range(5):
        path = f"/sys/devices/system/cpu/cpu0/cache/index{index}/size"
        with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii") as file:  # noqa: PTH123
            text = file.read().strip()
            unit = {"K": 2**10, "M": 2**20, "G": 2**30}.get(text[-1:], 1)
            largest = max(largest, int(text.rstrip("KMG")) * unit)
    return largest
