"""The first page: is everything healthy and fresh, what moved, where to go from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from cnnfc.history.results import History
from cnnfc.names import BenchmarkName
from cnnfc.report import text
from cnnfc.report.layers import DeviceLayers
from cnnfc.report.model import Cell, Column, Link, Notice, Page, Sparkline, Stat, Table
from cnnfc.report.series import Group, Reading, Series, movers, newest_first, typical
from cnnfc.report.views import common, parameters
from cnnfc.report.views.common import Context
from cnnfc.report.views.conclusion import interval, rival
from cnnfc.report.views.machine import latest_record
from cnnfc.units import Scale, scale_for

#: A machine that measured nothing for longer is called stale.
STALE_AFTER: Final = timedelta(days=14)
_MOST_MOVES: Final = 10
_MOST_PROBLEMS: Final = 200


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


@dataclass(frozen=True)
class IndexBody:
    """What the template of the first page prints."""

    stats: tuple[Stat, ...]
    machines: tuple[MachineCard, ...]
    parameters: Table | None
    moves: Table | None
    problems: Table | None


def page(
    history: History,
    groups: Sequence[Group],
    layers: Sequence[DeviceLayers],
    benchmarks: int,
    context: Context,
) -> Page:
    """The overview of everything; `benchmarks` is how many have a page."""
    ordered = newest_first(groups)
    return Page(
        path="index.html",
        template="index.html.j2",
        title="Overview",
        question="Is everything healthy and fresh?",
        section="Overview",
        answer=_answer(history, ordered, context),
        how_to_read=_HOW_TO_READ,
        body=IndexBody(
            stats=_stats(history, ordered, benchmarks, context),
            machines=tuple(_card(group, groups, layers, context) for group in ordered),
            parameters=_parameters(layers, groups) if layers else None,
            moves=_moves(ordered, groups),
            problems=_problems(history) if history.problems else None,
        ),
    )


def _stale(group: Group, context: Context) -> bool:
    return text.utc(context.now) - text.utc(group.last_run_at) > STALE_AFTER


def _answer(history: History, groups: Sequence[Group], context: Context) -> tuple[Notice, ...]:
    """Everything that is wrong, a sentence each; or that nothing is."""
    if not groups:
        said = "Nothing is measured yet: run `cnnfc run` or `asv run`, then report again."
        wrong = [Notice(said, "bad")]
    else:
        wrong = []
    for group in groups:
        failed = group.counts(group.current).failed
        if failed:
            wrong.append(
                Notice(
                    f"{text.plural(failed, 'combination')} failed on "
                    f"{common.group_label(group, groups)} in its newest run.",
                    "bad",
                )
            )
    wrong += [
        Notice(
            f"{common.group_label(group, groups)} was last measured "
            f"{text.ago(group.last_run_at, context.now)}.",
            "warn",
        )
        for group in groups
        if _stale(group, context)
    ]
    if history.problems:
        wrong.append(
            Notice(f"{text.plural(len(history.problems), 'file')} could not be read whole.", "warn")
        )
    if wrong:
        return tuple(wrong)
    newest = text.ago(groups[0].last_run_at, context.now)
    return (
        Notice(
            f"All is well: the newest run is from {newest}, nothing failed and every file "
            f"could be read.",
            "good",
        ),
    )


def _stats(
    history: History, groups: Sequence[Group], benchmarks: int, context: Context
) -> tuple[Stat, ...]:
    counts = [group.counts(group.current) for group in groups]
    failed = sum(one.failed for one in counts)
    commits = {run.commit for run in history.runs}
    machines = {group.machine for group in groups}
    problems = len(history.problems)
    return (
        Stat(
            "Last run",
            text.ago(groups[0].last_run_at, context.now) if groups else text.MISSING,
            text.minute(groups[0].last_run_at) if groups else "",
            "warn" if groups and _stale(groups[0], context) else "",
        ),
        Stat("Machines", f"{len(machines):,}", text.plural(len(history.runs), "run")),
        Stat("Commits", f"{len(commits):,}", _span(history)),
        Stat("Benchmarks", f"{benchmarks:,}", "with at least one value"),
        Stat("Measured", f"{sum(c.measured for c in counts):,}", "values of the newest runs"),
        Stat("Failed", f"{failed:,}", "in the newest runs", "bad" if failed else ""),
        Stat("Left out", f"{problems:,}", "files, or parts of one", "warn" if problems else ""),
    )


def _span(history: History) -> str:
    if not history.runs:
        return ""
    dates = sorted(text.day(run.commit_date) for run in history.runs)
    return dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"


def _card(
    group: Group, groups: Sequence[Group], layers: Sequence[DeviceLayers], context: Context
) -> MachineCard:
    counts = group.counts(group.current)
    share = counts.measured / counts.expected if counts.expected else 0.0
    times = [
        one
        for one in group.all_series()
        if one.info.unit == "seconds" and not _is_canary(one) and one.measured
    ]
    usual = typical(times, len(group.runs))
    spark = common.sparkline(usual, f"typical time over {text.plural(len(usual), 'commit')}")
    stale = _stale(group, context)
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


def _parameters(layers: Sequence[DeviceLayers], groups: Sequence[Group]) -> Table:
    rows = []
    for one in layers:
        mine, best = one.predictors[0], rival(one)
        rows.append(
            (
                Cell(
                    common.group_label(one.group, groups),
                    href=parameters.path(one),
                    detail=one.device.label,
                ),
                parameters.share_cell(mine.fit.log_r2, bar=True),
                Cell(interval(mine.fit)),
                Cell(best.name if best else text.MISSING),
                parameters.share_cell(best.fit.log_r2 if best else None, bar=True),
                Cell(interval(best.fit) if best else text.MISSING),
                common.count(mine.fit.n),
            )
        )
    return Table(
        id="parameters-overview",
        caption="How much of the variance of log latency is explained",
        columns=(
            Column("Machine and device"),
            Column("By parameters", numeric=True),
            Column("95% interval", numeric=True),
            Column("Best other predictor"),
            Column("By it", numeric=True),
            Column("95% interval", numeric=True),
            Column("Layers", numeric=True),
        ),
        rows=tuple(rows),
        note="The best of four others is chosen on the same layers, which flatters it a little.",
    )


def _moves(ordered: Sequence[Group], groups: Sequence[Group]) -> Table | None:
    """The largest differences to the value before, over all machines."""
    compared = [(one, group) for group in ordered for one in group.all_series() if one.ratio]
    if not compared:
        return None
    home = {id(one): group for one, group in compared}
    moved = movers(one for one, _ in compared)
    better = sum(one.better is True for one in moved)
    rows = []
    for one in moved[:_MOST_MOVES]:
        newest, previous, group = one.newest, one.previous, home[id(one)]
        if newest is None or previous is None:
            continue
        scale = scale_for(one.info.unit, [previous.summary.centre])
        rows.append(
            (
                Cell(one.info.name, href=common.benchmark_path(one.info.name), detail=one.label),
                Cell(common.group_label(group, groups), href=common.machine_path(group.machine)),
                _value(previous, scale),
                _value(newest, scale),
                common.change_cell(one),
                common.trend_cell(one),
            )
        )
    return Table(
        id="moves",
        caption="Moved since the value before",
        columns=(
            Column("Benchmark", code=True),
            Column("Machine"),
            Column("Before", numeric=True),
            Column("Newest", numeric=True),
            Column("Change", numeric=True),
            Column("History"),
        ),
        rows=tuple(rows),
        empty="No newest value left the interval of the one before.",
        note=f"{len(moved):,} of {len(compared):,} newest values left the interval of the one "
        f"before, {better:,} for the better; of so many, some do by chance or because the machine "
        f"moved."
        if moved
        else "",
    )


def _value(reading: Reading, scale: Scale) -> Cell:
    """Like a cell of a column with one scale, but with its unit: rows have different ones here."""
    cell = common.measured_cell(reading, scale)
    return replace(cell, text=f"{cell.text} {scale.symbol}".rstrip())


def _problems(history: History) -> Table:
    shown = history.problems[:_MOST_PROBLEMS]
    rest = len(history.problems) - len(shown)
    return Table(
        id="problems",
        caption="Left out",
        columns=(Column("File", code=True), Column("Why, and what to do")),
        rows=tuple((Cell(problem.path), Cell(problem.reason)) for problem in shown),
        note=f"{rest:,} more not shown." if rest else "",
    )


_HOW_TO_READ: Final = (
    (
        "Every number is of one machine in one environment; machines are never averaged. The "
        "newest run of a machine is the one of the newest commit, whenever it was measured."
    ),
    (
        f"A machine is fresh if it measured anything within the last {STALE_AFTER.days} days of "
        "the moment this page was written."
    ),
    (
        "Coverage is how many combinations of benchmark and parameters have a value, of those that "
        "this machine has the device for."
    ),
    (
        "Typical time is the median over all timed series, each divided by its own median over the "
        "commits: a machine that got slower everywhere shows it here. It hides what moved alone."
    ),
)
