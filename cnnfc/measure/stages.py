"""Joins a layer with the marks, caches, clocks and sensors of its device, for a timing."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import NoReturn

import torch

from cnnfc.errors import CannotMeasure
from cnnfc.machine.gpus import watched_gpu
from cnnfc.machine.host import this_host
from cnnfc.measure import blocks, caches
from cnnfc.measure.clocks import clock
from cnnfc.measure.events import marker
from cnnfc.measure.timings import Stage
from cnnfc.names import Device


@contextlib.contextmanager
def stage(call: Callable[[], object], device: Device, *, marks: bool = True) -> Iterator[Stage]:
    """`call`, whose workload is active, on `device`; its GPU can be read until the end.

    Args:
        call: Queues the layer once.
        device: Where it runs.
        marks: Whether the timing reads the device's clock.

    Raises:
        CannotMeasure: With `marks`, `device` is an accelerator whose clock cannot be read.
    """
    with _watched(device) as read:
        yield Stage(
            call=call,
            sweep=functools.partial(caches.sweep, device),
            mark=marker(device) if marks else _no_mark,
            clock=clock,
            guard=functools.partial(blocks.take, read=read),
        )


def _no_mark() -> NoReturn:
    raise CannotMeasure("this timing was to do without the clock of the device")


def _watched(device: Device) -> contextlib.AbstractContextManager[blocks.Read | None]:
    """Opens NVML for NVIDIA GPUs; nothing else has sensors that can be told to be its own."""
    if device.kind != "cuda" or torch.version.hip is not None:
        return contextlib.nullcontext()
    return watched_gpu(this_host(), str(torch.cuda.get_device_properties(device.index).uuid))
