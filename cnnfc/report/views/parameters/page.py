"""The pages on parameters against latency: does the size of a layer explain its time?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.report import text
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.regimes import regimes
from cnnfc.report.layers.slices import all_slices
from cnnfc.report.layers.unexpected import unexpected
from cnnfc.report.links import page_path
from cnnfc.report.model import Fact, Figure, Link, Notice, Page, Stat, Table
from cnnfc.report.views import common
from cnnfc.report.views.common import Context
from cnnfc.report.views.device_links import elsewhere, siblings
from cnnfc.report.views.parameters.conclusion import conclusion
from cnnfc.report.views.parameters.figures import scatter_figures
from cnnfc.report.views.parameters.first_calls import (
    first_call_answer,
    first_call_figure,
    first_call_table,
)
from cnnfc.report.views.parameters.ladders import ladder_answer, ladder_figure, ladder_table
from cnnfc.report.views.parameters.layer_table import case_table
from cnnfc.report.views.parameters.multiples import multiples_figures, slices_table
from cnnfc.report.views.parameters.residuals import residual_table
from cnnfc.report.views.parameters.tables import held_out_table, predictor_table
from cnnfc.timeline.series import Group
from cnnfc.units import format_value


@dataclass(frozen=True)
class ParametersBody:
    """What the template of a page on parameters and latency prints."""

    machine: Link
    stats: tuple[Stat, ...]
    scatter: tuple[Figure, ...]
    predictors: Table
    held_out: Table | None
    ceilings: tuple[Fact, ...]
    ladder: Figure | None
    ladders: Table | None
    ladder_answer: str
    residuals: Table | None
    multiples: tuple[Figure, ...]
    slices: Table | None
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
            siblings=siblings(found, every, path),
            body=_body(found, label, every, groups, context),
        )


def _body(
    found: DeviceLayers,
    label: str,
    every: Sequence[DeviceLayers],
    groups: Sequence[Group],
    context: Context,
) -> ParametersBody:
    bound = regimes(found)
    cuts = all_slices(found, every)
    commit = context.commit(found.run)
    return ParametersBody(
        machine=Link(label, common.machine_path(found.group.machine)),
        stats=(
            Stat("Layers", f"{len(found.layers):,}", "forward, warmed"),
            Stat("Device", found.device.label, label),
            Stat("Commit", commit.text, text.day(found.run.commit_date)),
            Stat("Environment", text.shorten(found.run.environment, 28)),
        ),
        scatter=tuple(scatter_figures(found, bound)),
        predictors=predictor_table(found),
        held_out=held_out_table(found),
        ceilings=tuple(_ceilings(found)),
        ladder=ladder_figure(found.steps),
        ladders=ladder_table(found),
        ladder_answer=ladder_answer(found),
        residuals=residual_table(unexpected(found, bound)),
        multiples=tuple(multiples_figures(cuts)),
        slices=slices_table(cuts),
        first_call=first_call_figure(found.first_calls) if found.first_calls else None,
        first_calls=first_call_table(found.first_calls) if found.first_calls else None,
        first_answer=first_call_answer(found.first_calls),
        cases=case_table(found),
        elsewhere=elsewhere(found, every, groups, path),
    )


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
        "Held out asks how a law does on layers that it has not seen: the line is fitted without "
        "one family of layers and predicts that family, each family in turn. Its share of the "
        "variance is 1 − PRESS / SS and can be below 0: then one number for all layers would have "
        "predicted better. With fewer than three families nothing can be held out."
    ),
    (
        "Median error is the factor by which half the layers are off or more; 2 means half or "
        "double. Intervals come from 2,000 bootstrap resamples, always the same ones. They treat "
        "the layers as drawn at random, which a catalogue is not: they say how much a number hangs "
        "on single layers of these families. A handful of families is too few to say what other "
        "families would give."
    ),
    (
        "The roofline bound of a layer is the longer of FLOPs / peak and compulsory bytes / "
        "bandwidth, with the ceilings that reference kernels reached on this device in the same "
        "run. 1 multiply-add counts as 2 FLOPs."
    ),
    (
        "The residual of a layer is its latency over the one that the line through all layers "
        "gives for its parameters. It is called large from the square of the median error on, and "
        "never below a factor of 2. The likely cause follows from one identity: latency = "
        "parameters × FLOPs a parameter / FLOP/s reached. A layer is slow for its parameters "
        "because each of them is used often, or because its arithmetic is slow, and the roofline "
        "says why it is."
    ),
)
