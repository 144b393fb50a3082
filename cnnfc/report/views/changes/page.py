"""The page of changes: what changed, when, by which commits, and was it the code or the machine."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cnnfc.analysis.changepoints.steps import ENOUGH, PLACE_CONFIDENCE, PROMISE
from cnnfc.report import change_words, links, text
from cnnfc.report.model import Cell, Column, Figure, Link, Notice, Page, Stat, Table
from cnnfc.report.past import Past, worse
from cnnfc.report.views import cells, common
from cnnfc.report.views.benchmark import page as benchmark
from cnnfc.report.views.changes import table as changes_table
from cnnfc.report.views.changes.figure import strips_figure
from cnnfc.report.views.changes.occurrences import occurrences_table
from cnnfc.report.views.changes.table import Where
from cnnfc.report.views.common import Context
from cnnfc.timeline.changes import Change, Found
from cnnfc.timeline.moments import utc
from cnnfc.timeline.series import Group, newest_first

#: Rows of the table, the worst changes; `cnnfc changes` lists all.
MOST_ROWS: Final = 500
#: Characters of a name inside a sentence.
_NAME: Final = 60


@dataclass(frozen=True)
class ChangesBody:
    """What the template of the page of changes prints."""

    stats: tuple[Stat, ...]
    figure: Figure | None
    occurrences: Table | None
    changes: Table
    looked: Table


def page(groups: Sequence[Group], past: Past, context: Context) -> Page:
    """The page about all changes; it stands without any, and without anything measured."""
    ordered = newest_first(groups)
    shown = past.found.changes[:MOST_ROWS]
    more = len(past.found.changes) - len(shown)
    where = where_is(shown, groups)
    too_early = past.found.series == past.found.too_short
    empty = "No series is long enough to find one in." if too_early else "No change was found."
    return Page(
        path=changes_table.PATH,
        template="changes.html.j2",
        title="Changes",
        question="What changed, when, by which commits, and was it the code or the machine?",
        section="Changes",
        answer=tuple(answer(groups, past)),
        how_to_read=_HOW_TO_READ,
        trail=(Link("Overview", "index.html"),),
        body=ChangesBody(
            stats=_stats(past.found),
            figure=strips_figure(ordered, groups, past, context),
            occurrences=occurrences_table(past.found.changes, where, context) if shown else None,
            changes=_table(shown, more, where, context, empty),
            looked=_looked(ordered, groups, past, context),
        ),
    )


def answer(groups: Sequence[Group], past: Past) -> Iterator[Notice]:
    """What is worse and still there; what else there is; how much was looked at."""
    found = past.found
    if not groups:
        yield Notice("Nothing is measured yet: run `cnnfc run` or `asv run`, then report again.")
        return
    machines = len({group.machine for group in groups})
    told = found.series - found.too_short
    if not told:
        rule = change_words.enough()
        series = text.plural(found.series, "series", "series")
        yield Notice(
            f"Too early to tell: {rule[:1].lower()}{rule[1:]}, and none of {series} on "
            f"{text.plural(machines, 'machine')} has so many."
        )
        return
    looked = change_words.summary(found, found.changes, machines)
    yield still_there(found.changes)
    better = sum(not one.is_worse for one in found.changes)
    gone = len(found.changes) - better - len(worse(found.changes))
    parts = [f"{gone:,} worse for a while and recovered"] if gone else []
    parts += [f"{better:,} for the better"] if better else []
    if parts:
        yield Notice(f"Other changes: {text.listing(parts)}.")
    yield Notice(
        f"{looked[:1].upper()}{looked[1:]}. By chance at most {PROMISE:.0%} of flat series show a "
        f"change: {PROMISE * told:.2g} of the {told:,} with enough values, on average."
    )


def still_there(changes: Sequence[Change]) -> Notice:
    """How many changes for the worse are still there, laid to what, and which is the largest."""
    bad = worse(changes)
    if not bad:
        return Notice("No change for the worse is still there.", "good")
    first, key = bad[0], bad[0].series_key
    what = " ".join((key.benchmark, *key.parameters))
    if len(bad) == 1:
        lead = f"1 change for the worse is still there, {change_words.laid_to(first.cause)}: "
    else:
        commits = text.plural(len({one.first_bad.commit for one in bad}), "commit")
        lead = (
            f"{len(bad):,} changes for the worse are still there, from {commits}: "
            f"{change_words.by_cause(bad)}. The largest is "
        )
    return Notice(
        f"{lead}{change_words.size(first)} of {text.shorten(what, 80)} on "
        f"{text.shorten(key.machine, _NAME)}, first seen at "
        f"{text.shorten(links.short_commit(first.first_bad.commit), 40)} of "
        f"{text.day(first.first_bad.date)}.",
        "bad",
    )


def where_is(changes: Sequence[Change], groups: Sequence[Group]) -> Where:
    """Addresses of the series of `changes`, and labels of all machines."""
    names = {one.series_key.benchmark for one in changes}
    addresses = {
        key: address for name in names for key, address in benchmark.addresses(name, groups)
    }
    return Where(addresses, changes_table.labels(groups))


def _table(shown: Sequence[Change], more: int, where: Where, context: Context, empty: str) -> Table:
    rest = f" {text.plural(more, 'smaller one')} not shown; `cnnfc changes` lists all."
    return replace(
        changes_table.of_all(shown, where, context),
        caption="Every change",
        note=f"Worst first.{rest if more > 0 else ''}" if shown else "",
        empty=empty,
    )


def _stats(found: Found) -> tuple[Stat, ...]:
    bad = worse(found.changes)
    gone = sum(one.is_worse for one in found.changes) - len(bad)
    better = sum(not one.is_worse for one in found.changes)
    new = sum(one.new for one in found.changes)
    return (
        Stat("Worse", f"{len(bad):,}", "still there", "bad" if bad else ""),
        Stat("Recovered", f"{gone:,}", "were worse for a while"),
        Stat("Better", f"{better:,}", "steps for the better"),
        Stat("New", f"{new:,}", "since the last measuring", "warn" if new else ""),
        Stat("Looked at", f"{found.series:,}", "series with a value"),
        Stat("Too short", f"{found.too_short:,}", f"with fewer than {ENOUGH} values"),
    )


def _looked(
    ordered: Sequence[Group], groups: Sequence[Group], past: Past, context: Context
) -> Table:
    rows = []
    for group in ordered:
        found = past.of(group)
        counts = [len(one.measured) for one in group.all_series() if one.measured]
        bad = len(worse(found.changes))
        rows.append(
            (
                Cell(common.group_label(group, groups), href=common.machine_path(group.machine)),
                cells.count(found.series),
                cells.count(found.series - found.too_short),
                cells.count(round(statistics.median(counts)) if counts else 0),
                cells.count(max(counts, default=0)),
                cells.count(len(found.changes)),
                Cell(f"{bad:,}", sort=str(bad), tone="bad" if bad else ""),
                Cell(
                    text.ago(group.last_run_at, context.now),
                    sort=repr((utc(context.now) - utc(group.last_run_at)).total_seconds()),
                ),
            )
        )
    return Table(
        id="looked-at",
        caption="What was looked at",
        columns=(
            Column("Machine"),
            Column("Series", numeric=True, hint="Benchmarks with their parameters, with a value"),
            Column("Long enough", numeric=True, hint=f"With {ENOUGH} values or more"),
            Column("Values", "median", numeric=True, hint="Of a series"),
            Column("Values", "at most", numeric=True, hint="Of a series"),
            Column("Changes", numeric=True),
            Column("Worse", "still there", numeric=True),
            Column("Last measured"),
        ),
        rows=tuple(rows),
        note=f"{change_words.enough()}: one value a commit, on one machine in one environment, of "
        "one version of the benchmark.",
        empty="Nothing is measured yet.",
    )


_HOW_TO_READ: Final = (
    (
        "A change is a step of the level of one series (a benchmark with its parameters, on one "
        "machine in one environment) that lasts. Single odd values and short bursts are none. "
        "Series are never compared across machines, environments or versions of a benchmark."
    ),
    (
        f"At most {PROMISE:.0%} of flat series of any length get a change, also where "
        "the noise of neighbouring runs hangs together. By chance is the probability that a flat "
        "series of that length shows a step as strong anywhere."
    ),
    (
        f"The limits: fewer than {ENOUGH} values say nothing, and a step that is small against "
        "the noise is not found before there are many values on both sides of it. Nothing is "
        "promised of noise that itself grows or has heavy tails: there a few percent of flat "
        "series may get a change. `cnnfc study changes` measures all of this."
    ),
    (
        "It happened after the last commit before it and up to the first one after it, as far as "
        "was measured; the commits between these two are counted. Where the first one may "
        "be another, the range is named; it holds the right one with a probability of "
        f"{PLACE_CONFIDENCE:.0%}. `cnnfc changes --bisect ID` measures inside the range."
    ),
    (
        "Laid to: software, if torch, another package, a driver or a variable differs between the "
        "hardware records around the change; machine, if the reference kernels or most of the "
        "suite moved along; code, if these stood still and the software is known to be the same; "
        "unknown in all doubt. The small print says what speaks for it. Changes of one machine at "
        "one commit, in one direction and laid to the same, are put together in What happened."
    ),
    (
        "Recovered changes have gone back, partly recovered ones by a quarter or more. New ones "
        "could not be seen before the last measuring. The interval is that of new level / old "
        "level, with 95% confidence; ▲ says that the number rose, worse and better what that means."
    ),
)
