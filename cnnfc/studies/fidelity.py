"""Compares the suite's latency of a layer with that of independent timers.

In one process, round by round and in an order that is drawn: the suite takes a sample of a case,
and ``torch.utils.benchmark`` (``blocked_autorange``) times the very same layer, and a layer of the
same shape that was built the way anybody would build it.  The first comparison is about the clock,
the second about the layer too.  Each round builds both layers anew, because their place in memory
alone moves a latency by a few percent, more than two timers differ.

On accelerators the suite's device time, throughput and host latency are compared as well, with
timers of `cnnfc.studies.event_timers` on the same layer.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cnnfc.analysis.summary import median
from cnnfc.cases import Case
from cnnfc.errors import CannotMeasure
from cnnfc.names import Device
from cnnfc.studies import sampling
from cnnfc.studies.fidelity_table import QUANTITIES, REFERENCES, tabulate
from cnnfc.studies.plain_layers import plain_batch, plain_layer
from cnnfc.studies.study import Point, Request, Step

__all__ = ["Fidelity", "tabulate"]

#: Latencies from 5 microseconds to 10 milliseconds on a common CPU, all kinds of kernels, and no
#: layer whose weights take long to draw anew for every pair.
CASES: Final = (
    "dense.64-64",
    "dense.256-256",
    "dense.1024-512",
    "dense.2048-1000",
    "dense.1024-512.n32",
    "dense.768-768.t197",
    "conv1d.64-64.k3.l128",
    "conv2d.3-64.k3.hw32",
    "conv2d.3-64.k7.hw32",
    "conv2d.3-64.k3.hw32.n8",
    "conv2d.64-64.k1.nobias.hw28",
    "conv2d.64-64.k3.nobias.hw28",
    "conv2d.64-64.k5.nobias.hw28",
    "conv2d.64-64.k3.hw28.n8.nhwc",
    "conv2d.128-128.k3.s2.nobias.hw56",
    "conv2d.256-256.k3.nobias.hw14",
    "conv2d.512-128.k1.nobias.hw28",
    "conv2d.512-512.k3.nobias.hw7",
    "conv2d.512-512.k3.g512.nobias.hw14",
    "conv2d.32-32.k3.g32.nobias.hw112",
    "conv2d.64-64.k3.g8.hw28",
    "conv2d.3-64.k7.s2.nobias.hw224",
    "conv3d.8-16.k3.dhw16",
    "convtranspose2d.64-32.k2.s2.p0.hw28",
)
PAIRS: Final = 21
#: Bytes, at most, by which each new pair of layers is moved in memory.
_SPACER: Final = 2**21
#: Seconds that the reference measures for a value; about what the suite does in one process.
_REFERENCE_SECONDS: Final = 0.06
_STEP_SECONDS: Final = 8.0


SIDES: Final = ("suite", *REFERENCES)

#: Fewer cases and pairs for these, since each value takes a second of warming up.
EVENT_CASES: Final = (
    "dense.1024-512",
    "dense.768-768.t197",
    "conv2d.3-64.k3.hw32",
    "conv2d.3-64.k7.hw32",
    "conv2d.64-64.k3.nobias.hw28",
    "conv2d.256-256.k3.nobias.hw14",
    "conv2d.32-32.k3.g32.nobias.hw112",
    "conv2d.3-64.k7.s2.nobias.hw224",
)
EVENT_PAIRS: Final = 7
_EVENT_STEP_SECONDS: Final = 35.0


class Fidelity:
    """See the module."""

    question = "Does the suite's latency agree with that of independent timers?"

    def __init__(self, request: Request) -> None:
        self._benchmarks = request.benchmarks
        self._devices = request.devices or _present()
        self._cases = request.cases or CASES
        for name in self._cases:
            Case.parse(name)
        for name in self._devices:
            Device.parse(name)

    def settings(self) -> Mapping[str, Any]:
        return {
            "devices": list(self._devices),
            "cases": list(self._cases),
            "pairs": PAIRS,
            "reference": "torch.utils.benchmark.Timer.blocked_autorange",
            "reference_seconds": _REFERENCE_SECONDS,
            "event_pairs": EVENT_PAIRS,
        }

    def steps(self) -> Sequence[Step]:
        steps = [
            Step(f"{device} {case}", f"{case} {device}", _STEP_SECONDS)
            for device in self._devices
            for case in self._cases
        ]
        return steps + [
            Step(f"{device} {case} events", f"{case} {device}, by events", _EVENT_STEP_SECONDS)
            for device in self._devices
            if not Device.parse(device).is_cpu
            for case in self._cases
            if case in EVENT_CASES
        ]

    def measure(self, step: Step) -> Point:
        device, name, *events = step.key.split()
        if events:
            return _by_events(name, device)
        case, place = Case.parse(name), Device.parse(device)
        values: dict[str, list[float]] = {side: [] for side in SIDES}
        draw = random.Random(step.key)  # noqa: S311 - an order, not a secret
        for _ in range(PAIRS):
            call = _build(name, device, bytearray(draw.randrange(_SPACER)))
            read: dict[str, Callable[[], float]] = {
                "suite": lambda: _suite(self._benchmarks, name, device),
                "same": lambda call=call: _reference(call.func, call.args[0], place),  # type: ignore[misc]
                "plain": lambda: _plain(case, place),
            }
            order = list(SIDES)
            draw.shuffle(order)
            for side in order:
                values[side].append(_digits(read[side]()))
        return dict(values)


def _present() -> tuple[str, ...]:
    """One CPU thread, two, and the first of every kind of accelerator, as far as they are here."""
    from cnnfc.measure.devices import why_absent  # noqa: PLC0415 - loads torch

    names = ("cpu-1", "cpu-2", "cuda-0", "mps-0", "xpu-0")
    return tuple(name for name in names if why_absent(Device.parse(name)) is None)


def _build(case: str, device: str, spacer: bytearray | None = None) -> functools.partial[object]:
    """The suite's own call of `case`, built anew: a layer with its batch.

    A process that keeps its heap would give the new layer the place of the old one; `spacer`, of
    another size each time and alive until all is built, takes a part of that place first.
    """
    from cnnfc.measure import api  # noqa: PLC0415 - loads torch, which tables can do without

    api.forget()
    room = bytes(spacer or b"")
    call = _or_reason(lambda: api.forward(case, device))
    if not isinstance(call, functools.partial):
        raise CannotMeasure(f"{case} is not one call of a layer")
    del room
    return call


def _suite(benchmarks: Path, case: str, device: str) -> float:
    """Seconds a call, as the suite measures them in one process."""
    benchmark = sampling.forward_benchmark(case)
    sample = sampling.take(benchmarks, benchmark, case, device, anew=False)
    return median(sorted(sample.values))


def _plain(case: Case, place: Device) -> float:
    """Seconds a call by torch's own timer, of a layer that owes nothing to `cnnfc.measure`."""
    import torch  # noqa: PLC0415

    from cnnfc.measure.devices import torch_device  # noqa: PLC0415 - loads torch

    # Weights that are made in inference mode are another type of tensor, 0.5 microseconds faster.
    with torch.inference_mode(mode=False):
        layer = plain_layer(case).eval().to(torch_device(place))
        batch = plain_batch(case).to(torch_device(place))
    return _reference(layer, batch, place)


