"""Reads the most memory that this process has had at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")


def peak() -> int:
    """Bytes of this process and of the largest that it has started and that has ended, at most.

    The two are added, as they may have had them at the same time; and the system counts what this
    process had at the start of the other as the other's.
    """
    return own_peak() + largest_child()


def own_peak() -> int:
    """Bytes of this process alone."""
    try:
        # The system's accounts also hold the peak of the program that started this one.
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return _largest("RUSAGE_SELF")


def largest_child() -> int:
    """Bytes of the largest process that this one, or one that it waited for, has started."""
    return _largest("RUSAGE_CHILDREN")


def _largest(whose: str) -> int:
    import resource  # noqa: PLC0415 - not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(getattr(resource, whose)).ru_maxrss * unit
