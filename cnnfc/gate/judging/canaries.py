"""Tells from the reference kernels whether the machine moved while the gate was measuring.

They are none of the code that is compared, and each side is equally likely in each place.  So a
difference between the sides is either chance, or something that the process of one side has and
that of the other has not: memory that it filled, a core that somebody took, another torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from cnnfc.analysis.paired import effect
from cnnfc.analysis.signed_rank import p_above, p_below
from cnnfc.gate.measuring.legs import Block, pair_value, typical
from cnnfc.gate.sides import Sides
from cnnfc.verdicts import CanaryResult

#: What a pair of a reference kernel is reduced to.
STATISTIC: Final = "low"
#: Probability that identical kernels are called different, over all of them and both directions.
#: Three kernels take 12 pairs for that; a red of one benchmark takes 6 and 6 fresh ones, too.
FALSE_ALARM: Final = 0.002
#: Levels are compared over stretches of so many pairs at least: one slow pair is no drift.
_STRETCH: Final = 3
#: What a product of matrices is computed by, by the names of packages: those that the kernel calls
#: and what they bring along.  Any other package, above all the compared one, has no part in it.
_OF_PRODUCTS: Final = ("python", "torch", "numpy")
_LIBRARIES: Final = ("intel", "mkl", "nvidia", "onednn", "openblas", "scipy-openblas", "tbb")


def comparable(
    measured: Mapping[str, Sequence[tuple[Block, ...]]], sides: Sides
) -> dict[str, Sequence[tuple[Block, ...]]]:
    """Those of `measured` that are the same program on both sides.

    The product of matrices is the torch of each side (or its numpy, and their libraries), which
    variables of the environment change as well: then it is part of what is compared.  So is the
    loop, with another Python.
    """
    baseline, contender = sides.baseline, sides.contender
    other = {
        name
        for name in {*baseline.software, *contender.software}
        if baseline.software.get(name) != contender.software.get(name)
        and (name in _OF_PRODUCTS or name.startswith(_LIBRARIES))
    }
    unlike: set[str] = set()
    if other or dict(baseline.environment) != dict(contender.environment):
        unlike |= {"gemm", "gpu-gemm"}
    if "python" in other:
        unlike.add("loop")
    return {name: pairs for name, pairs in measured.items() if name not in unlike}


def judge(
    measured: Mapping[str, Sequence[tuple[Block, ...]]], tolerance: float
) -> tuple[CanaryResult, ...]:
    """One result for every kernel of `measured` (blocks of each pair, by name).

    A kernel moved if its sides differ by more than `tolerance` (a fraction) and by more than chance
    explains, at `FALSE_ALARM`.  `drift` compares the slowest with the quickest third of the run;
    it leaves ratios alone, because both sides of a pair drift together.
    """
    level = FALSE_ALARM / max(1, 2 * len(measured))
    return tuple(_judge(name, pairs, tolerance, level) for name, pairs in measured.items() if pairs)


def _judge(
    name: str, pairs: Sequence[tuple[Block, ...]], tolerance: float, level: float
) -> CanaryResult:
    values = [pair_value(blocks, STATISTIC) for blocks in pairs]
    found = effect(values)
    levels = [
        math.sqrt(typical(blocks, "A", STATISTIC) * typical(blocks, "B", STATISTIC))
        for blocks in pairs
    ]
    differs = min(p_above(values), p_below(values)) <= level
    moved = differs and abs(math.log(found.ratio)) > math.log1p(tolerance)
    reason = ""
    if moved:
        reason = (
            f"the reference kernel {name} differs between the sides by a ratio of "
            f"{found.ratio:.3f}, although it is none of the code that is compared"
        )
    return CanaryResult(name, found, drift(levels), moved, reason, tuple(levels))


def drift(levels: Sequence[float]) -> float:
    """How much slower the slowest third of a run was than the quickest, as a fraction.

    Halves with fewer than nine pairs, and 0 with fewer than six: two stretches of three are the
    least to compare.
    """
    if len(levels) < 2 * _STRETCH:
        return 0.0
    count = max(2, min(3, len(levels) // _STRETCH))
    edges = [round(part * len(levels) / count) for part in range(count + 1)]
    middles = [median(levels[start:end]) for start, end in pairwise(edges)]
    return max(middles) / min(middles) - 1
