"""One layer as it was measured: its latency beside what it costs and what its ceilings allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cnnfc.cases import Case
from cnnfc.costs import Costs
from cnnfc.report import palette
from cnnfc.timeline.series import Reading


@dataclass(frozen=True)
class Measured:
    """One layer: its latency (s), what it costs, and the roofline bound (s) if it is known."""

    case: Case
    benchmark: str
    reading: Reading
    costs: Costs
    bound: float | None

    @property
    def latency(self) -> float:
        return self.reading.summary.centre

    @property
    def family(self) -> str:
        """The family that it is drawn as and that is left out as a whole to test a law."""
        return palette.family(self.case).label


@dataclass(frozen=True)
class Ceilings:
    """What reference kernels reached in the same run: FLOP/s by dtype, byte/s."""

    flops: Mapping[str, float]
    bandwidth: float | None


@dataclass(frozen=True)
class FirstCall:
    """A layer's first call in a process beside its warmed latency."""

    case: Case
    first: Reading
    warmed: Reading

    @property
    def factor(self) -> float:
        return self.first.summary.centre / self.warmed.summary.centre


@dataclass(frozen=True)
class Pass:
    """Layers in another pass than the warmed forward one, such as ``training step``."""

    label: str
    layers: tuple[Measured, ...]


def spread(fast: Measured, slow: Measured) -> float | None:
    """The least that slow / fast can be by their intervals; None where one has none."""
    if fast.reading.interval is None or slow.reading.interval is None:
        return None
    return slow.reading.interval[0] / fast.reading.interval[1]
