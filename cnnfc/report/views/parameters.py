"""The pages on parameters against latency: does the size of a layer explain its time?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.report import palette, text
from cnnfc.report.charts import scatter
from cnnfc.report.charts.marks import Mark
from cnnfc.report.layers import DeviceLayers, Ladder, Measured
from cnnfc.report.links import page_path
from cnnfc.report.model import Fact, Figure, Link, Notice, Page, Stat, Table
from cnnfc.report.views import common
from cnnfc.report.views.benchmark_figures import figure
from cnnfc.report.views.common import Context
from cnnfc.report.views.conclusion import conclusion
from cnnfc.report.views.first_calls import first_call_answer, first_call_figure, first_call_table
from cnnfc.report.views.parameter_tables import case_table, ladder_table, predictor_table
from cnnfc.timeline.series import Group
from cnnfc.units import format_count, format_value


@dataclass(frozen=True)
class ParametersBody:
    """What the template of a page on parameters and latency prints."""

    machine: Link
    stats: tuple[Stat, ...]
    scatter: tuple[Figure, ...]
    predictors: Table
    ceilings: tuple[Fact, ...]
    ladders: Table | None
    first_call: Figure | None
    first_calls: Table | None
    first_answer: str
    cases: Table
    elsewhere: tuple[Link, ...]


def path(found: DeviceLayers) -> str:
    """The address of the page about `found`."""
    group = found.group
    return page_path("parameters", group.machine, group.environment, str(found.device))


def pages(
    every: Sequence[DeviceLayers], groups: Sequence[Group], context: Context
) -> Iterator[Page]:
    """One page for each of `every`."""
    for found in every:
        label = common.group_label(found.group, groups)
        siblings = tuple(
            Link(other.device.label, path(other), other is found)
            for other in every
            if other.group is found.group
        )
        yield Page(
            path=path(found),
            template="parameters.html.j2",
            title=f"Parameters against latency on {label}, {found.device.label}",
            question="Does the number of parameters of a layer explain how long it takes?",
            section="Parameters and latency",
            answer=tuple(Notice(sentence) for sentence in conclusion(found, label)),
            how_to_read=_HOW_TO_READ,
            trail=(
                Link("Overview", "index.html"),
                Link("Parameters and latency", "index.html#parameters"),
            ),
            siblings=siblings if len(siblings) > 1 else (),
            body=_body(found, label, every, groups, context),
        )


def _body(
    found: DeviceLayers,
    label: str,
    every: Sequence[DeviceLayers],
    groups: Sequence[Group],
    context: Context,
) -> ParametersBody:
    ladders = found.ladders
    commit = context.commit(found.run)
    return ParametersBody(
        machine=Link(label, common.machine_path(found.group.machine)),
        stats=(
            Stat("Layers", f"{len(found.layers):,}", "forward, warmed"),
            Stat("Device", found.device.label, label),
            Stat("Commit", commit.text, text.day(found.run.commit_date)),
            Stat("Environment", text.shorten(found.run.environment, 28)),
        ),
        scatter=tuple(_scatter(found, ladders)),
        predictors=predictor_table(found),
        ceilings=tuple(_ceilings(found)),
        ladders=ladder_table(ladders) if ladders else None,
        first_call=first_call_figure(found.first_calls) if found.first_calls else None,
        first_calls=first_call_table(found.first_calls) if found.first_calls else None,
        first_answer=first_call_answer(found.first_calls),
        cases=case_table(found),
        elsewhere=tuple(
            Link(f"{common.group_label(other.group, groups)}, {other.device.label}", path(other))
            for other in every
            if other.group is not found.group and other.device == found.device
        ),
    )


def _scatter(found: DeviceLayers, ladders: Sequence[Ladder]) -> Iterator[Figure]:
    marks = [_mark(one, float(one.costs.parameters)) for one in found.layers]
    bars = [(float(r.parameters), r.rungs[0].latency, r.rungs[-1].latency) for r in ladders]
    rungs = (
        " A thick grey bar joins layers with exactly the same number of parameters: its length is "
        "what parameters cannot explain."
        if bars
        else ""
    )
    yield figure(
        "parameters",
        "Latency against parameters",
        f"One mark a layer, its interval as a bar (often shorter than the mark). On a dotted line "
        f"every parameter takes the same time, which stands at its end.{rungs}",
        f"{len(marks)} layers, latency against number of parameters, both logarithmic",
        lambda compact: scatter.parameters(marks, bars, compact=compact),
    )
    bounded = [_mark(one, one.bound) for one in found.layers if one.bound]
    if bounded:
        yield figure(
            "roofline",
            "Latency against the roofline bound",
            "The same layers and the same height; to the right, the least time that the measured "
            "ceilings of this device allow. On a line, every layer reaches the share of that "
            "bound that stands at its end. Marks below the solid line beat it: data in a cache, or "
            "a faster algorithm.",
            f"{len(bounded)} layers, latency against the roofline bound, both logarithmic",
            lambda compact: scatter.roofline_bound(bounded, marks, compact=compact),
        )


def _mark(one: Measured, x: float) -> Mark:
    name = str(one.case)
    said = f"{name}\n{format_count(one.costs.parameters)} parameters"
    return Mark(palette.family(one.case), name, x, common.chart_value(said, one.reading, "seconds"))


def _ceilings(found: DeviceLayers) -> Iterator[Fact]:
    """What the reference kernels reached; the roofline is made of these."""
    for dtype, flops in sorted(found.ceilings.flops.items()):
        yield Fact(f"Matrix product, {dtype}", format_value(flops, "flop/s"))
    if found.ceilings.bandwidth is not None:
        yield Fact("Memory copy", format_value(found.ceilings.bandwidth, "byte/s"))


_HOW_TO_READ: Final = (
    (
        "If parameters explained latency, the marks of the first chart would lie along one line. "
        "How far they scatter up and down at the same place is what parameters do not explain."
    ),
    (
        "Variance explained is R² of a straight line through the logarithms: 100% means that "
        "latency follows the predictor exactly, by any power; 0% that it tells nothing. If "
        "proportional asks more: that latency is one constant times the predictor. Both depend on "
        "which layers were measured: a wide range of sizes makes every predictor look good, so one "
        "decade of parameters is judged alone as well."
    ),
    (
        "The roofline bound of a layer is the longer of FLOPs / peak and compulsory bytes / "
        "bandwidth, with the ceilings that reference kernels reached on this device in the same "
        "run. 1 multiply-add counts as 2 FLOPs."
    ),
    (
        "The residual of a layer is its latency over the one that the line through all layers "
        "gives for its parameters; marked are those that are off by more than the median error "
        "squared."
    ),
)
