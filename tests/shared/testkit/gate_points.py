"""Points of the gate's study that were never measured."""

import itertools
import math

import numpy as np

from cnnfc.studies.gate.recorded import BLOCKS, SHARES, STATISTICS, as_text

CASES = (
    "dense.Forward.time_layer[dense.64-64-cpu-1]",
    "dense.Forward.time_layer[dense.64-64-cpu-2]",
)


def recording(load="quiet", *, pairs=24, spreads=(0.005, 0.02), seed=1, cases=CASES):
    """Normal values of every option; the means alone see the slowdown of every tenth call."""
    random = np.random.default_rng(seed)
    point = {"recorded": load, "statistics": list(STATISTICS), "seconds": [5.0] * pairs}
    point |= {"values": {}, "tenth": {}}
    combinations = list(itertools.product(BLOCKS, SHARES, STATISTICS))
    tenth = [math.log(1.05) * (name in ("quietest", "mean")) for *_, name in combinations]
    for case, spread in zip(cases, spreads, strict=True):
        rows = random.normal(0, spread, (pairs, len(combinations)))
        point["values"][case] = [as_text(row) for row in rows]
        point["tenth"][case] = [as_text(row + tenth) for row in rows]
    return point


def gate(*verdicts, load="quiet", seconds=60.0, sizes=None, injected=(), rules="new", **more):
    """A whole gate with one verdict a case; values of nine pairs with a spread of 1%."""
    cases = {}
    for place, verdict in enumerate(verdicts):
        size = (sizes or [0.0] * len(verdicts))[place]
        values = [size + offset / 200 for offset in (-3, -2, -2, -1, 0, 1, 2, 2, 3)]
        cases[CASES[place]] = {"verdict": verdict, "values": as_text(values), "tail": ""}
        if place < len(injected) and injected[place]:
            cases[CASES[place]]["injected"] = injected[place]
    point = {"load": load, "seconds": seconds, "pairs": 9, "cases": cases, "made_by": rules}
    point["red"] = "regression" in verdicts
    return {"started_at": f"2026-01-01 {rules}", **point, **more}
