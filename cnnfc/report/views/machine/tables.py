"""The tables on a machine's page: its readings, what changed, what was skipped, its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cnnfc.machine.schema import HardwareRecord
from cnnfc.report import facts, text
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.views import cells
from cnnfc.report.views.common import Context
from cnnfc.report.views.machine.doctor import steadiness_cell
from cnnfc.timeline.series import Group
from cnnfc.units import format_duration

MOST_RUNS: Final = 1_000


_MOST_NAMES: Final = 4


def readings_table(record: HardwareRecord) -> Table:
    """What moves by itself, before and after the run of `record`."""
    return Table(
        id="readings",
        caption="How it was during the latest run",
        columns=(
            Column("Reading"),
            Column("Before", numeric=True),
            Column("After", numeric=True),
        ),
        rows=tuple(
            (Cell(name), Cell(before), Cell(after))
            for name, before, after in facts.readings(record)
        ),
        empty="The record has no readings.",
        note="" if record.state_after else "The run was not finished, or nothing ended it.",
    )


def changes_table(before: HardwareRecord, record: HardwareRecord, context: Context) -> Table:
    """What differs between `record` and the record of the run `before`."""
    since = f"{text.minute(before.started_at)} ({text.ago(before.started_at, context.now)})"
    return Table(
        id="changes",
        caption="Changed since the run before",
        columns=(Column("What"), Column("Before"), Column("Now")),
        rows=tuple(
            (Cell(name), Cell(old, tone="muted"), Cell(new))
            for name, old, new in facts.changes(before, record)
        ),
        empty="Nothing changed.",
        note=f"The run before began {since}.",
    )


def notes_table(record: HardwareRecord) -> Table:
    """The notes of a run, those with one reason together."""
    reasons: dict[str, list[str]] = {}
    for note in record.notes:
        what = " · ".join(part for part in (note.benchmark, note.case, note.device) if part)
        reasons.setdefault(note.reason, []).append(what)
    rows = []
    for reason, names in reasons.items():
        known = [name for name in names if name]
        shown = ", ".join(text.shorten(name, 60) for name in known[:_MOST_NAMES])
        rest = len(known) - _MOST_NAMES
        rows.append(
            (
                Cell(reason),
                cells.count(len(names)),
                Cell(f"{shown} and {rest:,} more" if rest > 0 else shown or "the whole run"),
            )
        )
    return Table(
        id="notes",
        caption="Skipped, and why",
        columns=(Column("Reason"), Column("Times", numeric=True), Column("Concerns", code=True)),
        rows=tuple(rows),
    )


def runs_table(groups: Sequence[Group], context: Context) -> Table:
    """Every run, the newest commit first."""
    rows = []
    runs = [
        (group, run, record)
        for group in groups
        for run, record in zip(group.runs, group.records, strict=True)
    ]
    runs.sort(key=lambda entry: entry[1].commit_date.isoformat(), reverse=True)
    for group, run, record in runs[:MOST_RUNS]:
        counts = group.counts(run)
        took = text.MISSING
        # A clock that was set back in between tells no duration.
        if record and record.finished_at and record.finished_at >= record.started_at:
            took = format_duration((record.finished_at - record.started_at).total_seconds())
        rows.append(
            (
                context.commit(run),
                Cell(text.day(run.commit_date), sort=run.commit_date.isoformat()),
                Cell(text.minute(run.started_at) if run.started_at else text.MISSING),
                Cell(run.environment, detail=(record.profile if record else None) or ""),
                _torch(record),
                steadiness_cell(record),
                cells.count(counts.measured),
                cells.count(counts.skipped),
                Cell(
                    f"{counts.failed:,}",
                    sort=str(counts.failed),
                    tone="bad" if counts.failed else "",
                ),
                Cell(took),
                Cell("uncommitted changes" if record and record.dirty else "", tone="warn"),
            )
        )
    rest = len(runs) - len(rows)
    table = Table(
        id="runs",
        caption="Runs, the newest commit first",
        columns=(
            Column("Commit", code=True),
            Column("Committed"),
            Column("Measured at"),
            Column("Environment", hint="And the profile of the run"),
            Column("Torch", hint="Version, what it was built for, its commit"),
            Column("Steadiness", hint="What the doctor found when the run began"),
            Column("Measured", numeric=True),
            Column("Skipped", numeric=True, hint="Without devices that this machine lacks"),
            Column("Failed", numeric=True),
            Column("Took", numeric=True),
            Column("Notes"),
        ),
        rows=tuple(rows),
        note=f"{text.plural(rest, 'older run')} not shown." if rest else "",
        filterable=len(rows) > 8,
    )
    # The runs of another project have no torch and no doctor, and few runs have notes.
    return cells.without_empty(table, "Torch", "Steadiness", "Notes")


def _torch(record: HardwareRecord | None) -> Cell:
    found = facts.torch(record) if record else None
    return Cell(found[0], detail=found[1]) if found else Cell(text.MISSING, tone="muted")
