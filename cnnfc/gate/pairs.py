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
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from cnnfc.gate.cases import GatedCase, Injection, place_of
from cnnfc.gate.gpu_clocks import GpuClocks, Watched
from cnnfc.gate.legs import TYPICAL, Block, Leg, pair_value
from cnnfc.gate.sides import Side, Sides
from cnnfc.gate.worker_process import Worker, WorkerLost

#: A worker imports the suite, and with it torch, within this time (s); cold disks are slow.
LOAD_TIMEOUT: Final = 300.0
#: What a leg may take beyond its length and the case's own time-out (s).
_GRACE: Final = 20.0
#: The reference kernels of `cnnfc.gate.worker`.
CANARIES: Final = ("loop", "copy", "gemm")
#: Those that a pair ends with if it used a GPU: before that they would have to start it.
GPU_CANARIES: Final = ("gpu-gemm", "gpu-copy")


@dataclass(frozen=True)
class Protocol:
    """How long and how often.

    Attributes:
        leg_seconds: Length of a leg.
        leg_values: Values that a leg has at least: it gets longer for slow calls, so that its mean
            has some of the calls in it that are slow now and then.
        longest_leg: The length up to which it does (s).
        blocks: Blocks of each case in a pair.
        repeats: Times that a case is measured again at the end of the pair while its sides are
            farther apart than `apart`, in either direction.  What disturbed it is over then, or it
            is no disturbance; since direction plays no part, identical code stays symmetric.
        apart: See there, a fraction.
        warm_calls: Calls at the start of a leg that are not timed.
        canary_seconds: Length of a leg of a reference kernel.
    """

    leg_seconds: float = 0.025
    leg_values: int = 10
    longest_leg: float = 0.1
    blocks: int = 2
    repeats: int = 2
    apart: float = 0.03
    warm_calls: int = 3
    canary_seconds: float = 0.02

    def leg_for(self, case: GatedCase) -> float:
        """Length of a leg of `case` (s)."""
        wanted = self.leg_values * case.number * case.seconds
        return max(self.leg_seconds, min(self.longest_leg, wanted))


@dataclass(frozen=True)
class Loss:
    """A side that gave no values for a case.

    Attributes:
        role: ``baseline`` or ``contender``.
        reason: What happened, in a sentence.
        said: The end of what the worker wrote to standard error.
    """

    role: str
    reason: str
    said: str = ""


@dataclass(frozen=True)
class Setting:
    """What all pairs of a gate share.

    Attributes:
        sides: What is compared.
        folder: Scratch folder; workers run in folders of it.
        caches: Results of ``setup_cache`` by role and key.
        protocol: How long and how often.
        injections: Slowdowns of the contender by id of the case, for tests of the gate itself.
        gpus: Reads the clocks of GPUs that cases run on.
    """

    sides: Sides
    folder: Path
    caches: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    protocol: Protocol = field(default_factory=Protocol)
    injections: Mapping[str, Injection] = field(default_factory=dict)
    gpus: GpuClocks = field(default_factory=GpuClocks)


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
    """Measure `cases` once, in an order that `draw` shuffles.

    A worker that is lost costs the case it was at; for the rest of the pair both are started anew.
    One that cannot even import the suite costs the rest of the pair.
    `watch` hears the id of each case before it is measured.

    Args:
        setting: what all pairs share.
        cases: what is measured.
        draw: the source of every coin.
        blocks: blocks of each case, if not those of the protocol.
        watch: see above.
    """
    outcome = PairOutcome()
    begun = time.monotonic()
    rest = list(cases)
    draw.shuffle(rest)
    measured: Counter[str] = Counter()
    with_canaries = True
    while rest or with_canaries:
        try:
            with _workers(setting, draw) as workers:
                if with_canaries:
                    with_canaries = False
                    _measure_canaries(setting, workers, draw, outcome, CANARIES)
                while rest:
                    case = rest.pop()
                    watch(case.id)
                    _measure_case(setting, workers, draw, outcome, case, blocks=blocks)
                    measured[case.id] += 1
                    if measured[case.id] <= setting.protocol.repeats and _is_apart(
                        outcome.blocks.get(case.id), setting.protocol.apart
                    ):
                        rest.insert(0, case)
                if any(case.device == "cuda" for case in cases):
                    _measure_canaries(setting, workers, draw, outcome, GPU_CANARIES)
        except _Gone:
            continue
        except _NotLoaded as problem:
            outcome.losses.update({case.id: problem.loss for case in rest})
            break
    outcome.seconds = time.monotonic() - begun
    return outcome


def _is_apart(blocks: Sequence[Block] | None, tolerance: float) -> bool:
    """Whether a pair's sides differ by more than `tolerance`, whichever is slower."""
    return blocks is not None and abs(pair_value(blocks, TYPICAL)) > math.log1p(tolerance)


class _Gone(Exception):
    """A worker was lost; what it cost is noted already."""


class _NotLoaded(Exception):
    """A worker could not import the suite."""

    def __init__(self, loss: Loss) -> None:
        super().__init__(loss.reason)
        self.loss = loss


def _measure_case(
    setting: Setting,
    workers: Mapping[str, Worker],
    draw: random.Random,
    outcome: PairOutcome,
    case: GatedCase,
    *,
    blocks: int | None,
) -> None:
    done = []
    for _ in range(blocks or setting.protocol.blocks):
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
        done.append(Block(order, tuple(legs)))
    outcome.blocks[case.id] = (*outcome.blocks.get(case.id, ()), *done)


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
    with _awake(worker), watch as watched:
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
                with _awake(worker):
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


@contextlib.contextmanager
def _awake(worker: Worker) -> Iterator[None]:
    worker.resume()
    try:
        yield
    finally:
        worker.suspend()


@contextlib.contextmanager
def _workers(setting: Setting, draw: random.Random) -> Iterator[dict[str, Worker]]:
    """A worker on each side, loaded and suspended, started in an order that is drawn.

    Raises:
        _NotLoaded: one of them cannot even import the suite.
    """
    sides = [setting.sides.baseline, setting.sides.contender]
    draw.shuffle(sides)
    # Orders of sets are the same on both sides of a pair and differ between pairs.
    environment = {"PYTHONHASHSEED": str(draw.randrange(1, 2**32))}
    with contextlib.ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for slot, side in enumerate(sides):
            workers[side.role] = stack.enter_context(start(setting, side, slot, environment))
        _load(workers)
        for worker in workers.values():
            worker.suspend()
        yield workers


def _load(workers: Mapping[str, Worker]) -> None:
    """Let `workers` import the suite, both at once."""
    for worker in workers.values():
        with _noting_a_loss(worker):
            worker.send("load")
    for worker in workers.values():
        with _noting_a_loss(worker):
            answer = worker.receive(LOAD_TIMEOUT)
        if "failed" in answer:
            said = str(answer.get("traceback", ""))
            raise _NotLoaded(Loss(worker.role, str(answer["failed"]), said))


@contextlib.contextmanager
def _noting_a_loss(worker: Worker) -> Iterator[None]:
    try:
        yield
    except WorkerLost as lost:
        raise _NotLoaded(Loss(worker.role, str(lost), lost.said)) from None


def start(setting: Setting, side: Side, slot: int, environment: Mapping[str, str]) -> Worker:
    """A worker on `side`, in the scratch folder of the place `slot`, which no side owns."""
    folder = setting.folder / "work" / str(slot)
    return Worker(side, folder, caches=setting.caches.get(side.role, {}), environment=environment)
