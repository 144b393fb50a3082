"""Part of the worker, loaded by path: reads what this process uses, and loads nothing for it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys


def torch_threads() -> int | None:
    """Threads of torch's CPU kernels; None if the suite has not loaded it."""
    ask = getattr(sys.modules.get("torch"), "get_num_threads", None)
    return None if ask is None else int(ask())


def set_torch_threads(threads: int | None) -> None:
    """Give torch that many threads, if it is loaded and has others."""
    if threads is not None and torch_threads() not in {None, threads}:
        sys.modules["torch"].set_num_threads(threads)


def device_blocks() -> dict[str, int]:
    """Blocks that torch's allocators have handed out so far, by kind of accelerator in use.

    Whatever runs on one allocates its output there, so more blocks mean that it was used.
    """
    blocks = {}
    torch = sys.modules.get("torch")
    for kind in ("cuda", "xpu"):
        module = getattr(torch, kind, None)
        if module is None or not module.is_initialized():
            continue
        blocks[kind] = sum(
            module.memory_stats(place).get("allocation.all.allocated", 0)
            for place in range(module.device_count())
        )
    return blocks


def resident_bytes() -> int:
    """Bytes of this process that are in memory; where only their peak can be read, that."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - as small as can be
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def give_back_memory() -> None:
    """Return what is free to the system, where the C library (glibc) can be told to.

    Otherwise the next case fills it again, and seems to need no memory.
    """
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def peak_bytes() -> int | None:
    """The most bytes that this process had in memory; None where the system does not say.

    getrusage, which asv asks, counts what the parent held when it started this process: a large
    parent hides everything smaller.  The kernel's figure for the program itself does not.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123 - as above
            # "VmHWM:     318204 kB"
            return next(1024 * int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return None
