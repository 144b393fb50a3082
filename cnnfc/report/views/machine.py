"""The page of a machine: what it is, how it was, and whether it held still between runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.machine.schema import HardwareRecord
from cnnfc.names import BenchmarkName
from cnnfc.report import facts, links, text
from cnnfc.report.layers import DeviceLayers
from cnnfc.report.model import Cell, Column, Fact, Facts, Figure, Link, Notice, Page, Stat, Table
from cnnfc.report.series import Group, Series, movers, newest_first
from cnnfc.report.views import common, parameters
from cnnfc.report.views.canaries import canary_figures, canary_table
from cnnfc.report.views.common import Context
from cnnfc.units import format_duration

MOST_RUNS: Final = 1_000
_MOST_NAMES: Final = 4


@dataclass(frozen=True)
class Canaries:
    """The reference kernels of one environment."""

    title: str
    figures: tuple[Figure, ...]
    table: Table


@dataclass(frozen=True)
class MachineBody:
    """What the template of a machine's page prints."""

    stats: tuple[Stat, ...]
    layers: tuple[Link, ...]
    identity: Facts
    software: Facts | None
    settings: Facts | None
    readings: Table | None
    changes: Table | None
    canaries: tuple[Canaries, ...]
    notes: Table | None
    runs: Table


def pages(
    groups: Sequence[Group], layers: Sequence[DeviceLayers], context: Context
) -> Iterator[Page]:
    """One page a machine; its environments share it."""
    names = sorted({group.machine for group in groups})
    for name in names:
        own = newest_first(group for group in groups if group.machine == name)
        yield Page(
            path=common.machine_path(name),
            template="machine.html.j2",
            title=name,
            question="What is this machine, and did it hold still between runs?",
            section="Machines",
            answer=tuple(_answer(own, context)),
            how_to_read=_HOW_TO_READ,
            trail=(Link("Overview", "index.html"), Link("Machines", "index.html#machines")),
            siblings=tuple(
                Link(other, common.machine_path(other), other == name) for other in names
            )
            if len(names) > 1
            else (),
            body=_body(own, [one for one in layers if one.group.machine == name], context),
        )


def latest_record(groups: Iterable[Group]) -> HardwareRecord | None:
    """The record of the last run of the first of `groups` that has one."""
    for group in groups:
        for record in reversed(group.records):
            if record is not None:
                return record
    return None


def _previous(groups: Sequence[Group], latest: HardwareRecord) -> HardwareRecord | None:
    """The record that was begun last before `latest` on the same machine."""
    earlier = [
        record
        for group in groups
        for record in group.records
        if record is not None and record.started_at < latest.started_at
    ]
    return max(earlier, key=lambda record: record.started_at, default=None)


def _answer(groups: Sequence[Group], context: Context) -> Iterator[Notice]:
    group = groups[0]
    counts = group.counts(group.current)
    yield Notice(
        f"Last measured {text.ago(group.last_run_at, context.now)}: "
        f"{counts.measured:,} of {counts.expected:,} combinations of "
        f"{links.short_commit(group.current.commit)} have a value"
        + (f", {counts.failed:,} failed." if counts.failed else "."),
        "bad" if counts.failed else "",
    )
    kernels = [one for one in _canaries(group) if one.ratio is not None]
    if kernels:
        moved = len(movers(kernels))
        yield Notice(
            f"{moved} of {len(kernels)} reference kernels left the interval of their previous "
            f"reading."
            if moved
            else f"None of {len(kernels)} reference kernels left the interval of its previous "
            f"reading."
        )
    record = latest_record(groups)
    before = _previous(groups, record) if record else None
    if record and before:
        number = len(facts.changes(before, record))
        yield Notice(
            f"{text.plural(number, 'setting')} of hardware or software changed since the run "
            f"before: differences in the numbers may come from there."
            if number
            else "Hardware, software and settings are as they were in the run before.",
            "warn" if number else "",
        )


def _body(groups: Sequence[Group], layers: Sequence[DeviceLayers], context: Context) -> MachineBody:
    record = latest_record(groups)
    before = _previous(groups, record) if record else None
    return MachineBody(
        stats=_stats(groups, context),
        layers=tuple(Link(one.device.label, parameters.path(one)) for one in layers),
        identity=_identity(groups[0], record),
        software=_listed("Software", facts.facts(record.software)) if record else None,
        settings=_listed("Settings", facts.facts(record.state_before, volatile=False))
        if record
        else None,
        readings=_readings(record) if record else None,
        changes=_changes(before, record, context) if record and before else None,
        canaries=tuple(_canary_sections(groups)),
        notes=_notes(record) if record and record.notes else None,
        runs=_runs(groups, context),
    )


