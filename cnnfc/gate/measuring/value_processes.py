"""Takes values that are not times, each from a process of its own, and what came in their place."""

from __future__ import annotations

import contextlib
import math
import random
from dataclasses import dataclass, field
from typing import Self

from cnnfc.gate.cases import GatedCase, place_of
from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.measuring.worker_process import Worker, WorkerLost
from cnnfc.gate.measuring.workers import LOAD_TIMEOUT, start
from cnnfc.gate.sides import ROLES


@dataclass
class Taken:
    """What both sides said of one benchmark when they were asked for its values.

    Attributes:
        values: Numbers by role.
        losses: How a side failed, by role.
        skipped: Why a side skips it, by role.
        numberless: What a side gave in place of a number, by role.
    """

    values: dict[str, list[float]] = field(
        default_factory=lambda: {"baseline": [], "contender": []}
    )
    losses: dict[str, Loss] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    numberless: dict[str, object] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether both sides have given values and nothing else so far."""
        others = self.losses or self.skipped or self.numberless
        return not others and all(self.values.values())


def take(processes: Processes, case: GatedCase, taken: Taken, count: int) -> None:
    """Add `count` values of each side, or what keeps them from being taken."""
    for _ in range(count):
        for role in processes.order():
            processes.ask(role, case, taken)
        if not taken.whole:
            return


class Processes:
    """Answers every question by a process that nothing has run in.

    Every value gets a process of its own, since what ran before may change it; but a process that
    has only skipped is as good as new, and a suite may skip hundreds of parameters.
    """

    def __init__(self, setting: Setting, draw: random.Random) -> None:
        self._setting = setting
        self._draw = draw
        # Neither side owns a folder.
        self._slots = {role: slot for slot, role in enumerate(self.order())}
        self._fresh: dict[str, tuple[contextlib.ExitStack, Worker]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stack, _worker in self._fresh.values():
            stack.close()

    def order(self) -> list[str]:
        """Both sides, in the order in which they are asked next."""
        return self._draw.sample(ROLES, len(ROLES))

    def ask(self, role: str, case: GatedCase, taken: Taken) -> None:
        """Ask one side for one value, and note what it says."""
        stack, worker = self._fresh.pop(role) if role in self._fresh else self._started(role)
        with stack:
            if _ask(worker, role, case, taken):
                self._fresh[role] = stack.pop_all(), worker

    def _started(self, role: str) -> tuple[contextlib.ExitStack, Worker]:
        side, stack = getattr(self._setting.sides, role), contextlib.ExitStack()
        started = start(self._setting, side, self._slots[role], {"PYTHONHASHSEED": "0"})
        return stack, stack.enter_context(started)


def _ask(worker: Worker, role: str, case: GatedCase, taken: Taken) -> bool:
    """Ask for one value; whether it was only skipped, so that the process is still fresh."""
    try:
        answer = worker.ask("value", case.timeout + LOAD_TIMEOUT, **place_of(case))
    except WorkerLost as lost:
        taken.losses[role] = Loss(role, str(lost), lost.said)
        return False
    if "failed" in answer:
        taken.losses[role] = Loss(role, str(answer["failed"]), str(answer.get("traceback", "")))
        return False
    if "skipped" in answer:
        taken.skipped[role] = str(answer["skipped"])
        return True
    value = answer.get("value")
    if isinstance(value, int | float) and math.isfinite(value):
        taken.values[role].append(float(value))
    else:
        taken.numberless[role] = value
    return False
