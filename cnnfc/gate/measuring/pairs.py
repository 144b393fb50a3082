"""Measures one pair: a fresh worker on each side, alternated leg by leg over all cases.

A block is four legs, ABBA or BAAB by a coin: what drifts evenly cancels, and since each side is
equally likely in each place, identical code gives values that are symmetric about zero by design.
The worker that waits is suspended, so that its threads cannot take a core.
"""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cnnfc.gate.cases import GatedCase, place_of
from cnnfc.gate.measuring.gpu_clocks import Watched
from cnnfc.gate.measuring.legs import Block, Leg
from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.measuring.worker_process import Worker, WorkerLost
from cnnfc.gate.measuring.workers import NotLoaded, awake, on_both_sides

#: What a leg may take beyond its length and the case's own time-out (s).
_GRACE: Final = 20.0
#: The reference kernels of `cnnfc.gate.worker.canaries`.
CANARIES: Final = ("loop", "copy", "gemm")
#: Those that a pair ends with if it used a GPU: before that they would have to start it.
GPU_CANARIES: Final = ("gpu-gemm", "gpu-copy")


@dataclass
class PairOutcome:
    """What one pair gave: blocks by the id of the case or the name of the canary, and losses."""

    blocks: dict[str, tuple[Block, ...]] = field(default_factory=dict)
    canaries: dict[str, tuple[Block, ...]] = field(default_factory=dict)
    losses: dict[str, Loss] = field(default_factory=dict)
    seconds: float = 0.0

    def lose(self, case: str, loss: Loss) -> None:
        """Note that `case` failed in this pair, which makes what it gave before worthless."""
        self.blocks.pop(case, None)
        self.losses[case] = loss


def measure_pair(
    setting: Setting,
    cases: Sequence[GatedCase],
    draw: random.Random,
    *,
    blocks: int | None = None,
    watch: Callable[[str], None] = lambda _case: None,
) -> PairOutcome:
    """Measure `cases` once: a block of each, in an order that `draw` shuffles, then the next.

    How many blocks there are never depends on what they show.  Measuring on where the sides are
    apart would steady the pairs sooner, but draws them towards no difference: in recorded pairs 3
    to 6% of slowdowns of the threshold then passed instead of 2%.

    A worker that is lost costs the case it was at; for the rest of the pair both are started anew.
    One that cannot even import the suite costs the rest of the pair.
    `watch` hears the id of each case before each of its blocks.

    Args:
        setting: what all pairs share.
        cases: what is measured.
        draw: the source of every coin.
        blocks: blocks of each case, if not those of the protocol.
        watch: see above.
    """
    outcome = PairOutcome()
    begun = time.monotonic()
    rest: list[GatedCase] = []
    for _ in range(blocks or setting.protocol.blocks):
        rest += draw.sample(cases, len(cases))
    with_canaries = True
    while rest or with_canaries:
        try:
            with on_both_sides(setting, draw) as workers:
                if with_canaries:
                    with_canaries = False
                    _measure_canaries(setting, workers, draw, outcome, CANARIES)
                while rest:
                    case = rest.pop()
                    if case.id not in outcome.losses:
                        watch(case.id)
                        _measure_block(setting, workers, draw, outcome, case)
                if any(case.device == "cuda" for case in cases):
                    _measure_canaries(setting, workers, draw, outcome, GPU_CANARIES)
        except _Gone:
            # For what is lost no worker needs to start, and it keeps its own reason.
            rest = [case for case in rest if case.id not in outcome.losses]
        except NotLoaded as problem:
            for case in rest:
                outcome.lose(case.id, problem.loss)
            break
    outcome.seconds = time.monotonic() - begun
    return outcome


class _Gone(Exception):
    """A worker was lost; what it cost is noted already."""


def _measure_block(
    setting: Setting,
    workers: Mapping[str, Worker],
    draw: random.Random,
    outcome: PairOutcome,
    case: GatedCase,
) -> None:
    order = draw.choice(("ABBA", "BAAB"))
    legs = []
    for letter in order:
        role = "baseline" if letter == "A" else "contender"
        try:
            leg = _leg(setting, workers[role], case, role)
        except WorkerLost as lost:
            outcome.lose(case.id, Loss(role, str(lost), lost.said))
            raise _Gone from None
        if isinstance(leg, Loss):
            outcome.lose(case.id, leg)
            return
        legs.append(leg)
    outcome.blocks[case.id] = (*outcome.blocks.get(case.id, ()), Block(order, tuple(legs)))


def _leg(setting: Setting, worker: Worker, case: GatedCase, role: str) -> Leg | Loss:
    request: dict[str, Any] = {
        **place_of(case),
        "number": case.number,
        "seconds": setting.protocol.leg_for(case),
        "warm_calls": setting.protocol.warm_calls,
    }
    if case.timed_by != "own":
        request["clock"] = (case.timed_by, case.gpu_index)
    injection = setting.injections.get(case.id)
    if injection is not None and role == "contender":
        request["inject"] = {
            "fraction": injection.fraction,
            "every": injection.every,
            "seconds_per_call": case.seconds,
        }
    is_on_gpu = case.device == "cuda" and not case.moved
    watch = setting.gpus.during(case.gpu) if is_on_gpu else contextlib.nullcontext(Watched())
    with awake(worker), watch as watched:
        answer = worker.ask("leg", case.timeout + _GRACE, **request)
    why = answer.get("failed") or answer.get("skipped")
    if why is not None:
        return Loss(role, str(why), str(answer.get("traceback") or worker.said()))
    values = tuple(float(value) for value in answer["values"])
    if not values or min(values) <= 0 or not all(map(math.isfinite, values)):
        return Loss(role, "its timer gave a duration that is not above zero")
    leg = Leg(values, case.number, answer.get("threads"), None)
    if not is_on_gpu:
        return leg
    span = float(answer["started"]), float(answer["ended"])
    return replace(leg, clock_hz=watched.clock(*span), reasons=watched.reasons(*span))


def _measure_canaries(
    setting: Setting,
    workers: Mapping[str, Worker],
    draw: random.Random,
    outcome: PairOutcome,
    names: Sequence[str],
) -> None:
    for name in names:
        order = draw.choice(("ABBA", "BAAB"))
        legs = []
        for letter in order:
            worker = workers["baseline" if letter == "A" else "contender"]
            try:
                with awake(worker):
                    answer = worker.ask(
                        "canary", _GRACE, name=name, seconds=setting.protocol.canary_seconds
                    )
            except WorkerLost:
                raise _Gone from None
            if "values" not in answer:
                break
            legs.append(Leg(tuple(map(float, answer["values"])), 1, None, None))
        else:
            outcome.canaries[name] = (Block(order, tuple(legs)),)
