"""Puts changes together that happened at once: on one machine, at one commit, for one cause."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from cnnfc.timeline.changes import Change


@dataclass(frozen=True)
class Occurrence:
    """Changes in one direction that one machine shows at one commit, laid to the same.

    ``changes`` are in the order in which they were given, at least one.
    """

    changes: tuple[Change, ...]

    @property
    def first(self) -> Change:
        """The first of the changes, which stands for what they have in common."""
        return self.changes[0]

    @property
    def ratio(self) -> float:
        """Median of newer / older level; not a number where no change has a ratio."""
        ratios = [one.ratio for one in self.changes if math.isfinite(one.ratio)]
        return statistics.median(ratios) if ratios else math.nan

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """Names of the benchmarks, in the order of the changes."""
        return tuple(dict.fromkeys(one.series_key.benchmark for one in self.changes))


def occurrences(changes: Sequence[Change]) -> tuple[Occurrence, ...]:
    """`changes` put together, in the order of the first of each.

    Where a detector sees the same event at the next commit of another series, these are two: the
    range of commits of both says so.
    """
    found: dict[tuple[object, ...], list[Change]] = {}
    for one in changes:
        key = one.series_key
        place = (key.machine, key.environment, one.first_bad.commit, one.cause, one.direction)
        found.setdefault(place, []).append(one)
    return tuple(Occurrence(tuple(some)) for some in found.values())
