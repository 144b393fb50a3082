"""Says how this machine is right now: what it lets us use and what may disturb a measurement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cnnfc.machine import memory, processors
from cnnfc.machine.affinity import affinity as affinity_of
from cnnfc.machine.cgroups import Limits, read_limits
from cnnfc.machine.gpus import gpu_state
from cnnfc.machine.host import (
    Host,
    ask,
    attempt,
    format_cpu_list,
    known,
    reading,
    this_host,
)

_CPUS = "/sys/devices/system/cpu"


def usable_cpus(host: Host | None = None) -> int:
    """How many threads can run here without sharing a core or being stopped; at least 1.

    The least of: CPUs that this process may run on (affinity, which a container's cpuset also
    sets; see `cnnfc.machine.affinity`), whole CPUs of the control group's quota (half a CPU counts
    as 1; the quota itself is in `read_state`), physical cores among the CPUs allowed.
    """
    host = host or this_host()
    return _usable(host, affinity_of(host), processors.core_of(host), read_limits(host))


def limiting_quota(host: Host | None = None) -> float | None:
    """The control group's quota in CPUs, where no other bound of `usable_cpus` is tighter."""
    host = host or this_host()
    quota = read_limits(host).cpu_quota
    return quota if quota is not None and int(quota) <= usable_cpus(host) else None


def available_memory(host: Host | None = None) -> int:
    """Bytes that can be taken without swapping or meeting the control group's limit.

    0 where nothing says it, so that nothing is started on hope.
    """
    host = host or this_host()
    free = reading(ask(host.psutil, "virtual_memory"), "available", int)
    bounds = [bound for bound in (free, read_limits(host).memory_headroom) if bound is not None]
    return max(0, min(bounds, default=0))


def last_level_cache(host: Host | None = None) -> int | None:
    """Bytes of all last-level caches of this machine together, or None where nothing says.

    See `memory.last_level_cache`.  None is not 0: the caller chooses what to assume instead,
    and says so.
    """
    return memory.last_level_cache(host or this_host())


def read_state(host: Host | None = None) -> dict[str, Any]:
    """The state of `host`, by default of the machine that this runs on.  Never raises.

    Plain data for JSON in base units; a fact that cannot be read has no key.  The groups are
    ``cpu``, ``memory``, ``temperatures`` and ``gpus``; `HardwareRecord` lists all keys.
    """
    host = host or this_host()
    limits = read_limits(host)
    return {
        "read_at": datetime.now(UTC).isoformat(),
        "cpu": _cpu(host, limits),
        "memory": _memory(host, limits),
        "temperatures": _temperatures(host),
        **known(power_plugged=_power_plugged(host)),
        **gpu_state(host),
    }


def busy_seconds(times: Any) -> float | None:  # noqa: ANN401 - psutil's answer, or none
    """CPU seconds of all CPUs since boot in which a process or the kernel ran.

    `times` is the answer of ``psutil.cpu_times()``; None where it does not say it.  A guest's time
    is within ``user``, and Windows counts interrupts within ``system``.
    """
    needed = [reading(times, name, float) for name in ("user", "system")]
    more = [reading(times, name, float) or 0.0 for name in ("nice", "irq", "softirq")]
    if None in needed:
        return None
    return round(sum(value for value in needed if value is not None) + sum(more), 2)


def _usable(
    host: Host, affinity: frozenset[int] | None, cores: dict[int, Any], limits: Limits
) -> int:
    bounds = [len(affinity)] if affinity else []
    if limits.cpu_quota is not None:
        bounds.append(int(limits.cpu_quota))
    physical = _allowed_cores(host, affinity, cores)
    if physical is not None:
        bounds.append(physical)
    return max(1, min(bounds, default=host.logical_cpus or 1))


def _allowed_cores(
    host: Host, affinity: frozenset[int] | None, cores: dict[int, Any]
) -> int | None:
    """Physical cores among the CPUs allowed; of the whole machine where there is no affinity."""
    if affinity is None or not cores:
        return processors.physical_cores(host, cores)
    # A CPU that the topology does not list (brought up a moment ago) counts as its own core.
    return len({cores.get(cpu, ("unlisted", cpu)) for cpu in affinity})


