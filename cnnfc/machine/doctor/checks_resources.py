"""Judges memory, swapping, power supply and heat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cnnfc.machine.doctor.answers import Sharing
from cnnfc.machine.doctor.evidence import Evidence, group, number, percent
from cnnfc.machine.doctor.findings import Finding, Severity, grade
from cnnfc.units import format_value

#: Names of the kernel's temperature drivers that belong to processors (drivers/hwmon, thermal).
_CPU_SENSORS: Final = (
    "coretemp",
    "k10temp",
    "zenpower",
    "cpu_thermal",
    "cpu-thermal",
    "soc_thermal",
)

#: Degrees Celsius.  Intel's processors lower their clock at 100 (Tjunction of most, ark.intel.com),
#: AMD's at 95 (k10temp.rst); 15 below the lower of the two a busy run reaches them.
_WARM, _HOT = 80.0, 95.0

#: Bytes a second to and from swap.  A page of 4 KiB costs about 0.1 ms on a solid-state disk, and
#: more on others: 1 MiB/s is 256 pages or 2.6% of the time, 10 MiB/s a quarter.  The limits of the
#: severities are 3% and 10%.
_SWAPPING, _THRASHING = 1.0 * 2**20, 10.0 * 2**20


def memory(evidence: Evidence) -> Iterator[Finding]:
    """Whether there is memory to work in.

    Below a tenth available, the kernel drops the file cache that programs and data are in; below
    a twentieth it may start to swap or to end processes.
    """
    what, title = "memory", "available memory"
    pairs = (("available_bytes", "total_bytes"), ("headroom_bytes", "limit_bytes"))
    shares = []
    for free_key, all_key in pairs:
        free, whole = number(evidence.memory, free_key), number(evidence.memory, all_key)
        if free is not None and whole:
            shares.append((free / whole, free, whole))
    if not shares:
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
        return
    share, free, whole = min(shares)
    waiting = (number(evidence.memory, "pressure_percent") or 0.0) / 100
    said = f"{format_value(free, 'bytes')} of {format_value(whole, 'bytes')} are available"
    said += f"; tasks waited for memory in {percent(waiting)} of the last 10 s." if waiting else "."
    figures = {"available_bytes": free, "pressure_percent": waiting * 100}
    lack = Severity.MODERATE if share < 0.05 else Severity.MINOR if share < 0.1 else Severity.FINE
    severity = min(lack, grade(waiting), key=list(Severity).index)
    if severity is Severity.FINE:
        yield Finding(what, title, severity, said, figures=figures)
        return
    yield Finding(
        what,
        title,
        severity,
        said,
        "Memory that has to be freed first makes single calls many times slower.",
        "end what holds memory, or raise the container's limit",
        figures,
    )


def swap(evidence: Evidence) -> Iterator[Finding]:
    """Whether memory is on disk, and how fast pages move.

    A kernel that swaps a page now and then is at rest, so any is minor, and `_SWAPPING` says from
    where on it is more.  Up to 64 MiB that lie still are not worth a word: pages that
    nobody asked for again since boot.
    """
    what, title = "swap", "swapping"
    used = number(evidence.memory, "swap_used_bytes")
    found = evidence.measured.sharing
    moved = found.paged_bytes if isinstance(found, Sharing) else None
    rate = moved / found.seconds if isinstance(found, Sharing) and moved else 0.0
    if used is None:
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
        return
    said = f"{format_value(used, 'bytes')} are in swap" if used else "Nothing is in swap"
    said += f"; {format_value(rate, 'bytes', 2)} a second moved while we measured." if rate else "."
    figures = {"swap_used_bytes": used, **({} if moved is None else {"paged_bytes": float(moved)})}
    if rate:
        severity = grade(rate, 0.0, _SWAPPING, _THRASHING)
        effect = "A page that is fetched from disk costs up to milliseconds."
    elif used > 64 * 2**20:
        severity = Severity.MINOR
        effect = "The first use of such a page costs up to milliseconds; then it is back."
    else:
        yield Finding(what, title, Severity.FINE, said, figures=figures)
        return
    fix = "end what holds memory, then: sudo swapoff --all"
    yield Finding(what, title, severity, said, effect, evidence.outside(fix), figures)


def battery(evidence: Evidence) -> Iterator[Finding]:
    """Whether a laptop runs from its battery; nothing is said of machines without one."""
    what, title = "battery", "battery"
    plugged = evidence.state.get("power_plugged")
    if plugged is True:
        yield Finding(what, title, Severity.FINE, "It runs from the mains.")
    elif plugged is False:
        yield Finding(
            what,
            title,
            Severity.SEVERE,
            "It runs from its battery.",
            "Firmware then limits power and clock, the lower the charge the more.",
            "plug it in",
        )


def temperature(evidence: Evidence) -> Iterator[Finding]:
    """Whether the processor is near the heat at which it lowers its clock."""
    what, title = "temperature", "CPU temperature"
    readings = [
        value
        for chip, value in _numbers(group(evidence.state, "temperatures"))
        if chip.startswith(_CPU_SENSORS)
    ]
    if not readings:
        yield Finding(what, title, Severity.UNKNOWN, evidence.hidden())
        return
    hottest = max(readings)
    said = f"The hottest sensor of the CPU reads {hottest:.0f} °C."
    figures = {"cpu_celsius": hottest}
    if hottest < _WARM:
        yield Finding(what, title, Severity.FINE, said, figures=figures)
        return
    yield Finding(
        what,
        title,
        Severity.SEVERE if hottest >= _HOT else Severity.MINOR,
        said,
        "At 95 to 100 °C most processors lower their clock, by as much as it takes.",
        "let it cool down, clean the fans, or lower the power limit so that it stays below",
        figures,
    )


def _numbers(data: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for key in data:
        value = number(data, key)
        if value is not None:
            yield str(key), value
