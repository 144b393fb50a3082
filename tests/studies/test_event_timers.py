import pytest

from cnnfc.studies import event_timers
from cnnfc.studies.event_timers import Accelerator


class Queue:
    """An accelerator that does what is queued when somebody waits: a call takes 2 ms, a flush 5."""

    def __init__(self):
        self.host, self.device, self.flushes = 0.0, 0.0, 0

    def call(self):
        self.host += 10e-6  # launching
        self.device += 2e-3

    def flush(self):
        self.flushes += 1
        self.device += 5e-3

    def synchronize(self):
        self.host = max(self.host, self.device)
        self.device = self.host

    def mark(self):
        return Event(self.device)

    def accelerator(self):
        return Accelerator(self.mark, self.synchronize, self.flush, lambda: self.host)


class Event:
    def __init__(self, at):
        self.at = at

    def elapsed_time(self, later):
        return (later.at - self.at) * 1e3


@pytest.fixture
def queue():
    return Queue()


def test_device_time_leaves_the_flush_out(queue):
    assert event_timers.device_time(queue.accelerator(), queue.call) == pytest.approx(2e-3)
    assert queue.flushes == event_timers.VALUES


def test_throughput_is_the_time_of_a_call_among_many(queue):
    assert event_timers.throughput(queue.accelerator(), queue.call) == pytest.approx(2e-3)
    assert queue.flushes == 0


def test_host_latency_is_from_the_launch_to_the_end_of_the_call(queue):
    # The device works from the moment of the last wait on, so launching hides behind it.
    found = event_timers.host_latency(queue.accelerator(), queue.call)
    assert found == pytest.approx(2e-3)


def test_it_is_warmed_up_before_anything_counts(queue):
    event_timers.host_latency(queue.accelerator(), queue.call)
    warm = event_timers.WARM_UP_SECONDS + event_timers.VALUES * 2e-3
    assert queue.host == pytest.approx(warm, abs=3e-3)
