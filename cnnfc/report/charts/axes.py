"""Axes with their ticks: where they begin and end, which ticks they have, what these say.

Ticks and their labels are computed here and not left to the browser: the same texts as in the
tables (`cnnfc.units`), and expressions that hold nothing but our own words.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from cnnfc.units import Scale, format_value, scale_for, significant

#: Above this a linear axis would hide the small values: ratio of the largest to the smallest.
_LOG_FROM: Final = 5.0


@dataclass(frozen=True)
class Axis:
    """An axis for values from ``low`` to ``high`` in base unit ``unit``, with its ticks."""

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    @property
    def scale(self) -> alt.Scale:
        return alt.Scale(
            type="log" if self.log else "linear",
            domain=[self.low, self.high],
            nice=False,
            # A logarithm has no zero, and Vega-Lite complains of one where a browser shows it.
            zero=alt.Undefined if self.log else False,
        )

    def axis(self, title: str | None = None, **options: Any) -> alt.Axis:  # noqa: ANN401 - altair's
        """The Vega-Lite axis; `title` may hold any text, labels are ours alone."""
        values, labels = json.dumps(self.ticks), json.dumps(self.labels, ensure_ascii=False)
        return alt.Axis(
            values=list(self.ticks),
            labelExpr=f"{labels}[indexof({values}, datum.value)]",
            title=title,
            **options,
        )


def value_axis(values: Iterable[float], unit: str, *, log: bool | None = None) -> Axis:
    """The axis that shows all finite `values`; logarithmic if told so or if they span much.

    A logarithmic axis takes only values above 0; it spans at least a factor of 4.
    """
    finite = [value for value in values if math.isfinite(value)]
    positive = [value for value in finite if value > 0]
    if log is None:
        log = (
            bool(finite) and len(positive) == len(finite) and max(finite) / min(finite) > _LOG_FROM
        )
    return _log_axis(positive, unit) if log else _linear_axis(finite, unit)


def _log_axis(values: list[float], unit: str) -> Axis:
    # Within what floating point can divide and multiply by a margin without leaving its range.
    clamped = [min(max(value, 1e-290), 1e290) for value in values]
    low, high = min(clamped, default=1.0), max(clamped, default=1.0)
    margin = max(1.25, 2 / math.sqrt(high / low))
    low, high = low / margin, high * margin
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    # As many ticks as there is room for: 1, 2, 5 in each decade, or every n-th decade.
    steps = (1.0, 2.0, 5.0) if high / low < 200 else (1.0,)
    every = max(1, math.ceil(len(decades) / 9))
    ticks = [
        step * 10.0**power
        for power in decades
        if power % every == 0
        for step in steps
        if low <= step * 10.0**power <= high
    ]
    return Axis(low, high, True, tuple(ticks), tuple(_log_label(tick, unit) for tick in ticks))


def _log_label(tick: float, unit: str) -> str:
    scale = scale_for(unit, [tick])
    return format_value(tick, unit) if _ours(scale, unit) else _plain(tick)


def _linear_axis(values: list[float], unit: str) -> Axis:
    low, high = min(values, default=0.0), max(values, default=1.0)
    # A span under 2% of the value would blow up the last digits of noise into a drama.
    least = max(abs(low), abs(high)) * 0.02 or 1.0
    margin = max((high - low) * 0.12, (least - (high - low)) / 2)
    low, high = low - margin, high + margin
    scale = scale_for(unit, [low, high])
    # Steps are round in the unit that is printed: 1 MiB is no round number of bytes.
    raw = (high - low) / scale.factor / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / scale.factor / step)
    last = math.floor(high / scale.factor / step)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    symbol = f" {scale.symbol}" if scale.symbol and _ours(scale, unit) else ""
    ticks = [n * step for n in range(first, last + 1)]
    return Axis(
        low,
        high,
        log=False,
        ticks=tuple(tick * scale.factor for tick in ticks),
        labels=tuple(f"{tick:,.{decimals}f}{symbol}" for tick in ticks),
    )


def _ours(scale: Scale, unit: str) -> bool:
    """Whether the symbol is one of ours: a unit that a file made up stays out of expressions."""
    return scale.symbol != unit or unit in ("s", "B")


def _plain(value: float) -> str:
    return significant(value, 3) if 1e-4 <= abs(value) < 1e7 else f"{value:g}"


_RATIO_STEPS: Final = (
    (1.12, (0.9, 0.95, 1, 1.05, 1.1)),
    (1.35, (0.8, 0.9, 1, 1.1, 1.25)),
    (2.3, (0.5, 0.67, 0.8, 1, 1.25, 1.5, 2)),
    (7.0, (0.2, 0.33, 0.5, 1, 2, 3, 5)),
    (math.inf, (1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1e3, 1e4)),
)


def ratio_axis(ratios: Iterable[float]) -> Axis:
    """A logarithmic axis around 1, as far up as down, and at least from -8% to +8%."""
    span = max((max(r, 1 / r) for r in ratios if r > 0 and math.isfinite(r)), default=1.0)
    span = max(1.08, span * 1.04)
    steps = next(steps for limit, steps in _RATIO_STEPS if span < limit)
    ticks = tuple(float(step) for step in steps if 1 / span <= step <= span)
    labels = tuple(_ratio_label(tick) for tick in ticks)
    return Axis(1 / span, span, True, ticks, labels)


def _ratio_label(tick: float) -> str:
    if tick == 1:
        return "usual"
    if 0.5 < tick < 2:
        return f"{(tick - 1) * 100:+.0f}%".replace("-", "−")
    return f"×{tick:g}"


def commit_axis(labels: Sequence[str], room: int, end: str = "") -> alt.Axis:
    """An axis of commits: at most `room` labels, the newest always among them.

    A label is ``hash|date`` and stands on two lines; so does the label of the `end`, if it has one
    beyond the newest commit.
    """
    every = max(1, math.ceil(len(labels) / room))
    shown = [label for n, label in enumerate(reversed(labels)) if n % every == 0]
    return alt.Axis(
        title=None,
        values=[end, *shown] if end else shown,
        labelExpr="split(datum.label, '|')",
        labelAngle=0,
        labelOverlap=False,
        labelLimit=90,
        grid=False,
    )
