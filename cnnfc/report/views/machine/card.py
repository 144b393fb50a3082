"""A machine at a glance: the card on the first page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cnnfc.names import BenchmarkName
from cnnfc.records import Outcome
from cnnfc.report import change_words, text
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.model import Cell, Link, Notice, Sparkline
from cnnfc.report.past import worse
from cnnfc.report.views import cells, common
from cnnfc.report.views.changes import table as changes_table
from cnnfc.report.views.common import Context
from cnnfc.report.views.machine.page import latest_record
from cnnfc.report.views.parameters import page as parameters
from cnnfc.timeline.changes import Found
from cnnfc.timeline.moments import utc
from cnnfc.timeline.series import Group, Series, typical

#: A machine that measured nothing for longer is called stale.
STALE_AFTER: Final = timedelta(days=14)


@dataclass(frozen=True)
class MachineCard:
    """One machine in one environment at a glance."""

    name: str
    href: str
    processor: str
    state: Notice
    last_run: str
    commit: Cell
    commit_date: str
    coverage: str
    coverage_detail: str
    coverage_share: str
    changes: Cell
    skipped: str
    failed: Cell
    spark: Sparkline | None
    spark_note: str
    layers: tuple[Link, ...]


def is_stale(group: Group, context: Context) -> bool:
    """Whether the group measured nothing for longer than `STALE_AFTER`."""
    return utc(context.now) - utc(group.last_run_at) > STALE_AFTER


def machine_card(
    group: Group,
    groups: Sequence[Group],
    layers: Sequence[DeviceLayers],
    found: Found,
    context: Context,
) -> MachineCard:
    """The card of one machine in one environment.

    Args:
        group: The one it is about.
        groups: All there are.
        layers: Pages that the card links to.
        found: The changes of `group`.
        context: The clock.
    """
    counts = group.counts(group.current)
    covered = coverage_of(group)
    times = [
        one
        for one in group.all_series()
        if one.info.unit == "seconds" and not _is_canary(one) and one.measured
    ]
    usual = typical(times, len(group.runs))
    spark = cells.sparkline(usual, f"typical time over {text.plural(len(usual), 'commit')}")
    stale = is_stale(group, context)
    label = common.group_label(group, groups)
    state = "failures" if counts.failed else "stale" if stale else "fresh"
    return MachineCard(
        name=label,
        href=common.machine_path(group.machine),
        processor=_processor(group),
        state=Notice(state, "bad" if counts.failed else "warn" if stale else "good"),
        last_run=text.ago(group.last_run_at, context.now),
        commit=context.commit(group.current),
        commit_date=text.day(group.current.commit_date),
        coverage=f"{covered.benchmarks:,} of {text.plural(covered.all_benchmarks, 'benchmark')}",
        coverage_detail=f"{covered.series:,} of {text.plural(covered.all_series, 'combination')}",
        coverage_share=f"{covered.share * 100:.1f}",
        changes=_changes(found),
        skipped=f"{counts.skipped:,}",
        failed=Cell(f"{counts.failed:,}", tone="bad" if counts.failed else ""),
        spark=spark,
        spark_note=f"typical time, {text.plural(len(times), 'series', 'series')}, lower is better"
        if spark
        else "one commit so far",
        layers=tuple(
            Link(one.device.label, parameters.path(one)) for one in layers if one.group is group
        ),
    )


@dataclass(frozen=True)
class Coverage:
    """How much of what is known has a value in the newest run of a group.

    Known is what ever had a value there or failed in the newest run that tried it; ``series`` are
    benchmarks with their parameters.
    """

    benchmarks: int
    all_benchmarks: int
    series: int
    all_series: int

    @property
    def share(self) -> float:
        """Of the series, from 0 to 1."""
        return self.series / self.all_series if self.all_series else 0.0


def coverage_of(group: Group) -> Coverage:
    """The coverage of the newest run.

    Not of what that run set out to do: a run of a few benchmarks leaves the others stale.
    """
    known = {
        name: [one for one in series if one.measured or one.outcome is Outcome.FAILED]
        for name, series in group.series.items()
    }
    has_value = {
        name: sum(one.readings[-1] is not None for one in series) for name, series in known.items()
    }
    return Coverage(
        benchmarks=sum(count > 0 for count in has_value.values()),
        all_benchmarks=sum(bool(series) for series in known.values()),
        series=sum(has_value.values()),
        all_series=sum(map(len, known.values())),
    )


def _changes(found: Found) -> Cell:
    """What is worse and still there, laid to what; or how far that can be said."""
    bad = worse(found.changes)
    told = found.series - found.too_short
    if bad:
        return Cell(
            f"{len(bad):,} worse, still there",
            href=changes_table.PATH,
            tone="bad",
            detail=change_words.by_cause(bad),
        )
    if not told:
        return Cell("too few values yet", href=changes_table.PATH, tone="muted")
    return Cell(
        "none for the worse",
        href=changes_table.PATH,
        detail=f"{text.plural(told, 'series', 'series')} looked at",
    )


def _processor(group: Group) -> str:
    """What the machine is, in a line, from its hardware record or from asv's facts."""
    record = latest_record([group])
    if record is None:
        facts = group.current.machine_facts
        parts = [facts.get("cpu", ""), facts.get("os", "")]
        return " · ".join(text.shorten(part, 60) for part in parts if part)
    identity = record.identity
    cores, memory = identity.get("cores"), identity.get("memory_bytes")
    parts = [str(identity.get("cpu_model") or "")]
    if isinstance(cores, int):
        parts.append(text.plural(cores, "core"))
    if isinstance(memory, int):
        parts.append(f"{memory / 2**30:.0f} GiB")
    gpus = identity.get("gpus")
    parts += [str(gpu) for gpu in gpus] if isinstance(gpus, list) else []
    return " · ".join(text.shorten(part, 60) for part in parts if part)


def _is_canary(one: Series) -> bool:
    parsed = BenchmarkName.parse(one.info.name)
    return parsed is not None and parsed.is_canary
