"""What is gated: one benchmark with its parameters, and what the survey found out about it."""

from __future__ import annotations

from dataclasses import dataclass


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
        device: ``cpu``, or the accelerator that the call was seen to use (``cuda``).
        memory: Bytes that a worker keeps for it.
        higher_is_better: Direction of a ``track_`` benchmark.
        timed_by: Clock of its values: ``own``, or one of `cnnfc.gate.worker_cuda`.
        gpu: UUID of the CUDA GPU that it uses; None if it uses none or that is not known.
        gpu_index: Place of that GPU among those that CUDA shows to a worker.
        device_memory: Bytes that a worker takes there for it.
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


@dataclass(frozen=True)
class Injection:
    """A slowdown that is put into the contender on purpose: a busy loop inside the timed region.

    Attributes:
        fraction: Share of a call that is added to the mean.
        every: It is added to every such call, `every` times as large; 1 for each call.
    """

    fraction: float
    every: int = 1
