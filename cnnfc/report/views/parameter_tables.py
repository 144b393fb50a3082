"""The tables on a page about parameters and latency: predictors, ladders, layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from cnnfc.analysis.predictors import Fit
from cnnfc.report import palette, text
from cnnfc.report.layers import DeviceLayers, Ladder, Measured, Predictor
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.views import cells, common
from cnnfc.units import format_count, format_value, scale_for, significant

_LADDERS: Final = 8


def predictor_table(found: DeviceLayers) -> Table:
    """What explains latency, and how well."""
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
        cells.count(fit.n),
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


def ladder_table(ladders: Sequence[Ladder]) -> Table:
    """Layers with equal parameter counts, the longest `ladders` only."""
    shown = ladders[:_LADDERS]
    scale = scale_for("seconds", [m.latency for one in shown for m in one.rungs])
    rows = []
    for one in shown:
        fast, slow = one.rungs[0], one.rungs[-1]
        rows.append(
            (
                Cell(format_count(one.parameters), sort=str(one.parameters)),
                cells.count(len(one.rungs)),
                Cell(str(fast.case)),
                cells.number(fast.latency, scale),
                Cell(str(slow.case)),
                cells.number(slow.latency, scale),
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


def case_table(found: DeviceLayers) -> Table:
    """Every layer with its costs, its latency and how far it is from what was expected."""
    layers = sorted(found.layers, key=lambda one: one.latency, reverse=True)
    readings = [one.reading for one in layers]
    shared, note = cells.doubts(readings)
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
        row = [
            Cell(
                str(one.case),
                href=common.benchmark_path(one.benchmark),
                warning=cells.doubt(one.reading, shared),
            ),
            Cell(palette.family(one.case).label),
            cells.number(paper.parameters, parameters),
            cells.number(paper.flops, flops),
            cells.number(paper.bytes, moved),
            cells.measured_cell(one.reading, seconds),
            cells.number(one.latency / paper.parameters if paper.parameters else None, rate),
            _efficiency(one),
            _residual(one, law),
        ]
        rows.append(tuple(row))
    return Table(
        id="cases",
        caption="Every layer, the slowest first",
        columns=columns,
        rows=tuple(rows),
        note=f"Under each latency its {cells.interval_title(readings)} and n. {note}".rstrip(),
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
