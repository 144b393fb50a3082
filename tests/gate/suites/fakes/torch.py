"""Stands in for torch: it has threads and an accelerator, and loads at once."""

import types

_threads = [16]


def get_num_threads():
    return _threads[0]


def set_num_threads(threads):
    _threads[0] = threads


cuda = types.SimpleNamespace(
    allocations=0,
    is_initialized=lambda: True,
    device_count=lambda: 1,
    memory_stats=lambda _: {"allocation.all.allocated": cuda.allocations},
)