def _cpu(host: Host, limits: Limits) -> dict[str, Any]:
    affinity, cores = affinity_of(host), processors.core_of(host)
    load = ask(host.psutil, "getloadavg")
    counters = ask(host.psutil, "cpu_stats")
    times = ask(host.psutil, "cpu_times")
    return known(
        usable=_usable(host, affinity, cores, limits),
        affinity=format_cpu_list(affinity) if affinity else None,
        affinity_cpus=len(affinity) if affinity else None,
        affinity_cores=_allowed_cores(host, affinity, cores) if affinity and cores else None,
        quota_cpus=limits.cpu_quota,
        cgroup_version=limits.version,
        throttled_periods=limits.throttled_periods,
        throttled_seconds=limits.throttled_seconds,
        **_frequency(host),
        governor=_common(host, "scaling_governor"),
        frequency_driver=_common(host, "scaling_driver"),
        energy_preference=_common(host, "energy_performance_preference"),
        turbo=_turbo(host),
        smt_active=_flag(host.text(f"{_CPUS}/smt/active")),
        clock_source=host.text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        load_average=attempt(lambda: [round(float(value), 2) for value in load]) or None,
        pressure_percent=_pressure(host, "cpu"),
        context_switches=reading(counters, "ctx_switches", int),
        interrupts=reading(counters, "interrupts", int),
        steal_seconds=reading(times, "steal", float),
        busy_seconds=busy_seconds(times),
        idle_seconds=reading(times, "idle", float),
    )


def _frequency(host: Host) -> dict[str, Any]:
    """Hz; psutil answers in MHz and with 0 for "not known"."""
    found = ask(host.psutil, "cpu_freq")
    megahertz = {
        "frequency_hz": reading(found, "current", float),
        "frequency_min_hz": reading(found, "min", float),
        "frequency_max_hz": reading(found, "max", float),
    }
    return {key: round(value * 1e6) for key, value in megahertz.items() if value}


def _common(host: Host, name: str) -> str | None:
    """What the CPUs' cpufreq files say; different answers are joined by a comma."""
    folders = (f"{_CPUS}/cpu{cpu}/cpufreq" for cpu in host.numbered(_CPUS, "cpu"))
    return (
        ", ".join(sorted({text for folder in folders if (text := host.text(f"{folder}/{name}"))}))
        or None
    )


def _turbo(host: Host) -> bool | None:
    """Whether clocks above the base frequency are allowed."""
    forbidden = _flag(host.text(f"{_CPUS}/intel_pstate/no_turbo"))
    if forbidden is not None:
        return not forbidden
    return _flag(host.text(f"{_CPUS}/cpufreq/boost"))


def _flag(text: str | None) -> bool | None:
    return {"0": False, "1": True}.get(text or "")


def _pressure(host: Host, what: str) -> float | None:
    """Percent of the last 10 s in which some task waited for `what` (the kernel's PSI)."""
    for line in (host.text(f"/proc/pressure/{what}") or "").splitlines():
        if line.startswith("some "):
            fields = dict(word.partition("=")[::2] for word in line.split()[1:])
            return attempt(partial(float, fields.get("avg10", "")))
    return None


def _memory(host: Host, limits: Limits) -> dict[str, Any]:
    found = ask(host.psutil, "virtual_memory")
    huge = host.text("/sys/kernel/mm/transparent_hugepage/enabled") or ""
    return known(
        total_bytes=reading(found, "total", int),
        available_bytes=reading(found, "available", int),
        free_bytes=reading(found, "free", int),
        limit_bytes=limits.memory_limit,
        headroom_bytes=limits.memory_headroom,
        swap_used_bytes=reading(ask(host.psutil, "swap_memory"), "used", int),
        # "always [madvise] never": the brackets mark the one in force
        huge_pages=huge.partition("[")[2].partition("]")[0] or None,
        pressure_percent=_pressure(host, "memory"),
    )


def _temperatures(host: Host) -> dict[str, float]:
    """Degrees Celsius of the hottest reading of each chip that psutil knows."""
    chips = attempt(lambda: dict(ask(host.psutil, "sensors_temperatures"))) or {}
    hottest = {str(chip): attempt(partial(_hottest, sensors)) for chip, sensors in chips.items()}
    # Sensors that are not connected answer 0.
    return {chip: celsius for chip, celsius in hottest.items() if celsius}


def _hottest(sensors: Iterable[Any]) -> float:
    return max((reading(sensor, "current", float) or 0.0 for sensor in sensors), default=0.0)


def _power_plugged(host: Host) -> bool | None:
    """Whether a laptop runs from the mains; None without a battery, or where psutil cannot tell."""
    found = ask(host.psutil, "sensors_battery")
    plugged = attempt(lambda: found.power_plugged)
    # Not by bool(): psutil's "cannot tell" is None, which would read as "from its battery".
    return plugged if isinstance(plugged, bool) else None
