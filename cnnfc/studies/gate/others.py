"""Tells what a step of the study ran beside: nothing, our own load, or what others did."""

from __future__ import annotations

import resource
import time
from typing import Final

import psutil

#: From so many CPUs on, taken by others on average, a step did not run on a quiet machine.
SHARED: Final = 0.1
#: The class of such steps, whatever they were meant to run beside.
DISTURBED: Final = "disturbed"


def condition(load: str, cpus: float) -> str:
    """`load`, which a step was meant to run under, or `DISTURBED` if others took `cpus` CPUs.

    >>> condition("busy", 0.02), condition("quiet", 0.3)
    ('busy', 'disturbed')
    """
    return load if cpus <= SHARED else DISTURBED


class Others:
    """CPUs that processes other than this one and its children used since it was made."""

    def __init__(self) -> None:
        self._began = self._read()

    def cpus(self) -> float:
        """Their average number, 0 and up; children of this process count once they were waited for.

        So the load that a step starts itself is no other's if it is asked for after its end.
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
