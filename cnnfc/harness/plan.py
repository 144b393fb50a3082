"""What is still missing, cut into calls of asv."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from cnnfc.harness.suite import Point
from cnnfc.records import Outcome

#: How long a chunk should take (s).  A call of asv costs about 5 s before it measures (two imports
#: of torch on a small machine), so this spends a tenth on being able to stop at any time.
CHUNK_SECONDS = 50.0
#: More points than this make an argument too long for some systems (32 KiB on the strictest).
CHUNK_POINTS = 300

Cost = Callable[[Point], float]


@dataclass(frozen=True)
class Chunk:
    """One call of asv: new ``points``, and ``canaries`` that are read along with them.

    Readings of canaries are added to earlier ones.
    """

    points: tuple[Point, ...]
    canaries: tuple[Point, ...] = ()

    @property
    def all(self) -> tuple[Point, ...]:
        return (*self.points, *self.canaries)

    @property
    def expressions(self) -> tuple[str, ...]:
        """One regular expression a benchmark; asv's ``--bench`` selects exactly `all` by them."""
        by_benchmark = _grouped(sorted(self.all), lambda point: point.benchmark)
        return tuple(_expression(name, points) for name, points in by_benchmark.items())


def _expression(name: str, points: Sequence[Point]) -> str:
    if points == [Point(name)]:
        return f"^{re.escape(name)}$"
    sets = "|".join(re.escape(", ".join(point.parameters)) for point in points)
    return rf"^{re.escape(name)}\((?:{sets})\)$"


def find_missing(
    points: Iterable[Point], stored: Mapping[Point, Outcome], skips: AbstractSet[Point]
) -> tuple[Point, ...]:
    """The `points` to measure, given what the result file has and which skips are known.

    Measured points are done.  Failed ones are tried again.  asv writes not-a-number for a skip and
    for what was not asked for, so such a point is done only if its skip is known.
    """
    return tuple(
        point
        for point in points
        if stored.get(point) is not Outcome.MEASURED
        and not (stored.get(point) is Outcome.SKIPPED and point in skips)
    )


def deal(
    points: Sequence[Point],
    cost: Cost,
    belongs: Callable[[Point], str],
    seconds: float = CHUNK_SECONDS,
) -> tuple[tuple[Point, ...], ...]:
    """Cut `points` into parts of about `seconds` each; empty for no points.

    Points that belong together (those of one case) stay in one part, so that what people compare
    (threads, first call against warmed) is measured within the same minute.  They are dealt like
    cards: every part is a cross-section of all, so that a machine which slowly changes makes all
    sizes of layers noisier rather than some of them slower.
    """
    groups = _grouped(points, belongs).values()
    hands = [hand for group in groups for hand in _cut(group, cost, seconds)]
    if not hands:
        return ()
    total = sum(map(cost, points))
    count = max(1, round(total / seconds), -(-len(points) // CHUNK_POINTS))
    parts: list[list[Point]] = [[] for _ in range(min(count, len(hands)))]
    loads = [0.0] * len(parts)
    for hand in hands:
        least = loads.index(min(loads))
        parts[least].extend(hand)
        loads[least] += sum(map(cost, hand))
    return tuple(tuple(part) for part in parts)


def _cut(group: Sequence[Point], cost: Cost, seconds: float) -> list[list[Point]]:
    """`group` whole, or cut where it alone takes longer than `seconds`."""
    hands: list[list[Point]] = [[]]
    load = 0.0
    for point in group:
        if hands[-1] and load + cost(point) > seconds:
            hands.append([])
            load = 0.0
        hands[-1].append(point)
        load += cost(point)
    return hands


def reads_canaries(done: int, left: int, *, middle_read: bool) -> bool:
    """Whether the next chunk reads the canaries, with `done` chunks behind and `left` to come.

    The first, the last and the middle one do: enough to tell a machine that was slow all along
    from one that became slow.
    """
    if done == 0 or left == 1:
        return True
    return not middle_read and done >= (done + left) // 2


def _grouped(points: Iterable[Point], key: Callable[[Point], str]) -> dict[str, list[Point]]:
    groups: dict[str, list[Point]] = {}
    for name, members in itertools.groupby(points, key):
        groups.setdefault(name, []).extend(members)
    return groups
