"""Changes of all machines over time: one strip a machine, one mark a change."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import altair as alt

from cnnfc.report.charts.axes import Axis
from cnnfc.report.charts.parts import (
    FAINT,
    GRID,
    INK,
    MUTED,
    SURFACE,
    Data,
    color,
    heading,
    legend,
    shape,
)
from cnnfc.report.charts.times import days, time_axis
from cnnfc.report.model import Spec
from cnnfc.report.palette import CAUSES, Style

#: Beyond this many marks their intervals would cover each other.
MOST_INTERVALS: Final = 150
#: Factors that a tick may stand at.
_FACTORS: Final = (1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2, 5, 10, 100, 1000)
#: Larger changes are drawn at the edge: one of them would leave no room for the others.
_LARGEST: Final = 1000.0
#: No strip is blown up beyond a change of this size.
_LEAST: Final = 1.05
#: Pixels: of a strip, of a line of its title, between two ticks at least.
_STRIP: Final = 96
_LINE: Final = 18
#: Below the last strip, for its ticks.
_BELOW: Final = 12
_APART: Final = 15
#: Pixels that the label of a date takes.
_DATE: Final = 84
#: From this share of the width on a number stands to the left of its mark.
_RIGHT: Final = 0.9


@dataclass(frozen=True)
class Step:
    """One change.

    Attributes:
        cause: How what it is laid to is drawn.
        when: When the first commit with the new level was made.
        earliest: Of the first commit that may be it.
        latest: Of the last one.
        worse: By which factor it got worse, above 0; below 1 is better.
        low: Lower end of its interval.
        high: Upper end.
        recovered: Whether it is gone again.
        hover: What pointing at it says.
    """

    cause: Style
    when: datetime
    earliest: datetime
    latest: datetime
    worse: float
    low: float
    high: float
    recovered: bool
    hover: str


@dataclass(frozen=True)
class Strip:
    """One machine: its changes, and when the commits that it measured were made."""

    title: str
    note: str
    steps: tuple[Step, ...]
    measured: tuple[datetime, ...]


def strips(many: Sequence[Strip], now: datetime, *, compact: bool) -> Spec:
    """All machines below each other on one axis of time that ends `now`.

    Up is worse.  Heights are square roots of logarithms of factors, so that 5% can be seen beside
    a factor of 5; the ticks say what is where.
    """
    width = 262 if compact else 880
    every = [moment for strip in many for moment in strip.measured]
    every += [step.earliest for strip in many for step in strip.steps]
    time = time_axis(min(every, key=days, default=now), now, max(2, width // _DATE))
    # On narrow pages the note stands below the name.
    lead = _LINE * (3 if compact else 2)
    frame = _Frame(Data(), time, _reach(many), width, (_STRIP + lead) * len(many) + _BELOW, lead)
    found = {step.cause.label for strip in many for step in strip.steps}
    styles = [style for style in CAUSES.values() if style.label in found]
    layers = [*frame.rulers(many), *frame.titles(many, compact=compact), *frame.marks(many, styles)]
    title = "Up got worse, down got better"
    chart = alt.layer(*layers).properties(
        width=width, height=frame.height, title=heading(title, width)
    )
    return frame.data.finish(chart)


def _reach(many: Sequence[Strip]) -> float:
    """The factor at the edges of a strip."""
    factors = (max(step.worse, 1 / step.worse) for strip in many for step in strip.steps)
    return float(min(_LARGEST, max((_LEAST, *factors))) ** 1.15)


@dataclass(frozen=True)
class _Frame:
    """What all layers share: data, axis of time, largest factor, pixels of all and of a title."""

    data: Data
    time: Axis
    reach: float
    width: int
    height: int
    lead: int

    def rulers(self, many: Sequence[Strip]) -> list[alt.Chart]:
        """Lines of equal factors with their labels, and a tick for every commit measured."""
        lines, runs = [], []
        for number, strip in enumerate(many):
            for factor in self._ticks():
                label = "none" if factor == 1 else f"×{max(factor, 1 / factor):g}"
                lines.append({"y": self._y(number, factor), "label": label, "none": factor == 1})
            bottom = self._top(number) + _STRIP
            runs += [{"x": at, "y": bottom + 2, "y2": bottom + 8} for at in self._places(strip)]
        rules, texts = self.data.chart(lines), self.data.chart(lines)
        found: list[alt.Chart] = [
            rules.mark_rule(strokeWidth=1).encode(
                y=self._at_y("y"),
                color=alt.condition("datum.none", alt.value(FAINT), alt.value(GRID)),
            ),
            texts.mark_text(align="right", dx=-8, color=MUTED, fontSize=11).encode(
                x=alt.value(0), y=self._at_y("y"), text="label:N"
            ),
        ]
        if runs:
            ticks = self.data.chart(runs).mark_rule(color=FAINT, strokeWidth=1)
            found.append(ticks.encode(x=self._at_x("x"), y=self._at_y("y"), y2="y2:Q"))
        return found

    def titles(self, many: Sequence[Strip], *, compact: bool) -> list[alt.Chart]:
        """The machine over its strip, and what was found there."""
        rows = [
            {
                "y": self._top(number) - (_LINE if compact else 0) - _LINE / 2,
                "below": self._top(number) - _LINE / 2,
                "title": strip.title,
                "note": strip.note,
            }
            for number, strip in enumerate(many)
        ]
        base = self.data.chart(rows)
        room = self.width * (1.0 if compact else 0.6)
        name = base.mark_text(align="left", color=INK, fontSize=13, fontWeight=600, limit=room)
        note = base.mark_text(align="left" if compact else "right", color=MUTED, fontSize=12)
        return [
            name.encode(x=alt.value(0), y=self._at_y("y"), text="title:N"),
            note.encode(
                x=alt.value(0 if compact else self.width), y=self._at_y("below"), text="note:N"
            ),
        ]

    def marks(self, many: Sequence[Strip], styles: Sequence[Style]) -> list[alt.Chart]:
        """The changes, each with its interval and the range of commits that may be its own."""
        rows = [row for number, strip in enumerate(many) for row in self._rows(number, strip)]
        if not rows:
            return []
        key = legend(4, 120)
        layers = []
        if len(rows) <= MOST_INTERVALS:
            for line in (
                {"x": self._at_x("x"), "y": self._at_y("low"), "y2": alt.Y2("high:Q")},
                {"x": self._at_x("earliest"), "x2": alt.X2("latest:Q"), "y": self._at_y("y")},
            ):
                rules = self.data.chart(rows).mark_rule(strokeWidth=2, opacity=0.4)
                layers.append(rules.encode(color=color(styles, key), **line))
        layers.append(
            self.data.chart(rows)
            .mark_point(filled=True, size=92, opacity=1, stroke=SURFACE, strokeWidth=0.8)
            .encode(
                x=self._at_x("x"),
                y=self._at_y("y"),
                color=color(styles, key),
                shape=shape(styles, key),
                description="hover:N",
            )
        )
        for style in styles:
            gone = [row for row in rows if row["recovered"] and row["style"] == style.label]
            if gone:
                hole = self.data.chart(gone).mark_point(
                    filled=True, size=30, opacity=1, shape=style.shape, color=SURFACE
                )
                layers.append(
                    hole.encode(x=self._at_x("x"), y=self._at_y("y"), description="hover:N")
                )
        return [*layers, *self._counts(many)]

    def _counts(self, many: Sequence[Strip]) -> Iterator[alt.Chart]:
        """How many marks stand in one place, beside them."""
        places: dict[tuple[int, str, float, bool], list[float]] = {}
        for number, strip in enumerate(many):
            for row, step in zip(self._rows(number, strip), strip.steps, strict=True):
                place = (number, step.cause.label, row["x"], step.worse > 1)
                places.setdefault(place, []).append(row["y"])
        rows: list[dict[str, Any]] = [
            {"style": cause, "x": x, "y": statistics.fmean(some), "count": f"{len(some):,}"}
            for (_, cause, x, _), some in places.items()
            if len(some) > 1
        ]
        edge = self.time.low + _RIGHT * (self.time.high - self.time.low)
        for left in (False, True):
            shown = [row for row in rows if (row["x"] > edge) is left]
            if shown:
                texts = self.data.chart(shown).mark_text(
                    align="right" if left else "left", dx=-9 if left else 9, color=INK, fontSize=11
                )
                yield texts.encode(x=self._at_x("x"), y=self._at_y("y"), text="count:N")

    def _rows(self, number: int, strip: Strip) -> Iterator[dict[str, Any]]:
        for step in strip.steps:
            yield {
                "style": step.cause.label,
                "x": days(step.when),
                "earliest": days(step.earliest),
                "latest": days(step.latest),
                "y": self._y(number, step.worse),
                "low": self._y(number, step.low),
                "high": self._y(number, step.high),
                "recovered": step.recovered,
                "hover": step.hover,
            }

    def _places(self, strip: Strip) -> list[float]:
        """When commits were made; of several in one pixel only one."""
        pixel = (self.time.high - self.time.low) / self.width
        return sorted({round(days(one) / pixel): days(one) for one in strip.measured}.values())

    def _ticks(self) -> list[float]:
        """No change, and factors on both sides of it that are not too close to each other."""
        chosen: list[float] = []
        last = self._share(1.0)
        for factor in _FACTORS:
            if factor <= self.reach and (self._share(factor) - last) * _STRIP / 2 >= _APART:
                chosen.append(factor)
                last = self._share(factor)
        return [1.0, *chosen, *(1 / factor for factor in chosen)]

    def _share(self, factor: float) -> float:
        """How far up from the middle, as a share of half a strip: -1 is its lower edge."""
        log = math.log(min(max(factor, 1 / self.reach), self.reach))
        return math.copysign(math.sqrt(abs(log) / math.log(self.reach)), log)

    def _y(self, number: int, factor: float) -> float:
        return round(self._top(number) + _STRIP / 2 * (1 - self._share(factor)), 1)

    def _top(self, number: int) -> int:
        return number * (_STRIP + self.lead) + self.lead

    def _at_x(self, field: str) -> alt.X:
        axis = self.time.axis(grid=False)
        return alt.X(f"{field}:Q", scale=self.time.scale, axis=axis)

    def _at_y(self, field: str) -> alt.Y:
        scale = alt.Scale(domain=[self.height, 0], nice=False, zero=False)
        return alt.Y(f"{field}:Q", scale=scale, axis=None)
