"""The stable surface that benchmark suites use: version 1.

asv and the gate run the work tree's ``benchmarks/`` against the ``cnnfc.measure`` of every commit
they measure, so these functions keep their names, arguments and meaning.  Additions are allowed;
suites then skip them at older commits.

A suite looks like this::

    from cnnfc.measure import api

    class Forward(api.Suite):
        params = [["dense.1024-512"], ["cpu-1", "cpu-2", "cuda-0"]]

        def time_layer(self, case, device):
            api.forward(case, device)()

There is no ``setup`` hook, because asv then times single calls on freshly built layers.  `forward`
remembers what it built, and the first call is made before asv's stopwatch runs.  Whatever cannot be
measured here is a skip whose reason is printed and added to the notes of the hardware record.
"""

from __future__ import annotations

from cnnfc.measure import heap, quiet

quiet.prepare()  # must run before anything imports torch
heap.keep()

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch

from cnnfc.cases import Case, Copy, Gemm, Loop
from cnnfc.errors import CannotMeasure
from cnnfc.measure import asv_type, caches, canaries, layers, recording, stages, timings
from cnnfc.measure.clocks import clock
from cnnfc.measure.skipping import OtherProfile, skip, skipping
from cnnfc.names import Device, parse_profile

# A profile that does not exist would silently measure another one: refuse to be imported.
parse_profile(os.environ.get("CNNFC_PROFILE", "standard"))
layers.preload()

__all__ = [
    "API_VERSION",
    "Suite",
    "canary_bandwidth",
    "canary_duration",
    "canary_flops",
    "clock",
    "device_time",
    "evict",
    "first_call",
    "forget",
    "forward",
    "host_latency",
    "peak_device_memory",
    "throughput",
    "train_step",
]

API_VERSION = 1

Sample = dict[str, Any]
C = TypeVar("C", bound=Case)


class Suite:
    """Base of all benchmark classes: two parameters, the device-waiting clock, one record a run.

    How often and how long asv measures, and the ``version`` of a benchmark, belong to the suite
    that is run and not to the commit that is measured: they stand in ``benchmarks/``.
    """

    param_names = ("case", "device")
    timer = staticmethod(clock)

    def setup_cache(self) -> None:
        """Write the hardware record.  asv calls this once a run, before the first benchmark."""
        recording.begin()


asv_type.builds_first(Suite)


def forward(case: str, device: str, profile: str | None = None) -> Callable[[], object]:
    """A function that runs one forward call of `case` on `device`; built once a process.

    `profile` names the profile that a benchmark is reserved for (``"full"``): it is skipped
    unless the environment variable ``CNNFC_PROFILE`` says so.
    """
    return _ready(_forward, case, device, profile)


def train_step(case: str, device: str, profile: str | None = None) -> Callable[[], object]:
    """A function that runs forward, backward and update of `case` on `device` once."""
    return _ready(_train_step, case, device, profile)


def evict(case: str, device: str) -> None:
    """Build the forward call of `case`, then push everything out of the caches of `device`."""
    with skipping(case, device):
        forward(case, device)
        caches.evict(Device.parse(device))


def first_call(case: str, device: str) -> Sample:
    """Seconds of the very first forward call in this process, as a sample of one value.

    This is what a single stopwatch reading of a new layer shows: it includes the choice and the
    compilation of kernels and the start of threads, and excludes building the layer.
    """
    if _started:
        skip(f"{_started[0]} has run in this process already", case, device)
    with skipping(case, device):
        workload = layers.build_forward(Case.parse(case), Device.parse(device))
        workload.activate()
        _started.append(case)
        start = clock()
        workload.call()
        return {"samples": [clock() - start], "number": 1}


def device_time(case: str, device: str) -> Sample:
    """Seconds that an accelerator itself needs for one forward call with cold caches.

    By the device's clock, each call a value, without the time that the host needs to launch it.
    Clocks, power and temperature around the values go into the hardware record, where they can be
    read.  A CPU has no clock of its own: skipped.
    """
    return _timed(timings.device_time, case, device, marks=True)


def throughput(case: str, device: str) -> Sample:
    """Seconds a forward call of an accelerator that always has the next call queued.

    By the device's clock, with warm caches, each value over ``number`` calls; calls a second are
    its inverse.  Recorded and skipped as `device_time`.
    """
    return _timed(timings.throughput, case, device, marks=True)


