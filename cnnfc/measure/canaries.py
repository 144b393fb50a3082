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
from cnnfc.measure.caches import cache_bytes
from cnnfc.measure.clocks import clock
from cnnfc.measure.devices import free_memory, torch_device, why_absent
from cnnfc.measure.layers import DTYPES, Workload, why_no_kernels
from cnnfc.names import Device
from cnnfc.units import format_value

#: One reading: at least this many values, then until the time is spent or there are enough.
_VALUES: Final = 3
_SECONDS: Final = 0.15
_ENOUGH_VALUES: Final = 10
#: A value covers as many calls as fill this time, so that launching and waiting, which cost a GPU
#: as much as one product does, do not hide its peak.
_SECONDS_A_VALUE: Final = 0.01
#: A dtype whose kernels are this many times slower than those of float32 is emulated (float16 on
#: most CPUs: 200 times).  It is no measure of the machine's peak, and one call takes half a minute.
_EMULATED: Final = 20
#: The same by the clock, in seconds a call, for when other work slowed the float32 probe down.
_LONGEST_CALL: Final = 5.0
_PROBE_SIZE: Final = 256
#: A product that large would take a CPU minutes.
_LARGEST_ON_CPU: Final = 4096


def gemm_flops(case: Gemm, device: Device) -> list[float]:
    """FLOP/s of a (size, size) by (size, size) product: 2 * size**3 FLOPs a call.

    Raises `CannotMeasure` where the device, the memory or fast kernels for the dtype are missing.
    """
    _check(device, 3 * case.size**2 * 8)
    reason = why_no_kernels(case.dtype, device)
    if reason is not None:
        raise CannotMeasure(reason)
    if device.is_cpu and case.size > _LARGEST_ON_CPU:
        raise CannotMeasure(f"a product of size {case.size} is for accelerators")
    if case.dtype != "fp32":
        seconds = _probe(case.dtype, device)
        is_slow = seconds > _EMULATED * _probe("fp32", device)
        if is_slow or seconds * (case.size / _PROBE_SIZE) ** 3 > _LONGEST_CALL:
            raise CannotMeasure(f"{case.dtype} is emulated here, far slower than float32")
    product = _product(case.size, case.dtype, device)
    product.activate()
    return [2 * case.size**3 / seconds for seconds in _read(product.call)]


def _probe(dtype: str, device: Device) -> float:
    """Seconds of a small product in `dtype`, the best of five: threads may have to wake up."""
    product = _product(_PROBE_SIZE, dtype, device)
    product.activate()
    product.call()
    return min(_once(product.call, 1) for _ in range(5))


def _product(size: int, dtype: str, device: Device) -> Workload:
    place = torch_device(device)
    generator = torch.Generator(place).manual_seed(size)
    left, right, out = (
        torch.empty((size, size), device=place).normal_(generator=generator).to(DTYPES[dtype])
        for _ in range(3)
    )
    return Workload(lambda: torch.mm(left, right, out=out), device, dtype)


def copy_bandwidth(case: Copy, device: Device) -> list[float]:
    """Bytes moved (read plus written) a second by copies of a buffer larger than the caches.

    Write-allocate traffic is not counted, as STREAM does not count it either (McCalpin 1995).
    """
    _check(device, 0)
    size = case.caches * cache_bytes(device)
    _check(device, 2 * size)
    place = torch_device(device)
    source = torch.ones(size // 4, dtype=torch.float32, device=place)
    target = torch.empty_like(source)
    workload = Workload(lambda: target.copy_(source), device, "fp32")
    workload.activate()
    return [2 * source.nbytes / seconds for seconds in _read(workload.call)]


def loop_duration(case: Loop, device: Device) -> list[float]:
    """Seconds a run of an empty interpreter loop; only ``cpu-1`` means anything."""
    if str(device) != "cpu-1":
        raise CannotMeasure("the interpreter runs on one thread: measured on cpu-1 alone")

    def loop() -> None:
        for _ in range(case.iterations):
            pass

    Workload(loop, device, "fp32").activate()
    return _read(loop)


def _check(device: Device, need: int) -> None:
    """Raise `CannotMeasure` unless `device` is here and has `need` bytes free."""
    reason = why_absent(device)
    if reason is None and need > free_memory(device):
        reason = f"needs {format_value(need, 'bytes')} of memory"
    if reason is not None:
        raise CannotMeasure(reason)


def _read(call: Callable[[], object]) -> list[float]:
    """Seconds a call of each value of one reading, after an untimed call; all above 0.

    Raises `CannotMeasure` where the clock stood still or went back meanwhile.
    """
    call()
    once = _once(call, 1)
    calls = max(1, round(_SECONDS_A_VALUE / once)) if once > 0 else 1
    values: list[float] = []
    end = time.perf_counter() + _SECONDS
    while len(values) < _VALUES or (len(values) < _ENOUGH_VALUES and time.perf_counter() < end):
        values.append(_once(call, calls))
    if min(values) <= 0:
        raise CannotMeasure("the clock of this machine stood still or went back")
    return values


def _once(call: Callable[[], object], calls: int) -> float:
    """Seconds a call of `calls` calls, until the device has finished the last."""
    start = clock()
    for _ in range(calls):
        call()
    return (clock() - start) / calls
