"""Lets other tools compare the same cases on identical and on slowed code.

Every tool gets the cases of the gate at the same place in the study, so in the same hour; its wall
time is measured with it.  Verdicts are 1: slower, -1: quicker, 0: neither.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cnnfc.gate.measuring.setting import Protocol
from cnnfc.studies.gate import peer_asv, peer_processes, peer_pytest
from cnnfc.studies.gate.others import Others, condition
from cnnfc.studies.gate.peer_suites import Task
from cnnfc.studies.gate.recording import digits
from cnnfc.studies.gate.runs import INJECTIONS
from cnnfc.studies.gate.suite import Suite, under
from cnnfc.studies.study import Point

TOOLS: Final = (*peer_asv.VARIANTS, "pytest-benchmark", "processes")
#: Slowdowns that other tools are tried with, each put into several cases.
SIZES: Final = ("3%", "5%", "10%")


def compare(suite: Suite, tool: str, load: str, seed: int, *, injected: bool) -> Point:
    """Let `tool` compare the cases of `suite`; with `injected` two thirds of them are slowed.

    It counts as run under what `condition` says.

    Raises:
        CannotMeasure: the tool is not here, or fails.
    """
    others = Others()
    with tempfile.TemporaryDirectory(prefix="cnnfc-peers-") as place, under(load, seed):
        folder = Path(place)
        (folder / "survey").mkdir()
        setting, cases = suite.surveyed(folder / "survey", Protocol())
        kinds = _kinds([case.id for case in cases], seed) if injected else {}
        task = Task(suite, cases, {case: INJECTIONS[kind] for case, kind in kinds.items()})
        project = folder / "project"
        project.mkdir()
        begun = time.perf_counter()
        if tool in peer_asv.VARIANTS:
            found = peer_asv.measure(task, project, peer_asv.VARIANTS[tool])
        elif tool == "pytest-benchmark":
            found = peer_pytest.measure(task, project)
        else:
            found = peer_processes.measure(task, setting, seed)
        seconds = time.perf_counter() - begun
    cpus = others.cpus()
    for case, kind in kinds.items():
        found[case]["injected"] = kind
    return {
        "peer": tool,
        "load": condition(load, cpus),
        "others": digits(cpus, 3),
        "seconds": digits(seconds),
        "cases": found,
    }


def _kinds(names: Sequence[str], seed: int) -> dict[str, str]:
    """Two thirds of `names`, each of `SIZES` equally often as far as that goes, drawn."""
    draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
    count = 2 * len(names) // 3
    chosen = draw.sample(list(names), count)
    return {case: SIZES[place % len(SIZES)] for place, case in enumerate(chosen)}