def host_latency(case: str, device: str) -> Sample:
    """Seconds from before a single forward call until its result is there, by the host's clock.

    With warm caches, each call a value; on CPUs as well.  Recorded as `device_time`.
    """
    return _timed(timings.host_latency, case, device, marks=False)


def peak_device_memory(case: str, device: str) -> int:
    """Bytes of accelerator memory that the framework held at the peak of a forward call.

    For CPUs use a ``peakmem_`` benchmark, which reads the process's largest resident size.
    """
    place = Device.parse(device)
    with skipping(case, device):
        if place.kind not in ("cuda", "xpu"):
            raise CannotMeasure("device memory is counted on CUDA, ROCm and XPU devices alone")
        call = forward(case, device)
        # torch.accelerator has these from 2.9 on, torch.cuda and torch.xpu in every release.
        allocator = getattr(torch, place.kind)
        allocator.reset_peak_memory_stats(place.index)
        call()
        clock()
        return int(allocator.max_memory_allocated(place.index))


def canary_flops(case: str, device: str) -> Sample:
    """FLOP/s of a large matrix product (``gemm.2048``), each call a value."""
    with skipping(case, device):
        return _sample(canaries.gemm_flops(_canary(case, Gemm), Device.parse(device)))


def canary_bandwidth(case: str, device: str) -> Sample:
    """Bytes a second of a copy larger than the caches (``copy.x4llc``), each call a value."""
    with skipping(case, device):
        return _sample(canaries.copy_bandwidth(_canary(case, Copy), Device.parse(device)))


def canary_duration(case: str, device: str) -> Sample:
    """Seconds of an empty interpreter loop (``loop.1000000``), each run a value."""
    with skipping(case, device):
        return _sample(canaries.loop_duration(_canary(case, Loop), Device.parse(device)))


def forget() -> None:
    """Drop every layer that was built: the next call builds its layer anew.

    For programs that measure one case several times in a process.  The new layer may well get the
    old one's place in memory.
    """
    _forward.cache_clear()
    _train_step.cache_clear()
    layers.disturb()


def _timed(
    measure: Callable[[timings.Stage], timings.Timing], case: str, device: str, *, marks: bool
) -> Sample:
    """A timing of the forward call of `case`, whose first call is behind it.

    `marks` says whether it reads the clock of the device, which a CPU has none of.
    """
    with skipping(case, device):
        place = Device.parse(device)
        if marks and place.is_cpu:
            raise CannotMeasure("a CPU has no clock beside the host's, which time_layer reads")
        with stages.stage(forward(case, device), place, marks=marks) as stage:
            timing = measure(stage)
        recording.note_timing(measure.__name__, case, device, timing)
        return {"samples": list(timing.values), "number": timing.number}


#: Cases that have run in this process, in order.
_started: list[str] = []


def _ready(
    factory: Callable[[str, str, str | None], layers.Workload],
    case: str,
    device: str,
    profile: str | None,
) -> Callable[[], object]:
    """The memoised call, after making sure the process is set up for it.

    Of a ``time_`` method without a `statement` (see `asv_type`) this is part of every timed call,
    about 0.2 microseconds, so the usual path is one look-up and one comparison.
    """
    workload = factory(case, device, profile)
    if workload is not layers.active:
        workload.activate()
    return workload.call


@functools.cache
def _forward(case: str, device: str, profile: str | None) -> layers.Workload:
    with skipping(case, device):
        _check_profile(profile)
        return _tried(layers.build_forward(Case.parse(case), Device.parse(device)), case)


@functools.cache
def _train_step(case: str, device: str, profile: str | None) -> layers.Workload:
    with skipping(case, device):
        _check_profile(profile)
        return _tried(layers.build_train_step(Case.parse(case), Device.parse(device)), case)


def _tried(workload: layers.Workload, case: str) -> layers.Workload:
    """`workload` after one call: a device that runs out of memory in it is found here."""
    workload.activate()
    _started.append(case)
    workload.call()
    clock()
    return workload


def _check_profile(profile: str | None) -> None:
    current = os.environ.get("CNNFC_PROFILE", "standard")
    if profile is not None and current != profile:
        raise OtherProfile(f"only the {profile} profile measures this")


def _canary(case: str, kind: type[C]) -> C:
    parsed = Case.parse(case)
    if not isinstance(parsed, kind):
        raise CannotMeasure(f"{case} is not a {kind.__name__.lower()} canary")
    return parsed


def _sample(values: Sequence[float]) -> Sample:
    """What asv takes for a benchmark that has done its own repeating."""
    return {"samples": list(values), "number": 1}
