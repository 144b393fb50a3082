"""The frame of charts over commits: both axes, and which pixel of it a commit and a value have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import altair as alt

from cnnfc.report.charts.axes import Axis, commit_axis
from cnnfc.report.charts.parts import Data, legend
from cnnfc.report.palette import Style

#: Pixels that a label of a commit takes.
_LABEL_WIDTH: Final = 76
#: Pixels from the newest commit to the end of the axis, where both have a label at any width.
_TO_END: Final = 86


@dataclass(frozen=True)
class Frame:
    """What the layers of one chart share.

    Attributes:
        commits: Labels ``hash|date``, the oldest first; commits are equally far apart.
        end: Label of the end of the axis beyond the newest commit, such as ``now|date``; empty
            for an axis that ends with it.
        axis: The vertical one.
        styles: Of all series.
        width: Pixels.
        height: Pixels.
        compact: Whether the page is narrow.
        data: The rows of the chart.
    """

    commits: Sequence[str]
    end: str
    axis: Axis
    styles: Sequence[Style]
    width: int
    height: int
    compact: bool
    data: Data = field(default_factory=Data)

    @cached_property
    def _slots(self) -> list[str]:
        """The commits, and so much room behind them that the label of the end has its place."""
        if not self.end:
            return list(self.commits)
        count = math.ceil(_TO_END * len(self.commits) / (self.width - _TO_END))
        # No label of a commit is without its date.
        empty = (f"{number}" for number in range(1, max(1, count)))
        return [*self.commits, *empty, self.end]

    @property
    def slot(self) -> float:
        """Pixels from one commit to the next."""
        return self.width / max(1, len(self._slots))

    def left(self, place: int) -> float:
        """Pixels from the left edge to the commit at `place`."""
        return self.slot * (place + 0.5)

    def down(self, value: float) -> float:
        """Pixels from the upper edge to `value`; what is outside stands at the edge."""
        low, high = self.axis.low, self.axis.high
        at = self.inside(value)
        if self.axis.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return self.height * (high - at) / (high - low)

    def value(self, down: float) -> float:
        """The value that stands so many pixels below the upper edge."""
        low, high = self.axis.low, self.axis.high
        share = down / self.height
        if self.axis.log:
            return math.exp(math.log(high) + share * (math.log(low) - math.log(high)))
        return high + share * (low - high)

    def inside(self, value: float) -> float:
        """`value`, or the end of the axis that is nearest to it."""
        return min(max(value, self.axis.low), self.axis.high)

    def x(self, name: str = "commit") -> alt.X:
        """The channel of the field `name`, which holds labels of commits."""
        room = max(1, int(self.slot * len(self.commits) / _LABEL_WIDTH))
        return alt.X(
            f"{name}:O",
            # Of all marks the same: left alone, rules would get bands, and stand beside the points.
            scale=alt.Scale(type="point", domain=self._slots, padding=0.5),
            axis=commit_axis(self.commits, room, self.end),
            sort=None,
        )

    def y(self, name: str) -> alt.Y:
        """The channel of the field `name`, which holds values."""
        return alt.Y(f"{name}:Q", scale=self.axis.scale, axis=self.axis.axis())

    def key(self) -> alt.Legend:
        """The legend of the series."""
        return legend(1 if self.compact else 2, 290 if self.compact else 400)