def _reference(layer: Any, batch: Any, place: Device) -> float:  # noqa: ANN401 - torch's types
    """Seconds a call of ``layer(batch)`` by torch's own timer."""
    import torch  # noqa: PLC0415
    from torch.utils import benchmark  # noqa: PLC0415

    from cnnfc.measure import layers  # noqa: PLC0415 - loads torch

    with torch.inference_mode():
        timer = benchmark.Timer(
            "layer(batch)",
            globals={"layer": layer, "batch": batch},
            num_threads=place.index if place.is_cpu else 1,
        )
        seconds = timer.blocked_autorange(min_run_time=_REFERENCE_SECONDS).median
    layers.disturb()  # the timer has set its own number of threads
    return float(seconds)


def _by_events(case: str, device: str) -> Point:
    """Each quantity by the suite and by the timers of `event_timers`, pair by pair."""
    import torch  # noqa: PLC0415

    from cnnfc.measure import api  # noqa: PLC0415 - loads torch
    from cnnfc.measure.devices import torch_device  # noqa: PLC0415
    from cnnfc.studies import event_timers  # noqa: PLC0415

    _build(case, device)  # where there is no such device it says so
    on = event_timers.open_accelerator(torch_device(Device.parse(device)))
    draw = random.Random(case)  # noqa: S311 - an order, not a secret
    point: Point = {}
    for quantity in QUANTITIES:
        values: dict[str, list[float]] = {"suite": [], "reference": []}
        for _ in range(EVENT_PAIRS):
            call = _build(case, device)
            for side in draw.sample(sorted(values), 2):
                if side == "suite":
                    sample = _or_reason(functools.partial(getattr(api, quantity), case, device))
                    seconds = median(sorted(sample["samples"]))
                else:
                    with torch.inference_mode():
                        seconds = getattr(event_timers, quantity)(on, call)
                values[side].append(_digits(seconds))
        point[quantity] = values
    return point


def _or_reason(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever `call` gives
    """What `call` gives; `CannotMeasure` where the suite skips."""
    try:
        return call()
    except NotImplementedError as error:  # asv's skip
        raise CannotMeasure(str(error)) from None


def _digits(seconds: float) -> float:
    """Six digits: more than any clock resolves, and files stay small.

    Raises:
        CannotMeasure: the clock gave no time above 0, so there is no ratio.
    """
    if not (math.isfinite(seconds) and seconds > 0):
        raise CannotMeasure(f"a timer read {seconds} s")
    return float(f"{seconds:.6g}")
