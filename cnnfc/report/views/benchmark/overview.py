"""The list of all benchmarks, each with its newest values in a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cnnfc.records import Outcome
from cnnfc.report import text
from cnnfc.report.model import Cell, Column, Link, Notice, Page, Table
from cnnfc.report.views import cells, common
from cnnfc.timeline.series import Group, Series, movers, newest_first, typical
from cnnfc.units import format_value

MOST_ROWS: Final = 1_000


def measured_names(groups: Sequence[Group]) -> list[str]:
    """Benchmarks that anything can be said of, in alphabetical order."""
    return sorted(
        {
            name
            for group in groups
            for name, series in group.series.items()
            if any(one.measured or one.outcome is Outcome.FAILED for one in series)
        }
    )


def pages(groups: Sequence[Group]) -> Iterator[Page]:
    """The list, in as many pages as its length needs; one page even of nothing."""
    ordered = newest_first(groups)
    names = measured_names(groups)
    chunks = [names[at : at + MOST_ROWS] for at in range(0, len(names), MOST_ROWS)] or [[]]
    for number, chunk in enumerate(chunks, 1):
        yield Page(
            path=path(number),
            template="benchmarks.html.j2",
            title="Benchmarks",
            question="What is measured, and how did each benchmark do last?",
            section="Benchmarks",
            answer=(_answer(names, groups),),
            how_to_read=_HOW_TO_READ,
            trail=(Link("Overview", "index.html"),),
            siblings=tuple(
                Link(f"Part {n}", path(n), n == number) for n in range(1, len(chunks) + 1)
            )
            if len(chunks) > 1
            else (),
            body=_table(chunk, ordered),
        )


def path(part: int = 1) -> str:
    """The address of the list."""
    return "benchmarks.html" if part == 1 else f"benchmarks-{part}.html"


def _answer(names: Sequence[str], groups: Sequence[Group]) -> Notice:
    machines = {group.machine for group in groups}
    series = sum(1 for group in groups for one in group.all_series() if one.measured)
    return Notice(
        f"{text.plural(len(names), 'benchmark')} with {text.plural(series, 'series', 'series')} on "
        f"{text.plural(len(machines), 'machine')}."
    )


def _table(names: Sequence[str], groups: Sequence[Group]) -> Table:
    return Table(
        id="benchmarks",
        caption="All benchmarks",
        columns=(
            Column("Benchmark", code=True),
            Column("Series", numeric=True, hint="Sets of parameters with a value, all machines"),
            Column("Newest values", numeric=True, hint="From the smallest to the largest"),
            Column("Better is"),
            Column("Moved", numeric=True, hint="Newest values outside the interval before"),
            Column("Failed", numeric=True, hint="In the newest runs"),
            Column("Typical", hint="Median over the series of the machine that measured last"),
        ),
        rows=tuple(_row(name, groups) for name in names),
        empty="No benchmark has a value yet.",
        filterable=len(names) > 8,
    )


def _row(name: str, groups: Sequence[Group]) -> tuple[Cell, ...]:
    every = [one for group in groups for one in group.series.get(name, ())]
    found = [one for one in every if one.measured]
    info = every[0].info
    failed = sum(one.outcome is Outcome.FAILED for one in every)
    moved = movers(found)
    return (
        Cell(name, href=common.benchmark_path(name), detail=common.describe(info)),
        cells.count(len(found)),
        _span(found),
        Cell("higher" if info.higher_is_better else "lower"),
        _moved(moved),
        Cell(f"{failed:,}", sort=str(failed), tone="bad" if failed else ""),
        _spark(name, groups),
    )


def _span(found: Sequence[Series]) -> Cell:
    centres = [one.newest.summary.centre for one in found if one.newest]
    if not centres:
        return Cell(text.MISSING, tone="muted")
    low, high = min(centres), max(centres)
    unit = found[0].info.unit
    ends = list(dict.fromkeys((format_value(low, unit), format_value(high, unit))))
    return Cell(" – ".join(ends), sort=repr(low))


def _moved(moved: Sequence[Series]) -> Cell:
    if not moved:
        return Cell("0", sort="0", tone="muted")
    better = sum(one.better is True for one in moved)
    return Cell(
        f"{len(moved):,}",
        sort=str(len(moved)),
        detail=f"{better} better, {len(moved) - better} worse",
    )


def _spark(name: str, groups: Sequence[Group]) -> Cell:
    for group in groups:
        series = [one for one in group.series.get(name, ()) if one.measured]
        if series:
            values = typical(series, len(group.runs))
            return Cell("", spark=cells.sparkline(values, f"typical value of {name}"))
    return Cell("")


_HOW_TO_READ: Final = (
    "A series is one benchmark with one set of parameters on one machine in one environment.",
    (
        "Moved counts newest values whose interval has nothing in common with the interval before. "
        "Of many series some do so by chance."
    ),
)
