"""Compares ``track_``, ``peakmem_`` and ``mem_`` benchmarks: values that are not times."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.value_verdicts import is_worse, not_taken, result
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.measuring.value_processes import Processes, Taken, take
from cnnfc.gate.sides import ROLES
from cnnfc.verdicts import BenchmarkResult, SkippedBenchmark

#: Processes a side, one of each in turn, in an order that a coin decides; if something seems worse,
#: as many again decide.
PROCESSES: Final = 3


@dataclass
class Judged:
    """What came out so far; whoever stops `judge` keeps it."""

    results: list[BenchmarkResult] = field(default_factory=list)
    #: What both sides skip.
    skipped: list[SkippedBenchmark] = field(default_factory=list)
    #: Ids for which no time was left; their results are inconclusive.
    not_taken: list[str] = field(default_factory=list)


def judge(
    setting: Setting,
    cases: Sequence[GatedCase],
    threshold_of: Callable[[GatedCase], float],
    command: str,
    draw: random.Random,
    *,
    judged: Judged,
    seconds: float = math.inf,
    watch: Callable[[str], None] = lambda _id: None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Take the values of `cases` on both sides and add what they say to `judged`, one by one.

    Args:
        setting: what all pairs share.
        cases: benchmarks of one of `cnnfc.gate.judging.value_verdicts.KINDS`.
        threshold_of: worsening that fails, as a fraction; 0 is any.
        command: the gate's command line, without a selection of benchmarks.
        draw: the source of every coin.
        judged: see above.
        seconds: what this may take; a case that has begun is finished.
        watch: hears ids.
        clock: monotonic (s).
    """
    end = clock() + seconds
    with Processes(setting, draw) as processes:
        for case in cases:
            if clock() >= end:
                judged.not_taken.append(case.id)
                judged.results.append(not_taken(case, threshold_of(case), command))
                continue
            watch(case.id)
            one, threshold = Taken(), threshold_of(case)
            take(processes, case, one, PROCESSES)
            if one.whole and is_worse(one, case, threshold):
                take(processes, case, one, PROCESSES)
            if len(one.skipped) == len(ROLES):
                reason = one.skipped["contender"]
                judged.skipped.append(SkippedBenchmark(case.name, case.params, reason))
            else:
                judged.results.append(result(case, one, threshold, command))
