"""Starts workers in the scratch folders of a gate: one on a side, or a pair with the suite loaded.

Which side starts first is drawn, and so is the seed of hashes that both share.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping
from typing import Final

from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.measuring.worker_process import Worker, WorkerLost
from cnnfc.gate.sides import Side

#: A worker imports the suite, and with it torch, within this time (s); cold disks are slow.
LOAD_TIMEOUT: Final = 300.0


class NotLoaded(Exception):
    """A worker could not import the suite.

    Attributes:
        loss: On which side, and why.
    """

    def __init__(self, loss: Loss) -> None:
        super().__init__(loss.reason)
        self.loss = loss


def start(setting: Setting, side: Side, slot: int, environment: Mapping[str, str]) -> Worker:
    """A worker on `side`, in the scratch folder of the place `slot`, which no side owns."""
    folder = setting.folder / "work" / str(slot)
    return Worker(side, folder, caches=setting.caches.get(side.role, {}), environment=environment)


@contextlib.contextmanager
def on_both_sides(setting: Setting, draw: random.Random) -> Iterator[dict[str, Worker]]:
    """A worker on each side, loaded and suspended, started in an order that is drawn.

    Args:
        setting: what all pairs share.
        draw: the source of every coin.

    Raises:
        NotLoaded: one of them cannot even import the suite.
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


@contextlib.contextmanager
def awake(worker: Worker) -> Iterator[None]:
    """Let a suspended worker run until the block is left."""
    worker.resume()
    try:
        yield
    finally:
        worker.suspend()


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
            raise NotLoaded(Loss(worker.role, str(answer["failed"]), said))


@contextlib.contextmanager
def _noting_a_loss(worker: Worker) -> Iterator[None]:
    try:
        yield
    except WorkerLost as lost:
        raise NotLoaded(Loss(worker.role, str(lost), lost.said)) from None
