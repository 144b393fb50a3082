"""What is gated: one benchmark with its parameters, and what the survey found out about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class GatedCase:
    """A benchmark with parameters that both sides can run.

    Attributes:
        id: Name and parameters in one word (`cnnfc.verdicts.benchmark_id`).
        name: Name of the benchmark.
        params: Its parameters as asv writes them.
        index: Place of the parameters in asv's product of them.
        kind: ``time``, ``track`` or ``peakmem``.
        unit: What its values are.
        number: Calls that make a value; the same on both sides.
        seconds: A call on the baseline, roughly (s).
        timeout: What a call may take, with its setup (s).
        device: ``cpu``, or the accelerator that the call was seen to use (``cuda``), on one side at
            least.
        memory: Bytes that a worker keeps for it.
        higher_is_better: Direction of a ``track_`` benchmark.
        timed_by: Clock of its values: ``own``, or one of `cnnfc.gate.worker.cuda`.
        gpu: UUID of the CUDA GPU that it uses; None if it uses none or that is not known.
        gpu_index: Place of that GPU among those that CUDA shows to a worker.
        device_memory: Bytes that a worker takes there for it.
        moved: The sides use different devices, so no clock of a GPU belongs to both.
    """

    id: str
    name: str
    params: tuple[str, ...]
    index: int
    kind: str = "time"
    unit: str = "seconds"
    number: int = 1
    seconds: float = 0.0
    timeout: float = 60.0
    device: str = "cpu"
    memory: int = 0
    higher_is_better: bool = False
    timed_by: str = "own"
    gpu: str | None = None
    gpu_index: int = 0
    device_memory: int = 0
    moved: bool = False


class Placed(Protocol):
    """A benchmark with parameters, as a worker can be asked for it."""

    @property
    def name(self) -> str:
        """Name of the benchmark."""

    @property
    def params(self) -> tuple[str, ...]:
        """Its parameters as asv writes them."""

    @property
    def index(self) -> int:
        """Place of the parameters in asv's product of them, where they were listed."""


def place_of(case: Placed) -> dict[str, Any]:
    """The fields of a request that say which benchmark is meant.

    A suite may take its parameters from the package that it measures, and then another case has
    this index on the other side: it is the parameters that a worker goes by.
    """
    return {"benchmark": case.name, "index": case.index, "params": list(case.params)}


@dataclass(frozen=True)
class Injection:
    """A slowdown that is put into the contender on purpose: a busy loop inside the timed region.

    Attributes:
        fraction: Share of a call that is added to the mean.
        every: It is added to every such call, `every` times as large; 1 for each call.
    """

    fraction: float
    every: int = 1
