"""What charts are given: values with their intervals, marks of cases, and how these become rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cnnfc.report.palette import FAMILIES, Style

#: Marks a chart may have; callers leave out the oldest commits or the middle of the crowd.
BUDGET: Final = 5_000

_ORDER: Final = {style: place for place, style in enumerate(FAMILIES)}


@dataclass(frozen=True)
class Value:
    """A centre with its interval (``None`` where there is none) and what hovering says."""

    centre: float
    low: float | None = None
    high: float | None = None
    hover: str = ""

    @property
    def ends(self) -> list[float]:
        """The numbers that an axis has to show."""
        return [end for end in (self.low, self.centre, self.high) if end is not None]

    @property
    def row(self) -> dict[str, Any]:
        """The value as a row of data."""
        return {"centre": self.centre, "low": self.low, "high": self.high, "hover": self.hover}


@dataclass(frozen=True)
class Mark:
    """One case: its style and name, its place ``x`` in a scatter plot, and its value."""

    style: Style
    label: str
    x: float
    y: Value

    @property
    def row(self) -> dict[str, Any]:
        """The mark as a row of data."""
        return {"style": self.style.label, "label": self.label, "x": self.x, **self.y.row}


def styles_of(marks: Sequence[Mark]) -> list[Style]:
    """The styles that occur, in an order that does not depend on which marks are shown."""
    return sorted({mark.style for mark in marks}, key=lambda style: _ORDER.get(style, len(_ORDER)))


def with_interval(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that have an interval to draw."""
    return [row for row in rows if row["low"] is not None]
