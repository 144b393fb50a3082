"""The pages on parameters against latency: does the size of a layer explain its time?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cnnfc.analysis.predictors import Fit
from cnnfc.report import charts, palette, scatter, text
from cnnfc.report.layers import DeviceLayers, FirstCall, Ladder, Measured, Predictor
from cnnfc.report.links import page_path
from cnnfc.report.model import Cell, Column, Fact, Figure, Link, Notice, Page, Stat, Table
from cnnfc.report.series import Group, Reading
from cnnfc.report.views import common
from cnnfc.report.views.benchmark_figures import figure
from cnnfc.report.views.common import Context
from cnnfc.report.views.conclusion import conclusion
from cnnfc.units import format_count, format_value, scale_for, significant

_LADDERS: Final = 8
_FIRST: Final = palette.Style("first call", "var(--vermillion)", "diamond")
_WARMED: Final = palette.Style("warmed, with interval", "var(--blue)", "circle")


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
            siblings=siblings,
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
        predictors=_predictor_table(found),
        ceilings=tuple(_ceilings(found)),
        ladders=_ladder_table(ladders) if ladders else None,
        first_call=_first_figure(found.first_calls) if found.first_calls else None,
        first_calls=_first_table(found.first_calls) if found.first_calls else None,
        first_answer=_first_answer(found.first_calls),
        cases=_case_table(found),
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


def _mark(one: Measured, x: float) -> charts.Mark:
    name = str(one.case)
    said = f"{name}\n{format_count(one.costs.parameters)} parameters"
    return charts.Mark(palette.family(one.case), name, x, _value(said, one.reading))


def _predictor_table(found: DeviceLayers) -> Table:
    rows = [_predictor_row(one) for one in found.predictors]
    band = found.band
    if band is not None:
        low, predictor = band
        span = f"{format_value(low, 'count')} to {format_value(low * 10, 'count')} parameters"
        rows.insert(1, _predictor_row(Predictor("· in one decade", span, predictor.fit)))
    return Table(
        id="predictors",
        caption="What explains latency",
        columns=(
            Column("Predictor"),
            Column("Variance explained", numeric=True, hint="R² of log latency on log predictor"),
            Column("Rank correlation", numeric=True, hint="Spearman: 1 is the same order"),
            Column("Median error", numeric=True, hint="Half the layers are off by this or more"),
            Column("If proportional", numeric=True, hint="R² of latency = constant × predictor"),
            Column("n", numeric=True, hint="Layers"),
        ),
        rows=tuple(rows),
        note="In small print: 95% intervals from a bootstrap over the layers. Each predictor is "
        "fitted to the layers that it is judged by; on new layers all of them do worse.",
    )


def _predictor_row(one: Predictor) -> tuple[Cell, ...]:
    fit = one.fit
    notes = "; ".join(fit.warnings)
    if fit.n == 0 and one.name == "Roofline bound":
        notes = "needs the reference kernels CanaryGemm and CanaryCopy of the same run"
    missing = Cell(text.MISSING, tone="muted")
    error = fit.median_fold_error
    return (
        Cell(one.name, detail=one.counts, warning=notes),
        replace(
            share_cell(fit.log_r2, bar=True),
            detail=_span(fit.log_r2_low, fit.log_r2_high, text.percent),
        ),
        missing
        if fit.spearman is None
        else Cell(
            _two_digits(fit.spearman),
            sort=repr(fit.spearman),
            detail=_span(fit.spearman_low, fit.spearman_high, _two_digits),
        ),
        missing if error is None else Cell(text.factor(error), sort=repr(error)),
        share_cell(fit.proportional_r2),
        common.count(fit.n),
    )


def share_cell(value: float | None, *, bar: bool = False) -> Cell:
    """A share of the variance, by choice with a bar; a share below 0 explains nothing."""
    if value is None:
        return Cell(text.MISSING, tone="muted")
    if value < 0:
        return Cell("none", sort=repr(value), tone="muted")
    return Cell(text.percent(value), sort=repr(value), bar=f"{value * 100:.1f}" if bar else "")


def _two_digits(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _span(low: float | None, high: float | None, say: Callable[[float], str]) -> str:
    return "" if low is None or high is None else f"{say(low)} – {say(high)}"


def _ceilings(found: DeviceLayers) -> Iterator[Fact]:
    """What the reference kernels reached; the roofline is made of these."""
    for dtype, flops in sorted(found.ceilings.flops.items()):
        yield Fact(f"Matrix product, {dtype}", format_value(flops, "flop/s"))
    if found.ceilings.bandwidth is not None:
        yield Fact("Memory copy", format_value(found.ceilings.bandwidth, "byte/s"))


def _ladder_table(ladders: Sequence[Ladder]) -> Table:
    shown = ladders[:_LADDERS]
    scale = scale_for("seconds", [m.latency for one in shown for m in one.rungs])
    rows = []
    for one in shown:
        fast, slow = one.rungs[0], one.rungs[-1]
        rows.append(
            (
                Cell(format_count(one.parameters), sort=str(one.parameters)),
                common.count(len(one.rungs)),
                Cell(str(fast.case)),
                common.number(fast.latency, scale),
                Cell(str(slow.case)),
                common.number(slow.latency, scale),
                Cell(text.factor(one.factor), sort=repr(one.factor), detail=_at_least(fast, slow)),
            )
        )
    rest = len(ladders) - len(shown)
    return Table(
        id="ladders",
        caption="Equal parameters, different latency",
        columns=(
            Column("Parameters"),
            Column("Layers", numeric=True),
            Column("Fastest", code=True),
            Column("Latency", scale.symbol, numeric=True),
            Column("Slowest", code=True),
            Column("Latency", scale.symbol, numeric=True),
            Column("Factor", numeric=True, hint="Slowest / fastest"),
        ),
        rows=tuple(rows),
        note=f"{text.plural(rest, 'shorter ladder')} not shown." if rest else "",
    )


def _at_least(fast: Measured, slow: Measured) -> str:
    """The factor that the intervals leave in any case."""
    if fast.reading.interval is None or slow.reading.interval is None:
        return ""
    least = slow.reading.interval[0] / fast.reading.interval[1]
    return f"at least {text.factor(least)}" if least > 1 else "intervals overlap"


def _first_figure(calls: Sequence[FirstCall]) -> Figure:
    pairs = [
        (str(one.case), _value(str(one.case), one.first), _value(str(one.case), one.warmed))
        for one in sorted(calls, key=lambda one: -one.warmed.summary.centre)
    ]
    return figure(
        "first-call",
        "First call and warmed call",
        "The first forward call of a process, as an unwarmed stopwatch reads it, and the same "
        "layer once warmed.",
        f"{text.plural(len(pairs), 'layer')}: first call against warmed latency",
        lambda compact: charts.first_call(pairs, (_FIRST, _WARMED), compact=compact),
    )


def _value(label: str, reading: Reading) -> charts.Value:
    low, high = reading.interval or (None, None)
    said = common.hover(label, reading, "seconds")
    return charts.Value(reading.summary.centre, low, high, said)


def _first_table(calls: Sequence[FirstCall]) -> Table:
    readings = [reading for one in calls for reading in (one.first, one.warmed)]
    scale = scale_for("seconds", [reading.summary.centre for reading in readings])
    shared, note = common.doubts(readings)
    return Table(
        id="first-calls",
        caption="First call and warmed call",
        columns=(
            Column("Case", code=True),
            Column("First call", scale.symbol, numeric=True),
            Column("Warmed", scale.symbol, numeric=True),
            Column("Factor", numeric=True, hint="First call / warmed"),
        ),
        rows=tuple(
            (
                Cell(str(one.case), warning=_first_doubt(one, shared)),
                common.measured_cell(one.first, scale),
                common.measured_cell(one.warmed, scale),
                Cell(text.factor(one.factor), sort=repr(one.factor)),
            )
            for one in calls
        ),
        note=f"In small print: {common.interval_title(readings)} and n. {note}".rstrip(),
    )


def _first_doubt(one: FirstCall, shared: Sequence[str]) -> str:
    doubt = common.doubt(one.first, shared)
    return f"first call: {doubt}" if doubt else ""


def _first_answer(calls: Sequence[FirstCall]) -> str:
    if not calls:
        return ""
    factors = sorted(one.factor for one in calls)
    outside = sum(
        one.warmed.interval is not None
        and not one.warmed.interval[0] <= one.first.summary.centre <= one.warmed.interval[1]
        for one in calls
    )
    low, high = (text.factor(factor)[1:] for factor in (factors[0], factors[-1]))
    return (
        f"Over {text.plural(len(calls), 'layer')} the first call took {low} to {high} times as "
        f"long as the warmed one; {outside} of them lie outside the interval of the warmed layer."
    )


def _case_table(found: DeviceLayers) -> Table:
    layers = sorted(found.layers, key=lambda one: one.latency, reverse=True)
    readings = [one.reading for one in layers]
    shared, note = common.doubts(readings)
    counts = [one.costs for one in layers]
    parameters = scale_for("parameters", [one.parameters for one in counts])
    flops = scale_for("flops", [one.flops for one in counts])
    moved = scale_for("bytes", [one.bytes for one in counts])
    seconds = scale_for("seconds", [one.latency for one in layers])
    each = [one.latency / one.costs.parameters for one in layers if one.costs.parameters]
    rate = scale_for("seconds", each)
    law = found.predictors[0].fit
    columns = (
        Column("Case", code=True),
        Column("Family"),
        Column("Parameters", parameters.symbol, numeric=True),
        Column("FLOPs", flops.symbol, numeric=True, hint="1 multiply-add = 2 FLOPs"),
        Column("Bytes", moved.symbol, numeric=True, hint="Input, weights, bias, output, each once"),
        Column("Latency", seconds.symbol, numeric=True),
        Column("Per parameter", rate.symbol, numeric=True, hint="Latency / parameters"),
        Column("Of roofline", "%", numeric=True, hint="Roofline bound / latency"),
        Column("Residual", numeric=True, hint="Latency / what its parameters predict"),
    )
    rows = []
    for one in layers:
        paper = one.costs
        cells = [
            Cell(
                str(one.case),
                href=common.benchmark_path(one.benchmark),
                warning=common.doubt(one.reading, shared),
            ),
            Cell(palette.family(one.case).label),
            common.number(paper.parameters, parameters),
            common.number(paper.flops, flops),
            common.number(paper.bytes, moved),
            common.measured_cell(one.reading, seconds),
            common.number(one.latency / paper.parameters if paper.parameters else None, rate),
            _efficiency(one),
            _residual(one, law),
        ]
        rows.append(tuple(cells))
    return Table(
        id="cases",
        caption="Every layer, the slowest first",
        columns=columns,
        rows=tuple(rows),
        note=f"Under each latency its {common.interval_title(readings)} and n. {note}".rstrip(),
        filterable=len(rows) > 8,
    )


def _efficiency(one: Measured) -> Cell:
    if not one.bound:
        return Cell(text.MISSING, tone="muted")
    share = one.bound / one.latency * 100
    return Cell(significant(share, 2), sort=repr(share))


def _residual(one: Measured, law: Fit) -> Cell:
    """How far a layer is from the power law of all layers in the number of their parameters."""
    expected = law.predict(one.costs.parameters) if one.costs.parameters else None
    if not expected:
        return Cell(text.MISSING, tone="muted")
    ratio = one.latency / expected
    far = law.median_fold_error is not None and max(ratio, 1 / ratio) > law.median_fold_error**2
    return Cell(text.factor(ratio), sort=repr(ratio), tone="warn" if far else "")


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
