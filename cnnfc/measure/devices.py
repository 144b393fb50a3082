"""Which devices exist here, and making one of them the place where the next call runs.

Asking never starts an accelerator's runtime in a process that will be forked: NVIDIA GPUs are
counted through NVML (see `quiet.SETTINGS`), and using a device happens in the child alone.
"""

from __future__ import annotations

from typing import Any

import torch

from cnnfc.errors import CannotMeasure
from cnnfc.machine.state import available_memory, limiting_quota, usable_cpus
from cnnfc.names import Device


def why_absent(device: Device) -> str | None:
    """Why `device` cannot be used here, as a sentence without a full stop; ``None`` if it can."""
    if device.is_cpu:
        usable = usable_cpus()
        if device.index > usable:
            quota = limiting_quota()
            why = "" if quota is None else f" (the quota of this container is {quota:g} CPUs)"
            return f"{device.index} threads asked for, {usable} CPUs usable here{why}"
        return None
    count = accelerator_count(device.kind)
    if count == 0:
        return f"no {device.kind} device that this torch ({torch.__version__}) can use"
    if device.index >= count:
        return f"{device.kind} devices here: {count}, counted from 0"
    return None


def accelerator_count(kind: str) -> int:
    """How many accelerators of `kind` (``"cuda"``, ``"mps"``, ``"xpu"``) torch can use here."""
    if kind == "cuda":
        # A CPU build of torch sees no GPU whatever the driver says.
        return torch.cuda.device_count() if torch.backends.cuda.is_built() else 0
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    return torch.xpu.device_count() if torch.xpu.is_available() else 0


def torch_device(device: Device) -> torch.device:
    """Torch's name of `device`."""
    return torch.device("cpu") if device.is_cpu else torch.device(device.kind, device.index)


def use_threads(device: Device) -> None:
    """Give CPU operations the number of threads that `device` names; accelerators get one.

    From then on denormal numbers count as zero: they slow a convolution 5 to 50 times.

    Raises `CannotMeasure` where torch does not take the number over: a result filed under a wrong
    thread count is worse than none.
    """
    wanted = device.index if device.is_cpu else 1
    # Threads inherit the mode from the one that starts them, so it is set before there are any.
    torch.set_flush_denormal(True)
    torch.set_num_threads(wanted)
    if torch.get_num_threads() != wanted:
        raise CannotMeasure(f"torch uses {torch.get_num_threads()} threads, not {wanted}")


def free_memory(device: Device) -> int:
    """Bytes that can still be allocated on `device`.

    What torch's allocator holds and does not use counts as free.
    """
    if device.kind == "cuda":
        free: int = torch.cuda.mem_get_info(device.index)[0]
        return free + _unused(torch.cuda, device)
    if device.kind == "xpu":
        return _free_on_xpu(device) + _unused(torch.xpu, device)
    # Apple's GPUs share the memory of the machine, up to a limit.
    if device.kind == "mps":
        limit = torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
        return min(available_memory(), limit)
    return available_memory()


def _unused(allocator: Any, device: Device) -> int:  # noqa: ANN401 - torch.cuda or torch.xpu
    index = device.index
    return int(allocator.memory_reserved(index)) - int(allocator.memory_allocated(index))


def _free_on_xpu(device: Device) -> int:
    """Early releases of torch have no such function; integrated GPUs refuse to answer it."""
    try:
        return int(torch.xpu.mem_get_info(device.index)[0])
    except (AttributeError, RuntimeError):
        total = int(torch.xpu.get_device_properties(device.index).total_memory)
        return total - int(torch.xpu.memory_reserved(device.index))


def give_back_memory(device: Device) -> None:
    """Let other layers and programs have what torch's allocator holds and does not use."""
    if not device.is_cpu and why_absent(device) is None:
        getattr(torch, device.kind).empty_cache()


def failed_allocations(device: Device) -> int:
    """How often memory of `device` ran out in this process, as far as torch counts it.

    A library that can do with less catches the error, so this is more than what was raised.
    """
    if device.kind == "cuda" and torch.cuda.is_initialized():
        return int(torch.cuda.memory_stats(device.index).get("num_ooms", 0))
    return 0
