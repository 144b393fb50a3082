"""Reference kernels whose speed depends on the machine and not on the code under test.

A reading is a short burst of calls; every value is kept.  When a canary moves between two runs, the
machine did.  Their best values are also the ceilings of the roofline.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import torch

from cnnfc.cases import Copy, Gemm, Loop
from cnnfc.errors import CannotMeasure
from cnnfc.machine.state import last_level_cache
from cnnfc.measure.clocks import clock
from cnnfc.measure.devices import free_memory, torch_device, why_absent
from cnnfc.measure.layers import DTYPES, Workload
from cnnfc.names import Device
from cnnfc.units import format_value

#: One reading: at least this many calls, then until the time is spent or there are enough.
_CALLS: Final = 3
_SECONDS: Final = 0.15
_ENOUGH_CALLS: Final = 10
#: A dtype without fast kernels here (float16 on most CPUs is 200 times slower than float32) is no
#: measure of the machine's peak: skip it when one reading would take longer than this.
_LONGEST_READING: Final = 5.0
_PROBE_SIZE: Final = 256
#: Where the size of the last-level cache cannot be read: larger than that of common machines.
_ASSUMED_CACHE: Final = 64 * 2**20


def gemm_flops(case: Gemm, device: Device) -> list[float]:
    """FLOP/s of each call of a (size, size) by (size, size) product: 2 * size**3 FLOPs a call.

    Raises `CannotMeasure` where the device, the memory or fast kernels for the dtype are missing.
    """
    _check(device, 3 * case.size**2 * 8)
    if case.dtype not in DTYPES or (case.dtype == "tf32" and device.kind != "cuda"):
        raise CannotMeasure(f"no {case.dtype} matrix product on {device}")

    def product(size: int) -> Callable[[], object]:
        place = torch_device(device)
        generator = torch.Generator(place).manual_seed(size)
        shape, dtype = (2, size, size), DTYPES[case.dtype]
        pair = torch.empty(shape, device=place).normal_(generator=generator).to(dtype)
        out = torch.empty((size, size), device=place, dtype=dtype)
        return lambda: torch.mm(pair[0], pair[1], out=out)

    probe = Workload(product(_PROBE_SIZE), device, case.dtype)
    probe.activate()
    probe.call()
    expected = min(_once(probe.call), _once(probe.call)) * (case.size / _PROBE_SIZE) ** 3
    if expected * _CALLS > _LONGEST_READING:
        raise CannotMeasure(
            f"no fast {case.dtype} kernels: {_CALLS} calls would take more than "
            f"{format_value(_LONGEST_READING, 'seconds')}"
        )
    return [2 * case.size**3 / seconds for seconds in _read(product(case.size))]


def copy_bandwidth(case: Copy, device: Device) -> list[float]:
    """Bytes moved (read plus written) a second by each copy of a buffer larger than the caches.

    Write-allocate traffic is not counted, as STREAM does not count it either (McCalpin 1995).
    """
    _check(device, 0)
    size = case.caches * _cache_bytes(device)
    _check(device, 2 * size)
    place = torch_device(device)
    source = torch.ones(size // 4, dtype=torch.float32, device=place)
    target = torch.empty_like(source)
    workload = Workload(lambda: target.copy_(source), device, "fp32")
    workload.activate()
    return [2 * source.nbytes / seconds for seconds in _read(workload.call)]


def loop_duration(case: Loop, device: Device) -> list[float]:
    """Seconds of each run of an empty interpreter loop; only ``cpu-1`` means anything."""
    if str(device) != "cpu-1":
        raise CannotMeasure("the interpreter runs on one thread: measured on cpu-1 alone")

    def loop() -> None:
        for _ in range(case.iterations):
            pass

    Workload(loop, device, "fp32").activate()
    return _read(loop)


def evict(device: Device) -> None:
    """Push weights and inputs out of the caches of `device` by rewriting a larger buffer.

    CPU threads are those of the workload in use, so that the private caches of every core that
    will compute are rewritten too.
    """
    key = str(torch_device(device))
    if key not in _buffers:
        elements = 2 * _cache_bytes(device) // 4
        _buffers[key] = torch.zeros(elements, dtype=torch.int32, device=torch_device(device))
    _buffers[key].add_(1)
    clock()


_buffers: dict[str, torch.Tensor] = {}


def _cache_bytes(device: Device) -> int:
    """Bytes of the last-level cache: L3 of a CPU, L2 of an NVIDIA GPU."""
    if device.kind == "cuda":
        return int(torch.cuda.get_device_properties(device.index).L2_cache_size) or _ASSUMED_CACHE
    return last_level_cache() or _ASSUMED_CACHE


def _check(device: Device, need: int) -> None:
    """Raise `CannotMeasure` unless `device` is here and has `need` bytes free."""
    reason = why_absent(device)
    if reason is None and need > free_memory(device):
        reason = f"needs {format_value(need, 'bytes')} of memory"
    if reason is not None:
        raise CannotMeasure(reason)


def _read(call: Callable[[], object]) -> list[float]:
    """Seconds of each call of one reading, after one untimed call."""
    call()
    values: list[float] = []
    end = time.perf_counter() + _SECONDS
    while len(values) < _CALLS or (len(values) < _ENOUGH_CALLS and time.perf_counter() < end):
        values.append(_once(call))
    return values


def _once(call: Callable[[], object]) -> float:
    start = clock()
    call()
    return clock() - start
