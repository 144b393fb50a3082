"""The page of a benchmark: what it measures now, and what it did over the commits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cnnfc.analysis.changepoints.steps import ENOUGH
from cnnfc.analysis.summary import LEAST_FOR_QUARTILE
from cnnfc.records import BenchmarkInfo, Outcome
from cnnfc.report import change_words, links, text
from cnnfc.report.model import Cell, Column, Figure, Link, Notice, Page, Table
from cnnfc.report.past import Past, key_of, worse
from cnnfc.report.views import cells, common
from cnnfc.report.views.benchmark import overview as benchmarks
from cnnfc.report.views.benchmark.commands import Command, commands
from cnnfc.report.views.benchmark.figures import figures, up
from cnnfc.report.views.benchmark.past import updates_table
from cnnfc.report.views.changes import table as changes_table
from cnnfc.report.views.common import Context
from cnnfc.timeline.changes import Change, SeriesKey
from cnnfc.timeline.series import Group, Series, movers
from cnnfc.units import Scale

#: Rows a page may have; a benchmark with more gets several pages.
MOST_ROWS: Final = 1_000
#: Changes that a machine's part of it lists, the worst.
_MOST_CHANGES: Final = 200

_Part = list[tuple[Group, list[Series]]]


@dataclass(frozen=True)
class Section:
    """One machine in one environment on a benchmark's page."""

    id: str
    machine: Link
    answer: Notice
    figures: tuple[Figure, ...]
    changes: Table | None
    table: Table
    updates: Table | None


@dataclass(frozen=True)
class BenchmarkBody:
    """What the template of a benchmark's page prints."""

    description: str
    direction: str
    commands: tuple[Command, ...]
    sections: tuple[Section, ...]


def pages(name: str, groups: Sequence[Group], past: Past, context: Context) -> Iterator[Page]:
    """The page of benchmark `name`, or its pages where the rows are too many for one.

    None at all where it was skipped everywhere.
    """
    parts = _parts(name, groups)
    for number, part in enumerate(parts, 1):
        siblings = tuple(
            Link(f"Part {n}", common.benchmark_path(name, n), n == number)
            for n in range(1, len(parts) + 1)
        )
        info = part[0][1][0].info
        sections = tuple(_section(group, series, groups, past, context) for group, series in part)
        yield Page(
            path=common.benchmark_path(name, number),
            template="benchmark.html.j2",
            title=name,
            question="What does this benchmark measure now, and did it change over the commits?",
            section="Benchmarks",
            answer=tuple(section.answer for section in sections),
            how_to_read=_how_to_read(info),
            trail=(Link("Overview", "index.html"), Link("Benchmarks", benchmarks.path())),
            siblings=siblings if len(parts) > 1 else (),
            body=BenchmarkBody(
                description=common.describe(info),
                direction=common.direction(info),
                commands=commands(info, part),
                sections=sections,
            ),
        )


def addresses(name: str, groups: Sequence[Group]) -> Iterator[tuple[SeriesKey, str]]:
    """Where on which page each series of benchmark `name` is."""
    for number, part in enumerate(_parts(name, groups), 1):
        path = common.benchmark_path(name, number)
        for group, series in part:
            for one in series:
                yield key_of(group, one), f"{path}#{_id(group)}"


def _parts(name: str, groups: Sequence[Group]) -> list[_Part]:
    """What each page of benchmark `name` is about."""
    rows = [
        (group, [s for s in group.series[name] if s.measured or s.outcome is Outcome.FAILED])
        for group in groups
        if name in group.series
    ]
    return list(_packed([(group, series) for group, series in rows if series]))


def _packed(rows: _Part) -> Iterator[_Part]:
    """`rows` in portions of at most `MOST_ROWS` series, in their order."""
    part: _Part = []
    room = MOST_ROWS
    for group, every in rows:
        rest = every
        while rest:
            if room == 0:
                yield part
                part, room = [], MOST_ROWS
            taken = rest[:room]
            part.append((group, taken))
            rest, room = rest[len(taken) :], room - len(taken)
    if part:
        yield part


def _id(group: Group) -> str:
    return links.slug(group.machine, group.environment)


def _section(
    group: Group, series: list[Series], groups: Sequence[Group], past: Past, context: Context
) -> Section:
    label = common.group_label(group, groups)
    id_ = _id(group)
    # In the order of the whole history: the worst first.
    own = {key_of(group, one) for one in series}
    changes = [one for one in past.of(group).changes if one.series_key in own]
    courses = [past.course(group, one) for one in series]
    enough = sum(course is not None and course.enough for course in courses)
    return Section(
        id=id_,
        machine=Link(label, common.machine_path(group.machine)),
        answer=_answer(label, group, series, changes, enough),
        figures=tuple(figures(group, series, id_, past, context)),
        changes=_changes(changes, id_, context) if changes else None,
        table=_table(group, series, id_, context),
        updates=updates_table(group, past, context, id_),
    )


def _changes(changes: Sequence[Change], id_: str, context: Context) -> Table:
    table = changes_table.of_benchmark(changes[:_MOST_CHANGES], context)
    more = len(changes) - len(table.rows)
    return replace(
        table,
        id=f"{table.id}-{id_}",
        note=f"{text.plural(more, 'smaller one')} not shown; `cnnfc changes` lists all."
        if more > 0
        else "",
    )


