"""Records pairs of identical code with everything that the options of the gate differ in."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Final

from cnnfc.errors import CannotMeasure
from cnnfc.gate.measuring.legs import TYPICAL, pair_value
from cnnfc.gate.measuring.pairs import measure_pair
from cnnfc.gate.measuring.setting import Protocol
from cnnfc.studies.gate.others import Others, condition
from cnnfc.studies.gate.recorded import (
    BLOCKS,
    LEG_SECONDS,
    STATISTICS,
    UNIT,
    reduce_pair,
)
from cnnfc.studies.gate.suite import Suite, under
from cnnfc.studies.study import Point

#: Pairs of one step.
PAIRS: Final = 6
PROTOCOL: Final = Protocol(leg_seconds=LEG_SECONDS, blocks=max(BLOCKS))


def record(suite: Suite, load: str, seed: int, pairs: int = PAIRS) -> Point:
    """Measure `pairs` pairs under `load`, as a gate does, and reduce each in every way.

    They count as recorded under what `condition` says.

    Raises:
        CannotMeasure: no case can be run here.
    """
    draw = random.Random(seed)  # noqa: S311 - coins, not secrets
    point: Point = {"statistics": list(STATISTICS), "seconds": []}
    others = Others()
    point |= {"values": {}, "tenth": {}, "canaries": {}}
    with tempfile.TemporaryDirectory(prefix="cnnfc-gate-") as place, under(load, seed):
        setting, cases = suite.surveyed(Path(place), PROTOCOL)
        point["calls"] = {case.id: [digits(case.seconds), case.number] for case in cases}
        for _ in range(pairs):
            outcome = measure_pair(setting, cases, draw)
            point["seconds"].append(digits(outcome.seconds, 4))
            for case in cases:
                blocks = outcome.blocks.get(case.id)
                kept = None if blocks is None else reduce_pair(blocks, case.seconds)
                for name in ("values", "tenth"):
                    rows = point[name].setdefault(case.id, [])
                    rows.append(None if kept is None else kept[name])
            for name, canary in outcome.canaries.items():
                value = round(pair_value(canary, TYPICAL) / UNIT)
                point["canaries"].setdefault(name, []).append(value)
    cpus = others.cpus()
    point |= {"recorded": condition(load, cpus), "others": digits(cpus, 3)}
    if all(row is None for rows in point["values"].values() for row in rows):
        raise CannotMeasure("no pair gave a value of any case")
    return point


def digits(value: float, count: int = 5) -> float:
    """`value` with `count` significant digits."""
    return float(f"{value:.{count}g}")
