"""Draws what a detector made of series over commits: levels, change points, updates of software."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt

from cnnfc.report.charts.frame import Frame
from cnnfc.report.charts.parts import INK, MUTED, SURFACE, color
from cnnfc.report.palette import Style

#: Pixels: of a character of a label on average, of a line of it, from its mark.
_CHARACTER: Final = 6.2
_LINE: Final = 15
_BESIDE: Final = 9
#: Pixels from the middle of a riser to that of its label.
_OFF: Final = 10
#: From this share of the width on a label stands to the left of its mark.
_RIGHT: Final = 0.66
#: Where the labels of events stand, in pixels from the upper edge.
_TOP: Final = 8


@dataclass(frozen=True)
class Level:
    """A stretch of a series with one level: its first and last commit, centre and interval."""

    first: int
    last: int
    centre: float
    low: float
    high: float


@dataclass(frozen=True)
class Turn:
    """A change point.

    Attributes:
        cause: How what it is laid to is drawn.
        place: The first commit of the new level.
        before: The level before.
        after: The level from there on.
        recovered: Whether it is gone again.
        label: What it is, in a few words; left out where there is no room.
        hover: What pointing at it says.
    """

    cause: Style
    place: int
    before: float
    after: float
    recovered: bool
    label: str
    hover: str


@dataclass(frozen=True)
class Event:
    """Something that happened between a commit and the one before it, such as another torch."""

    place: int
    label: str
    hover: str


def level_layers(
    frame: Frame, many: Sequence[tuple[Style, Sequence[Level]]], key: alt.Legend | None
) -> list[alt.Chart]:
    """Each level as a line in the colour of its series, in the band of its interval."""
    rows = [
        {
            "style": style.label,
            "level": f"{number} {level.first}",
            "commit": frame.commits[place],
            **{name: frame.inside(getattr(level, name)) for name in ("centre", "low", "high")},
        }
        for number, (style, levels) in enumerate(many)
        for level in levels
        for place in (level.first, level.last)
    ]
    if not rows:
        return []
    base = frame.data.chart(rows)
    shared = {"x": frame.x(), "color": color(frame.styles, key), "detail": "level:N"}
    return [
        base.mark_area(opacity=0.14).encode(y=frame.y("low"), y2=alt.Y2("high:Q"), **shared),
        base.mark_line(strokeWidth=2.5, strokeCap="round").encode(y=frame.y("centre"), **shared),
    ]


def turn_layers(frame: Frame, many: Sequence[tuple[Style, Turn]]) -> list[alt.Chart]:
    """Each change point as the riser between its levels, with a mark that says its cause.

    Args:
        frame: Of the chart.
        many: Change points, each with the series that it is of.
    """
    if not many:
        return []
    rows = [
        {
            "style": series.label,
            "commit": frame.commits[turn.place],
            "before": frame.inside(turn.before),
            "after": frame.inside(turn.after),
            "middle": frame.value(_middle(frame, turn)),
            "hover": turn.hover,
        }
        for series, turn in many
    ]
    # The step is between two commits, not at one of them.
    offset = -frame.slot / 2
    layers: list[alt.Chart] = [
        frame.data.chart(rows)
        .mark_rule(color=INK, strokeWidth=1.5, xOffset=offset)
        .encode(x=frame.x(), y=frame.y("before"), y2=alt.Y2("after:Q"))
    ]
    looks = [(turn.cause, turn.recovered) for _, turn in many]
    for cause, recovered in dict.fromkeys(looks):
        some = [row for look, row in zip(looks, rows, strict=True) if look == (cause, recovered)]
        mark = frame.data.chart(some).mark_point(
            filled=True,
            size=110,
            opacity=1,
            shape=cause.shape,
            color=SURFACE if recovered else cause.colour,
            stroke=cause.colour if recovered else SURFACE,
            strokeWidth=2 if recovered else 1,
            xOffset=offset,
        )
        layers.append(mark.encode(x=frame.x(), y=frame.y("middle"), description="hover:N"))
    spots = (
        _Spot(frame, turn.place, _beside(frame, turn), turn.label, series.label)
        for series, turn in many
    )
    return [*layers, *_texts(frame, _apart(spots), offset, INK)]


def event_layers(frame: Frame, events: Sequence[Event]) -> list[alt.Chart]:
    """Each event as a dotted line from top to bottom, with what it was at its upper end."""
    if not events:
        return []
    rows = [
        {"commit": frame.commits[event.place], "hover": event.hover, "y": frame.axis.high}
        for event in events
    ]
    offset = -frame.slot / 2
    base = frame.data.chart(rows)
    spots = (_Spot(frame, event.place, _TOP, event.label) for event in events)
    return [
        base.mark_rule(color=MUTED, strokeWidth=1.2, strokeDash=[2, 3], xOffset=offset).encode(
            x=frame.x()
        ),
        base.mark_point(
            filled=True, size=44, opacity=1, shape="triangle-down", color=MUTED, xOffset=offset
        ).encode(x=frame.x(), y=frame.y("y"), description="hover:N"),
        *_texts(frame, _apart(spots), offset, MUTED),
    ]


@dataclass(frozen=True)
class _Spot:
    """A label beside the step before a commit, and the box that it takes."""

    frame: Frame
    place: int
    down: float
    text: str
    #: The series that it is shown and hidden with, if it is of one.
    series: str = ""

    @property
    def on_the_left(self) -> bool:
        return _is_left(self.frame, self.place)

    @property
    def box(self) -> tuple[float, float]:
        """Its left and right end."""
        length = _CHARACTER * len(self.text) + _BESIDE
        at = self.frame.left(self.place) - self.frame.slot / 2
        return (at - length, at) if self.on_the_left else (at, at + length)

    def covers(self, other: _Spot) -> bool:
        """Whether both take the same place."""
        (start, stop), (begin, end) = self.box, other.box
        return abs(self.down - other.down) < _LINE and start < end and begin < stop

    @property
    def fits(self) -> bool:
        """Whether it is inside the chart."""
        start, stop = self.box
        return start >= 0 and stop <= self.frame.width


def _middle(frame: Frame, turn: Turn) -> float:
    """Pixels from the upper edge to the middle of a riser."""
    return (frame.down(turn.before) + frame.down(turn.after)) / 2


def _is_left(frame: Frame, place: int) -> bool:
    """Whether the label of a step before the commit at `place` stands to the left of it."""
    return frame.left(place) > _RIGHT * frame.width


def _beside(frame: Frame, turn: Turn) -> float:
    """Pixels from the upper edge to a label: off the middle, on the side where no level is."""
    rises = frame.down(turn.after) < frame.down(turn.before)
    off = -_OFF if _is_left(frame, turn.place) == rises else _OFF
    return min(max(_middle(frame, turn) + off, _OFF), frame.height - _OFF)


def _apart(spots: Iterable[_Spot]) -> list[_Spot]:
    """Those of `spots` that are inside and cover none before them."""
    kept: list[_Spot] = []
    for spot in spots:
        if spot.fits and not any(spot.covers(other) for other in kept):
            kept.append(spot)
    return kept


def _texts(frame: Frame, spots: Sequence[_Spot], offset: float, ink: str) -> Iterator[alt.Chart]:
    for left in (False, True):
        rows = [
            {
                "commit": frame.commits[spot.place],
                "y": frame.value(spot.down),
                "label": spot.text,
                **({"style": spot.series} if spot.series else {}),
            }
            for spot in spots
            if spot.on_the_left is left
        ]
        if rows:
            mark = frame.data.chart(rows).mark_text(
                align="right" if left else "left",
                dx=-_BESIDE if left else _BESIDE,
                color=ink,
                fontSize=11.5,
                xOffset=offset,
            )
            yield mark.encode(x=frame.x(), y=frame.y("y"), text="label:N")
