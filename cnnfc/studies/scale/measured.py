"""Medians and maxima of what was measured of one size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.analysis.summary import median
from cnnfc.studies.study import Point

#: What our program is run for, in its order; asv is run once.
RUNS: Final = ("cold", "nothing new", "one new")


@dataclass(frozen=True)
class Measured:
    """The rounds of one size, at least one; runs are those of `RUNS` or ``"asv"``."""

    rounds: Sequence[Point]

    @classmethod
    def by_size(cls, names: Sequence[str], points: Mapping[str, Point]) -> dict[str, Measured]:
        """What there is of each size, by its name; a point is named ``SIZE ROUND``."""
        found = {
            name: [p for key, p in points.items() if key.split()[0] == name and "cold" in p]
            for name in names
        }
        return {name: cls(rounds) for name, rounds in found.items() if rounds}

    def wall(self, run: str) -> float:
        """Seconds from start to end of a program; not-a-number if it was never run to its end."""
        return _middle([p[run]["wall_seconds"] for p in self.rounds if "wall_seconds" in p[run]])

    def changes(self, run: str) -> float:
        """Seconds of ``cnnfc changes``, from start to end; not-a-number if it was not run."""
        return _middle([p["changes"][run]["wall_seconds"] for p in self._with_changes])

    def changes_peak(self, run: str) -> float:
        """The most memory of the largest of its processes (bytes); not-a-number likewise."""
        peaks = [p["changes"][run]["peak_bytes"] for p in self._with_changes]
        return max(peaks, default=math.nan)

    @property
    def _with_changes(self) -> list[Point]:
        return [p for p in self.rounds if "changes" in p]

    def part(self, run: str, part: str) -> float:
        """Seconds of a part of our program; 0 for one that had nothing to do."""
        return _middle([p[run]["seconds"].get(part, 0.0) for p in self.rounds])

    def rest(self, run: str) -> float:
        """Seconds of our program that belong to none of its parts: its start and its end."""
        return _middle(
            [p[run]["wall_seconds"] - sum(p[run]["seconds"].values()) for p in self.rounds]
        )

    def peak(self, run: str) -> float:
        """The most memory of any round (bytes); not-a-number if it is not known."""
        peaks = [p[run]["peak_bytes"] for p in self.rounds if "peak_bytes" in p[run]]
        return max(peaks, default=math.nan)

    @property
    def skipped(self) -> list[str]:
        """Why asv was not measured, each reason once."""
        reasons = [p["asv"]["skipped"] for p in self.rounds if "skipped" in p["asv"]]
        return list(dict.fromkeys(reasons))


def exponent(pairs: Sequence[tuple[float, float]]) -> float:
    """The slope of ``log(second)`` over ``log(first)`` by least squares, of at least two pairs."""
    logs = [(math.log(first), math.log(second)) for first, second in pairs]
    middle = sum(x for x, _ in logs) / len(logs)
    return sum((x - middle) * y for x, y in logs) / sum((x - middle) ** 2 for x, _ in logs)


def _middle(values: Sequence[float]) -> float:
    return median(sorted(values)) if values else math.nan
