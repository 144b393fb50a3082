"""The table of layers far from what their parameters let expect, with the likely cause in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cnnfc.analysis.residuals import Reason
from cnnfc.cases import Convolution, Dense
from cnnfc.report import text
from cnnfc.report.layers.unexpected import Unexpected, UnexpectedLayers
from cnnfc.report.model import Cell, Column, Table
from cnnfc.report.views import cells, common
from cnnfc.units import scale_for, significant

#: Rows of the table; all layers are in another one.
_SHOWN: Final = 16

#: Above this, a ratio below 1 is 1 in the digits that are printed.
_EVEN: Final = 0.995

_PLAIN: Final[Mapping[Reason, str]] = {
    Reason.OVERHEAD: "so little work that the overhead of the call decides",
    Reason.FAST: "fast arithmetic for its parameters",
    Reason.SLOW: "slow arithmetic for its parameters; what binds it is not clear",
}
#: What the arithmetic of a slow layer is slow for.
_SLOW: Final[Mapping[Reason, str]] = {
    Reason.WEIGHTS: "its weights stream from memory",
    Reason.ACTIVATIONS: "its activations stream through memory",
    Reason.CACHED: "moving its data out of a cache takes most of its time",
    Reason.GROUPED: "each of its groups is a small matrix product",
    Reason.KERNEL: "no ceiling binds it, so its kernel suits the shape badly",
}
#: What follows from few uses of each weight.
_FEW: Final[Mapping[Reason, str]] = {
    Reason.FEW_USES: "",
    Reason.WEIGHTS: ", and its weights stream from memory",
    Reason.CACHED: ", and its weights are still in a cache",
}


def residual_table(far: UnexpectedLayers | None) -> Table | None:
    """The largest residuals; None where parameters have no law to be far from."""
    if far is None:
        return None
    shown = far.found[:_SHOWN]
    seconds = scale_for("seconds", [one.layer.latency for one in shown])
    parameters = scale_for("parameters", [one.layer.costs.parameters for one in shown])
    speed = scale_for("flop/s", [one.speed[0] for one in shown])
    return Table(
        id="residuals",
        caption="Layers that parameters get most wrong, and why",
        columns=(
            Column("Case", code=True),
            Column("Parameters", parameters.symbol, numeric=True),
            Column("Latency", seconds.symbol, numeric=True),
            Column("Expected", seconds.symbol, numeric=True, hint="By its parameters alone"),
            Column("Residual", numeric=True, hint="Latency / expected: × slower, ÷ faster"),
            Column("FLOPs", "a parameter", numeric=True, hint="How often each parameter is used"),
            Column("Reached", speed.symbol, numeric=True, hint="FLOPs / latency"),
            Column("Likely cause"),
        ),
        rows=tuple(
            (
                Cell(str(one.layer.case), href=common.benchmark_path(one.layer.benchmark)),
                cells.number(one.layer.costs.parameters, parameters),
                cells.number(one.layer.latency, seconds),
                cells.number(one.expected, seconds),
                Cell(
                    fold(one.ratio),
                    sort=repr(one.ratio),
                    detail="slower" if one.ratio > 1 else "faster",
                ),
                _beside(one.uses, significant(one.uses[0])),
                _beside(one.speed, speed.format(one.speed[0])),
                Cell(cause(one)),
            )
            for one in shown
        ),
        note=_note(far, len(shown)),
        empty=f"No layer is off by a factor of {_limit(far)} or more.",
    )


def _limit(far: UnexpectedLayers) -> str:
    return text.factor(far.limit)[1:]


def _note(far: UnexpectedLayers, shown: int) -> str:
    count = len(far.found)
    if not count:
        return ""
    said = f"{count} of {far.layers} layers are off by a factor of {_limit(far)} or more"
    said += f"; these are the {shown} farthest." if shown < count else "."
    return (
        f"{said} In small print what is usual for as many parameters, by power laws through all "
        "layers: the first factor over the second is the residual. Causes follow from a rule on "
        "these numbers, not from an experiment."
    )


def _beside(pair: tuple[float, float], said: str) -> Cell:
    value, times = pair
    return Cell(said, sort=repr(value), detail=f"usual {fold(times)}")


def fold(ratio: float) -> str:
    """A ratio above 0 as a factor that is never below 1: ``×3.20``, ``÷3.20``."""
    return text.factor(max(ratio, 1.0)) if ratio > _EVEN else f"÷{text.factor(1 / ratio)[1:]}"


def cause(one: Unexpected) -> str:
    """The likely cause of a residual, in words."""
    words = [_word(one, reason) for reason in one.reasons]
    said = "; also ".join(words) or "no single cause: both factors are near the usual"
    if one.cold is not None:
        said += f". With cold caches it takes {text.factor(one.cold)[1:]} times as long"
    return f"{said[0].upper()}{said[1:]}."


def _word(one: Unexpected, reason: Reason) -> str:
    if reason in _PLAIN:
        return _PLAIN[reason]
    if reason is Reason.REUSED:
        return f"many FLOPs for its parameters: each weight is used {_times(one)}"
    if one.ratio < 1:
        return f"few FLOPs for its parameters: each weight is used {_times(one)}{_FEW[reason]}"
    case = one.layer.case
    if reason is Reason.GROUPED and isinstance(case, Convolution):
        channels = case.in_channels // case.groups
        kind = "depthwise" if channels == 1 else f"groups of {channels} channels"
        return f"slow arithmetic: {kind}, and {_SLOW[reason]}"
    return f"slow arithmetic: {_SLOW[reason]}"


def _times(one: Unexpected) -> str:
    """How often a call uses each weight; a bias is none, and added rather than multiplied."""
    case, costs = one.layer.case, one.layer.costs
    biases = 0
    if isinstance(case, Convolution | Dense) and case.bias:
        biases = case.out_channels if isinstance(case, Convolution) else case.out_features
    times = round(costs.macs / (costs.parameters - biases))
    return {1: "once", 2: "twice"}.get(times, f"{times:,} times")
