"""Cuts layers into parts that are drawn side by side: by device, by batch size, by pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cnnfc.analysis.predictors import Fit
from cnnfc.report.layers.devices import DeviceLayers
from cnnfc.report.layers.explained import BOUND, PARAMETERS, fits
from cnnfc.report.layers.measured import Measured
from cnnfc.report.links import short_commit

#: Up to so many batch sizes have a part each; more are cut at `_CUTS`.
_FEW_BATCHES: Final = 4
#: The largest batch of each part but the last: alone, small, medium.
_CUTS: Final = (1, 8, 32)


@dataclass(frozen=True)
class Slice:
    """Some layers, and how well parameters and the roofline bound explain their latency."""

    label: str
    layers: tuple[Measured, ...]
    parameters: Fit
    bound: Fit


@dataclass(frozen=True)
class Slices:
    """Slices by one thing, ``what``, of which there are at least two."""

    what: str
    slices: tuple[Slice, ...]


def all_slices(found: DeviceLayers, every: Sequence[DeviceLayers]) -> tuple[Slices, ...]:
    """The slices that the data have: by device, by batch size, by pass.

    Args:
        found: The device whose page this is.
        every: All devices; those of the same machine and environment are beside it.
    """
    cuts = (
        Slices("device", _by_device(found, every)),
        Slices("batch size", _by_batch(found)),
        Slices("pass", _by_pass(found)),
    )
    return tuple(cut for cut in cuts if len(cut.slices) > 1)


def _by_device(found: DeviceLayers, every: Sequence[DeviceLayers]) -> tuple[Slice, ...]:
    slices = []
    for one in every:
        if one.group is not found.group:
            continue
        label = one.device.label
        if one.run is not found.run:
            label += f", commit {short_commit(one.run.commit)}"
        by_name = {predictor.name: predictor.fit for predictor in one.predictors}
        slices.append(Slice(label, one.layers, by_name[PARAMETERS], by_name[BOUND]))
    return tuple(slices)


def _by_batch(found: DeviceLayers) -> tuple[Slice, ...]:
    batches = sorted({batch_of(one) for one in found.layers})
    if len(batches) <= _FEW_BATCHES:
        parts = [[batch] for batch in batches]
    else:
        ends = (0, *_CUTS, max(*batches, _CUTS[-1] + 1))
        parts = [
            [batch for batch in batches if low < batch <= high] for low, high in pairwise(ends)
        ]
    return tuple(
        _slice(_label(part), [one for one in found.layers if batch_of(one) in part])
        for part in parts
        if part
    )


def batch_of(layer: Measured) -> int:
    """Samples in a call; 1 for what has no batch."""
    batch = getattr(layer.case, "batch", 1)
    return batch if isinstance(batch, int) else 1


def _label(batches: Sequence[int]) -> str:
    low, high = batches[0], batches[-1]
    return f"batch {low}" if low == high else f"batch {low} to {high}"


def _by_pass(found: DeviceLayers) -> tuple[Slice, ...]:
    by_name = {predictor.name: predictor.fit for predictor in found.predictors}
    forward = Slice("forward", found.layers, by_name[PARAMETERS], by_name[BOUND])
    return (forward, *(_slice(other.label, other.layers) for other in found.passes))


def _slice(label: str, layers: Sequence[Measured]) -> Slice:
    by_name = fits(layers, (PARAMETERS, BOUND))
    return Slice(label, tuple(layers), by_name[PARAMETERS], by_name[BOUND])
