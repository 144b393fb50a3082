"""Marks in the queue of an accelerator, which say when its own clock reached them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch

from cnnfc.errors import CannotMeasure
from cnnfc.measure.devices import torch_device
from cnnfc.names import Device


class Mark(Protocol):
    """A place in the queue: an event of torch that was recorded."""

    def query(self) -> bool:
        """Whether the device has reached it."""

    def elapsed_time(self, later: Any, /) -> float:  # noqa: ANN401 - a mark of the same kind
        """Milliseconds from here to `later`, once the device has reached both."""


def marker(device: Device) -> Callable[[], Mark]:
    """A function that puts a new mark behind everything queued on `device`, and returns it.

    CUDA, ROCm and XPU are asked through torch's generic events.  Those of Metal tell when the host
    was notified, which is coarser.  On a CPU nothing is ever queued: the function that is returned
    raises `CannotMeasure`.

    Raises:
        CannotMeasure: `device` is an accelerator whose clock torch cannot read.
    """
    if device.is_cpu:
        return _no_mark
    if device.kind == "mps":
        return _metal_mark
    place = torch_device(device)
    # An event without a stream goes to the current device, which need not be this one.
    stream = torch.accelerator.current_stream(place)

    def mark() -> Mark:
        event = torch.Event(place, enable_timing=True)
        event.record(stream)
        return event

    if device.kind != "cuda":
        _probe(mark, device)
    return mark


def _no_mark() -> Mark:
    raise CannotMeasure("a CPU has no clock beside the host's: see time_layer, or host latency")


def _metal_mark() -> Mark:
    event = torch.mps.event.Event(enable_timing=True)
    event.record()
    return event


def _probe(mark: Callable[[], Mark], device: Device) -> None:
    """XPU's events count time only where compiler and driver both support it."""
    try:
        start, end = mark(), mark()
        torch.accelerator.synchronize(torch_device(device))
        seconds(start, end)
    except RuntimeError as error:  # NotImplementedError is one
        reason = str(error).partition("\n")[0]
        raise CannotMeasure(f"the events of {device} do not tell time: {reason}") from None


def seconds(start: Mark, end: Mark) -> float:
    """Seconds from `start` to `end` by the device's clock; it must have reached both.

    To be called once for each pair: Metal forgets the end when it has told it.
    """
    return start.elapsed_time(end) / 1e3
