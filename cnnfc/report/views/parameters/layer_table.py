"""The table of every layer of a device: what it costs, its latency, and what was expected of it."""

from __future__ import annotations

from cnnfc.analysis.predictors import Fit
from cnnfc.analysis.residuals import is_large
from cnnfc.report import text
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.measured import Measured
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.views import cells, common
from cnnfc.units import scale_for, significant


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
            Cell(one.family),
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
    far = law.median_fold_error is not None and is_large(ratio, law.median_fold_error)
    return Cell(text.factor(ratio), sort=repr(ratio), tone="warn" if far else "")
