"""Names what is different about a machine from the records of its earlier runs."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from cnnfc.machine import wording
from cnnfc.machine.doctor.findings import Severity
from cnnfc.machine.schema import HardwareRecord
from cnnfc.timeline.differences import settings, software

#: How many of the latest records say between which values a reading has been.
MOST_RECORDS: Final = 20
#: A clock counts as different outside of all it has been by this share: governors move it about.
CLOCK_SHARE: Final = 0.05
#: The same of free memory, which other programs move about.
MEMORY_SHARE: Final = 0.20
#: A sensor counts as different when it is hotter than ever by so much (degrees Celsius).
HOTTER: Final = 10.0

_LARGEST: Final = 1e300
_GRAVE: Final = (Severity.MODERATE, Severity.SEVERE)


@dataclass(frozen=True)
class Difference:
    """One fact that differs, in words.

    Attributes:
        name: What it is, such as ``CPU frequency``.
        now: What it is now.
        before: What it was in the newest record, or between which values it was in all of them;
            empty for a finding of the doctor that was not there.
        is_clock: Whether it says how fast something runs, which explains slowness at once.
    """

    name: str
    now: str
    before: str
    is_clock: bool = False

    def __str__(self) -> str:
        """``CPU frequency 2.1 GHz instead of 3.4 GHz``."""
        if not self.before:
            return f"{self.name}: {self.now}"
        return f"{self.name} {self.now} instead of {self.before}"


def find_differences(now: HardwareRecord, past: Sequence[HardwareRecord]) -> tuple[Difference, ...]:
    """What differs between the record `now` and those of earlier runs of the same machine.

    Readings that always move (clocks, temperatures, free memory) differ where they are outside of
    everything that the latest records have; what disturbs (the doctor's findings from moderate
    on), where the newest record does not have it; settings, hardware and software, where they are
    not those of the newest record.

    Args:
        now: Of this moment, taken in the same way as those of the history.
        past: In any order; without one, nothing is different.

    Returns:
        Clocks first, then what else was read, then settings and software.
    """
    latest = sorted(past, key=lambda record: record.started_at)[-MOST_RECORDS:]
    if not latest:
        return ()
    newest = latest[-1]
    settled = (
        Difference(one.name, one.after, one.before)
        for one in (*settings(newest, now), *software(newest, now))
    )
    return (*_clocks(now, latest), *_readings(now, latest), *_findings(now, newest), *settled)


def _clocks(now: HardwareRecord, past: Sequence[HardwareRecord]) -> Iterator[Difference]:
    """The CPU's clock around the measuring, and the clocks that GPUs had under load."""
    values = _of_states(now, "cpu", "frequency_hz")
    known = [value for record in past for value in _of_states(record, "cpu", "frequency_hz")]
    yield from _outside("CPU frequency", "frequency_hz", values, known, CLOCK_SHARE)
    for device, clocks in _gpu_clocks(now).items():
        known = [value for record in past for value in _gpu_clocks(record).get(device, ())]
        yield from _outside(
            f"clock of {device} under load", "sm_clock_hz", clocks, known, CLOCK_SHARE
        )
    for device, reasons in _clock_reasons(now).items():
        before = {reason for record in past for reason in _clock_reasons(record).get(device, ())}
        new = [reason for reason in reasons if reason not in before]
        if new and any(device in _clock_reasons(record) for record in past):
            shown = ", ".join(sorted(before)) or "nothing"
            yield Difference(f"clock of {device} held down by", ", ".join(new), shown, True)


def _readings(now: HardwareRecord, past: Sequence[HardwareRecord]) -> Iterator[Difference]:
    """Memory that is taken, and sensors that are hotter than ever."""
    free = _of_states(now, "memory", "available_bytes")
    known = [value for record in past for value in _of_states(record, "memory", "available_bytes")]
    for found in _outside("available memory", "available_bytes", free, known, MEMORY_SHARE):
        if max(free) < min(known):
            yield found
    hottest = _temperatures(now)
    for sensor, celsius in hottest.items():
        before = [t[sensor] for record in past if sensor in (t := _temperatures(record))]
        if before and celsius > max(before) + HOTTER:
            shown = _range("temperature_celsius", before)
            yield Difference(
                f"temperature of {sensor}", wording.value("temperature_celsius", celsius), shown
            )


def _findings(now: HardwareRecord, newest: HardwareRecord) -> Iterator[Difference]:
    """What the doctor finds now and did not in the newest record."""
    if now.doctor is None or newest.doctor is None:
        return
    before = {found.id for found in newest.doctor.findings if found.severity in _GRAVE}
    for found in now.doctor.findings:
        if found.severity in _GRAVE and found.id not in before:
            yield Difference(found.title, found.evidence, "")


def _outside(
    name: str, key: str, values: Sequence[float], known: Sequence[float], share: float
) -> Iterator[Difference]:
    """A difference if all `values` are below or above all `known` by more than `share`."""
    if not values or not known:
        return
    if max(values) < min(known) * (1 - share):
        shown = max(values)
    elif min(values) > max(known) * (1 + share):
        shown = min(values)
    else:
        return
    is_clock = key.endswith("_hz")
    yield Difference(name, wording.value(key, shown), _range(key, known), is_clock)


def _range(key: str, values: Sequence[float]) -> str:
    low, high = wording.value(key, min(values)), wording.value(key, max(values))
    return low if low == high else f"{low} to {high}"


def _of_states(record: HardwareRecord, group: str, key: str) -> list[float]:
    """The numbers `key` of `group` before and after a run."""
    found = [_group(state, group).get(key) for state in (record.state_before, record.state_after)]
    return [value for value in found if _is_number(value)]


def _temperatures(record: HardwareRecord) -> dict[str, float]:
    """The hotter reading of each sensor."""
    states = (record.state_before, record.state_after)
    groups = [_group(state, "temperatures") for state in states]
    names = dict.fromkeys(name for group in groups for name in group)
    read = {n: [group[n] for group in groups if _is_number(group.get(n))] for n in names}
    return {str(name): max(values) for name, values in read.items() if values}


def _gpu_clocks(record: HardwareRecord) -> dict[str, list[float]]:
    """The middle clock of each device around each of its timings."""
    found: dict[str, list[float]] = {}
    for block in record.blocks:
        device, clocks = block.get("device"), block.get("sm_clock_hz")
        if isinstance(device, str) and isinstance(clocks, list):
            numbers = [value for value in clocks if _is_number(value)]
            if numbers:
                found.setdefault(device, []).append(statistics.median(numbers))
    return found


def _clock_reasons(record: HardwareRecord) -> dict[str, set[str]]:
    """What held down the clocks of each device whose reasons were read."""
    found: dict[str, set[str]] = {}
    for block in record.blocks:
        device, reasons = block.get("device"), block.get("clock_reasons")
        if isinstance(device, str) and isinstance(reasons, list):
            found.setdefault(device, set()).update(map(str, reasons))
    return found


def _group(state: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    group = (state or {}).get(name)
    return group if isinstance(group, Mapping) else {}


def _is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number to compare with: a damaged record may hold any."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # A comparison refuses NaN and infinity, and takes integers of any length.
    return 0 < value < _LARGEST
