"""Finds the hardware record that belongs to a run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from cnnfc.machine.record import HardwareRecord
from cnnfc.records import Run

#: asv's facts that tell machines apart where their names differ (asv's is the host's by default).
_FACTS: Final = ("cpu", "num_cpu", "ram")

#: asv cuts its times to milliseconds, which may put a result just before a record of microseconds.
_ROUNDING: Final = timedelta(milliseconds=1)

#: How long before its end a run can have measured something.
_LONGEST_RUN: Final = timedelta(days=1)


def record_for(
    run: Run, records: Iterable[HardwareRecord], at: datetime | None = None
) -> HardwareRecord | None:
    """The record that describes the machine while `run` was measured.

    It has the commit and the environment of the run, and its machine: the same name or, where
    names differ, the same ``cpu``, ``num_cpu`` and ``ram`` in asv's words.  A record of the same
    name goes before one of the same facts.  Of several, it is the latest that was begun before
    `at`.  A record whose commit or environment is not known belongs to no run.

    Where there is none, it may be that the clock was set back during the run.  A record that ends
    before it begins shows that; it belongs to results of the day before its end.

    Args:
        run: What was measured.
        records: All that there are.
        at: When the result in question was measured, for a run that was resumed: each of its
            points may have a record of its own (`Point.started_at`).  By default when the run's
            first benchmark started; where asv recorded no times, the latest record is taken.
    """
    moment = at or run.started_at
    own = [r for r in records if (r.commit, r.environment) == (run.commit, run.environment)]
    named = [record for record in own if record.machine == run.machine]
    alike = [record for record in own if record.machine != run.machine and _alike(record, run)]
    for begun in (_begun_before, _set_back_after):
        for candidates in (named, alike):
            found = [record for record in candidates if moment is None or begun(record, moment)]
            if found:
                return max(found, key=lambda record: record.started_at)
    return None


def _begun_before(record: HardwareRecord, moment: datetime) -> bool:
    return record.started_at < moment + _ROUNDING


def _set_back_after(record: HardwareRecord, moment: datetime) -> bool:
    """Whether the clock was set back during the run of `record`, which may have seen `moment`."""
    end = record.finished_at
    if end is None or end >= record.started_at:
        return False
    return end - _LONGEST_RUN <= moment <= end


def _alike(record: HardwareRecord, run: Run) -> bool:
    """Whether all of asv's facts are known on both sides, and equal."""
    return all(
        run.machine_facts.get(fact) and record.asv.get(fact) == run.machine_facts[fact]
        for fact in _FACTS
    )
