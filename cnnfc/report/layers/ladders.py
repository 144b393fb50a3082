"""Finds layers with exactly equal parameters, and among them those that differ in one thing only.

Such a ladder is the plainest argument there is: whatever its rungs differ by in latency, parameters
cannot explain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from cnnfc.cases import Case, Convolution, Dense
from cnnfc.report.layers.measured import Measured, spread

#: Cases with equal parameters that make a ladder.
LEAST_RUNGS: Final = 3


@dataclass(frozen=True)
class Axis:
    """What the rungs of a ladder may differ in.

    ``fields`` of a case are free, all others are equal on every rung; ``value`` is where a case
    stands on the axis, a number above 0, or None where it has no place there.
    """

    name: str
    title: str
    fields: frozenset[str]
    value: Callable[[Case], float | None]


@dataclass(frozen=True)
class Ladder:
    """Layers with one parameter count, the fastest first.

    ``axis`` is what they differ in; None if they may differ in anything.
    """

    parameters: int
    rungs: tuple[Measured, ...]
    axis: Axis | None = None

    @property
    def factor(self) -> float:
        """Slowest / fastest centre."""
        return self.rungs[-1].latency / self.rungs[0].latency

    @property
    def least(self) -> float | None:
        """The least that slowest / fastest can be by their intervals, if both have one."""
        return spread(self.rungs[0], self.rungs[-1])

    @property
    def steps(self) -> tuple[tuple[float, Measured], ...]:
        """The rungs by their place on the axis; empty without one."""
        if self.axis is None:
            return ()
        placed = [(self.axis.value(one.case), one) for one in self.rungs]
        return tuple(
            sorted(
                ((at, one) for at, one in placed if at is not None),
                key=lambda step: (step[0], step[1].latency),
            )
        )


def _side(case: Case) -> float | None:
    """Pixels a side of the image, the geometric mean where its sides differ."""
    if not isinstance(case, Convolution):
        return None
    size = case.input_shape[2:]
    return float(math.prod(size) ** (1 / len(size)))


def _count(field: str) -> Callable[[Case], float | None]:
    def value(case: Case) -> float | None:
        count = getattr(case, field, None)
        return None if count is None else float(count)

    return value


#: The three ways in which a layer's work grows while its parameters stay.
AXES: Final = (
    Axis("image size", "Image size, pixels a side", frozenset(("size",)), _side),
    Axis("batch", "Batch size", frozenset(("batch",)), _count("batch")),
    # More groups need more channels for the same weights: the work stays as well.
    Axis(
        "groups",
        "Groups, with more channels",
        frozenset(("groups", "in_channels", "out_channels")),
        _count("groups"),
    ),
)


def equal_parameters(layers: Sequence[Measured]) -> tuple[Ladder, ...]:
    """Layers with equal parameter counts, whatever else differs; the longest ladder first."""
    same: dict[int, list[Measured]] = {}
    for one in layers:
        if one.costs.parameters > 0 and one.latency > 0:
            same.setdefault(one.costs.parameters, []).append(one)
    return _sorted(
        Ladder(count, _fastest_first(rungs))
        for count, rungs in same.items()
        if len(rungs) >= LEAST_RUNGS
    )


def along(axis: Axis, layers: Sequence[Measured]) -> tuple[Ladder, ...]:
    """Layers with equal parameter counts that differ in `axis` only; the longest ladder first.

    It takes `LEAST_RUNGS` different places on the axis.
    """
    same: dict[tuple[Any, ...], list[Measured]] = {}
    for one in layers:
        case = one.case
        if not isinstance(case, Convolution | Dense) or axis.value(case) is None:
            continue
        if one.costs.parameters > 0 and one.latency > 0:
            key = (one.costs.parameters, type(case), *_rest(case, axis))
            same.setdefault(key, []).append(one)
    return _sorted(
        Ladder(key[0], _fastest_first(rungs), axis)
        for key, rungs in same.items()
        if len({axis.value(one.case) for one in rungs}) >= LEAST_RUNGS
    )


def _rest(case: Convolution | Dense, axis: Axis) -> Iterator[object]:
    """Every field of `case` that is not free on `axis`."""
    for field in fields(case):
        if field.name not in axis.fields:
            yield getattr(case, field.name)


def _fastest_first(rungs: Sequence[Measured]) -> tuple[Measured, ...]:
    return tuple(sorted(rungs, key=lambda one: one.latency))


def _sorted(found: Iterator[Ladder]) -> tuple[Ladder, ...]:
    return tuple(sorted(found, key=lambda ladder: -ladder.factor))
