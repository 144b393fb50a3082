"""Turns whatever makes a case impossible on a machine into asv's skip, with its reason."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Iterator
from typing import NoReturn

import torch
from asv_runner.benchmarks.mark import SkipNotImplemented

from cnnfc.errors import CannotMeasure, CnnfcError
from cnnfc.measure import layers, recording
from cnnfc.measure.devices import failed_allocations, give_back_memory
from cnnfc.names import Device

#: What the CPU allocator, Metal, cuBLAS and cuDNN, the CUDA and HIP runtimes (of memory that is not
#: torch's), MIOpen and Intel's runtime say when memory is out.
_OUT_OF_MEMORY = (
    "can't allocate memory",
    "backend out of memory",
    "Invalid buffer size",
    "STATUS_ALLOC_FAILED",
    "error: out of memory",
    "miopenStatusAllocFailed",
    "UR_RESULT_ERROR_OUT_OF_",
)


class OtherProfile(CannotMeasure):
    """Reserved for another profile: no news about this machine, so not a note of its record."""


@contextlib.contextmanager
def skipping(case: str, device: str) -> Iterator[None]:
    """Turn everything that makes `case` impossible on `device` into asv's skip, with its reason.

    The reason is printed and noted in the hardware record, unless it is another profile.
    """
    failed = _failed_allocations(device)
    try:
        yield
    except SkipNotImplemented:  # skipped already, further in
        raise
    except OtherProfile as error:
        raise SkipNotImplemented(str(error)) from None
    except CnnfcError as error:  # also a name that this commit cannot parse yet
        skip(str(error), case, device)
    except (RuntimeError, MemoryError) as error:
        # cuDNN tries kernel after kernel when memory runs out, and in the end finds none.
        if not _is_out_of_memory(error) and _failed_allocations(device) == failed:
            raise
        # What failed must not keep the memory that the next layer needs.
        layers.disturb()
        traceback.clear_frames(error.__traceback__)
        give_back_memory(Device.parse(device))
        reason = str(error).partition("\n")[0]
        skip(reason if _is_out_of_memory(error) else f"out of memory: {reason}", case, device)


def _failed_allocations(device: str) -> int:
    try:
        return failed_allocations(Device.parse(device))
    except CnnfcError:
        return 0  # a name that this commit cannot parse yet, which is found to be one later


def _is_out_of_memory(error: Exception) -> bool:
    """CUDA and XPU raise a type of their own; CPUs, MPS and libraries a plain RuntimeError."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return any(words in str(error) for words in _OUT_OF_MEMORY)


def skip(reason: str, case: str, device: str) -> NoReturn:
    """Skip the benchmark that runs: print `reason`, note it in the hardware record, tell asv."""
    print(f"cnnfc: skipped {case} on {device}: {reason}", file=sys.stderr)  # noqa: T201
    recording.note_skip(reason, case, device)
    raise SkipNotImplemented(reason)
