"""The table of a page on threads: every layer with speed-up, efficiency and serial fraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cnnfc.analysis.scaling import Effect, Estimate
from cnnfc.report import palette, text
from cnnfc.report.layers.scaling import MachineScaling, Scaled
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.views import cells, common
from cnnfc.report.views.threads.words import LABELS, serial_span, serial_text, span
from cnnfc.timeline.series import Reading
from cnnfc.units import Scale, scale_for

_TONES: Final = {Effect.SLOWER: "bad", Effect.RECEDED: "warn", Effect.UNKNOWN: "muted"}
_MISFIT: Final = "Law is off by"


def layer_table(found: MachineScaling) -> Table:
    """Every layer, the least efficient first."""
    layers = sorted(found.layers, key=lambda one: one.efficiency.centre)
    readings = [reading for one in layers for _, reading in one.readings]
    shared, note = cells.doubts(readings)
    scale = scale_for("seconds", [reading.summary.centre for reading in readings])
    table = Table(
        id="layers",
        caption="Every layer, the least efficient first",
        columns=(
            Column("Case", code=True),
            Column("Family"),
            Column("In words"),
            Column("Speed-up", numeric=True, hint="Latency on the fewest / on the most threads"),
            Column("Efficiency", numeric=True, hint="Speed-up / factor of threads"),
            Column("Serial fraction", numeric=True, hint="Of Amdahl's law"),
            Column(_MISFIT, numeric=True, hint="At the thread count where it is worst"),
            Column("Stops helping", numeric=True, hint="Another doubling gains nothing that shows"),
            Column("Fewest", scale.symbol, numeric=True, hint="Latency on the fewest threads"),
            Column("Most", scale.symbol, numeric=True, hint="Latency on the most threads"),
        ),
        rows=tuple(_row(one, scale, shared) for one in layers),
        note=f"In small print: {cells.interval_title(readings)} of latencies with n, and what "
        f"follows from it. {note}".rstrip(),
        filterable=len(layers) > 8,
    )
    return cells.without_empty(table, _MISFIT)


def _row(one: Scaled, scale: Scale, shared: Sequence[str]) -> tuple[Cell, ...]:
    return (
        Cell(
            str(one.case),
            href=common.benchmark_path(one.benchmark),
            warning=_doubt(one.readings, shared),
        ),
        Cell(palette.family(one.case).label),
        Cell(LABELS[one.effect], tone=_TONES.get(one.effect, "")),
        Cell(text.factor(one.gain.centre), sort=repr(one.gain.centre), detail=span(one.gain)),
        _efficiency(one.efficiency),
        _serial(one),
        _misfit(one),
        _stop(one),
        _latency(one, 0, scale),
        _latency(one, -1, scale),
    )


def _latency(one: Scaled, at: int, scale: Scale) -> Cell:
    """The latency on the fewest (0) or the most threads (-1), which the small print names."""
    threads, reading = one.readings[at]
    cell = cells.measured_cell(reading, scale)
    return replace(cell, detail=f"on {threads}: {cell.detail}")


def _doubt(readings: Sequence[tuple[int, Reading]], shared: Sequence[str]) -> str:
    """The warnings of all readings, each once, with the thread count of those not of all."""
    every = {threads: reading.summary.warnings for threads, reading in readings}
    of_all = [
        one for one in readings[0][1].summary.warnings if all(one in w for w in every.values())
    ]
    parts = [one for one in of_all if one not in shared]
    for threads, warnings in every.items():
        own = [one for one in warnings if one not in of_all and one not in shared]
        parts += [f"on {threads}: {'; '.join(own)}"] if own else []
    return "; ".join(parts)


def _efficiency(estimate: Estimate) -> Cell:
    low, high = estimate.low, estimate.high
    detail = "" if low is None or high is None else f"{text.percent(low)} – {text.percent(high)}"
    share = min(max(estimate.centre, 0.0), 1.0)
    return Cell(
        text.percent(estimate.centre),
        sort=repr(estimate.centre),
        detail=detail,
        bar=f"{share * 100:.1f}",
    )


def _serial(one: Scaled) -> Cell:
    """A fraction; beyond 0 and 1 no number but what it comes to, in small print with its ends."""
    law = one.law
    if law is None:
        return Cell(text.MISSING, tone="muted")
    key = repr(law.serial.centre)
    if law.holds:
        return Cell(serial_text(one), sort=key, detail=serial_span(one))
    ends = serial_span(one)
    return Cell("none", sort=key, tone="muted", detail=ends or serial_text(one))


def _misfit(one: Scaled) -> Cell:
    law = one.law
    if law is None or law.exact:
        return Cell(text.MISSING, tone="muted")
    return Cell(text.percent(law.misfit), sort=repr(law.misfit))


def _stop(one: Scaled) -> Cell:
    stop = one.stop
    if stop.found is None:
        return Cell(text.MISSING, tone="muted", detail="no interval")
    if not stop.found:
        return Cell("not yet", sort=str(stop.threads + 1), detail=f"gains up to {stop.threads}")
    return Cell(f"after {stop.threads}", sort=str(stop.threads))
