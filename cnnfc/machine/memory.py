"""Reads the levels of memory between the cores and the disk: caches and NUMA nodes.

On Linux from sysfs (the kernel's Documentation/ABI, sysfs-devices-system-cpu and -node), on macOS
from sysctl.  A size that nothing reports stays unknown.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from cnnfc.machine.host import Host, cpu_list, format_cpu_list, integer, known

_CPUS = "/sys/devices/system/cpu"


def caches(host: Host) -> list[dict[str, Any]] | None:
    """Every kind of cache: level, type, bytes of one instance, instances, CPUs sharing one.

    From sysfs; on macOS level, type and bytes alone, from sysctl.  None where neither says.
    """
    if host.system == "Darwin":
        return _mac_caches(host)
    seen: set[tuple[int, str]] = set()
    kinds: Counter[tuple[int, str, int, int]] = Counter()
    for cpu in host.numbered(_CPUS, "cpu"):
        for index in host.numbered(f"{_CPUS}/cpu{cpu}/cache", "index"):
            folder = f"{_CPUS}/cpu{cpu}/cache/index{index}"
            # Reading who shares it first spares the other files of a cache already counted.
            shared = host.text(f"{folder}/shared_cpu_list") or str(cpu)
            if (index, shared) in seen:
                continue
            seen.add((index, shared))
            level, size = host.number(f"{folder}/level"), _size(host.text(f"{folder}/size"))
            kind = (host.text(f"{folder}/type") or "").lower()
            if level is not None and size and kind:
                kinds[level, kind, size, len(cpu_list(shared))] += 1
    return [
        {"level": level, "type": kind, "bytes": size, "instances": count, "cpus": cpus}
        for (level, kind, size, cpus), count in sorted(kinds.items())
    ] or None


def last_level_cache(host: Host) -> int | None:
    """Bytes of all last-level caches of the machine together, or None where nothing says.

    All instances, whatever this process may use: a copy that should come from memory has to
    exceed what all cores can cache, and the size has to be the same in every run.  On macOS only
    a third level counts, since Apple's system-level cache below the second is not reported.
    """
    data = [cache for cache in caches(host) or [] if cache["type"] in ("data", "unified")]
    top = max((cache["level"] for cache in data), default=None)
    if top is None or (host.system == "Darwin" and top < 3):
        return None
    last = (cache for cache in data if cache["level"] == top)
    return sum(int(cache["bytes"]) * int(cache.get("instances", 1)) for cache in last)


def numa_nodes(host: Host) -> list[dict[str, Any]] | None:
    """CPUs (as a list ``"0-3"``) and bytes of each NUMA node; None where sysfs has no nodes."""
    folder = "/sys/devices/system/node"
    nodes = []
    for node in host.numbered(folder, "node"):
        cpus = format_cpu_list(cpu_list(host.text(f"{folder}/node{node}/cpulist")))
        lines = (host.text(f"{folder}/node{node}/meminfo") or "").splitlines()
        # "Node 0 MemTotal:       24684084 kB"
        sizes = (line.partition("MemTotal:")[2].removesuffix("kB").strip() for line in lines)
        total = next((integer(size) for size in sizes if size), None)
        nodes.append(known(cpus=cpus, memory_bytes=None if total is None else total * 1024))
    return nodes or None


def _mac_caches(host: Host) -> list[dict[str, Any]] | None:
    """Apple silicon reports each performance level; ``perflevel0`` are the fast cores."""
    values = host.sysctl()
    found = []
    for level, kind, name in (
        (1, "data", "l1dcachesize"),
        (1, "instruction", "l1icachesize"),
        (2, "unified", "l2cachesize"),
        (3, "unified", "l3cachesize"),
    ):
        size = integer(values.get(f"hw.perflevel0.{name}")) or integer(values.get(f"hw.{name}"))
        if size:
            found.append({"level": level, "type": kind, "bytes": size})
    return found or None


def _size(text: str | None) -> int | None:
    """Bytes of sysfs' cache sizes, ``"32768K"``."""
    number = integer((text or "").removesuffix("K"))
    return None if number is None else number * 1024
