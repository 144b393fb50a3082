"""Repeats runs of one commit, quiet and beside other work, and says how far they are apart.

A run takes samples of every case on every device in processes of their own, round by round, as asv
does.  The runs of all conditions are mixed in an order that is drawn, so that a machine that
changes in the course of an hour does so for all of them.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cnnfc.cases import Case
from cnnfc.errors import CannotMeasure
from cnnfc.names import Device
from cnnfc.studies import sampling
from cnnfc.studies.conditions import CONDITIONS
from cnnfc.studies.sampler import ResidentEnded, Sampler
from cnnfc.studies.steadiness_table import tabulate
from cnnfc.studies.study import Point, Request, Step

__all__ = ["Steadiness", "tabulate"]

#: Small and large layers, dense and convolution, bound by arithmetic, by memory and by overhead;
#: two of them with megabytes of output, and two training steps.
CASES: Final = (
    ("dense.Forward.time_layer", "dense.64-64"),
    ("dense.Forward.time_layer", "dense.1024-512"),
    ("dense.Forward.time_layer", "dense.4096-1000"),
    ("dense.Forward.time_layer", "dense.1024-512.n32"),
    ("conv.Forward.time_layer", "conv2d.3-64.k3.hw32"),
    ("conv.Forward.time_layer", "conv2d.3-64.k7.hw32"),
    ("conv.Forward.time_layer", "conv2d.64-64.k3.nobias.hw28"),
    ("conv.Forward.time_layer", "conv2d.256-256.k3.nobias.hw14"),
    ("conv.Forward.time_layer", "conv2d.512-512.k3.g512.nobias.hw14"),
    ("conv.Forward.time_layer", "conv2d.3-64.k3.hw224"),
    ("dense.TrainStep.time_layer", "dense.1024-512.n32"),
    ("conv.TrainStep.time_layer", "conv2d.3-64.k3.hw32.n32"),
)
#: Runs and rounds of each condition, quiet and busy: most for the suite as it is, whose rounds are
#: also what fewer rounds are studied with.
_RUNS: Final = {"suite": (5, 3)}
_OTHER_RUNS: Final = (4, 3)
_ROUNDS: Final = {"suite": 6}
_OTHER_ROUNDS: Final = 3
#: The others matter where something else runs too.
_QUIET_ONLY: Final = ("malloc", "longer")
#: Seconds of one process, about.
_SAMPLE_SECONDS: Final = 0.2


class Steadiness:
    """See the module."""

    question = "How far are runs of the same code apart, and what brings them closer together?"

    def __init__(self, request: Request) -> None:
        self._benchmarks = request.benchmarks
        self._devices = request.devices or ("cpu-1", "cpu-2")
        wanted = set(request.cases)
        self._cases = [pair for pair in CASES if not wanted or pair[1] in wanted]
        self._cases += [
            (sampling.forward_benchmark(name), name)
            for name in request.cases
            if name not in {case for _, case in CASES}
        ]
        for _, name in self._cases:
            Case.parse(name)
        for name in self._devices:
            Device.parse(name)

    def settings(self) -> Mapping[str, Any]:
        return {
            "devices": list(self._devices),
            "cases": [f"{benchmark} {case}" for benchmark, case in self._cases],
            "rounds": {name: _rounds(name) for name in CONDITIONS},
            "conditions": {
                name: {
                    "title": condition.title,
                    "environment": dict(condition.environment),
                    "protocol": dict(condition.protocol),
                }
                for name, condition in CONDITIONS.items()
            },
        }

    def steps(self) -> Sequence[Step]:
        steps = []
        for name in CONDITIONS:
            quiet, busy = _RUNS.get(name, _OTHER_RUNS)
            counts = {"quiet": quiet, "busy": 0 if name in _QUIET_ONLY else busy}
            seconds = 4 + _rounds(name) * len(self._cases) * len(self._devices) * _SAMPLE_SECONDS
            for load, count in counts.items():
                steps += [
                    Step(f"{name} {load} {place}", f"{CONDITIONS[name].title}, {load}", seconds)
                    for place in range(1, count + 1)
                ]
        random.Random(len(steps)).shuffle(steps)  # noqa: S311 - an order, not a secret
        return steps

    def measure(self, step: Step) -> Point:
        name, load, _ = step.key.split()
        condition = CONDITIONS[name]
        started = datetime.now(UTC).isoformat(timespec="seconds")
        values: dict[str, list[list[float]]] = {}
        skipped: dict[str, str] = {}
        if sys.platform == "darwin":
            raise CannotMeasure("Apple's libraries do not survive the fork that each sample takes")
        other = self._background() if load == "busy" else None
        try:
            with Sampler(self._benchmarks, condition.environment, condition.protocol) as sampler:
                for _ in range(_rounds(name)):
                    for benchmark, case in self._cases:
                        for device in self._devices:
                            key = f"{device} {benchmark} {case}"
                            try:
                                taken = sampler.take(benchmark, case, device)
                            except CannotMeasure as error:
                                skipped.setdefault(key, str(error))
                            else:
                                digits = [float(f"{value:.5g}") for value in taken]
                                values.setdefault(key, []).append(digits)
        except ResidentEnded as error:
            raise CannotMeasure(str(error)) from None
        finally:
            if other is not None:
                other.kill()
                other.wait()
        if not values:
            raise CannotMeasure(next(iter(skipped.values()), "there is no case to measure"))
        # A case that was measured in some rounds alone would be compared with fewer of them.
        whole = {key: taken for key, taken in values.items() if key not in skipped}
        return {
            "started_at": started,
            "values": whole,
            **({"left_out": skipped} if skipped else {}),
        }

    @staticmethod
    def _background() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "cnnfc.studies.background", "1", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            # Ctrl-C is for the study, which stops it.
            start_new_session=True,
        )


def _rounds(name: str) -> int:
    return _ROUNDS.get(name, _OTHER_ROUNDS)
