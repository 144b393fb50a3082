"""Puts back what measuring changes in the whole process; an accelerator that does not exist."""

import pytest
import torch

from cnnfc.measure import layers


@pytest.fixture(autouse=True)
def _leave_the_process_as_it_was():
    threads = torch.get_num_threads()
    yield
    layers._inference(enabled=False)
    layers.disturb()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


class FakeMark:
    """A place in the queue of a `FakeAccelerator`, which reaches it at a known time."""

    def __init__(self, accelerator, time):
        self.accelerator, self.time, self.told = accelerator, time, False

    def query(self):
        return self.accelerator.host >= self.time

    def elapsed_time(self, later):
        assert later.query(), "asked before the device had reached it"
        assert not later.told, "Metal tells a time once"
        later.told = True
        return (later.time - self.time) * 1e3


class FakeAccelerator:
    """A host that queues work and a device that does it later, each with its own time (s).

    Every launch costs the host `launching`; the device starts a kernel when it was launched and
    everything before it is done.
    """

    def __init__(self, launching=0.0):
        self.launching = launching
        self.host = 0.0
        self.idle_at = 0.0
        self.work = []

    def launch(self, name, seconds):
        self.host += self.launching
        self.idle_at = max(self.idle_at, self.host) + seconds
        self.work.append(name)

    def mark(self):
        self.work.append("mark")
        return FakeMark(self, max(self.idle_at, self.host))

    def clock(self):
        self.host = max(self.host, self.idle_at)
        self.work.append("wait")
        return self.host

    def now(self):
        return self.host


@pytest.fixture
def make_accelerator():
    return FakeAccelerator
