"""Ladders on a page about parameters: equal parameters, different latency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cnnfc.cases import Case
from cnnfc.report import text
from cnnfc.report.charts import ladders as ladder_charts
from cnnfc.report.charts.ladders import Line, Panel
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.ladders import AXES, Ladder
from cnnfc.report.model import Cell, Column, Figure, Table
from cnnfc.report.views import cells
from cnnfc.report.views.benchmark.figures import figure
from cnnfc.report.views.parameters.figures import mark
from cnnfc.units import format_count, format_value, scale_for

#: Rows of the table.
_SHOWN: Final = 12
#: Lines of a panel, the longest first: more labels than these have no room at its edge.
_LINES: Final = 6


def ladder_figure(steps: Sequence[Ladder]) -> Figure | None:
    """Every ladder along the one thing that its rungs differ in; None without any."""
    panels, names = [], []
    for axis in AXES:
        found = [ladder for ladder in steps if ladder.axis is axis][:_LINES]
        if found:
            names.append(axis.name)
            panels.append(Panel(axis.title, tuple(_line(ladder) for ladder in found)))
    if not panels:
        return None
    count = sum(len(panel.lines) for panel in panels)
    return figure(
        "ladders-chart",
        "Parameters held fixed, one thing changed",
        "Along a line all layers have the same number of parameters, which stands at its end with "
        "the factor from its fastest to its slowest layer. If parameters decided, every line would "
        "be level. Latency is logarithmic and has the same height in all panels; lower is better.",
        f"{text.plural(count, 'ladder')} of layers with equal parameters: latency by "
        + text.listing(names),
        lambda compact: ladder_charts.ladders(panels, compact=compact),
    )


def _line(ladder: Ladder) -> Line:
    marks = [replace(mark(one, at), x=at) for at, one in ladder.steps]
    parameters = format_value(float(ladder.parameters), "count")
    return Line(tuple(marks), f"{parameters}: {text.factor(ladder.factor)}")


def ladder_answer(found: DeviceLayers) -> str:
    """What the ladders say, in a sentence or two; ``""`` without any."""
    said = []
    if found.ladders:
        longest = found.ladders[0]
        said.append(
            f"{text.plural(len(longest.rungs), 'layer')} have exactly "
            f"{format_count(longest.parameters)} parameters; the slowest of them takes "
            f"{text.factor(longest.factor)[1:]} times as long as the fastest."
        )
    parts = []
    for axis in AXES:
        factors = [ladder.factor for ladder in found.steps if ladder.axis is axis]
        if factors:
            parts.append((axis.name, text.factor(max(factors))[1:]))
    if parts:
        (name, most), *others = parts
        first = f"{name} makes a factor of up to {most}"
        makes = text.listing([first, *(f"{other} {factor}" for other, factor in others)])
        said.append(f"Changed alone, {makes}.")
    return " ".join(said)


def ladder_table(found: DeviceLayers) -> Table | None:
    """Layers with equal parameter counts, the longest ladders only; None without any."""
    # One that ends with the same layers is the plainer argument.
    alone = {_ends(ladder) for ladder in found.steps}
    mixed = [ladder for ladder in found.ladders if _ends(ladder) not in alone]
    every = sorted((*found.steps, *mixed), key=lambda ladder: -ladder.factor)
    if not every:
        return None
    shown = every[:_SHOWN]
    scale = scale_for("seconds", [m.latency for one in shown for m in one.rungs])
    rows = []
    for one in shown:
        fast, slow = one.rungs[0], one.rungs[-1]
        rows.append(
            (
                Cell(format_count(one.parameters), sort=str(one.parameters)),
                Cell(text.factor(one.factor), sort=repr(one.factor), detail=_at_least(one)),
                Cell(
                    one.axis.name if one.axis else "several things",
                    detail=text.plural(len(one.rungs), "layer"),
                ),
                Cell(str(fast.case)),
                cells.number(fast.latency, scale),
                Cell(str(slow.case)),
                cells.number(slow.latency, scale),
            )
        )
    rest = len(every) - len(shown)
    return Table(
        id="ladders",
        caption="Equal parameters, different latency",
        columns=(
            Column("Parameters"),
            Column("Factor", numeric=True, hint="Slowest / fastest"),
            Column("What differs"),
            Column("Fastest", code=True),
            Column("Latency", scale.symbol, numeric=True),
            Column("Slowest", code=True),
            Column("Latency", scale.symbol, numeric=True),
        ),
        rows=tuple(rows),
        note="In small print: the least that the factor can be by the intervals of both layers."
        + (f" {text.plural(rest, 'shorter ladder')} not shown." if rest else ""),
    )


def _ends(ladder: Ladder) -> tuple[Case, Case]:
    return ladder.rungs[0].case, ladder.rungs[-1].case


def _at_least(ladder: Ladder) -> str:
    """The factor that the intervals leave in any case."""
    if ladder.least is None:
        return ""
    return f"at least {text.factor(ladder.least)}" if ladder.least > 1 else "intervals overlap"
