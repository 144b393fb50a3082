"""The accelerator of this machine; every test here is skipped, with the reason, without one."""

import contextlib

import pytest
import torch

from cnnfc.measure import api, layers
from cnnfc.measure.devices import why_absent
from cnnfc.names import ACCELERATORS, Device


def _first():
    """The first accelerator that torch can use, or why there is none."""
    reasons = {name: why_absent(Device.parse(name)) for name in ACCELERATORS}
    here = [name for name, reason in reasons.items() if reason is None]
    return (here[0], "") if here else (None, "; ".join(map(str, reasons.values())))


@pytest.fixture(scope="session")
def accelerator():
    """Name of the accelerator, such as ``cuda-0``."""
    name, reason = _first()
    if name is None:
        pytest.skip(reason)
    return name


@pytest.fixture(scope="session")
def nvidia(accelerator):
    """Name of the accelerator, which is one of NVIDIA's."""
    if accelerator != "cuda-0" or torch.version.hip is not None:
        pytest.skip(f"needs an NVIDIA GPU, this machine has {accelerator}")
    return accelerator


@pytest.fixture(autouse=True)
def _leave_the_process_as_it_was(monkeypatch):
    """Like a new benchmark process before, and without its modes and layers afterwards."""
    monkeypatch.setattr(api, "_started", [])
    threads = torch.get_num_threads()
    api.forget()
    yield
    api.forget()
    layers._inference(enabled=False)
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.fixture
def little_memory(nvidia):
    """Limits torch's allocator to what is in use and a number of bytes more; a context manager."""

    @contextlib.contextmanager
    def limit(more):
        torch.cuda.empty_cache()
        total = torch.cuda.get_device_properties(0).total_memory
        allowed = torch.cuda.memory_reserved(0) + more
        torch.cuda.set_per_process_memory_fraction(allowed / total, 0)
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0, 0)

    return limit
