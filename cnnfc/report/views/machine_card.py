"""A machine at a glance: the card on the first page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cnnfc.names import BenchmarkName
from cnnfc.report import text
from cnnfc.report.layers import DeviceLayers
from cnnfc.report.model import Cell, Link, Notice, Sparkline
from cnnfc.report.views import cells, common, parameters
from cnnfc.report.views.common import Context
from cnnfc.report.views.machine import latest_record
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
    coverage_share: str
    skipped: str
    failed: Cell
    spark: Sparkline | None
    spark_note: str
    layers: tuple[Link, ...]


def is_stale(group: Group, context: Context) -> bool:
    """Whether the group measured nothing for longer than `STALE_AFTER`."""
    return utc(context.now) - utc(group.last_run_at) > STALE_AFTER


def machine_card(
    group: Group, groups: Sequence[Group], layers: Sequence[DeviceLayers], context: Context
) -> MachineCard:
    """The card of `group`; `groups` are all there are, `layers` the pages that it links to."""
    counts = group.counts(group.current)
    share = counts.measured / counts.expected if counts.expected else 0.0
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
        coverage=f"{counts.measured:,} of {counts.expected:,} measured",
        coverage_share=f"{share * 100:.1f}",
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
