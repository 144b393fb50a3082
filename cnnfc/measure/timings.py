"""Takes the three numbers that "how long does it take on a GPU" can mean.

- *Device time*: by the device's own clock, from the start of the first kernel of a call to the end
  of the last, with nothing of the layer in the caches.
- *Throughput*: seconds a call when many are queued one behind the other, by the device's clock;
  the inverse of calls a second.  Kernels of neighbouring calls touch, and a host that cannot queue
  them fast enough shows.
- *Host latency*: by the host's clock, from before one call to when its result is there: launching,
  computing and waiting.

``time_layer`` is a fourth: by the host's clock, over a batch of calls with one wait at its end.
For short layers that is close to the throughput, by another clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from cnnfc.machine.gpus import GpuReading
from cnnfc.measure.blocks import Guarded
from cnnfc.measure.events import Mark, seconds

#: A timing consists of so many blocks, each guarded on its own (see `blocks`).
_BLOCKS: Final = 2
#: Values of a block: at least the first number, then until the seconds are spent or there are
#: enough.
_VALUES: Final = 3
_ENOUGH_VALUES: Final = 10
_SECONDS: Final = 0.2
#: Seconds of work before a block: GPUs take tenths of a second to reach their clock.
_WARM_UP: Final = 0.3
#: Seconds that a value of the throughput covers, or up to half of them less: its ends must not
#: count.  A longer call is a value of its own.
_SECONDS_A_VALUE: Final = 0.01
_MOST_CALLS: Final = 10_000
#: Passes over the caches before a call, at most.
_MOST_SWEEPS: Final = 32
#: Calls to find out how many passes it takes.
_TRIALS: Final = 3

T = TypeVar("T")
Block = Callable[[], Sequence[float]]
#: Takes one block: what measures it, and the work before it.
Guard = Callable[[Block, Callable[[], object]], Guarded]


@dataclass(frozen=True)
class Stage:
    """A layer and the device that it runs on, as far as a timing sees them.

    Attributes:
        call: Queues the layer once.
        sweep: Queues a pass over the caches.
        mark: Puts a mark behind everything queued.
        clock: Waits until the device is idle, then reads the host's clock (s).
        guard: Takes a block.
        now: Reads the host's clock without waiting (s).
    """

    call: Callable[[], object]
    sweep: Callable[[], object]
    mark: Callable[[], Mark]
    clock: Callable[[], float]
    guard: Guard
    now: Callable[[], float] = time.perf_counter


@dataclass(frozen=True)
class Timing:
    """What one timing found.

    Attributes:
        values: Seconds a call.
        number: Calls that each value is the mean of.
        blocks: Blocks that the values come from.
        discarded: Blocks thrown away because the GPU was slowed down.
        readings: Of the GPU, before and after each block; empty where it cannot be read.
        warnings: What there is to know before one trusts the values.
    """

    values: tuple[float, ...]
    number: int = 1
    blocks: int = _BLOCKS
    discarded: int = 0
    readings: tuple[GpuReading, ...] = ()
    warnings: tuple[str, ...] = ()


def device_time(stage: Stage) -> Timing:
    """Seconds of the device for each of several single calls, with cold caches.

    The device must not run dry between the mark before a call and the end of the call, or the time
    that the host takes to launch kernels would count.  So the passes over the caches are repeated
    until they keep the device busy while the host queues the call.  Whether they did is looked at
    for every value: the start must still lie ahead of the device when the whole call is queued.
    """
    late = late_in_block = 0
    sweeps = 1
    _device(stage, sweeps)  # loads what the passes need
    while sweeps < _MOST_SWEEPS and not all(_device(stage, sweeps)[1] for _ in range(_TRIALS)):
        sweeps *= 2

    def block() -> Sequence[float]:
        nonlocal late_in_block
        pairs = _repeat(lambda: _device(stage, sweeps), stage.now)
        in_time = [value for value, was_queued in pairs if was_queued]
        if len(in_time) >= _VALUES:
            late_in_block = 0
            return in_time
        late_in_block = len(pairs) - len(in_time)
        return [value for value, _ in pairs]

    def guard(block: Block, warm: Callable[[], object]) -> Guarded:
        nonlocal late
        taken = stage.guard(block, warm)
        # Of the last try: it is the one whose values are kept.
        late += late_in_block
        return taken

    timing = _guarded(replace(stage, guard=guard), block, lambda: _device(stage, sweeps))
    if late:
        reason = (
            f"the host could not queue {late} calls ahead of the device, so their device times "
            "include waits for kernels to be launched"
        )
        return replace(timing, warnings=(*timing.warnings, reason))
    return timing


def _device(stage: Stage, sweeps: int) -> tuple[float, bool]:
    """The device's seconds of a call, and whether all of it was queued before it began."""
    for _ in range(sweeps):
        stage.sweep()
    start = stage.mark()
    stage.call()
    end = stage.mark()
    was_queued = not start.query()
    stage.clock()
    return seconds(start, end), was_queued


