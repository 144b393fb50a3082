"""Stands in for torch with one GPU: kernels take the time they are told to, behind each other.

The GPU's clock runs with the host's.  Times are seconds; tests may replace ``now`` and ``wait``.
"""

import contextlib
import time
import types

#: Cycles a second of the GPU.
HZ = 1e9
now = time.perf_counter
GIB = 2**30


def wait(until):
    while now() < until:
        pass


class _State:
    free_at = {"main": 0.0, "side": 0.0}  # noqa: RUF012 - one GPU for all
    allocations = 0
    reserved = 0
    spins = []  # noqa: RUF012 - the same


state = _State()


def launch(seconds, stream="main"):
    """Queue a kernel of that length."""
    state.allocations += 1
    _queue(seconds, stream)


def _queue(seconds, stream="main"):
    state.free_at[stream] = max(state.free_at[stream], now()) + seconds


class Event:
    def __init__(self, enable_timing=False):
        assert enable_timing

    def record(self, stream):
        self.at = max(state.free_at[stream], now())

    def query(self):
        return now() >= self.at

    def synchronize(self):
        wait(self.at)

    def elapsed_time(self, end):
        assert end.query(), "asked for before the GPU has reached it"
        return 1e3 * (end.at - self.at)


def _sleep(cycles):
    state.spins.append(cycles)
    _queue(cycles / HZ + 2e-6)


cuda = types.SimpleNamespace(
    Event=Event,
    _sleep=_sleep,
    is_initialized=lambda: True,
    device_count=lambda: 1,
    device=lambda _index: contextlib.nullcontext(),
    current_stream=lambda _index: "main",
    synchronize=lambda _index=None: wait(max(state.free_at.values())),
    memory_stats=lambda _: {"allocation.all.allocated": state.allocations},
    memory_reserved=lambda _: state.reserved,
    empty_cache=lambda: None,
    get_device_properties=lambda _: types.SimpleNamespace(uuid="1234"),
)
version = types.SimpleNamespace(hip=None)
