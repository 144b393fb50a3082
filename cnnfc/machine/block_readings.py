"""Words what was read of a GPU around the blocks of a timing, as a hardware record keeps it.

Several processes measure the same point one after the other; each adds what it read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cnnfc.machine.gpus import GpuReading
from cnnfc.machine.host import known

#: Readings that an entry keeps, the latest: a point that is measured again and again must not make
#: its record grow without end.
MOST_READINGS: Final = 24
_KEY: Final = ("quantity", "case", "device")
_LISTS: Final = ("sm_clock_hz", "power_watts", "temperature_celsius")
_COUNTS: Final = ("blocks", "discarded")


def entry(
    quantity: str,
    case: str,
    device: str,
    readings: Sequence[GpuReading],
    *,
    blocks: int,
    discarded: int,
) -> dict[str, Any]:
    """One process's part: see `HardwareRecord` for the keys.  What was not read is left out."""
    reasons = {reason for one in readings for reason in one.clock_reasons or ()}
    is_known = any(one.clock_reasons is not None for one in readings)
    return known(
        quantity=quantity,
        case=case,
        device=device,
        blocks=blocks,
        discarded=discarded,
        sm_clock_reference_hz=next(
            (one.sm_clock_reference_hz for one in readings if one.sm_clock_reference_hz), None
        ),
        **{name: _listed(getattr(one, name) for one in readings) for name in _LISTS},
        # The readings are taken when the GPU has nothing to do.
        clock_reasons=sorted(reasons - {"gpu-idle"}) if is_known else None,
    )


def _listed(values: Iterable[float | None]) -> list[float] | None:
    return [value for value in values if value is not None] or None


def united(
    entries: Iterable[Mapping[str, Any]], added: Iterable[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """`entries` with those `added`: one for each quantity, case and device, in their order.

    Counts are summed, readings follow each other and reasons are united.
    """
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for one in (*entries, *added):
        key = tuple(one.get(name) for name in _KEY)
        found[key] = _sum(found[key], one) if key in found else one
    return tuple(found.values())


def _sum(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    total = {**first, **second}
    for name in _COUNTS:
        total[name] = first.get(name, 0) + second.get(name, 0)
    for name in _LISTS:
        if name in total:
            total[name] = [*first.get(name, ()), *second.get(name, ())][-MOST_READINGS:]
    if "clock_reasons" in total:
        reasons = {*first.get("clock_reasons", ()), *second.get("clock_reasons", ())}
        total["clock_reasons"] = sorted(reasons)
    return total
