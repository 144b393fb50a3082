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

from cnnfc.gate.pairs import Protocol
from cnnfc.studies import gate_peer_asv, gate_peer_processes, gate_peer_pytest
from cnnfc.studies.gate_peer_suites import Task
from cnnfc.studies.gate_recording import digits
from cnnfc.studies.gate_runs import INJECTIONS
from cnnfc.studies.gate_suite import Suite, under
from cnnfc.studies.study import Point

TOOLS: Final = (*gate_peer_asv.VARIANTS, "pytest-benchmark", "processes")
#: Slowdowns that other tools are tried with, each put into several cases.
SIZES: Final = ("3%", "5%", "10%")


def compare(suite: Suite, tool: str, load: str, seed: int, *, injected: bool) -> Point:
    """Let `tool` compare the cases of `suite`; with `injected` two thirds of them are slowed.

    Raises:
        CannotMeasure: the tool is not here, or fails.
    """
    with tempfile.TemporaryDirectory(prefix="cnnfc-peers-") as place, under(load, seed):
        folder = Path(place)
        (folder / "survey").mkdir()
        setting, cases = suite.surveyed(folder / "survey", Protocol())
        kinds = _kinds([case.id for case in cases], seed) if injected else {}
        task = Task(suite, cases, {case: INJECTIONS[kind] for case, kind in kinds.items()})
        project = folder / "project"
        project.mkdir()
        begun = time.perf_counter()
        if tool in gate_peer_asv.VARIANTS:
            found = gate_peer_asv.measure(task, project, gate_peer_asv.VARIANTS[tool])
        elif tool == "pytest-benchmark":
            found = gate_peer_pytest.measure(task, project)
        else:
            found = gate_peer_processes.measure(task, setting)
        seconds = time.perf_counter() - begun
    for case, kind in kinds.items():
        found[case]["injected"] = kind
    return {"peer": tool, "load": load, "seconds": digits(seconds), "cases": found}


def _kinds(names: Sequence[str], seed: int) -> dict[str, str]:
    """Two thirds of `names`, each of `SIZES` equally often as far as that goes, drawn."""
    draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
    count = 2 * len(names) // 3
    chosen = draw.sample(list(names), count)
    return {case: SIZES[place % len(SIZES)] for place, case in enumerate(chosen)}
