"""Reads what control groups (v1 and v2) allow this process: CPU time and memory.

A limit may sit on the process's own group or on any group above it, and a container sees only the
part of the tree that is mounted for it.  So the groups are walked from the own one up to the
mount, and the tightest limit counts.  File formats: the kernel's admin-guide/cgroup-v2.rst and
cgroup-v1/.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from cnnfc.machine.host import Host, integer

#: v1 writes "no limit" as the largest multiple of a page below 2**63; nothing real is near 2**60.
_UNLIMITED = 2**60


@dataclass(frozen=True)
class Limits:
    """What the control groups say; every field is None where they say nothing.

    Attributes:
        version: 1 or 2, of the hierarchy that holds the CPU controller.
        cpu_quota: CPUs' worth of time a second (0.5 is half a CPU); above 0.
        throttled_periods: How often the own group was stopped for the rest of a period since it
            was made.
        throttled_seconds: For how long in total.
        memory_limit: Bytes, the tightest limit.
        memory_headroom: Bytes that may still be taken before a limit is met, counting file cache
            that the kernel would drop as free; 0 or more.
    """

    version: int | None = None
    cpu_quota: float | None = None
    throttled_periods: int | None = None
    throttled_seconds: float | None = None
    memory_limit: int | None = None
    memory_headroom: int | None = None


def read_limits(host: Host) -> Limits:
    """The limits that this process is under; all None where there are no control groups."""
    version, cpu = _groups(host, "cpu")
    quotas = [quota for group in cpu if (quota := _quota(host, version, group)) is not None]
    _, memory = _groups(host, "memory")
    pairs = [pair for group in memory if (pair := _memory(host, group)) is not None]
    stat = _stat(host, f"{cpu[0]}/cpu.stat") if cpu else {}
    throttled = stat.get("throttled_usec", 0) / 1e6 + stat.get("throttled_time", 0) / 1e9
    return Limits(
        version=version if cpu else None,
        cpu_quota=min(quotas, default=None),
        throttled_periods=stat.get("nr_throttled"),
        throttled_seconds=throttled if "nr_throttled" in stat else None,
        memory_limit=min((limit for limit, _ in pairs), default=None),
        memory_headroom=min((room for _, room in pairs if room is not None), default=None),
    )


def _groups(host: Host, controller: str) -> tuple[int | None, list[str]]:
    """Version and the group folders of `controller`, the own one first, then those above it."""
    own: dict[int, str] = {}
    for line in (host.text("/proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if colon and controller in controllers.split(","):
            own[1] = path
        elif colon and not controllers:
            own[2] = path
    # In hybrid mode both exist and the controller belongs to version 1.
    for version in (1, 2):
        if version in own:
            mount = _mount(host, version, controller)
            if mount is not None:
                return version, _walk(host, own[version], *mount)
    return None, []


def _mount(host: Host, version: int, controller: str) -> tuple[str, str] | None:
    """The part of the hierarchy that is mounted here, and where."""
    text = host.text("/proc/self/mountinfo")
    if text is None and version == 2:
        return "/", "/sys/fs/cgroup"
    for line in (text or "").splitlines():
        left, _, right = (part.split() for part in line.partition(" - "))
        if len(left) < 5 or len(right) < 3:
            continue
        options = right[2].split(",")
        if (
            right[0] == "cgroup2"
            if version == 2
            else right[0] == "cgroup" and controller in options
        ):
            return left[3], left[4]
    return None


def _walk(host: Host, group: str, mounted: str, point: str) -> list[str]:
    """The folder of `group` and those above it, down to the mount point.

    A process outside the mounted part (a container that sees the host's path but its own tree)
    has only the mount point itself.
    """
    path = PurePosixPath(group)
    inside = path.is_relative_to(mounted) and ".." not in path.parts
    parts = path.relative_to(mounted).parts if inside else ()
    folders = [str(PurePosixPath(point, *parts[:depth])) for depth in range(len(parts), -1, -1)]
    return [folder for folder in folders if host.path(folder).is_dir()]


def _quota(host: Host, version: int | None, group: str) -> float | None:
    if version == 2:
        words = (host.text(f"{group}/cpu.max") or "").split()
        quota, period = (integer(word) for word in words) if len(words) == 2 else (None, None)
    else:
        quota = host.number(f"{group}/cpu.cfs_quota_us")
        period = host.number(f"{group}/cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 and period > 0 else None


def _memory(host: Host, group: str) -> tuple[int, int | None] | None:
    """Limit and headroom in bytes of one group; None if it sets no limit."""
    limit = host.number(f"{group}/memory.max")
    used = host.number(f"{group}/memory.current")
    if limit is None:
        limit = host.number(f"{group}/memory.limit_in_bytes")
        used = host.number(f"{group}/memory.usage_in_bytes")
    if limit is None or limit >= _UNLIMITED:
        return None
    if used is None:
        return limit, None
    stat = _stat(host, f"{group}/memory.stat")
    droppable = stat.get("total_inactive_file", stat.get("inactive_file", 0))
    return limit, max(0, limit - max(0, used - droppable))


def _stat(host: Host, path: str) -> dict[str, int]:
    """The ``name number`` lines of a file; empty if unreadable."""
    words = (line.split() for line in (host.text(path) or "").splitlines())
    pairs = ((pair[0], integer(pair[1])) for pair in words if len(pair) == 2)
    return {name: number for name, number in pairs if number is not None}
