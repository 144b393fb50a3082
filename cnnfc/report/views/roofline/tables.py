"""The tables of a roofline page: the rules with their counts, and every layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cnnfc.analysis.roofline import Cause
from cnnfc.report import palette, text
from cnnfc.report.layers.regimes import DeviceRegimes, Placed
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.views import cells, common
from cnnfc.report.views.roofline.words import LABELS, between, missing, share_of_bound, span
from cnnfc.units import Scale, format_value, scale_for, significant

_TONES: Final = {Cause.NONE: "warn"}


def rule_table(placed: DeviceRegimes) -> Table:
    """By which rule layers were told apart, and how many each rule found."""
    judged = len(placed.judged)
    rules = _rules(placed)
    rows = [
        (
            Cell(LABELS[cause]),
            Cell(rules[cause]),
            replace(
                cells.count(placed.count(cause)),
                bar=f"{100 * placed.count(cause) / judged:.1f}" if judged else "",
            ),
            cells.count(placed.at_most(cause)),
        )
        for cause in Cause
    ]
    unclear = placed.count(None)
    rows.append(
        (
            Cell("unclear"),
            Cell("the interval of the latency leaves two or more of these"),
            replace(cells.count(unclear), bar=f"{100 * unclear / judged:.1f}" if judged else ""),
            Cell(text.MISSING, tone="muted"),
        )
    )
    return Table(
        id="rules",
        caption="What binds, and by which rule",
        columns=(
            Column("Bound by"),
            Column("Rule"),
            Column("Layers", numeric=True, hint="For certain, by the intervals"),
            Column("At most", numeric=True, hint="With those that are unclear"),
        ),
        rows=tuple(rows),
        note=f"Of {text.plural(judged, 'layer')} with ceilings and an interval.{_ceilings(placed)}",
    )


def _ceilings(placed: DeviceRegimes) -> str:
    """The ceilings in a sentence, by number format; ``""`` without any."""
    ceilings = placed.found.ceilings
    said = [
        f"{format_value(flops, 'flop/s')} in {dtype}"
        for dtype, flops in sorted(ceilings.flops.items())
    ]
    if ceilings.bandwidth:
        said.append(f"{format_value(ceilings.bandwidth, 'byte/s')} of memory")
    return f" The ceilings: {text.listing(said)}." if said else ""


def _rules(placed: DeviceRegimes) -> dict[Cause, str]:
    cache = f" ({format_value(placed.cache, 'bytes')})" if placed.cache else ""
    fits = f"the data fit into the last-level cache{cache}, or " if placed.cache else ""
    return {
        Cause.COMPUTE: "FLOPs / peak is half of the latency or more",
        Cause.MEMORY: "bytes / bandwidth is half of the latency or more",
        Cause.CACHE: f"the same, but {fits}the layer is faster than memory could be",
        Cause.OVERHEAD: "half of the latency or more is overhead, by the shortest call",
        Cause.NONE: "no share reaches half: a kernel that does not suit the shape, or other work",
    }


def layer_table(placed: DeviceRegimes) -> Table:
    """Every layer with what it reached and what binds it, the slowest first."""
    layers = placed.placed
    readings = [one.layer.reading for one in layers]
    shared, note = cells.doubts(readings)
    latency = scale_for("seconds", [one.layer.latency for one in layers])
    flops = scale_for("flop/s", [one.flops for one in layers])
    moved = scale_for("byte/s", [one.bandwidth for one in layers])
    return Table(
        id="layers",
        caption="Every layer, the slowest first",
        columns=(
            Column("Case", code=True),
            Column("Family"),
            Column("Bound by"),
            Column("Of the bound", "%", numeric=True, hint="Roofline bound / latency"),
            Column("Intensity", "FLOP/B", numeric=True, hint="FLOPs / compulsory bytes"),
            Column("Arithmetic", flops.symbol, numeric=True, hint="FLOPs / latency"),
            Column("Data", moved.symbol, numeric=True, hint="Compulsory bytes / latency"),
            Column("Latency", latency.symbol, numeric=True),
        ),
        rows=tuple(
            (
                Cell(
                    str(one.layer.case),
                    href=common.benchmark_path(one.layer.benchmark),
                    warning=cells.doubt(one.layer.reading, shared),
                ),
                Cell(palette.family(one.layer.case).label),
                _regime(one),
                _of_bound(one),
                Cell(significant(one.intensity), sort=repr(one.intensity)),
                _rate(one, one.layer.costs.flops, flops),
                _rate(one, one.layer.costs.bytes, moved),
                cells.measured_cell(one.layer.reading, latency),
            )
            for one in layers
        ),
        note=(
            f"In small print: {cells.interval_title(readings)} and n, rates and shares from the "
            f"ends of the same interval. {note}"
        ).rstrip(),
        filterable=len(layers) > 8,
    )


def _rate(one: Placed, count: int, scale: Scale) -> Cell:
    cell = cells.number(count / one.layer.latency, scale)
    if one.interval is None:
        return cell
    low, high = (scale.format(count / end) for end in reversed(one.interval))
    return replace(cell, detail=f"{low} – {high}")


def _of_bound(one: Placed) -> Cell:
    share = share_of_bound(one)
    if share is None:
        return Cell(text.MISSING, tone="muted")
    cell = Cell(_percent(share), sort=repr(share))
    if one.interval is None or one.layer.bound is None:
        return cell
    low, high = (_percent(one.layer.bound / end) for end in reversed(one.interval))
    return replace(cell, detail=f"{low} – {high}" if low != high else "")


def _percent(share: float) -> str:
    return text.percent(share).removesuffix("%")


def _regime(one: Placed) -> Cell:
    regime = one.regime
    if regime is None:
        return Cell("not known", tone="muted", detail=missing(one))
    shares = (
        f"arithmetic {span(regime.compute)}, memory {span(regime.memory)}, "
        f"overhead {span(regime.overhead)}"
    )
    if regime.cause is None:
        return Cell(f"unclear: {between(regime.between)}", tone="muted", detail=shares)
    return Cell(LABELS[regime.cause], tone=_TONES.get(regime.cause, ""), detail=shares)
