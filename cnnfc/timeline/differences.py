"""Names what differs between two hardware records, as far as it can move a number.

Of two records only what both say is compared: a newer cnnfc writes more than an older one did.
Variables are an exception, since one that is not in a record was not set.
"""

from __future__ import annotations

import statistics
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from cnnfc.machine import wording
from cnnfc.machine.schema import HardwareRecord

#: Not of the software that is measured with: cnnfc's version changes with the commits of its own
#: project and says nothing in any other, psutil only reads the hardware.
_PACKAGES: Final = frozenset(("cnnfc", "psutil"))
#: Of torch's facts: its long text repeats the others, its threads are set by each benchmark.
_TORCH: Final = frozenset(("config", "threads", "interop_threads"))
#: What of an identity's details is software.
_SYSTEM: Final = ("os", "kernel", "microcode")
#: Settings of the state before a run that do not move by themselves.
_CPU: Final = (
    *("usable", "affinity", "quota_cpus", "governor", "frequency_driver", "frequency_min_hz"),
    *("frequency_max_hz", "energy_preference", "turbo", "smt_active", "clock_source"),
)
_MEMORY: Final = ("total_bytes", "limit_bytes", "huge_pages")
_GPU: Final = (
    *("sm_clock_max_hz", "memory_clock_max_hz", "power_limit_watts", "ecc", "mig"),
    *("persistence", "pcie_width"),
)
#: Numbers that are closer than this are the same: a kernel reserves a little more memory than the
#: one before, a clock is rounded in another way.
_SAME: Final = 0.02
_QUANTITIES: Final = ("_bytes", "_hz", "_watts")
#: A clock that was read once, before the run, must differ by this to be worth naming.
_CLOCK: Final = 0.1
_LONGEST: Final = 60
_LARGEST: Final = 1e300

_Path = tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One thing that differs: its name, and its value in words before and after."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name} {self.before} before, {self.after} after"


def software(before: HardwareRecord, after: HardwareRecord) -> tuple[Difference, ...]:
    """Packages, interpreter, libraries, driver, system and variables that differ."""
    old, new = _software(before), _software(after)
    return (*_differing(old, new), *_variables(before, after))


def settings(before: HardwareRecord, after: HardwareRecord) -> tuple[Difference, ...]:
    """What of the hardware, and of its settings when the runs began, differs."""
    return tuple(_differing(_settings(before), _settings(after)))


def clock_readings(before: HardwareRecord, after: HardwareRecord) -> tuple[Difference, ...]:
    """The CPU's clock where the two readings are far apart.

    One reading of a CPU that waits proves little, so this is a remark and no finding.
    """
    readings = (_group(one.state_before, "cpu").get("frequency_hz") for one in (before, after))
    old, new = readings
    if not (_is_number(old) and _is_number(new)) or _are_close(old, new, _CLOCK):
        return ()
    return (_difference(("cpu", "frequency_hz"), old, new),)


def gpu_clock(record: HardwareRecord, case: str, device: str) -> float | None:
    """The clock at which a GPU ran `case` (Hz): the median of what was read between its blocks."""
    readings = [
        float(reading)
        for block in record.blocks
        if (block.get("case"), block.get("device")) == (case, device)
        for reading in _listed(block.get("sm_clock_hz"))
        if _is_number(reading) and reading > 0
    ]
    return statistics.median(readings) if readings else None


def _software(record: HardwareRecord) -> dict[_Path, Any]:
    groups = record.software
    packages = _without(_group(groups, "packages"), _PACKAGES)
    # Its version stands among the packages, if it was installed as one.
    torch = _without(_group(groups, "torch"), _TORCH | ({"torch"} & packages.keys()))
    others = _without(groups, {"packages", "torch", "environment"})
    detail = _group(record.identity, "detail")
    return {
        **_leaves(packages, ("packages",)),
        **_leaves(torch, ("torch",)),
        **_leaves(others, ()),
        **_leaves({key: detail[key] for key in _SYSTEM if key in detail}, ()),
        **_leaves(_group(record.state_before, "gpu_driver"), ("gpu_driver",)),
    }


def _variables(before: HardwareRecord, after: HardwareRecord) -> Iterator[Difference]:
    old, new = (_group(record.software, "environment") for record in (before, after))
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            words = (_cut(str(side[name])) if name in side else "not set" for side in (old, new))
            yield Difference(name, *words)


def _settings(record: HardwareRecord) -> dict[_Path, Any]:
    identity, state = record.identity, record.state_before
    detail = _without(_group(identity, "detail"), {*_SYSTEM, "numa"})
    found = {**_leaves(_without(identity, {"name", "detail"}), ()), **_leaves(detail, ())}
    # The memory of a node is what its kernel has left of it; its CPUs are what counts.
    nodes = _listed(_group(identity, "detail").get("numa"))
    for number, node in enumerate(nodes):
        found.update(_leaves(_only(node, ("cpus",)), (f"numa_{number}",)))
    for group, keys in (("cpu", _CPU), ("memory", _MEMORY)):
        found.update(_leaves(_only(_group(state, group), keys), (group,)))
    for number, gpu in enumerate(_listed(state.get("gpus"))):
        found.update(_leaves(_only(gpu, _GPU), (f"gpu_{number}",)))
    return {**found, **_leaves(_only(state, ("power_plugged",)), ())}


def _leaves(data: Mapping[str, Any], prefix: _Path) -> dict[_Path, Any]:
    """Every value of `data` by its path; of a list of groups too, caches apart."""
    found: dict[_Path, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            found.update(_leaves(value, (*prefix, str(key))))
        elif key != "caches" and any(isinstance(one, Mapping) for one in _listed(value)):
            for number, one in enumerate(value):
                # A list of gpus has a gpu 0.
                group = f"{str(key).removesuffix('s')}_{number}"
                found.update(_leaves(one if isinstance(one, Mapping) else {}, (*prefix, group)))
        else:
            found[*prefix, str(key)] = value
    return found


def _differing(before: Mapping[_Path, Any], after: Mapping[_Path, Any]) -> Iterator[Difference]:
    for path, new in after.items():
        old = before.get(path)
        if old == new or not (_is_sound(old) and _is_sound(new)):
            continue
        if path[-1].endswith(_QUANTITIES) and _are_close(old, new, _SAME):
            continue
        yield _difference(path, old, new)


def _difference(path: _Path, old: object, new: object) -> Difference:
    *groups, key = path
    # A package is known by its own name.
    name = key if groups == ["packages"] else " ".join(wording.label(word) for word in path)
    return Difference(name, *(_cut(wording.value(key, value)) for value in (old, new)))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _only(data: object, keys: Iterable[str]) -> dict[str, Any]:
    return {key: data[key] for key in keys if key in data} if isinstance(data, Mapping) else {}


def _without(data: Mapping[str, Any], keys: Container[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}


def _are_close(old: object, new: object, share: float) -> bool:
    if not (_is_number(old) and _is_number(new)):
        return False
    return abs(new - old) <= share * max(abs(old), abs(new))


def _is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number to compute with: a damaged record may hold any."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -_LARGEST < value < _LARGEST


def _is_sound(value: object) -> bool:
    return value is not None and (isinstance(value, bool | str | list) or _is_number(value))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _group(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}
