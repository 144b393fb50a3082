"""Pushes weights and inputs out of the caches of a device."""

from __future__ import annotations

from typing import Final

import torch

from cnnfc.errors import CannotMeasure
from cnnfc.machine.state import last_level_cache
from cnnfc.measure.clocks import clock
from cnnfc.measure.devices import free_memory, torch_device
from cnnfc.names import Device
from cnnfc.units import format_value

#: Where the size of the last-level cache cannot be read: at least that of common devices.
_ASSUMED: Final = {
    "cpu": 64 * 2**20,
    "cuda": 64 * 2**20,
    # System-level cache of the largest of Apple's chips, the Ultras.
    "mps": 96 * 2**20,
    # L2 of Intel's Data Center GPU Max, the largest.
    "xpu": 408 * 2**20,
}
#: AMD's Infinity Cache lies behind the L2 that the runtime reports; 256 MiB on MI300.
_INFINITY_CACHE: Final = 256 * 2**20

_buffers: dict[str, torch.Tensor] = {}


def cache_bytes(device: Device) -> int:
    """Bytes of the last-level cache: L3 of a CPU, L2 of a GPU or what lies behind it."""
    size = last_level_cache() if device.is_cpu else _accelerator_cache(device)
    return size or _ASSUMED[device.kind]


def _accelerator_cache(device: Device) -> int:
    if device.kind == "cuda":
        size = int(torch.cuda.get_device_properties(device.index).L2_cache_size)
        return size if torch.version.hip is None else max(size, _INFINITY_CACHE)
    if device.kind == "xpu":
        # Known to recent releases of torch alone.
        properties = torch.xpu.get_device_properties(device.index)
        return int(getattr(properties, "last_level_cache_size", 0))
    return 0


def sweep(device: Device) -> None:
    """Queue a pass over a buffer twice as large as the caches, without waiting for its end.

    It rewrites and then reads the buffer.  Reading matters: a buffer that is only rewritten leaves
    half of the weights behind, because caches let a stream of stores pass by, and what was written
    last would have to leave the cache inside the timing that follows.  CPU threads are those of
    the workload in use, so that the private caches of every core that will compute are swept too.

    Raises:
        CannotMeasure: The buffer does not fit into the free memory of `device`.
    """
    key = str(torch_device(device))
    if key not in _buffers:
        _buffers[key] = _buffer(device)
    _buffers[key].add_(1).sum()


def _buffer(device: Device) -> torch.Tensor:
    need, free = 2 * cache_bytes(device), free_memory(device)
    if need > free:
        raise CannotMeasure(
            f"emptying the caches needs {format_value(need, 'bytes')} of memory, "
            f"{format_value(free, 'bytes')} free"
        )
    with torch.inference_mode(mode=False):  # every mode may write to it
        return torch.ones(need // 4, dtype=torch.int32, device=torch_device(device))


def evict(device: Device) -> None:
    """Push weights and inputs out of the caches of `device`, and wait until they are out.

    Raises `CannotMeasure` as `sweep` does.
    """
    sweep(device)
    clock()
