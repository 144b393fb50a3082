"""How long points take, learned while they are measured."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from cnnfc.harness.suite import Point, Suite

#: What a call of asv costs beside its points (s) until one was seen: 2 imports of torch.
FIRST_GUESS = 5.0


@dataclass
class Pace:
    """Seconds of points and calls seen so far; the suite's own settings stand in for the rest."""

    suite: Suite
    call_seconds: float = FIRST_GUESS
    _points: dict[Point, float] = field(default_factory=dict)
    _benchmarks: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def of(self, suite: Suite) -> Pace:
        """What was learned so far, for `suite`: the same one as another commit has it."""
        return replace(self, suite=suite)

    def saw(self, point: Point, seconds: float) -> None:
        """One process of `point` took `seconds`."""
        self._points[point] = seconds
        self._benchmarks[point.benchmark].append(seconds)

    def saw_call(self, seconds: float, of_points: float) -> None:
        """A call of asv took `seconds`, of which `of_points` went to its points."""
        self.call_seconds = max(0.0, seconds - of_points)

    def once(self, point: Point) -> float:
        """Expected seconds of one process of `point`."""
        if point in self._points:
            return self._points[point]
        seen = self._benchmarks.get(point.benchmark)
        if seen:
            return sum(seen) / len(seen)
        return self.suite.benchmarks[point.benchmark].seconds

    def cost(self, point: Point) -> float:
        """Expected seconds of all processes of `point`."""
        return self.once(point) * self.suite.benchmarks[point.benchmark].rounds
