"""The first page: is everything healthy and fresh, what moved, where to go from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cnnfc.history.results import History
from cnnfc.report import text
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.model import Cell, Column, Page, Stat, Table
from cnnfc.report.past import Past, worse
from cnnfc.report.views import cells, common
from cnnfc.report.views.changes import page as changes
from cnnfc.report.views.changes.occurrences import occurrences_table
from cnnfc.report.views.common import Context
from cnnfc.report.views.index.answer import answer
from cnnfc.report.views.machine.card import STALE_AFTER, MachineCard, is_stale, machine_card
from cnnfc.report.views.parameters import page as parameters
from cnnfc.report.views.parameters.conclusion import interval, rival
from cnnfc.report.views.parameters.tables import share_cell
from cnnfc.timeline.series import Group, Reading, movers, newest_first
from cnnfc.units import Scale, scale_for

_MOST_MOVES: Final = 10
_MOST_CHANGES: Final = 10
_MOST_PROBLEMS: Final = 200


@dataclass(frozen=True)
class IndexBody:
    """What the template of the first page prints."""

    stats: tuple[Stat, ...]
    machines: tuple[MachineCard, ...]
    changes: Table | None
    parameters: Table | None
    moves: Table | None
    problems: Table | None


def page(
    history: History,
    groups: Sequence[Group],
    layers: Sequence[DeviceLayers],
    past: Past,
    context: Context,
    *,
    benchmarks: int,
) -> Page:
    """The overview of everything; `benchmarks` is how many have a page."""
    ordered = newest_first(groups)
    return Page(
        path="index.html",
        template="index.html.j2",
        title="Overview",
        question="Is everything healthy and fresh?",
        section="Overview",
        answer=answer(history, ordered, past, context),
        how_to_read=_HOW_TO_READ,
        body=IndexBody(
            stats=_stats(history, ordered, past, benchmarks, context),
            machines=tuple(
                machine_card(group, groups, layers, past.of(group), context) for group in ordered
            ),
            changes=_changes(groups, past, context),
            parameters=_parameters(layers, groups) if layers else None,
            moves=_moves(ordered, groups),
            problems=_problems(history) if history.problems else None,
        ),
    )


def _changes(groups: Sequence[Group], past: Past, context: Context) -> Table | None:
    """What is worse and still there, put together where it happened at once."""
    bad = worse(past.found.changes)
    if not bad:
        return None
    found = occurrences_table(bad, changes.where_is(bad, groups), context, _MOST_CHANGES)
    return replace(
        found,
        id="still-there",
        caption="Worse, and still there",
        note=f"{found.note} The page of changes has all that changed.".strip(),
    )


def _stats(
    history: History, groups: Sequence[Group], past: Past, benchmarks: int, context: Context
) -> tuple[Stat, ...]:
    bad = len(worse(past.found.changes))
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
            "warn" if groups and is_stale(groups[0], context) else "",
        ),
        Stat("Machines", f"{len(machines):,}", text.plural(len(history.runs), "run")),
        Stat("Commits", f"{len(commits):,}", _span(history)),
        Stat("Benchmarks", f"{benchmarks:,}", "with a value"),
        Stat("Measured", f"{sum(c.measured for c in counts):,}", "in the newest runs"),
        Stat("Worse", f"{bad:,}", "and still there", "bad" if bad else ""),
        Stat("Failed", f"{failed:,}", "in the newest runs", "bad" if failed else ""),
        Stat("Left out", f"{problems:,}", "files or parts", "warn" if problems else ""),
    )


def _span(history: History) -> str:
    if not history.runs:
        return ""
    dates = sorted(text.day(run.commit_date) for run in history.runs)
    return f"of {dates[0]}" if dates[0] == dates[-1] else f"since {dates[0]}"


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
                share_cell(mine.fit.log_r2, bar=True),
                Cell(interval(mine.fit)),
                Cell(best.name if best else text.MISSING),
                share_cell(best.fit.log_r2 if best else None, bar=True),
                Cell(interval(best.fit) if best else text.MISSING),
                cells.count(mine.fit.n),
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
    compared = [(one, group) for group in ordered for one in group.all_series() if one.comparable]
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
                cells.change_cell(one),
                cells.trend_cell(one),
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
        empty="No newest value has an interval apart from the one before.",
        note=f"{len(moved):,} of {len(compared):,} newest values have an interval apart from the "
        f"one before, {better:,} for the better; of so many, some do by chance or because the "
        f"machine moved."
        if moved
        else "",
    )


def _value(reading: Reading, scale: Scale) -> Cell:
    """Like a cell of a column with one scale, but with its unit: rows have different ones here."""
    cell = cells.measured_cell(reading, scale)
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
        "Coverage is how many benchmarks, and how many combinations of one with parameters, have "
        "a value in the newest run, of all that ever had one on this machine or failed there."
    ),
    (
        "Worse, and still there, counts steps of the level of a series for the worse that have not "
        "gone back; how they are found, and what that is worth, says the page of changes."
    ),
    (
        "Typical time is the median over all timed series, each divided by its own median over the "
        "commits: a machine that got slower everywhere shows it here. It hides what moved alone."
    ),
)
