"""Turns what a hardware record says into names and values for people.

Keys follow `cnnfc.machine.schema`: the end of a key is the unit of its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cnnfc.machine import wording
from cnnfc.machine.schema import HardwareRecord
from cnnfc.report import text
from cnnfc.timeline import differences

#: What moves by itself while nothing is changed: shown before and after a run, not as a change.
_VOLATILE: Final = frozenset((
    *("read_at", "frequency_hz", "load_average", "pressure_percent", "context_switches"),
    *("interrupts", "steal_seconds", "busy_seconds", "idle_seconds"),
    *("throttled_periods", "throttled_seconds"),
    *("available_bytes", "free_bytes", "headroom_bytes", "swap_used_bytes", "temperatures"),
    *("sm_clock_hz", "memory_clock_hz", "power_watts", "temperature_celsius"),
    *("performance_state", "clock_reasons", "utilisation_percent", "memory_free_bytes"),
    *("memory_used_bytes", "other_processes"),
))  # fmt: skip
_LONGEST: Final = 160

#: What torch's facts call the library of an accelerator -> its name.
_BUILDS: Final = {"cuda": "CUDA", "hip": "ROCm"}


def facts(data: Mapping[str, Any], *, volatile: bool | None = None) -> Iterator[tuple[str, str]]:
    """Every leaf of `data` as (name, value), groups joined by ``·``, in their order.

    With `volatile`, only the keys that move by themselves, or (False) only the others.
    """
    yield from _walk(data, "", volatile, verbatim=False)


def changes(before: HardwareRecord, after: HardwareRecord) -> list[tuple[str, str, str]]:
    """What differs between two records as (name, before, now): settings first, then software.

    The same differences as a change of a series is laid to, so that pages agree with each other.
    """
    found = (*differences.settings(before, after), *differences.software(before, after))
    return [(one.name, one.before, one.after) for one in found]


def readings(record: HardwareRecord) -> list[tuple[str, str, str]]:
    """What moves by itself as (name, before the run, after the run)."""
    before = dict(facts(record.state_before, volatile=True))
    after = dict(facts(record.state_after or {}, volatile=True))
    return [
        (name, before.get(name, text.MISSING), after.get(name, text.MISSING))
        for name in dict.fromkeys((*before, *after))
        if name != "Read at"
    ]


def torch(record: HardwareRecord) -> tuple[str, str] | None:
    """Torch's version and its build as words, such as ``2.13.0+cpu`` and ``CPU build, cf30153c``.

    The build names the accelerator's library that torch was made for, and torch's own commit: a
    nightly, or a build of one's own, may call itself like another.  None where no torch is known.
    """
    groups = (record.software.get("torch"), record.software.get("packages"))
    own, packages = (group if isinstance(group, Mapping) else {} for group in groups)
    version = own.get("torch") or packages.get("torch")
    if not version:
        return None
    libraries = [f"{name} {own[key]}" for key, name in _BUILDS.items() if own.get(key)]
    if not libraries and _BUILDS.keys() <= own.keys():
        libraries = ["CPU build"]
    commit = own.get("git")
    parts = [*libraries, *([str(commit)[:8]] if commit else [])]
    return text.shorten(str(version), _LONGEST), text.shorten(", ".join(parts), _LONGEST)


def _walk(
    data: Mapping[str, Any],
    prefix: str,
    volatile: bool | None,
    *,
    verbatim: bool,
) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        name = str(key) if verbatim else wording.label(str(key))
        full = f"{prefix} · {name}" if prefix else name[:1].upper() + name[1:]
        moves = key in _VOLATILE
        # Everything below a volatile group (temperatures) is volatile.
        below = None if moves else volatile
        if moves and volatile is False:
            continue
        if isinstance(value, Mapping):
            yield from _walk(value, full, below, verbatim=key in wording.VERBATIM)
        elif key != "caches" and _is_list_of_groups(value):
            for number, item in enumerate(value):
                yield from _walk(item, f"{full} {number}", below, verbatim=False)
        elif value not in ([], None) and not below:
            yield full, text.shorten(wording.value(str(key), value), _LONGEST)


def _is_list_of_groups(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)
