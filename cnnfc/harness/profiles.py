"""What each profile measures, as one table.

``standard`` is everything but the benchmarks whose condition is ``Full``: the same as plain
``asv run``, which skips those.  ``full`` adds them.  ``quick`` is the table below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cnnfc.catalogues import load
from cnnfc.harness.suite import Benchmark
from cnnfc.names import Device


@dataclass(frozen=True)
class Choice:
    """Which cases of a benchmark are measured: those of `catalogues` and those named in `cases`."""

    catalogues: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()

    def takes(self, case: str | None) -> bool:
        if case in self.cases:
            return True
        return any(case == str(known) for name in self.catalogues for known in load()[name].cases)


#: What `quick` measures, by benchmark.  It has to end within 90 seconds on 2 cores and still fill
#: every kind of page: the question (rows P1 and L1), first call against warmed (L2), a kernel
#: sweep (L3), a batch sweep (L4), cold caches (L5), a training step, and layers from small to large
#: for parameters against latency.
#: Canaries are measured with every profile.
QUICK: Final[Mapping[str, Choice]] = {
    "conv.Forward.time_layer": Choice(
        catalogues=("question",),
        cases=(
            "conv2d.3-64.k1.hw32.n32",
            "conv2d.3-64.k3.hw32.n32",
            "conv2d.3-64.k7.hw32.n32",
            "conv2d.3-64.k11.hw32.n32",
            "conv2d.3-64.k3.hw32.n8",
            "conv2d.3-64.k3.hw32.n128",
            "conv2d.64-64.k1.nobias.hw56",
            "conv2d.64-64.k3.nobias.hw56",
            "conv2d.256-256.k3.nobias.hw14",
            "conv2d.512-512.k3.nobias.hw7",
        ),
    ),
    "dense.Forward.time_layer": Choice(
        catalogues=("question",),
        cases=("dense.1024-512.n8", "dense.1024-512.n32", "dense.1024-512.n128", "dense.2048-1000"),
    ),
    "conv.ForwardFirst.track_latency": Choice(catalogues=("question",)),
    "dense.ForwardFirst.track_latency": Choice(catalogues=("question",)),
    "conv.ForwardCold.time_layer": Choice(catalogues=("question",)),
    "dense.ForwardCold.time_layer": Choice(catalogues=("question",)),
    "conv.TrainStep.time_layer": Choice(cases=("conv2d.3-64.k3.hw32.n32",)),
    "dense.TrainStep.time_layer": Choice(cases=("dense.1024-512.n32",)),
}


def measures(profile: str, benchmark: Benchmark, case: str | None) -> bool:
    """Whether `profile` measures `case` (``None`` for a benchmark without cases)."""
    if benchmark.is_canary:
        return True
    if profile == "quick":
        choice = QUICK.get(benchmark.name)
        return choice is not None and choice.takes(case)
    return profile == "full" or benchmark.condition != "Full"


def measures_on(profile: str, device: Device, cpus: int) -> bool:
    """Whether `profile` measures on `device`, which exists, where `cpus` threads can run.

    ``quick`` measures on one thread, on the largest power of two that fits, and on accelerators,
    so that it takes as long on 64 cores as on 2.
    """
    if profile != "quick" or not device.is_cpu:
        return True
    return device.index in (1, 1 << (max(1, cpus).bit_length() - 1))
