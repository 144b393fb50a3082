"""Remembers which points are skipped and why, in the notes of hardware records.

asv writes not-a-number for a skip and for a point that nobody asked for, so its result files alone
cannot say what is left to measure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from cnnfc.harness.suite import Point, Suite
from cnnfc.machine import record
from cnnfc.machine.record import HardwareRecord, Note

#: How `cnnfc.measure.api` prints a skip.
_PRINTED = re.compile(r"^cnnfc: skipped \S+ on \S+: (?P<reason>.+)$", re.MULTILINE)


def absent_devices(records: Iterable[HardwareRecord]) -> frozenset[str]:
    """Devices that the latest of `records` says do not exist; a note on a device alone does."""
    latest = max(records, key=lambda record: record.started_at, default=None)
    notes = latest.notes if latest else ()
    return frozenset(n.device for n in notes if n.device and not n.benchmark and not n.case)


def known_skips(records: Iterable[HardwareRecord], suite: Suite, profile: str) -> frozenset[Point]:
    """The points of `suite` that a note in `records` says were skipped.

    Only notes that name the benchmark count: a case can be impossible for one benchmark and fine
    for another.  Under the full profile, what another profile skipped for being of the full one
    is not skipped.
    """
    named = {
        (note.benchmark, note.case, note.device): found.profile
        for found in records
        for note in found.notes
        if note.benchmark
    }

    def is_known(point: Point) -> bool:
        _, case, device = key = _key(suite, point)
        found = [
            named[k]
            for k in (key, (point.benchmark, case, None), (point.benchmark, None, device))
            if k in named
        ]
        if suite.benchmarks[point.benchmark].condition == "Full" and profile == "full":
            return "full" in found
        return bool(found)

    return frozenset(filter(is_known, suite.points)) if named else frozenset()


def remember(
    path: Path,
    suite: Suite,
    skipped: Mapping[Point, str],
    *,
    commit: str,
    environment: str,
    profile: str,
) -> None:
    """Note in the record at `path` that points were `skipped`, by what they printed.

    A suite that does not write hardware records gets one here.
    """
    notes = [Note(_reason(text), *_key(suite, point)) for point, text in skipped.items()]
    record.begin(
        path.parent.parent,
        commit=commit,
        environment=environment,
        profile=profile,
        software=None,
        notes=notes,
        path=path,
    )


def of_target(
    records: Iterable[HardwareRecord], *, machine: str, commit: str, environment: str
) -> tuple[HardwareRecord, ...]:
    """The records of one machine, commit and environment."""
    wanted = (machine, commit, environment)
    return tuple(r for r in records if (r.machine, r.commit, r.environment) == wanted)


def without_devices(
    points: Iterable[Point], suite: Suite, absent: AbstractSet[str]
) -> tuple[Point, ...]:
    """`points` that are not on one of the devices `absent`."""
    return tuple(point for point in points if suite.device(point) not in absent)


def _key(suite: Suite, point: Point) -> tuple[str, str | None, str | None]:
    """Benchmark, case and device; the parameters of another project's suite stand as the case."""
    case, device = suite.case(point), suite.device(point)
    if case is None and device is None and point.parameters:
        case = " ".join(point.values)
    return point.benchmark, case, device


def _reason(printed: str) -> str:
    match = _PRINTED.search(printed)
    if match:
        return match["reason"]
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("For parameters: ")]
    return said[-1] if said else "the benchmark skipped this and gave no reason"
