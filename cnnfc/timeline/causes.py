"""Lays a change to the code, to the machine or to the software, with the evidence in words.

The rules, in this order; what decides is said first, the rest of the evidence after it:

1. **software**: something of it differs between the hardware records of the runs around the change.
   Whatever the kernels did: they run on the same library.
2. A series of a reference kernel itself is the **machine**: no code under test is in it.
3. What is not a speed (bytes, an accuracy, a count) is the **code** if software and settings are
   recorded and the same, else **unknown**: it does not follow the machine.
4. **machine**: a reference kernel of the same device moved along by half of the change or more,
   beyond three of its standard errors; or the GPU's clock did, as read while it ran the case.
5. With kernels that stood still: **unknown** if nevertheless most of the suite moved or a setting
   of the hardware differs, since the evidence contradicts itself: code that all benchmarks share
   would look like that, and so would a part of the machine that no kernel uses.  Else **code** if
   the software is recorded and the same.
6. With no kernel that can tell: **machine** if most of the suite moved together (`neighbours.MOST`
   of at least `neighbours.LEAST`), or a setting of the hardware differs.  Else **unknown**.

A wrong **machine** hides a regression and a wrong **code** costs somebody a day, so in doubt it is
**unknown**.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cnnfc.machine.schema import HardwareRecord
from cnnfc.timeline import differences
from cnnfc.timeline.differences import Difference
from cnnfc.timeline.neighbours import Kernel, Neighbours, Suite, is_canary, place_of
from cnnfc.timeline.series import Series
from cnnfc.timeline.shifts import Part, slowness

#: Of many, so many are named and the others counted.
_NAMED: Final = 4
#: The clock of a GPU explains a change if it moved by this share of it.
_CLOCK_SHARE: Final = 0.5


class Cause(StrEnum):
    """What a change is laid to."""

    CODE = "code"
    MACHINE = "machine"
    SOFTWARE = "software"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """A cause, and what speaks for it: sentences without a full stop, the decisive ones first."""

    cause: Cause
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Happening:
    """A change as far as its cause is concerned.

    Attributes:
        series: What changed.
        ratio: Newer / older level; not a number where levels are not positive.
        before: Place of the last run that is surely before the change, among those of the group.
        after: Place of the first run that is surely after it.
    """

    series: Series
    ratio: float
    before: int
    after: int


def find_cause(one: Happening, neighbours: Neighbours) -> Finding:
    """What `one` is laid to, by the rules above."""
    old, new = (neighbours.group.records[place] for place in (one.before, one.after))
    software = differences.software(old, new) if old and new else ()
    settings = differences.settings(old, new) if old and new else ()
    about_software = tuple(_of_software(old, new, software))
    about_settings = _named(settings)
    remarks = _named(differences.clock_readings(old, new)) if old and new else ()
    if is_canary(one.series):
        same_code = "a reference kernel has none of the code under test in it"
        if software:
            return Finding(Cause.SOFTWARE, (*about_software, same_code, *about_settings))
        return Finding(Cause.MACHINE, (same_code, *about_settings, *remarks, *about_software))
    change = _slower_by(one)
    if change == 0:
        unmoved = f"a value in {one.series.info.unit or 'such a unit'} does not follow the machine"
        evidence = (*about_software, *about_settings, unmoved)
        if software:
            return Finding(Cause.SOFTWARE, evidence)
        known = old is not None and new is not None and not settings
        return Finding(Cause.CODE if known else Cause.UNKNOWN, evidence)
    suite = neighbours.suite(one.series, change, one.before, one.after)
    kernels = neighbours.kernels(one.series, change, one.before, one.after)
    clock = _clock(one.series, change, old, new)
    around = (
        *_of_suite(suite, one.series),
        *_of_kernels(kernels, one.series),
        *clock,
        *about_settings,
        *remarks,
    )
    if software:
        return Finding(Cause.SOFTWARE, (*about_software, *around))
    return Finding(
        _by_elimination(
            kernels,
            clock_moved=bool(clock),
            together=suite.together,
            settings_differ=bool(settings),
            software_known=old is not None and new is not None,
        ),
        (*around, *about_software),
    )


def _by_elimination(
    kernels: Sequence[Kernel],
    *,
    clock_moved: bool,
    together: bool,
    settings_differ: bool,
    software_known: bool,
) -> Cause:
    """Rules 4 to 6."""
    parts = {kernel.part for kernel in kernels}
    if Part.MOVED in parts or clock_moved:
        return Cause.MACHINE
    by_others = together or settings_differ
    if Part.STILL in parts:
        return Cause.CODE if software_known and not by_others else Cause.UNKNOWN
    return Cause.MACHINE if by_others else Cause.UNKNOWN


def _slower_by(one: Happening) -> float:
    """Logarithm of the factor by which `one` got slower; 0 if it is no speed."""
    if not 0 < one.ratio < math.inf:
        return 0.0
    return slowness(one.series.info) * math.log(one.ratio)


def _of_software(
    old: HardwareRecord | None, new: HardwareRecord | None, found: Sequence[Difference]
) -> Iterator[str]:
    if old is None or new is None:
        missing = "either run" if old is new else f"the run {'before' if old is None else 'after'}"
        yield (
            f"no hardware record belongs to {missing}, so whether the software differs is not known"
        )
    elif found:
        yield from _named(found)
    else:
        yield "the software is the same by the hardware records of both runs"


def _of_suite(suite: Suite, changed: Series) -> Iterator[str]:
    if not suite.told:
        return
    place = f" on {_article(place_of(changed))}" if place_of(changed) else ""
    by = f" by ×{suite.factor:.2f}" if suite.moved else ""
    sentence = f"{suite.moved} of {suite.told} timings{place} moved{by}"
    if not suite.together and 1 < len(suite.families) <= _NAMED:
        parts = (f"{name} {moved} of {told}" for name, (moved, told) in suite.families.items())
        sentence += f" ({', '.join(parts)})"
    yield sentence


def _of_kernels(kernels: Sequence[Kernel], changed: Series) -> Iterator[str]:
    moved = [kernel for kernel in kernels if kernel.part is Part.MOVED]
    still = [kernel for kernel in kernels if kernel.part is Part.STILL]
    if moved:
        yield f"reference kernels moved along: {_listed(moved)}"
    if still:
        yield f"reference kernels stood still: {_listed(still)}"
    if not moved and not still:
        where = f" of {_article(place_of(changed))}" if place_of(changed) else ""
        why = "are too noisy or too short to tell" if kernels else "were not measured on both sides"
        yield f"the reference kernels{where} {why}"


def _clock(
    series: Series, change: float, old: HardwareRecord | None, new: HardwareRecord | None
) -> tuple[str, ...]:
    """That the GPU's clock moved along, if it did."""
    layer = series.layer
    if layer is None or layer.device.is_cpu or old is None or new is None:
        return ()
    before, after = (
        differences.gpu_clock(record, str(layer.case), str(layer.device)) for record in (old, new)
    )
    if before is None or after is None:
        return ()
    # Half the clock takes twice the time.
    along = math.copysign(1.0, change) * math.log(before / after)
    if along < _CLOCK_SHARE * abs(change):
        return ()
    return (f"the GPU ran it at {after / 1e9:.2f} instead of {before / 1e9:.2f} GHz",)


def _named(found: Sequence[Difference]) -> tuple[str, ...]:
    """The first few in words, and how many more there are."""
    more = len(found) - _NAMED
    named = tuple(map(str, found[:_NAMED]))
    return (*named, f"{more} more such differences") if more > 0 else named


def _listed(kernels: Sequence[Kernel]) -> str:
    kernels = sorted(kernels, key=lambda kernel: (-abs(kernel.shift.log), kernel.name))
    named = [f"{kernel.name} ×{kernel.shift.factor:.2f}" for kernel in kernels[:_NAMED]]
    more = len(kernels) - _NAMED
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _article(place: str) -> str:
    return f"the {place}" if place == "CPU" else place