def _stats(groups: Sequence[Group], context: Context) -> tuple[Stat, ...]:
    current = groups[0]
    counts = current.counts(current.current)
    commits = {run.commit for group in groups for run in group.runs}
    return (
        Stat(
            "Last run",
            text.ago(current.last_run_at, context.now),
            text.minute(current.last_run_at),
        ),
        Stat("Commits", f"{len(commits):,}", text.plural(len(groups), "environment")),
        Stat("Measured", f"{counts.measured:,}", f"of {counts.expected:,} combinations"),
        Stat("Skipped", f"{counts.skipped:,}", f"and {counts.absent:,} on devices it lacks"),
        Stat("Failed", f"{counts.failed:,}", "in the newest run", "bad" if counts.failed else ""),
    )


def _listed(title: str, pairs: Iterable[tuple[str, str]], note: str = "") -> Facts:
    return Facts(title, tuple(Fact(name, value) for name, value in pairs), note)


def _identity(group: Group, record: HardwareRecord | None) -> Facts:
    if record is not None:
        shown = {key: value for key, value in record.identity.items() if key != "name"}
        detail = shown.pop("detail", None)
        merged = {**shown, **(detail if isinstance(detail, dict) else {})}
        return _listed("Hardware", facts.facts(merged))
    known = {key: value for key, value in group.current.machine_facts.items() if value}
    return _listed(
        "Hardware",
        facts.facts(known),
        "No hardware record belongs to its runs; this is what asv wrote down.",
    )


def _readings(record: HardwareRecord) -> Table:
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


def _changes(before: HardwareRecord, record: HardwareRecord, context: Context) -> Table:
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


def _canaries(group: Group) -> list[Series]:
    found = []
    for name, series in group.series.items():
        parsed = BenchmarkName.parse(name)
        if parsed is not None and parsed.is_canary:
            found += [one for one in series if one.measured]
    return found


def _canary_sections(groups: Sequence[Group]) -> Iterator[Canaries]:
    for group in groups:
        found = _canaries(group)
        if found:
            id_ = links.slug(group.machine, group.environment)
            yield Canaries(
                group.environment,
                tuple(canary_figures(group, found, id_)),
                canary_table(found, id_),
            )


def _notes(record: HardwareRecord) -> Table:
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
                common.count(len(names)),
                Cell(f"{shown} and {rest:,} more" if rest > 0 else shown or "the whole run"),
            )
        )
    return Table(
        id="notes",
        caption="Skipped, and why",
        columns=(Column("Reason"), Column("Times", numeric=True), Column("Concerns", code=True)),
        rows=tuple(rows),
    )


def _runs(groups: Sequence[Group], context: Context) -> Table:
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
        if record and record.finished_at:
            took = format_duration((record.finished_at - record.started_at).total_seconds())
        rows.append(
            (
                context.commit(run),
                Cell(text.day(run.commit_date), sort=run.commit_date.isoformat()),
                Cell(text.minute(run.started_at) if run.started_at else text.MISSING),
                Cell(run.environment),
                Cell((record.profile if record else None) or text.MISSING),
                common.count(counts.measured),
                common.count(counts.skipped),
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
    return Table(
        id="runs",
        caption="Runs, the newest commit first",
        columns=(
            Column("Commit", code=True),
            Column("Committed"),
            Column("Measured at"),
            Column("Environment"),
            Column("Profile"),
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


_HOW_TO_READ: Final = (
    (
        "Reference kernels do not depend on the code under test: where they move between two runs, "
        "the machine moved, and so may every other number of that run."
    ),
    (
        "Each reference kernel is shown relative to its own median over the runs. Most of them are "
        "rates: up is faster. The interpreter loop is a time: up is slower."
    ),
    (
        "Hardware, software and settings are those of the latest run that left a hardware record. "
        "What is not listed could not be read on this machine; nothing is guessed."
    ),
    (
        "Skipped counts combinations that were left out, or not selected, on devices that this "
        "machine has; asv does not tell the two apart."
    ),
)
