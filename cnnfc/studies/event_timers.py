"""Times calls on an accelerator with events of its queue, independently of `cnnfc.measure`.

The three numbers as others take them: device time with the caches flushed before every call and an
event on either side of it, as ``triton.testing.do_bench`` does; throughput by two events around
many calls; host latency by the host's clock and a wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cnnfc.analysis.summary import median

#: Larger than the last-level cache of any GPU, and long enough to clear that the host is ahead.
FLUSHED_BYTES: Final = 512 * 2**20
WARM_UP_SECONDS: Final = 0.3
VALUES: Final = 20


@dataclass(frozen=True)
class Accelerator:
    """What the timers need of a device.

    Attributes:
        mark: Puts an event into the queue; it has ``elapsed_time(later)`` in milliseconds.
        synchronize: Waits until the device is idle.
        flush: Queues a pass over `FLUSHED_BYTES`.
        now: Reads the host's clock (s).
    """

    mark: Callable[[], Any]
    synchronize: Callable[[], object]
    flush: Callable[[], object]
    now: Callable[[], float] = time.perf_counter


def open_accelerator(place: Any) -> Accelerator:  # noqa: ANN401 - a torch.device
    """The accelerator `place` of torch."""
    import torch  # noqa: PLC0415 - tables can do without

    def mark() -> Any:  # noqa: ANN401 - an event of torch
        if place.type == "mps":
            event: Any = torch.mps.event.Event(enable_timing=True)
            event.record()
        else:
            event = torch.Event(place, enable_timing=True)
            # Without a stream it would go to the current device, which need not be this one.
            event.record(torch.accelerator.current_stream(place))
        return event

    buffer = torch.empty(FLUSHED_BYTES // 4, dtype=torch.int32, device=place)
    return Accelerator(
        mark=mark,
        synchronize=lambda: torch.accelerator.synchronize(place),
        flush=buffer.zero_,
    )


def device_time(on: Accelerator, call: Callable[[], object]) -> float:
    """Seconds of the device a call, flushed before each; the median."""
    _warm_up(on, call)
    pairs = []
    for _ in range(VALUES):
        on.flush()
        start = on.mark()
        call()
        pairs.append((start, on.mark()))
    on.synchronize()
    return median(sorted(start.elapsed_time(end) / 1e3 for start, end in pairs))


def throughput(on: Accelerator, call: Callable[[], object]) -> float:
    """Seconds of the device a call when many are queued; the median of several batches."""
    _warm_up(on, call)
    calls = max(10, round(0.01 / max(host_latency(on, call), 1e-6)))
    values = []
    for _ in range(VALUES):
        call()
        start = on.mark()
        for _ in range(calls):
            call()
        end = on.mark()
        on.synchronize()
        values.append(start.elapsed_time(end) / 1e3 / calls)
    return median(sorted(values))


def host_latency(on: Accelerator, call: Callable[[], object]) -> float:
    """Seconds of the host from before a call until its result is there; the median."""
    _warm_up(on, call)
    values = []
    for _ in range(VALUES):
        on.synchronize()
        start = on.now()
        call()
        on.synchronize()
        values.append(on.now() - start)
    return median(sorted(values))


def _warm_up(on: Accelerator, call: Callable[[], object]) -> None:
    end = on.now() + WARM_UP_SECONDS
    while on.now() < end:
        call()
        on.synchronize()
