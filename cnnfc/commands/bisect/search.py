"""Searches for the commit that made a change by halving the range that it must lie in.

The commits of a range are in order; the first is known to be before the change and the last to be
after it.  Each question halves what is left; a commit that has no answer (it cannot be built or
measured, or the pairs decide nothing) is passed over for its nearest neighbour, so that the end may
be a range instead of one commit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Side(StrEnum):
    """On which side of the change a commit is."""

    BEFORE = "before"
    AFTER = "after"
    #: The pairs did not decide, or the machine moved: another try may tell.
    UNCLEAR = "unclear"
    #: It cannot be built or measured.
    BROKEN = "broken"


@dataclass(frozen=True)
class Answer:
    """What was found out of one commit.

    Attributes:
        side: Where it is.
        reason: In a sentence without a full stop.
        ratio: Slower / quicker side of the pairs, above 1; None if there are none.
        low: Lower end of its interval (95%).
        high: Upper end.
    """

    side: Side
    reason: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass
class Search:
    """The state of a search.

    Attributes:
        commits: The oldest first; at least two, the first before the change, the last after it.
        answers: By commit.
    """

    commits: Sequence[str]
    answers: dict[str, Answer] = field(default_factory=dict)

    def bounds(self) -> tuple[int, int]:
        """Places of the last commit known to be before the change, and of the first after it."""
        known = [(place, self._side(place)) for place in range(1, len(self.commits) - 1)]
        low = max((place for place, side in known if side is Side.BEFORE), default=0)
        last = len(self.commits) - 1
        high = min(
            (place for place, side in known if side is Side.AFTER and place > low), default=last
        )
        return low, high

    def next_commit(self) -> str | None:
        """The commit to ask about: without an answer, nearest to the middle; None at the end."""
        low, high = self.bounds()
        middle = (low + high) / 2
        open_places = [place for place in range(low + 1, high) if self._side(place) is None]
        if not open_places:
            return None
        return self.commits[min(open_places, key=lambda place: (abs(place - middle), place))]

    def suspects(self) -> tuple[str, ...]:
        """The commits that may have made the change, the oldest first; one if it is found."""
        low, high = self.bounds()
        return tuple(self.commits[low + 1 : high + 1])

    def steps_left(self) -> int:
        """How many questions there are about, if each has an answer."""
        low, high = self.bounds()
        return math.ceil(math.log2(high - low))

    def _side(self, place: int) -> Side | None:
        answer = self.answers.get(self.commits[place])
        return None if answer is None else answer.side


def lasting(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Those of `answers` that another try would not change."""
    return {
        commit: answer
        for commit, answer in answers.items()
        if answer.side in (Side.BEFORE, Side.AFTER)
    }
