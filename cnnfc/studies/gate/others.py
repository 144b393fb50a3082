"""Measures how much of the machine others took while a gate of the study ran."""

from __future__ import annotations

import resource
import time
from typing import Final

import psutil

#: From so many CPUs on, taken by others on average, a gate did not run on a quiet machine.
SHARED: Final = 0.1


class Others:
    """CPUs that processes other than this one and its children used since it was made."""

    def __init__(self) -> None:
        self._began = self._read()

    def cpus(self) -> float:
        """Their average number, 0 and up; children of this process count once they were waited for.

        Time that a hypervisor gave to other guests counts as theirs.
        """
        wall, machine, own = (
            now - then for now, then in zip(self._read(), self._began, strict=True)
        )
        return max(0.0, (machine - own) / wall) if wall > 0 else 0.0

    @staticmethod
    def _read() -> tuple[float, float, float]:
        times = psutil.cpu_times()
        # Guests are counted in user time already.
        idle = times.idle + getattr(times, "iowait", 0.0)
        doubled = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        usages = (
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        own = sum(usage.ru_utime + usage.ru_stime for usage in usages)
        return time.monotonic(), sum(times) - idle - doubled, own
