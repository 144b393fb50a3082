"""The reference kernels of a machine over its runs: did the machine itself hold still?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cnnfc.report import palette, text
from cnnfc.report.charts import history
from cnnfc.report.model import Cell, Column, Figure, Table
from cnnfc.report.views import cells, common
from cnnfc.report.views.benchmark.figures import by_device, figure, relative
from cnnfc.timeline.series import Group, Series
from cnnfc.units import format_value, scale_for

_MOST_COMMITS: Final = 120


def canary_figures(group: Group, series: Sequence[Series], id_: str) -> Iterator[Figure]:
    """All reference kernels relative to usual, a panel a device; none with fewer than two runs."""
    if max(len(one.measured) for one in series) < 2:
        return
    names = sorted({_name(one) for one in series})
    styles = {name: palette.series_style(index, name) for index, name in enumerate(names)}
    start = max(0, len(group.runs) - _MOST_COMMITS)
    labels = common.commit_labels(group.runs[start:])
    panels = [
        history.Panel(
            title,
            tuple(
                history.Line(
                    styles[_name(one)], tuple(relative(one, r) for r in one.readings[start:])
                )
                for one in members
            ),
        )
        for title, members in by_device(series)
    ]
    yield figure(
        f"canaries-{id_}",
        "Reference kernels over the runs",
        "Each reading relative to the median of its kernel, with its interval, cut off at the edge "
        "where it is wide. A machine that "
        "holds still shows flat lines.",
        f"{len(series)} reference kernels over {len(labels)} commits",
        lambda compact: history.relative_history(
            panels, labels, "Relative to usual", compact=compact
        ),
    )


def canary_table(series: Sequence[Series], id_: str) -> Table:
    """Newest reading of every kernel, and how far its readings ever were apart."""
    rows = []
    readings = [one.newest for one in series if one.newest]
    shared, note = cells.doubts(readings)
    for one in series:
        newest = one.newest
        if newest is None:
            continue
        centre = newest.summary.centre
        scale = scale_for(one.info.unit, [centre])
        rows.append(
            (
                Cell(
                    one.parameters[0] if one.parameters else one.info.name,
                    href=common.benchmark_path(one.info.name),
                    warning=cells.doubt(newest, shared),
                ),
                Cell(one.layer.device.label if one.layer else " · ".join(one.parameters[1:])),
                Cell(format_value(centre, one.info.unit), sort=repr(centre)),
                Cell(cells.interval_text(newest, scale)),
                cells.values(newest),
                cells.change_cell(one),
                _range(one),
                cells.trend_cell(one),
            )
        )
    table = Table(
        id=f"canaries-table-{id_}",
        caption="Newest readings",
        columns=(
            Column("Kernel", code=True),
            Column("Device"),
            Column("Newest", numeric=True),
            Column(cells.interval_title(readings), numeric=True),
            Column("n", numeric=True),
            Column("Change", numeric=True, hint="Against the reading before"),
            Column("Range", numeric=True, hint="Lowest to highest, relative to the median"),
            Column("History"),
        ),
        rows=tuple(rows),
        note=note,
    )
    return cells.without_empty(table, "Change", "Range", "History")


def _name(one: Series) -> str:
    return text.clean(one.parameters[0]) if one.parameters else one.info.name


def _range(one: Series) -> Cell:
    usual = one.usual
    if not usual or len(one.measured) < 2:
        return Cell(text.MISSING, tone="muted")
    ratios = [reading.summary.centre / usual for reading in one.measured]
    span = max(ratios) - min(ratios)
    return Cell(f"{text.change(min(ratios))} to {text.change(max(ratios))}", sort=repr(span))