def throughput(stage: Stage) -> Timing:
    """Seconds a call of calls queued one behind the other, with warm caches."""
    _queued(stage, 1)
    calls = round(_SECONDS_A_VALUE / max(_queued(stage, 1), 1e-9))
    # asv keeps one number for all processes of a run.  A power of two, so that they agree unless
    # their calls lie on both sides of one; then the numbers differ by a factor of two.
    calls = 1 << (min(max(calls, 1), _MOST_CALLS).bit_length() - 1)
    timing = _guarded(
        stage,
        lambda: _repeat(lambda: _queued(stage, calls), stage.now),
        lambda: _queued(stage, calls),
    )
    return replace(timing, number=calls)


def _queued(stage: Stage, calls: int) -> float:
    """The device's seconds a call; one call more goes before, so that the queue is never empty."""
    stage.call()
    start = stage.mark()
    for _ in range(calls):
        stage.call()
    end = stage.mark()
    stage.clock()
    return seconds(start, end) / calls


def host_latency(stage: Stage) -> Timing:
    """The host's seconds from before a call until its result is there, with warm caches."""
    return _guarded(
        stage,
        lambda: _repeat(lambda: _awaited(stage), stage.now),
        lambda: _awaited(stage),
    )


def _awaited(stage: Stage) -> float:
    start = stage.clock()
    stage.call()
    return stage.clock() - start


def _repeat(take: Callable[[], T], now: Callable[[], float]) -> list[T]:
    taken: list[T] = []
    end = now() + _SECONDS
    while len(taken) < _VALUES or (len(taken) < _ENOUGH_VALUES and now() < end):
        taken.append(take())
    return taken


def _guarded(stage: Stage, block: Block, work: Callable[[], object]) -> Timing:
    """Both blocks of a timing, each after `work` for some time."""

    def warm() -> None:
        end = stage.now() + _WARM_UP
        work()
        while stage.now() < end:
            work()

    taken = [stage.guard(block, warm) for _ in range(_BLOCKS)]
    timing = Timing(
        values=tuple(value for one in taken for value in one.values),
        discarded=sum(one.discarded for one in taken),
        readings=tuple(reading for one in taken for reading in one.readings),
    )
    return replace(timing, warnings=tuple(_slowed_blocks(taken)))


def _slowed_blocks(taken: Sequence[Guarded]) -> Iterator[str]:
    """What there is to say of blocks that were kept though the clock of the GPU was low."""
    steady = sum(one.slowed and one.steady for one in taken)
    unsteady = sum(one.slowed and not one.steady for one in taken)
    if steady:
        yield (
            f"the GPU ran steadily under three quarters of its clock in {steady} of {_BLOCKS} "
            "blocks, and nothing that passes slowed it down: somebody locked its clock, or it does "
            "not reach its highest one under its power limit"
        )
    if unsteady:
        yield (
            f"the GPU ran under three quarters of its clock in {unsteady} of {_BLOCKS} blocks, "
            "also after several tries: see the clock reasons in `blocks` of the hardware record"
        )
