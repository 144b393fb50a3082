"""Writes down what recorded pairs say under every option, and reads it again.

A pair is recorded with long legs and many blocks.  What an option would have made of it (a
statistic, the first half of each leg or all of it, the first blocks or all) follows from that, so
the options are compared on the same pairs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnfc.gate.cases import Injection
from cnnfc.gate.measuring.legs import TAIL, TYPICAL, Block, Leg, pair_value
from cnnfc.studies.gate.others import DISTURBED
from cnnfc.studies.study import Point

Values = NDArray[np.float64]

#: Under which pairs and gates are measured: beside nothing of ours, beside a disturbing program.
LOADS: Final = ("quiet", "busy")
#: What they are counted under: where others took a share of the machine, that is a class apart.
CONDITIONS: Final = (*LOADS, DISTURBED)
#: What a pair may be reduced to: what the gate uses, and what it was chosen from.
STATISTICS: Final = tuple(
    dict.fromkeys((TYPICAL, TAIL, "min", "q25", "median", "legs-median", "mean"))
)
#: Those that see a slowdown of some calls alone; the gate asks for `TAIL` beside any other.
MEANS: Final = ("quietest", "mean")
#: How much of each leg counts.
SHARES: Final = (0.5, 1.0)
BLOCKS: Final = (1, 2, 4, 6)
#: Length of a recorded leg (s).
LEG_SECONDS: Final = 0.025
#: What a leg takes beyond its length (s): a request, calls that are not timed.
LEG_COST: Final = 0.004
#: A slowdown of some calls alone, put into the values after the fact.
TENTH: Final = Injection(0.05, 10)
#: Logarithms are kept as whole numbers of this: a hundredth of the spread of the steadiest.
UNIT: Final = 1e-4


@dataclass(frozen=True)
class Option:
    """A way to reduce a pair to one value: see `STATISTICS`, `SHARES` and `BLOCKS`."""

    statistic: str
    share: float
    blocks: int

    @property
    def leg_seconds(self) -> float:
        return self.share * LEG_SECONDS

    def place(self, statistics: Sequence[str]) -> int:
        """Where its value stands in the row of a pair."""
        block, share = BLOCKS.index(self.blocks), SHARES.index(self.share)
        place = list(statistics).index(self.statistic)
        return (block * len(SHARES) + share) * len(statistics) + place


#: All ways to ask for typical calls.
OPTIONS: Final = tuple(
    Option(statistic, share, blocks)
    for blocks in BLOCKS
    for share in SHARES
    for statistic in STATISTICS
    if statistic not in MEANS
)


@dataclass(frozen=True)
class Recorded:
    """Pairs of identical code that were recorded under one load.

    Attributes:
        statistics: Names of those that were recorded.
        values: By id of the case, shape (pairs, options): logarithms of ratios.
        tenth: The same with `TENTH` in the contender.
        seconds: Wall time of each pair with all its cases.
    """

    statistics: tuple[str, ...]
    values: Mapping[str, Values]
    tenth: Mapping[str, Values]
    seconds: Values

    def of(self, case: str, option: Option, *, tenth: bool = False) -> Values:
        """The value of each pair under `option`; NaN where the case was lost."""
        table = (self.tenth if tenth else self.values)[case]
        column: Values = table[:, option.place(self.statistics)]
        return column

    @property
    def start_seconds(self) -> float:
        """What a pair takes beside its legs: two workers that load, layers that are built."""
        legs = len(self.values) * max(BLOCKS) * 4 * (LEG_SECONDS + LEG_COST)
        return max(0.0, float(np.median(self.seconds)) - legs)


def reduce_pair(blocks: Sequence[Block], seconds_per_call: float) -> dict[str, str]:
    """What is kept of a case in one pair: the rows ``values`` and ``tenth``.

    A row is in the order of `Option.place`, as `as_text` writes it.
    """
    slowed = _slow_tenth(blocks, seconds_per_call)
    return {
        name: as_text(
            [
                pair_value(kind[:count], statistic, share)
                for count, share, statistic in itertools.product(BLOCKS, SHARES, STATISTICS)
            ]
        )
        for name, kind in (("values", blocks), ("tenth", slowed))
    }


def _slow_tenth(blocks: Sequence[Block], seconds_per_call: float) -> list[Block]:
    """`blocks` as if every tenth call of the contender took half as long again."""
    slowed, calls = [], 0
    for block in blocks:
        legs = []
        for side, leg in zip(block.order, block.legs, strict=True):
            values = leg.values
            if side == "B":
                slow = []
                for value in values:
                    before, calls = calls, calls + leg.number
                    count = calls // TENTH.every - before // TENTH.every
                    extra = count * TENTH.every * TENTH.fraction * seconds_per_call
                    slow.append(value + extra / leg.number)
                values = tuple(slow)
            legs.append(Leg(values, leg.number, leg.threads, leg.clock_hz))
        slowed.append(Block(block.order, tuple(legs)))
    return slowed


def read(points: Mapping[str, Point], load: str) -> Recorded | None:
    """All pairs in `points` that were recorded under `load`, of `CONDITIONS`; None of none."""
    found = [point for point in points.values() if point.get("recorded") == load]
    if not found:
        return None
    statistics = found[0]["statistics"]
    size = len(BLOCKS) * len(SHARES) * len(statistics)

    def table(name: str, case: str) -> Values:
        rows = [
            [math.nan] * size if row is None else from_text(row)
            for point in found
            for row in point[name].get(case) or [None] * len(point["seconds"])
        ]
        return np.array(rows, dtype=float).reshape(-1, size)

    cases = list(dict.fromkeys(case for point in found for case in point["values"]))
    return Recorded(
        tuple(statistics),
        {case: table("values", case) for case in cases},
        {case: table("tenth", case) for case in cases},
        np.array([seconds for point in found for seconds in point["seconds"]], dtype=float),
    )


def as_text(values: Sequence[float]) -> str:
    """Logarithms of ratios as whole numbers of `UNIT`, with spaces between them."""
    return " ".join(str(round(value / UNIT)) for value in values)


def from_text(text: str) -> list[float]:
    """What `as_text` wrote."""
    return [UNIT * int(word) for word in text.split()]
