"""Reads what others took of this machine between two moments, from the kernel's counters."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnnfc.machine.cgroups import read_limits
from cnnfc.machine.doctor.answers import Sharing, Skipped
from cnnfc.machine.host import Host, ask, reading, this_host
from cnnfc.machine.state import busy_seconds


class SharingProbe:
    """Reads the machine's counters once when made and once at `stop`.

    In between the other probes may run: this process's own CPU time is not counted as others'.
    """

    def __init__(
        self, host: Host | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._host = host or this_host()
        self._clock = clock
        self._before = self._read()

    def stop(self) -> Sharing | Skipped:
        """What happened since."""
        before, after = self._before, self._read()
        seconds = (after["at"] or 0.0) - (before["at"] or 0.0)
        if seconds <= 0:
            return Skipped("the clock did not advance")

        def grown(name: str) -> float | None:
            first, last = before.get(name), after.get(name)
            if first is None or last is None:
                return None
            # A counter that went back was set anew (a container that was moved): it says nothing.
            return last - first if last >= first else None

        busy = grown("busy")
        return Sharing(
            seconds=seconds,
            cpus=self._host.logical_cpus or 1,
            others_cpus=_others(busy, grown("own"), seconds),
            steal_seconds=grown("steal"),
            busy_seconds=busy,
            throttled_periods=_whole(grown("throttled_periods")),
            throttled_seconds=grown("throttled_seconds"),
            switches=_whole(grown("switches")),
            preemptions=_whole(grown("preemptions")),
            paged_bytes=_whole(grown("paged")),
        )

    def _read(self) -> dict[str, float | None]:
        psutil = self._host.psutil
        times = ask(psutil, "cpu_times")
        process = ask(psutil, "Process")
        own = ask(process, "cpu_times")
        # Elsewhere the same fields count more than swapping: macOS's are all page-ins and
        # page-outs, those of mapped files too.
        swap = ask(psutil, "swap_memory") if self._host.system == "Linux" else None
        limits = read_limits(self._host)
        return {
            "at": self._clock(),
            "busy": busy_seconds(times),
            "own": _sum(own, ("user", "system")),
            "steal": reading(times, "steal", float),
            "throttled_periods": limits.throttled_periods,
            "throttled_seconds": limits.throttled_seconds,
            "switches": reading(ask(psutil, "cpu_stats"), "ctx_switches", int),
            "preemptions": reading(ask(process, "num_ctx_switches"), "involuntary", int),
            "paged": _sum(swap, ("sin", "sout")),
        }


def sharing_between(
    before: Mapping[str, Any], after: Mapping[str, Any], seconds: float, cpus: int
) -> Sharing:
    """What the hypervisor and a quota took between two states of a hardware record.

    Args:
        before: As `HardwareRecord.state_before`.
        after: As `HardwareRecord.state_after`.
        seconds: Between the two; above 0.
        cpus: CPUs of the machine.

    Returns:
        Stolen and stopped time; what others used cannot be told from what the run itself did.
    """

    def grown(key: str) -> float | None:
        first, last = (_number(state.get("cpu"), key) for state in (before, after))
        return None if first is None or last is None or last < first else last - first

    return Sharing(
        seconds=seconds,
        cpus=cpus,
        steal_seconds=grown("steal_seconds"),
        busy_seconds=grown("busy_seconds"),
        throttled_periods=_whole(grown("throttled_periods")),
        throttled_seconds=grown("throttled_seconds"),
    )


def _number(group: object, key: str) -> float | None:
    value = group.get(key) if isinstance(group, Mapping) else None
    return float(value) if isinstance(value, (int, float)) else None


def _others(busy: float | None, own: float | None, seconds: float) -> float | None:
    # Some sandboxes show counters of the machine that never move: then nothing is known.
    if busy is None or own is None or busy < own / 2:
        return None
    return max(0.0, busy - own) / seconds


def _sum(source: Any, names: Sequence[str]) -> float | None:  # noqa: ANN401 - psutil's answer
    values = [value for name in names if (value := reading(source, name, float)) is not None]
    return sum(values) if len(values) == len(names) else None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
