"""The tables that say how well each predictor explains latency, fitted and held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cnnfc.analysis.held_out import FamilyError
from cnnfc.analysis.predictors import LEAST_FOR_INTERVAL, Fit
from cnnfc.report import text
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.explained import BOUND, PARAMETERS, Band, Predictor
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.views import cells
from cnnfc.units import format_value

#: A family counts as faster or slower than predicted if it is off by this factor at the median.
_TILTED: Final = 1.1


def predictor_table(found: DeviceLayers) -> Table:
    """What explains latency, and how well: of the layers it is fitted to, and of new families."""
    rows = []
    band = {one.name: one for one in found.band.predictors} if found.band else {}
    for one in found.predictors:
        rows.append(_predictor_row(one))
        if found.band is not None and one.name in (PARAMETERS, BOUND):
            rows.append(_band_row(found.band, band[one.name]))
    return Table(
        id="predictors",
        caption="What explains latency",
        columns=(
            Column("Predictor"),
            Column("Variance explained", "fitted", numeric=True, hint="R² of logarithms"),
            Column("Variance explained", "held out", numeric=True, hint="1 − PRESS / SS"),
            Column("Median error", "fitted", numeric=True, hint="Half the layers are off by more"),
            Column("Median error", "held out", numeric=True, hint="Of families not fitted to"),
            Column("Rank correlation", numeric=True, hint="Spearman: 1 is the same order"),
            Column("If proportional", numeric=True, hint="R² of latency = constant × predictor"),
            Column("n", numeric=True, hint="Layers"),
        ),
        rows=tuple(rows),
        note=_held_out_note(found),
    )


def _held_out_note(found: DeviceLayers) -> str:
    held = found.predictors[0].held_out
    said = (
        "In small print: 95% intervals from a bootstrap over the layers. Fitted: the power law is "
        "judged by the layers that it is fitted to."
    )
    if held is None:
        return said
    if held.reason:
        return f"{said} Nothing could be held out: {held.reason}."
    families = text.listing([family.name for family in held.families])
    return (
        f"{said} Held out: each family ({families}) is predicted by the law of all others; below "
        "0% that is worse than one number for all layers."
    )


def _predictor_row(one: Predictor) -> tuple[Cell, ...]:
    fit, held = one.fit, one.held_out
    notes = "; ".join(fit.warnings)
    if fit.n == 0 and one.name == BOUND:
        notes = "needs the reference kernels CanaryGemm and CanaryCopy of the same run"
    missing = Cell(text.MISSING, tone="muted")
    if held is None or fit.n == 0:
        new = (missing, missing)
    elif held.reason:
        new = (Cell("cannot be held out", tone="muted"), missing)
    else:
        new = (
            replace(
                share_cell(held.log_r2),
                detail=_span(held.log_r2_low, held.log_r2_high, text.percent),
            ),
            error_cell(held.median_fold_error, held.fold_low, held.fold_high),
        )
    return (
        Cell(one.name, detail=one.counts, warning=notes),
        explained_cell(fit, bar=True),
        new[0],
        error_cell(fit.median_fold_error, fit.fold_low, fit.fold_high),
        new[1],
        missing
        if fit.spearman is None
        else Cell(
            _two_digits(fit.spearman),
            sort=repr(fit.spearman),
            detail=_span(fit.spearman_low, fit.spearman_high, _two_digits),
        ),
        share_cell(fit.proportional_r2),
        cells.count(fit.n),
    )


def _band_row(band: Band, one: Predictor) -> tuple[Cell, ...]:
    span = f"{format_value(band.low, 'count')} to {format_value(band.low * 10, 'count')} parameters"
    return _predictor_row(replace(one, name="· in one decade", counts=span))


def held_out_table(found: DeviceLayers) -> Table | None:
    """How well each family is predicted from all others; None where nothing could be held out."""
    held = {
        one.name: {family.name: family for family in one.held_out.families}
        for one in found.predictors
        if one.held_out is not None and one.held_out.families
    }
    if not held:
        return None
    names = list(next(iter(held.values())))
    sizes = {family.name: family.n for many in held.values() for family in many.values()}
    return Table(
        id="held-out",
        caption="Each family, predicted from all others",
        columns=(
            Column("Family left out"),
            *(Column(name, "median error", numeric=True) for name in held),
        ),
        rows=tuple(
            (
                Cell(name, detail=text.plural(sizes[name], "layer")),
                *(_family_cell(many.get(name)) for many in held.values()),
            )
            for name in names
        ),
        note="The factor by which the law of the other families is off at the median, the 95% "
        f"interval from {LEAST_FOR_INTERVAL} layers on, and whether the family was measured faster "
        "or slower than predicted.",
    )


def _family_cell(family: FamilyError | None) -> Cell:
    if family is None:
        return Cell(text.MISSING, tone="muted")
    way = ""
    if family.ratio >= _TILTED:
        way = "slower"
    elif family.ratio <= 1 / _TILTED:
        way = "faster"
    span = _span(family.low, family.high, text.factor)
    return replace(
        error_cell(family.median_fold_error, None, None),
        detail=", ".join(part for part in (way, span) if part),
    )


def explained_cell(fit: Fit, *, bar: bool = False) -> Cell:
    """The share of the variance that a law explains, with its interval."""
    return replace(
        share_cell(fit.log_r2, bar=bar), detail=_span(fit.log_r2_low, fit.log_r2_high, text.percent)
    )


def share_cell(value: float | None, *, bar: bool = False) -> Cell:
    """A share of the variance, by choice with a bar; below 0 it is worse than no law."""
    if value is None:
        return Cell(text.MISSING, tone="muted")
    shown = max(0.0, value) * 100
    return Cell(
        text.percent(value),
        tone="warn" if value < 0 else "",
        sort=repr(value),
        bar=f"{shown:.1f}" if bar else "",
    )


def error_cell(value: float | None, low: float | None, high: float | None) -> Cell:
    """The factor by which predictions are off at the median, with its interval."""
    if value is None:
        return Cell(text.MISSING, tone="muted")
    return Cell(text.factor(value), sort=repr(value), detail=_span(low, high, text.factor))


def _two_digits(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _span(low: float | None, high: float | None, say: Callable[[float], str]) -> str:
    return "" if low is None or high is None else f"{say(low)} – {say(high)}"
