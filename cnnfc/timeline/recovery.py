"""Says whether a change has gone again: present, recovered or partly recovered."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cnnfc.analysis.changepoints.steps import Course

#: Share of a change that must be undone to call it recovered; the rest is within what the levels
#: of two segments are known by.
_ALL: Final = 0.9
#: The same where the intervals of the old and the later level have values in common.  At half of
#: the change a wide interval alone must not decide.
_WITH_OVERLAP: Final = 0.5
#: From this share on it is partly recovered; less is hard to tell from the errors of the levels.
_PART: Final = 0.25


class State(StrEnum):
    """What became of a change."""

    PRESENT = "present"
    RECOVERED = "recovered"
    PARTLY = "partly recovered"


def state_of(course: Course, number: int) -> State:
    """What became of step `number` of `course`, by the segments after the one it leads to.

    It is recovered if any of them is back at the level before the step, even if a later step left
    that level again: that one is a change of its own.
    """
    old, new, *later = course.segments[number:]
    change = new.centre - old.centre
    most = 0.0
    for segment in later:
        undone = (new.centre - segment.centre) / change if change else 0.0
        overlaps = segment.low <= old.high if change > 0 else segment.high >= old.low
        if undone >= _ALL or (undone >= _WITH_OVERLAP and overlaps):
            return State.RECOVERED
        most = max(most, undone)
    return State.PARTLY if most >= _PART else State.PRESENT
