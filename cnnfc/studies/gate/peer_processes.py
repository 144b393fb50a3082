"""Measures fresh processes in turn and judges their values by the rules of benchstat and pyperf."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from statistics import fmean
from typing import Any, Final

from cnnfc.errors import CannotMeasure
from cnnfc.gate.cases import GatedCase, place_of
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.measuring.worker_process import WorkerLost
from cnnfc.gate.measuring.workers import LOAD_TIMEOUT, start
from cnnfc.studies.gate import significance
from cnnfc.studies.gate.peer_suites import Task
from cnnfc.studies.gate.recording import digits

#: Fresh processes on each side; benchstat asks for 10.
PROCESSES: Final = 10
#: Values that pyperf takes of a process.
VALUES: Final = 3
#: Length of what a process measures of a case (s).
_LEG: Final = 0.12


def measure(task: Task, setting: Setting, seed: int) -> dict[str, dict[str, Any]]:
    """Values of `PROCESSES` a side, and what benchstat's and pyperf's rules say of them.

    Which side is first is drawn anew for each two processes, by `seed`.

    Raises:
        CannotMeasure: a process fails.
    """
    values: dict[str, dict[str, list[float]]] = {
        case.id: {"baseline": [], "contender": []} for case in task.cases
    }
    draw = random.Random(seed)  # noqa: S311 - coins, not secrets
    both = (setting.sides.baseline, setting.sides.contender)
    order = [side for _ in range(PROCESSES) for side in draw.sample(both, 2)]
    for place, side in enumerate(order):
        environment = {"PYTHONHASHSEED": str(place // 2 + 1)}
        try:
            with start(setting, side, place % 2, environment) as worker:
                worker.ask("load", LOAD_TIMEOUT)
                for case in task.cases:
                    leg = worker.ask("leg", case.timeout, **_leg(task, case, side.role))
                    if "values" not in leg:
                        raise CannotMeasure(f"{case.id}: {leg.get('failed') or leg}")
                    values[case.id][side.role] += _parts(leg["values"])
        except WorkerLost as lost:
            raise CannotMeasure(str(lost)) from None
    return {
        case: {
            "benchstat": significance.benchstat(
                *(_means(sides[role]) for role in ("baseline", "contender"))
            ),
            "pyperf": significance.pyperf(sides["baseline"], sides["contender"]),
            **{role: [digits(value) for value in taken] for role, taken in sides.items()},
        }
        for case, sides in values.items()
    }


def _leg(task: Task, case: GatedCase, role: str) -> dict[str, Any]:
    request: dict[str, Any] = {
        **place_of(case),
        "number": case.number,
        "seconds": _LEG,
        "warm_calls": 3,
    }
    if role == "contender" and case.id in task.slowed:
        injection = task.slowed[case.id]
        request["inject"] = {
            "fraction": injection.fraction,
            "every": injection.every,
            "seconds_per_call": case.seconds,
        }
    return request


def _parts(values: Sequence[float]) -> list[float]:
    """The mean of each third of `values`: what pyperf would call three values."""
    edges = [round(part * len(values) / VALUES) for part in range(VALUES + 1)]
    return [fmean(values[first:last] or values) for first, last in itertools.pairwise(edges)]


def _means(values: Sequence[float]) -> list[float]:
    """One value a process: the mean of all that it measured, as Go's benchmarks give it."""
    return [fmean(values[first : first + VALUES]) for first in range(0, len(values), VALUES)]
