"""Lists where a segmentation may be changed: single steps, and stretches that leave and come back.

Stretches have lengths that grow by the root of two and begin at every quarter of their length
(seeded intervals: S. Kovacs and others, "Seeded binary segmentation", 2023), so there are less than
four for each value of the series.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from cnnfc.analysis.changepoints.pieces import Places

#: Fewest values of a segment that touches an end of the series, and of one that does not: a
#: shorter stretch that comes back is a burst.
LEAST_AT_END: Final = 3
LEAST: Final = 5


def single_steps(starts: Sequence[int], stops: Sequence[int], count: int) -> tuple[Places, Places]:
    """All places for a further step, and the index of the segment that each is in.

    Args:
        starts: first values of the segments.
        stops: where they end.
        count: length of the series.
    """
    places, segments = [_EMPTY], [_EMPTY]
    for segment, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        first, last = _room(start, stop, count)
        if first <= last:
            places.append(np.arange(first, last + 1))
            segments.append(np.full(last + 1 - first, segment))
    return np.concatenate(places), np.concatenate(segments)


def stretches(
    starts: Sequence[int], stops: Sequence[int], count: int
) -> tuple[Places, Places, Places]:
    """First values of all stretches, where they end, and the segment that each is in."""
    found = [np.zeros((3, 0), dtype=np.int64)]
    for segment, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        first, last = _room(start, stop, count)
        for length in lengths(last - first):
            places = np.arange(first, last - length + 1, max(1, length // 4))
            found.append(np.stack((places, places + length, np.full(len(places), segment))))
    begins, ends, segments = np.concatenate(found, axis=1)
    return begins, ends, segments


def lengths(room: int) -> list[int]:
    """Lengths of stretches: 5, 7, 10, 14, 20 and so on, as far as there is `room`."""
    most = 2 * math.log2(room / LEAST) if room >= LEAST else -1.0
    return [round(LEAST * 2 ** (half / 2)) for half in range(math.floor(most) + 1)]


_EMPTY: Final = np.zeros(0, dtype=np.int64)


def _room(start: int, stop: int, count: int) -> tuple[int, int]:
    """The first and the last place for a step between `start` and `stop`."""
    before = LEAST_AT_END if start == 0 else LEAST
    behind = LEAST_AT_END if stop == count else LEAST
    return start + before, stop - behind
