"""Places ratios with their intervals along one common axis: the forest plot of a gate.

Unlike the other charts this is no picture but a mark in every row of a list: rows open, and are
hidden by a filter, and hundreds of them stay text.  So places are percentages of the width of the
plot, and one drawing serves every window.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

#: Up to this change, either way, the axis is plain; beyond, it is drawn together further out.
_PLAIN: Final = math.log(1.3)
#: What lies further out is an arrow at the edge.
_FURTHEST: Final = math.log(200.0)
#: Least distance of two labels, in percent of the width.
_ROOM: Final = 10.0
#: Share of the width that stays free at either end, in percent.
_MARGIN: Final = 3.0
#: Labels of an axis that is drawn together, the most telling first.
_FAR: Final = (
    *(2.0, 10.0, 1.2, 0.8, 0.5, 100.0, 1.5, 5.0, 0.1, 1.1, 0.9, 3.0, 30.0, 0.25, 0.01, 1.05, 0.95),
)
_STEPS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class Tick:
    """A labelled place on the axis; `at` is a percentage of the width, as SVG writes it.

    ``limit`` says that it is the threshold.
    """

    at: str
    label: str
    limit: bool = False


@dataclass(frozen=True)
class Bar:
    """A ratio with its interval: places in percent; an ``open`` end lies beyond the edge."""

    point: str
    low: str
    high: str
    low_open: bool
    high_open: bool


@dataclass(frozen=True)
class Zone:
    """The part of a row where a ratio fails the gate: from ``start``, ``width`` wide."""

    start: str
    width: str


@dataclass(frozen=True)
class Forest:
    """The axis that all rows of one plot share; from natural logarithm ``low`` to ``high``.

    ``bend`` is 0 for a plain axis, else the logarithm around which it starts to be drawn together.
    """

    low: float
    high: float
    bend: float

    @property
    def bent(self) -> bool:
        """Whether far ratios are drawn closer together than near ones."""
        return self.bend > 0

    def place(self, ratio: float) -> float:
        """Where `ratio` is, in percent of the width; outside ratios are at the edges."""
        log = -math.inf if ratio <= 0 else math.log(ratio)
        low, high = self._stretch(self.low), self._stretch(self.high)
        share = (self._stretch(min(max(log, self.low), self.high)) - low) / (high - low)
        return _MARGIN + (100 - 2 * _MARGIN) * share

    def bar(self, ratio: float, low: float, high: float) -> Bar | None:
        """The mark of `ratio` with its interval; None for a ratio that is no number above 0."""
        if not (math.isfinite(ratio) and ratio > 0):
            return None
        # An end that is no number bounds nothing.
        low = 0.0 if math.isnan(low) else low
        high = math.inf if math.isnan(high) else high
        low_open = low <= 0 or math.log(low) < self.low - 1e-12
        high_open = math.isinf(high) or math.log(max(high, 5e-324)) > self.high + 1e-12
        return Bar(
            point=_percent(self.place(ratio)),
            low=_percent(0.0 if low_open else self.place(low)),
            high=_percent(100.0 if high_open else self.place(high)),
            low_open=low_open,
            high_open=high_open,
        )

    def zone(self, threshold: float) -> Zone:
        """Where slowdowns of `threshold` (0.03 is 3%) and more are."""
        start = self.place(1 + threshold) if threshold >= 0 else _MARGIN
        return Zone(_percent(start), _percent(100 - start))

    def ticks(self, threshold: float | None = None) -> tuple[Tick, ...]:
        """Labelled places, from left to right; `threshold` is one of them if it is given."""
        first = [1.0] if threshold is None or not threshold > 0 else [1.0, 1 + threshold]
        kept: list[float] = []
        for ratio in (*first, *(_FAR if self.bent else self._near())):
            inside = self.low <= math.log(ratio) <= self.high
            if inside and all(abs(self.place(ratio) - self.place(k)) >= _ROOM for k in kept):
                kept.append(ratio)
        return tuple(Tick(_percent(self.place(r)), _label(r), r in first[1:]) for r in sorted(kept))

    def _near(self) -> list[float]:
        span = math.exp(self.high) - math.exp(self.low)
        least = span * _ROOM / (100 - 2 * _MARGIN)
        step = next((step for step in _STEPS if step >= least), _STEPS[-1])
        return [1 + sign * n * step for n in range(1, 11) for sign in (1, -1) if n * step < 1]

    def _stretch(self, log: float) -> float:
        return math.asinh(log / self.bend) if self.bent else log


def forest(ends: Iterable[float], thresholds: Sequence[float]) -> Forest:
    """The axis for ratios and ends of intervals `ends`, with all `thresholds` inside.

    Ends that are infinite, 0 or no number are left out: their bars leave the plot at the edge.
    """
    limit = max((t for t in thresholds if math.isfinite(t) and t > 0), default=0.03)
    limit = min(limit, math.exp(_FURTHEST) / 3)
    logs = [math.log(end) for end in ends if math.isfinite(end) and end > 0]
    least = math.log1p(limit)
    low = max(min((*logs, -1.4 * least)), -_FURTHEST)
    high = min(max((*logs, 2.2 * least)), _FURTHEST)
    plain = max(-low, high) <= max(_PLAIN, 2.2 * least)
    return Forest(low, high, 0.0 if plain else 1.5 * least)


def _label(ratio: float) -> str:
    if ratio >= 2:
        return f"×{ratio:g}"
    return "0" if ratio == 1 else f"{(ratio - 1) * 100:+.4g}%".replace("-", "−")


def _percent(place: float) -> str:
    return f"{place:.2f}".rstrip("0").rstrip(".") + "%"
