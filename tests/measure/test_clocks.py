"""The timer waits for the device in use before it reads the clock."""

import pytest
import torch

from cnnfc.measure import clocks


@pytest.fixture(autouse=True)
def _back_to_the_cpu():
    yield
    clocks.wait_for(torch.device("cpu"))


def test_it_waits_for_an_accelerator_before_reading(monkeypatch):
    events = []
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda d: events.append(f"wait {d}"))
    monkeypatch.setattr(clocks.time, "perf_counter", lambda: events.append("read") or 1.5)
    clocks.wait_for(torch.device("cuda", 1))
    assert clocks.clock() == 1.5
    assert events == ["wait cuda:1", "read"]


def test_on_a_cpu_it_waits_for_nothing(monkeypatch):
    def refuse(device):
        raise AssertionError(device)

    monkeypatch.setattr(torch.accelerator, "synchronize", refuse)
    clocks.wait_for(torch.device("cuda", 0))
    clocks.wait_for(torch.device("cpu"))
    assert clocks.clock() <= clocks.clock()
