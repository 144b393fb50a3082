"""Marks in an accelerator's queue: which events of torch they are, and in which stream."""

import inspect

import pytest
import torch

from cnnfc.errors import CannotMeasure
from cnnfc.measure import events
from cnnfc.names import Device


class FakeEvent:
    """Has the signature of `torch.Event`, and remembers how it was used."""

    made: list  # filled by the fixture
    tells_time = True

    def __init__(self, device=None, *, enable_timing=False, blocking=False, interprocess=False):
        self.device, self.enable_timing, self.stream = device, enable_timing, None
        FakeEvent.made.append(self)

    def record(self, stream=None):
        self.stream = stream

    def elapsed_time(self, other):
        if not FakeEvent.tells_time:
            raise NotImplementedError("elapsed_time needs a newer compiler\nmore")
        return 2.5


@pytest.fixture
def fake_torch(monkeypatch):
    """torch with accelerators; the events that were made."""
    monkeypatch.setattr(FakeEvent, "made", [], raising=False)
    monkeypatch.setattr(torch, "Event", FakeEvent)
    monkeypatch.setattr(torch.accelerator, "current_stream", lambda device: f"stream of {device}")
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda device: None)
    return FakeEvent


def test_a_mark_is_a_timing_event_recorded_in_the_stream_of_its_device(fake_torch):
    mark = events.marker(Device("cuda", 1))
    assert fake_torch.made == []
    event = mark()
    assert fake_torch.made == [event]
    assert event.device == torch.device("cuda", 1)
    assert event.enable_timing
    assert event.stream == "stream of cuda:1"
    assert mark() is not event


@pytest.mark.usefixtures("fake_torch")
def test_milliseconds_become_seconds():
    mark = events.marker(Device("cuda", 0))
    assert events.seconds(mark(), mark()) == 0.0025


def test_an_accelerator_whose_events_tell_no_time_cannot_be_measured(fake_torch, monkeypatch):
    assert events.seconds(*[events.marker(Device("xpu", 0))() for _ in range(2)]) == 0.0025
    monkeypatch.setattr(fake_torch, "tells_time", False)
    with pytest.raises(CannotMeasure) as caught:
        events.marker(Device("xpu", 0))
    assert str(caught.value) == (
        "the events of xpu-0 do not tell time: elapsed_time needs a newer compiler"
    )


def test_metal_has_events_of_its_own(monkeypatch):
    class MetalEvent(FakeEvent):
        def __init__(self, enable_timing=False):
            super().__init__(enable_timing=enable_timing)

        def record(self):
            super().record("the only stream")

    monkeypatch.setattr(FakeEvent, "made", [], raising=False)
    monkeypatch.setattr(torch.mps.event, "Event", MetalEvent)
    event = events.marker(Device("mps", 0))()
    assert (event.enable_timing, event.stream) == (True, "the only stream")


def test_a_cpu_has_no_marks():
    mark = events.marker(Device("cpu", 1))
    with pytest.raises(CannotMeasure, match="a CPU has no clock beside the host's"):
        mark()


def test_the_fakes_have_the_signatures_of_torch():
    """What is tested without a device must at least be callable on one."""
    torch.Event(torch.device("cpu"), enable_timing=True)
    assert {"record", "query", "elapsed_time"} <= set(dir(torch.Event))
    assert {"record", "query", "elapsed_time"} <= set(dir(torch.mps.event.Event))
    assert str(inspect.signature(torch.mps.event.Event.__init__)) == (
        "(self, enable_timing: bool = False) -> None"
    )
    assert set(inspect.signature(torch.mps.event.Event.record).parameters) == {"self"}
    (device,) = inspect.signature(torch.accelerator.current_stream).parameters.values()
    assert device.kind is inspect.Parameter.POSITIONAL_ONLY
