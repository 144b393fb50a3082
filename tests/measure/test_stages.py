"""A layer and its device, joined for a timing."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch

from cnnfc.errors import CannotMeasure
from cnnfc.machine.gpus import GpuReading
from cnnfc.measure import stages
from cnnfc.names import Device

READING = GpuReading(sm_clock_hz=1)


@pytest.fixture
def watched(monkeypatch):
    """Which GPUs were watched, by their UUIDs, and whether they still are."""
    log = []

    @contextmanager
    def watch(host, uuid):
        log.append(f"open {uuid}")
        yield lambda: READING
        log.append("close")

    monkeypatch.setattr(stages, "watched_gpu", watch)
    monkeypatch.setattr(stages, "marker", lambda device: lambda: f"mark on {device}")
    properties = SimpleNamespace(uuid="11-22")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: properties)
    return log


def test_the_gpu_that_torch_uses_is_watched_until_the_timing_ends(watched):
    with stages.stage(lambda: "called", Device("cuda", 1)) as stage:
        assert watched == ["open 11-22"]
        assert (stage.call(), stage.mark()) == ("called", "mark on cuda-1")
        taken = stage.guard(lambda: [3.0], lambda: None)
        assert (taken.values, taken.readings) == ((3.0,), (READING, READING))
    assert watched == ["open 11-22", "close"]


@pytest.mark.parametrize("kind", ["mps", "xpu", "cpu"])
def test_what_nvml_knows_nothing_of_has_no_readings(watched, kind):
    with stages.stage(lambda: None, Device(kind, 1)) as stage:
        assert stage.guard(lambda: [3.0], lambda: None).readings == ()
    assert watched == []


def test_an_amd_gpu_under_rocm_has_no_readings_even_beside_one_of_nvidia(watched, monkeypatch):
    monkeypatch.setattr(torch.version, "hip", "6.4")
    with stages.stage(lambda: None, Device("cuda", 0)) as stage:
        assert stage.guard(lambda: [3.0], lambda: None).readings == ()
    assert watched == []


def test_the_sweep_is_that_of_the_device(watched, monkeypatch):
    swept = []
    monkeypatch.setattr(stages.caches, "sweep", swept.append)
    with stages.stage(lambda: None, Device("xpu", 0)) as stage:
        stage.sweep()
    assert swept == [Device("xpu", 0)]


def test_events_that_cannot_tell_time_are_in_the_way_of_no_timing_without_marks(
    watched, monkeypatch
):
    def marker(device):
        raise CannotMeasure("the events of xpu-0 do not tell time")

    monkeypatch.setattr(stages, "marker", marker)
    device = Device("xpu", 0)
    with pytest.raises(CannotMeasure, match="do not tell time"), stages.stage(str, device):
        pytest.fail("staged")
    with stages.stage(lambda: "called", device, marks=False) as stage:
        assert stage.call() == "called"
        with pytest.raises(CannotMeasure, match="without the clock of the device"):
            stage.mark()


def test_a_cpu_can_be_staged_for_what_needs_no_mark():
    with (
        stages.stage(lambda: None, Device("cpu", 1)) as stage,
        pytest.raises(CannotMeasure),
    ):
        stage.mark()
