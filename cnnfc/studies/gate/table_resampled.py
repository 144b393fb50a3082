"""Tables of gates that were drawn from recorded pairs, with the pairs that they took."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from cnnfc.analysis.signed_rank import bounds, hodges_lehmann, p_above, p_below
from cnnfc.gate.judging.trial import State
from cnnfc.gate.measuring.legs import TYPICAL
from cnnfc.gate.measuring.setting import Protocol
from cnnfc.gate.policy.policy import Policy
from cnnfc.studies.gate.intervals import wilson
from cnnfc.studies.gate.recorded import (
    BLOCKS,
    CONDITIONS,
    LEG_SECONDS,
    SHARES,
    TENTH,
    Option,
    Recorded,
    Values,
    read,
)
from cnnfc.studies.gate.resample import FEWEST, Runs, simulate, wald
from cnnfc.studies.gate.table_runs import between, one_thread, title_of
from cnnfc.studies.study import Point
from cnnfc.studies.text import percent, table

#: Simulated gates of each row.
RUNS: Final = 2000
_SLOWDOWNS: Final = (0.01, 0.02, 0.03, 0.05, 0.10, 0.20)
#: Sizes between which the one is looked for that is caught almost always.
_SIZES: Final = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10, 0.15, 0.20)
_ALMOST_ALWAYS: Final = 0.98
#: Of each end of the interval of what the recorded pairs are off by (95% both).
_LEVEL: Final = 0.025
#: From this spread on the pairs are compared with Wald's bound: below, the least number of pairs
#: of an exact test decides.
_WALD_FROM: Final = 0.03
#: And where the largest number of pairs cuts few off.
_MOST_UNDECIDED: Final = 0.05


def tables(points: Mapping[str, Point], settings: Mapping[str, Any]) -> list[str]:
    """Rates of errors by load, then every benchmark with what is caught of it almost always."""
    lines = []
    option = gates_option()
    for load in CONDITIONS:
        recorded = read(points, load)
        if recorded is None:
            continue
        if len(recorded.seconds) < FEWEST:
            count = len(recorded.seconds)
            lines += [f"{load}: {count} recorded pairs, too few to draw from ({FEWEST} are needed)"]
            continue
        same = simulate(recorded, option, RUNS, seed=1)
        lines += _rates(load, recorded, option, same)
        lines += _cases(load, recorded, option, same, settings["threshold"])
    return lines


def gates_option() -> Option:
    """The recorded option that is nearest to what the gate does."""
    protocol = Protocol()
    wanted = protocol.leg_seconds / LEG_SECONDS
    share = min(SHARES, key=lambda share: abs(math.log(share / wanted)))
    blocks = min(BLOCKS, key=lambda count: abs(math.log(count / protocol.blocks)))
    return Option(TYPICAL, share, blocks)


def _rates(load: str, recorded: Recorded, option: Option, same: Runs) -> list[str]:
    columns = {
        "one thread": [place for place, case in enumerate(same.cases) if one_thread(case)],
        "more threads": [place for place, case in enumerate(same.cases) if not one_thread(case)],
    }
    trials: list[tuple[str, Runs]] = [("identical", same)]
    for size in _SLOWDOWNS:
        slower = simulate(recorded, option, RUNS // 4, seed=2, slowdown=size)
        trials.append((f"slower by {percent(size)}", slower))
    tenth = simulate(recorded, option, RUNS // 4, seed=3, tenth=True)
    trials.append((title_of(TENTH), tenth))
    rows = []
    for name, runs in trials:
        cells = []
        for places in columns.values():
            if not places:
                cells += ["", "", ""]
                continue
            found = [
                runs.red[:, places].mean(),
                runs.are(State.UNDECIDED)[:, places].mean(),
            ]
            cells += [percent(float(share)) for share in found]
            cells.append(f"{runs.pairs[:, places].mean():.1f}")
        rows.append((name, *cells))
    head = [f"{load}, drawn from {len(recorded.seconds)} recorded pairs"]
    for name in columns:
        head += [f"{name}: red", "undecided", "pairs"]
    reds = int(same.red.any(axis=1).sum())
    summary = (
        f"gates on identical code: {percent(reds / RUNS)} red "
        f"({between(wilson(reds, RUNS))}), {np.median(same.seconds):.0f} s of pairs each"
    )
    return [*table(head, rows), summary, *_symmetry(load, recorded, option), ""]


def _symmetry(load: str, recorded: Recorded, option: Option) -> list[str]:
    """That the rates above cannot show a bias, and whether the pairs as recorded have one."""
    pairs = middles(recorded, option)
    low, high = bounds(pairs, _LEVEL)
    p = min(1.0, 2 * min(p_above(pairs), p_below(pairs)))
    centre = percent(math.expm1(hodges_lehmann(pairs)), 2)
    ends = math.expm1(low), math.expm1(high)
    said = f"contender slower by {centre} ({between(ends)}), p = {p:.2g}"
    return [
        "signs of the drawn pairs are coins, so these rates cannot show a bias to one side;",
        f"the {len(pairs)} pairs as they were recorded, {load}: {said}",
    ]


def middles(recorded: Recorded, option: Option) -> Values:
    """The median over the benchmarks of each recorded pair, shape (pairs,).

    One value a pair, because benchmarks of a pair share two workers.  A pair without any is left
    out.
    """
    values = np.array([recorded.of(case, option) for case in recorded.values])
    medians: Values = np.nanmedian(values[:, ~np.isnan(values).all(axis=0)], axis=0)
    return medians


def _cases(
    load: str, recorded: Recorded, option: Option, same: Runs, threshold: float
) -> list[str]:
    caught = {
        size: simulate(recorded, option, RUNS // 8, seed=4, slowdown=size).red.mean(axis=0)
        for size in _SIZES
    }
    policy = Policy()
    rows = []
    for place, case in enumerate(same.cases):
        sizes = [size for size in _SIZES if caught[size][place] >= _ALMOST_ALWAYS]
        pairs = float(same.pairs[:, place].mean())
        bound = wald(
            same.spreads[place], threshold, policy.false_red / len(same.cases), policy.miss
        )[0]
        undecided = float(same.are(State.UNDECIDED)[:, place].mean())
        compares = same.spreads[place] >= _WALD_FROM and undecided <= _MOST_UNDECIDED
        rows.append(
            (
                case,
                percent(same.spreads[place], 2),
                percent(float(caught[threshold][place])) if threshold in caught else "",
                percent(min(sizes)) if sizes else f"above {percent(max(_SIZES))}",
                percent(undecided),
                f"{pairs:.1f}",
                f"{bound:.1f}",
                percent(bound / pairs) if compares else "",
            )
        )
    head = (f"{load}, drawn", "spread", f"{percent(threshold)} caught")
    rest = (f"{percent(_ALMOST_ALWAYS)} caught from", "undecided", "pairs", "Wald", "efficiency")
    return [*table((*head, *rest), rows), ""]