def _answer(
    label: str, group: Group, series: list[Series], changes: Sequence[Change], enough: int
) -> Notice:
    """What the numbers say, without calling a difference inside the noise a change.

    Of `series`, `enough` have the values that it takes to find a change.
    """
    found = [one for one in series if one.measured]
    failed = sum(one.outcome is Outcome.FAILED for one in series)
    compared = [one for one in found if one.comparable]
    moved = movers(compared)
    better = sum(one.better is True for one in moved)
    commits = sum(any(one.readings[n] for one in found) for n in range(len(group.runs)))
    past = _changed(changes, enough)
    if not any(one.previous for one in found):
        past = ""
        said = "a second value is needed before anything can be compared"
    elif not compared:
        said = "without intervals, a difference cannot be told from noise"
    elif not moved:
        said = f"no newest value of {len(compared)} has an interval apart from the one before"
    else:
        said = (
            f"{len(moved)} of {len(compared)} newest values {'has' if len(moved) == 1 else 'have'} "
            f"an interval apart from the one before: {better} better, {len(moved) - better} worse"
        )
    others = sum(one.other_versions for one in series)
    if others:
        said += (
            f"; {text.plural(others, 'value')} of another version of this benchmark cannot be "
            f"compared and {'is' if others == 1 else 'are'} left out"
        )
    failures = f" {text.plural(failed, 'case')} failed in the newest run." if failed else ""
    bad = worse(changes)
    return Notice(
        f"{label}: {text.plural(len(found), 'series', 'series')} over "
        f"{text.plural(commits, 'commit')}; {past}{said}.{failures}",
        "bad" if failed or bad else "",
    )


def _changed(changes: Sequence[Change], enough: int) -> str:
    """How many changes there are and what the worst is, to go before the rest."""
    if not enough:
        return "too few values yet to find a change in; "
    if not changes:
        return f"no change in the {enough:,} with {ENOUGH} values or more; "
    bad = worse(changes)
    count = text.plural(len(changes), "change")
    if not bad:
        return f"{count}, none for the worse that is still there; "
    largest = f"{change_words.size(bad[0])}, {change_words.laid_to(bad[0].cause)}"
    return f"{count}, {len(bad)} for the worse and still there (the largest {largest}); "


def _table(group: Group, series: list[Series], id_: str, context: Context) -> Table:
    info = series[0].info
    width = max(len(one.parameters) for one in series)
    scale = cells.value_scale(series)
    readings = [one.newest for one in series if one.newest]
    shared, note = cells.doubts(readings)
    names = common.parameter_columns(info, width) or (Column("Benchmark", code=True),)
    table = Table(
        id=f"values-{id_}",
        caption="Newest values",
        columns=(
            *names,
            Column("Newest", scale.symbol, numeric=True, hint="The centre of the newest values"),
            Column(cells.interval_title(readings), scale.symbol, numeric=True),
            Column("n", numeric=True, hint="How many values the newest run took"),
            Column("Change", numeric=True, hint=f"Against the value before; up is {up(info)}"),
            Column("History"),
        ),
        rows=tuple(
            _row(one, group, context, width=len(names), scale=scale, shared=shared)
            for one in series
        ),
        note=note,
        filterable=len(series) > 8,
    )
    return cells.without_empty(table, "Change", "History")


def _row(
    one: Series,
    group: Group,
    context: Context,
    *,
    width: int,
    scale: Scale,
    shared: Sequence[str],
) -> tuple[Cell, ...]:
    newest = one.newest
    failed = "failed in the newest run" if one.outcome is Outcome.FAILED else ""
    doubts = [words for words in (failed, cells.doubt(newest, shared)) if words]
    first, *others = one.parameters or (one.info.name,)
    centre = cells.number(newest.summary.centre if newest else None, scale)
    if newest is not None and newest.run is not group.current:
        commit = context.commit(newest.run)
        centre = replace(centre, href=commit.href, detail=f"of {commit.text}")
    return (
        Cell(first, warning="; ".join(doubts)),
        *(Cell(value) for value in others),
        *(Cell("") for _ in range(width - 1 - len(others))),
        centre,
        Cell(cells.interval_text(newest, scale) if newest else text.MISSING),
        cells.values(newest),
        cells.change_cell(one),
        cells.trend_cell(one),
    )


def _how_to_read(info: BenchmarkInfo) -> tuple[str, ...]:
    unit = {"seconds": "seconds a call", "bytes": "bytes"}.get(info.unit, info.unit or "no unit")
    return (
        (
            f"One value a run: the centre of its sample (in {unit}, scaled for reading), with its "
            f"interval and the number n of values behind it. For this benchmark "
            f"{common.direction(info)}."
        ),
        (
            "The centre of a timing is the lower quartile of its values, because that differs less "
            "from run to run than the median; with fewer than "
            f"{LEAST_FOR_QUARTILE} values, and for anything but timings, it is the median."
        ),
        "Numbers are compared on one machine in one environment only, in the order of commits.",
        (
            "Levels and changes are the detector's, which looks at the whole series: a change is a "
            "step that lasts, see how to read the page of changes. A series is flat where it has "
            f"one level, and too short to tell where it has none ({ENOUGH} values are needed). The "
            "axis ends at the moment of writing, so that old results show."
        ),
        (
            "The column Change is the newest value against the one before it. It has a colour, an "
            "arrow and a word only if the two intervals have no value in common. That is a hint "
            "and no verdict: it says nothing of whether the code or the machine moved."
        ),
    )
