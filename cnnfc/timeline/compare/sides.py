"""Compares what two sides measured, point by point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cnnfc.analysis.summary import Summary, summarise
from cnnfc.records import BenchmarkInfo, Outcome, Point
from cnnfc.timeline.compare.ratio import Quotient, quotient
from cnnfc.timeline.series import as_layer
from cnnfc.timeline.table.names import family_of

#: Benchmark and parameters.
Key: TypeAlias = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Compared:
    """One benchmark with one set of parameters, measured on both sides.

    ``parameters`` are those that both have: of two devices, the case alone.
    """

    info: BenchmarkInfo
    parameters: tuple[str, ...]
    family: str
    a: Summary
    b: Summary
    quotient: Quotient

    @property
    def label(self) -> str:
        return " ".join((self.info.name, *self.parameters))

    @property
    def worse(self) -> bool | None:
        """Whether B is worse than A, if their intervals are apart; None if they are not."""
        if not self.quotient.apart:
            return None
        return (self.quotient.centre < 1) == self.info.higher_is_better


@dataclass(frozen=True)
class OneSided:
    """Measured on one side alone: on ``"a"`` or ``"b"``.

    ``other`` is how it ended on the other side; None if that does not know it at all.
    """

    info: BenchmarkInfo
    parameters: tuple[str, ...]
    family: str
    side: str
    other: Outcome | None


@dataclass(frozen=True)
class LeftOut:
    """Measured on both sides and not compared, with the reason in words."""

    info: BenchmarkInfo
    parameters: tuple[str, ...]
    family: str
    reason: str


@dataclass(frozen=True)
class Comparison:
    """What two sides have, what matters first.

    Attributes:
        compared: Those whose intervals are apart first; then by how far the ratio is from 1.
        one_sided: In the order of the result files, those of A first.
        left_out: Other versions, and values without a ratio.
    """

    compared: tuple[Compared, ...]
    one_sided: tuple[OneSided, ...]
    left_out: tuple[LeftOut, ...]


def on_device(points: Mapping[Key, Point], device: str) -> dict[Key, Point]:
    """The points of `device`, by benchmark and case alone."""
    found: dict[Key, Point] = {}
    for (benchmark, parameters), point in points.items():
        layer = as_layer(benchmark, parameters)
        if layer is not None and str(layer.device) == device:
            found[benchmark, (str(layer.case),)] = point
    return found


def compare(
    a: Mapping[Key, Point], b: Mapping[Key, Point], benchmarks: Mapping[str, BenchmarkInfo]
) -> Comparison:
    """Set `b` against `a`.

    Points whose versions are known and differ measured something else under the same name, and are
    left out; so are values that are not above 0, which have no ratio.
    """
    compared, left_out = [], []
    one_sided = [*_only(a, b, "a", benchmarks), *_only(b, a, "b", benchmarks)]
    for key, before in a.items():
        after = b.get(key)
        if after is None or not (_measured(before) and _measured(after)):
            continue
        about = _about(key, before, benchmarks)
        if None not in (before.version, after.version) and before.version != after.version:
            reason = f"version {before.version} in A, {after.version} in B"
            left_out.append(LeftOut(*about, reason))
            continue
        a_sum, b_sum = summarise(before), summarise(after)
        ratio = None if a_sum is None or b_sum is None else quotient(a_sum, b_sum)
        if a_sum is None or b_sum is None or ratio is None:
            reason = "a value that is not above 0, or too large, has no ratio"
            left_out.append(LeftOut(*about, reason))
        else:
            compared.append(Compared(*about, a_sum, b_sum, ratio))
    compared.sort(key=_first)
    return Comparison(tuple(compared), tuple(one_sided), tuple(left_out))


def _only(
    own: Mapping[Key, Point],
    other: Mapping[Key, Point],
    side: str,
    benchmarks: Mapping[str, BenchmarkInfo],
) -> list[OneSided]:
    found = []
    for key, point in own.items():
        there = other.get(key)
        if _measured(point) and not (there is not None and _measured(there)):
            outcome = None if there is None else there.outcome
            found.append(OneSided(*_about(key, point, benchmarks), side, outcome))
    return found


def _measured(point: Point) -> bool:
    return point.outcome is Outcome.MEASURED


def _about(
    key: Key, point: Point, benchmarks: Mapping[str, BenchmarkInfo]
) -> tuple[BenchmarkInfo, tuple[str, ...], str]:
    """Benchmark, the parameters that both sides have, and family."""
    info = benchmarks.get(key[0], BenchmarkInfo(key[0]))
    return info, key[1], family_of(point.benchmark, point.parameters)


def _first(one: Compared) -> tuple[bool, float, str]:
    return not one.quotient.apart, -abs(math.log(one.quotient.centre)), one.label
