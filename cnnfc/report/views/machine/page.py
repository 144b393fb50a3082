"""The page of a machine: what it is, how it was, and whether it held still between runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.machine.schema import HardwareRecord
from cnnfc.names import BenchmarkName
from cnnfc.report import facts, links, text
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.model import Fact, Facts, Figure, Link, Notice, Page, Stat, Table
from cnnfc.report.views import common
from cnnfc.report.views.common import Context
from cnnfc.report.views.machine import doctor
from cnnfc.report.views.machine.canaries import canary_figures, canary_table
from cnnfc.report.views.machine.tables import changes_table, notes_table, readings_table, runs_table
from cnnfc.report.views.parameters import page as parameters
from cnnfc.timeline.series import Group, Series, movers, newest_first


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
    doctor: Table | None
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
    kernels = [one for one in _canaries(group) if one.comparable]
    if kernels:
        moved = len(movers(kernels))
        yield Notice(
            f"{moved} of {len(kernels)} reference kernels have an interval apart from their "
            f"previous reading."
            if moved
            else f"None of {len(kernels)} reference kernels has an interval apart from its "
            f"previous reading."
        )
    record = latest_record(groups)
    unsteady = doctor.notice(record.doctor) if record else None
    if unsteady is not None:
        yield unsteady
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
        readings=readings_table(record) if record else None,
        changes=changes_table(before, record, context) if record and before else None,
        doctor=doctor.findings_table(record),
        canaries=tuple(_canary_sections(groups)),
        notes=notes_table(record) if record and record.notes else None,
        runs=runs_table(groups, context),
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
        "Steadiness is what the doctor found when a run began: load, clocks, quotas and other "
        "things that move timings without any change of code, by what the machine itself says. "
        "Records of older versions were not examined."
    ),
    (
        "Skipped counts combinations that were left out, or not selected, on devices that this "
        "machine has; asv does not tell the two apart."
    ),
)
