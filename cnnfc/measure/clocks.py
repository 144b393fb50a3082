"""The timer of the suite: it reads the host's clock when the device has finished.

asv brackets a batch of calls with two readings, so the wait is paid once a batch: a value is the
time from before the first call until the device is idle, divided by the number of calls.  On a CPU,
whose calls have finished when they return, that is the latency of a call.  On an accelerator, where
calls queue up meanwhile, it is close to the throughput; see `timings` for what is called what.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

_Wait = Callable[[], object]


def _nothing() -> None:
    """The wait for a CPU: its operations have finished when they return."""


_wait: _Wait = _nothing


def wait_for(device: torch.device) -> None:
    """From now on `clock` waits for `device`."""
    global _wait  # noqa: PLW0603 - asv's timer takes no argument, so the device is module state
    _wait = _nothing if device.type == "cpu" else _accelerator_wait(device)


def _accelerator_wait(device: torch.device) -> _Wait:
    def wait() -> None:
        torch.accelerator.synchronize(device)

    return wait


def clock() -> float:
    """Seconds on a monotonic clock, once everything queued on the device in use has finished."""
    _wait()
    return time.perf_counter()
