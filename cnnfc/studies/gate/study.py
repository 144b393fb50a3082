"""Tries the gate on code whose right answer is known, and says how often it is wrong.

In order: pairs of identical code that are recorded for every option; whole gates on identical code;
whole gates in which half of the benchmarks are slowed down; real regressions; other tools on the
same cases.  Rounds mix them, quiet and beside other work, so stopping at any time leaves numbers of
everything, and more rounds add to those that are there.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cnnfc.errors import UsageError
from cnnfc.gate.policy.policy import Policy
from cnnfc.names import Device
from cnnfc.studies.gate.changes import CHANGES
from cnnfc.studies.gate.peers import TOOLS, compare
from cnnfc.studies.gate.recorded import LEG_SECONDS, LOADS, TENTH
from cnnfc.studies.gate.recording import PAIRS, record
from cnnfc.studies.gate.runs import INJECTIONS, PATIENT, POLICY, made_by, run_gate
from cnnfc.studies.gate.suite import Suite
from cnnfc.studies.gate.table import tabulate
from cnnfc.studies.study import Point, Request, Step

__all__ = ["Gate", "tabulate"]

#: Rounds if no number is asked for: as many whole gates on identical code.
ROUNDS: Final = 60
#: Every so many rounds one is beside other work.
_BUSY_EVERY: Final = 3
#: What else has its turn once in so many rounds, each in its own: pairs that are recorded, real
#: regressions, the other tools.
_OTHERS_EVERY: Final = 60
_RECORD_TURNS: Final = (2, 32)
_CHANGE_TURN: Final = 5
_PEER_TURN: Final = 9
#: Every so many rounds benchmarks are slowed down as well.
_INJECTED_EVERY: Final = 7
#: Roughly (s): start and survey, and what follows.
_SECONDS: Final = {
    "record": 20 + 13.0 * PAIRS,
    "identical": 115.0,
    "injected": 180.0,
    "change": 120.0,
    "peer": 60.0,
}


class Gate:
    """See the module."""

    question = "How often is the gate wrong, and how small a slowdown does it see?"

    def __init__(self, request: Request) -> None:
        self._suite = Suite.of(request)
        for name in self._suite.devices:
            if not Device.parse(name).is_cpu:
                raise UsageError(f"the gate study measures CPUs alone: {name} is none")
        self._rounds = request.rounds or ROUNDS

    def settings(self) -> Mapping[str, Any]:
        return {
            "benchmarks": [" ".join([name, *params]) for name, params in self._suite.wanted],
            "recording": {"leg_seconds": LEG_SECONDS, "pairs": PAIRS, "tenth": TENTH.fraction},
            "injections": {
                kind: [injection.fraction, injection.every]
                for kind, injection in INJECTIONS.items()
            },
            "threshold": Policy().threshold,
        }

    def steps(self) -> Sequence[Step]:
        steps = []
        for place in range(1, self._rounds + 1):
            load = "quiet" if place % _BUSY_EVERY else "busy"
            turn = place % _OTHERS_EVERY
            steps += [_step("identical", f"{place:03} {load}")]
            if place % _INJECTED_EVERY == 0:
                steps += [_step("injected", f"{place:03} {load}")]
            if turn in _RECORD_TURNS:
                steps += [_step("record", f"{place:03} {one}") for one in LOADS]
            number = place // _OTHERS_EVERY + 1
            if turn == _CHANGE_TURN:
                steps += [_step("change", f"{name} {number:03}") for name in CHANGES]
            if turn == _PEER_TURN:
                steps += _peer_steps(number)
        return steps

    def measure(self, step: Step) -> Point:
        # Known from the key, so an interrupted study goes on as it would have.
        seed = zlib.crc32(step.key.encode())
        kind, *words = step.key.split()
        started = datetime.now(UTC).isoformat(timespec="seconds")
        if kind == "record":
            point = record(self._suite, words[1], seed)
        elif kind == "change":
            change = CHANGES[words[0]]
            point = {**run_gate(self._suite, "quiet", seed, change=change), "title": change.title}
        elif kind == "peer":
            tool, code, _ = words
            point = compare(self._suite, tool, "quiet", seed, injected=code == "injected")
        else:
            point = run_gate(self._suite, words[1], seed, injected=kind == "injected")
        return {"started_at": started, **point}


def _peer_steps(number: int) -> list[Step]:
    steps = [
        _step("peer", f"{tool} {code} {number:03}")
        for tool in TOOLS
        for code in ("identical", "injected")
    ]
    random.Random(number).shuffle(steps)  # noqa: S311 - an order, not a secret
    return steps


def _step(kind: str, rest: str) -> Step:
    policies = {"identical": POLICY, "injected": PATIENT, "change": PATIENT}
    depends = made_by(policy=policies[kind]) if kind in policies else ""
    return Step(f"{kind} {rest}", f"{kind} {rest}", _SECONDS[kind], depends)
