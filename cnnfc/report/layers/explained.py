"""Sets every quantity that might explain latency against the latency of the same layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.analysis.held_out import HeldOut, held_out
from cnnfc.analysis.predictors import Fit, fit
from cnnfc.report.layers.measured import Measured

#: Layers in a decade of parameters from which the decade is looked at alone.
LEAST_IN_BAND: Final = 10

PARAMETERS: Final = "Parameters"
BOUND: Final = "Roofline bound"


@dataclass(frozen=True)
class Predictor:
    """A quantity that might explain latency, and how well it does.

    ``counts`` says what is counted; ``held_out`` how well it does on families of layers that its
    law was not fitted to, None where that was not asked.
    """

    name: str
    counts: str
    fit: Fit
    held_out: HeldOut | None = None


@dataclass(frozen=True)
class Band:
    """The layers of one decade of parameters, from ``low`` to below 10 times that, alone.

    ``predictors`` are all of them, fitted to these layers only and not held out.
    """

    low: int
    predictors: tuple[Predictor, ...]


@dataclass(frozen=True)
class _Quantity:
    name: str
    counts: str
    value: Callable[[Measured], float | None]


_QUANTITIES: Final = (
    _Quantity(PARAMETERS, "weights and bias", lambda one: one.costs.parameters),
    _Quantity("FLOPs", "2 per multiply-add", lambda one: one.costs.flops),
    _Quantity("Bytes", "input, weights, bias, output, each once", lambda one: one.costs.bytes),
    _Quantity("Activations", "bytes of input and output", lambda one: one.costs.activation_bytes),
    _Quantity(BOUND, "the longer of FLOPs / peak and bytes / bandwidth", lambda one: one.bound),
)


def predictors(layers: Sequence[Measured]) -> tuple[Predictor, ...]:
    """Parameters, FLOPs, bytes, activations and the roofline bound against latency.

    Layers for which a quantity is not known are left out of its fit.
    """
    found = []
    for quantity in _QUANTITIES:
        x, y, families = _points(layers, quantity)
        found.append(Predictor(quantity.name, quantity.counts, fit(x, y), held_out(x, y, families)))
    return tuple(found)


def fits(layers: Sequence[Measured], names: Sequence[str]) -> dict[str, Fit]:
    """The fits of the quantities called `names` to `layers`, without holding anything out."""
    found = {}
    for quantity in _QUANTITIES:
        if quantity.name in names:
            x, y, _ = _points(layers, quantity)
            found[quantity.name] = fit(x, y)
    return found


def band(layers: Sequence[Measured]) -> Band | None:
    """The decade of parameter counts with the most layers.

    Its layers are nearly of one size, so it shows whether parameters tell more than large from
    small.  None where no decade has `LEAST_IN_BAND` layers, or one has them all.
    """
    decades: dict[int, list[Measured]] = {}
    for one in layers:
        decades.setdefault(len(str(one.costs.parameters)) - 1, []).append(one)
    power, members = max(decades.items(), key=lambda item: (len(item[1]), -item[0]))
    if not LEAST_IN_BAND <= len(members) < len(layers):
        return None
    alone = fits(members, [quantity.name for quantity in _QUANTITIES])
    return Band(
        10**power,
        tuple(Predictor(one.name, one.counts, alone[one.name]) for one in _QUANTITIES),
    )


def _points(
    layers: Sequence[Measured], quantity: _Quantity
) -> tuple[list[float], list[float], list[str]]:
    """The quantity, latency and family of each layer for which the quantity is known."""
    known = [(value, one) for one in layers if (value := quantity.value(one)) is not None]
    return (
        [value for value, _ in known],
        [one.latency for _, one in known],
        [one.family for _, one in known],
    )
