"""The charts on a benchmark's page: which one suits how many series over how many commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cnnfc.records import BenchmarkInfo
from cnnfc.report import palette, text
from cnnfc.report.charts import history
from cnnfc.report.charts import rows as row_charts
from cnnfc.report.charts.marks import BUDGET, Mark, Value
from cnnfc.report.model import Figure, Spec
from cnnfc.report.past import Past
from cnnfc.report.views import common
from cnnfc.report.views.benchmark.past import Drawn
from cnnfc.report.views.common import Context
from cnnfc.timeline.series import Group, Reading, Series, movers

#: Series that can be told apart by colour and shape.
FEW: Final = len(palette.SERIES)
#: Rows of a chart with one labelled row a case.
_LABELLED: Final = 40
_HIGHLIGHTED: Final = 5
_FEWEST_COMMITS: Final = 20


def figures(
    group: Group, series: Sequence[Series], id_: str, past: Past, context: Context
) -> Iterator[Figure]:
    """The charts for `series` of one benchmark in `group`; `id_` makes their names unique.

    A few series: each over the commits, in its unit.  Many: all over the commits, relative to
    what is usual, and their newest values.  With one commit only the newest values.
    """
    found = [one for one in series if one.measured]
    commits = {index for one in found for index, r in enumerate(one.readings) if r is not None}
    if len(commits) > 1:
        draw = _each if len(found) <= FEW else _all
        yield draw(found, id_, lambda start: Drawn(group, past, context, start))
    if found and (len(commits) == 1 or len(found) > FEW):
        yield from _newest(found, id_)


def figure(id_: str, title: str, caption: str, alt: str, draw: Callable[[bool], Spec]) -> Figure:
    """A figure from a function that draws it, given whether the page is narrow."""
    return Figure(id_, title, caption, alt, wide=draw(False), narrow=draw(True))


def _each(series: Sequence[Series], id_: str, drawn: Callable[[int], Drawn]) -> Figure:
    info = series[0].info
    shown = drawn(max(0, len(series[0].readings) - BUDGET // (3 * len(series))))
    lines = [
        history.Line(
            palette.series_style(index, text.clean(one.label)),
            tuple(_value(one, reading) for reading in one.readings[shown.start :]),
            shown.levels(one),
            shown.turns(one),
        )
        for index, one in enumerate(series)
    ]
    return figure(
        f"history-{id_}",
        "Over the commits",
        "The centre of every run with its interval. The oldest commit is on the left, the newest "
        "on the right; a gap is a commit without a value. "
        f"{shown.caption(lines)}{_left_out(shown.start)}",
        f"{text.plural(len(series), 'series', 'series')} over {len(shown.labels)} commits"
        f"{shown.alt(lines)}",
        lambda compact: history.history(
            lines,
            shown.labels,
            info.unit,
            axis_title(info),
            compact=compact,
            end=shown.end,
            events=shown.events,
        ),
    )


def _all(series: Sequence[Series], id_: str, drawn: Callable[[int], Drawn]) -> Figure:
    shown = drawn(max(0, len(series[0].readings) - max(_FEWEST_COMMITS, BUDGET // len(series))))
    # Beyond the budget every n-th series stands for its neighbours.
    every = max(1, -(-len(series) * len(shown.labels) // BUDGET))
    changed = [one for one in shown.changed(series) if (one.usual or 0) > 0]
    moved = [one for one in movers(series) if (one.usual or 0) > 0]
    # What changed for good is worth a colour before what may have moved by chance.
    coloured = list({id(one): one for one in [*changed, *moved]}.values())[:_HIGHLIGHTED]
    styles = {
        id(one): palette.series_style(index, text.clean(one.label))
        for index, one in enumerate(coloured)
    }
    panels = []
    for title, members in by_device(series):
        crowd = [one for one in members if id(one) not in styles and (one.usual or 0) > 0]
        lines = tuple(
            history.Line(
                styles[id(one)],
                tuple(relative(one, r) for r in one.readings[shown.start :]),
                shown.levels(one, one.usual or 1.0),
                shown.turns(one, one.usual or 1.0),
            )
            for one in members
            if id(one) in styles
        )
        faint = tuple(
            tuple(_ratio(one, r) for r in one.readings[shown.start :]) for one in crowd[::every]
        )
        panels.append(history.Panel(title, lines, faint))
    info = series[0].info
    every_line = [line for panel in panels for line in panel.lines]
    return figure(
        f"history-{id_}",
        "Over the commits",
        "Each line is one series, divided by its own median over the commits, so that small and "
        f"large cases can be compared. {_coloured(len(changed), len(moved), len(series))} "
        f"{shown.caption(every_line)}{_left_out(shown.start)}{_thinned(every)}",
        f"{len(series)} series over {len(shown.labels)} commits, {len(coloured)} of them "
        f"highlighted{shown.alt(every_line)}",
        lambda compact: history.relative_history(
            panels,
            shown.labels,
            f"Relative to usual; up is {up(info)}",
            compact=compact,
            end=shown.end,
            events=shown.events,
        ),
    )


def _newest(series: Sequence[Series], id_: str) -> Iterator[Figure]:
    info = series[0].info
    if len(series) <= _LABELLED:
        marks = [mark for one in series if (mark := _mark(one, one.label))]
        marks.sort(key=lambda mark: mark.y.centre, reverse=True)
        yield figure(
            f"newest-{id_}",
            "Newest values",
            "The newest value of every series with its interval, the largest first.",
            f"{text.plural(len(series), 'series', 'series')}, sorted by their newest values",
            lambda compact: row_charts.dots(marks, info.unit, axis_title(info), compact=compact),
        )
        return
    values = [one.newest.summary.centre for one in series if one.newest]
    for number, (device, members) in enumerate(by_device(series)):
        yield _strip(device, members, values, f"newest-{id_}-{number}")


def _strip(device: str, series: Sequence[Series], every: Sequence[float], id_: str) -> Figure:
    info = series[0].info
    crowd = [mark for one in series if (mark := _mark(one, one.label))]
    step = max(1, -(-len(crowd) // BUDGET))
    some = crowd[::step]
    return figure(
        id_,
        f"Newest values on {device}" if device else "Newest values",
        "One tick a case: where ticks crowd, cases take about the same. The table has every "
        f"value.{_thinned(step)}",
        f"{text.plural(len(crowd), 'series', 'series')} by family",
        lambda compact: row_charts.strips(
            some, every, info.unit, axis_title(info), compact=compact
        ),
    )


def by_device(series: Sequence[Series]) -> list[tuple[str, list[Series]]]:
    """Series by device, for benchmarks of this project; all in one list for any other."""
    found: dict[str, list[Series]] = {}
    for one in series:
        found.setdefault(one.layer.device.label if one.layer else "", []).append(one)
    return list(found.items())


def axis_title(info: BenchmarkInfo) -> str:
    """What a vertical axis shows, which unit a foreign suite gave it, and which way is better."""
    known = info.unit in ("seconds", "bytes", "flop/s", "byte/s")
    unit = "" if known or not info.unit else f" in {info.unit}"
    return text.clean(f"{common.describe(info)}{unit} ({common.direction(info)})")


def up(info: BenchmarkInfo) -> str:
    """What a larger value means, in a word."""
    if info.higher_is_better:
        return "better"
    return "slower" if info.unit == "seconds" else "worse"


def _coloured(changed: int, moved: int, series: int) -> str:
    """Why some lines have a colour; `changed` and `moved` count what might have one."""
    if changed:
        most = f", the largest {_HIGHLIGHTED} of {changed}" if changed > _HIGHLIGHTED else ""
        rest = changed < _HIGHLIGHTED and moved
        others = ", and some whose newest interval lies outside the one before" if rest else ""
        return f"Coloured: series with a change{most}{others}."
    if not moved:
        return "No newest value has an interval apart from the one before."
    all_moved = text.plural(moved, "series", "series")
    which = f"the largest {_HIGHLIGHTED} of {all_moved}" if moved > _HIGHLIGHTED else all_moved
    return (
        f"Coloured: {which} whose newest interval lies outside the one before; of {series} series, "
        f"some do so by chance."
    )


def _left_out(commits: int) -> str:
    return f" {text.plural(commits, 'older commit')} left out of the chart." if commits else ""


def _thinned(every: int) -> str:
    return f" One line stands for {every} series." if every > 1 else ""


def _mark(one: Series, label: str) -> Mark | None:
    value = _value(one, one.newest)
    if value is None:
        return None
    style = palette.family(one.layer.case) if one.layer else palette.ANY
    return Mark(style, text.shorten(text.clean(label), 56), 0.0, value)


def _value(one: Series, reading: Reading | None) -> Value | None:
    if reading is None:
        return None
    return common.chart_value(one.label, reading, one.info.unit)


def relative(one: Series, reading: Reading | None) -> Value | None:
    """A reading divided by what is usual for its series; ``None`` where that has no meaning."""
    value, usual = _value(one, reading), one.usual
    if value is None or not usual or value.centre <= 0:
        return None
    low = value.low / usual if value.low is not None and value.low > 0 else None
    high = value.high / usual if value.high is not None and low is not None else None
    return Value(value.centre / usual, low, high, value.hover)


def _ratio(one: Series, reading: Reading | None) -> float | None:
    value = relative(one, reading)
    return value.centre if value else None
