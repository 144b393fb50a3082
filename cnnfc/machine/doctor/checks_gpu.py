"""Judges NVIDIA GPUs: clocks, what holds them, who else uses them, how they are set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from cnnfc.machine.doctor.evidence import Evidence, number
from cnnfc.machine.doctor.findings import Finding, Severity, grade
from cnnfc.units import format_value

#: Clock reasons (names of `cnnfc.machine.gpus`) that mean that the chip protects itself.
_SLOWDOWNS: Final = (
    *("hardware-slowdown", "hardware-thermal-slowdown", "software-thermal-slowdown"),
    "hardware-power-brake",
)
#: Those that hold the clock at a limit that somebody or something else sets.
_CAPS: Final = ("software-power-cap", "sync-boost", "board-limit", "reliability")

#: Degrees Celsius.  NVIDIA's data centre GPUs slow down between 83 and 90 (`nvidia-smi -q -d
#: TEMPERATURE` shows the limit of each).
_WARM: Final = 80.0

#: From which share of the maximum on a clock at rest is taken for one that may be locked.
_HELD_SHARE: Final = 0.5

Rule = Callable[["Gpu"], Iterator[Finding]]


class Gpu:
    """One GPU as the rules see it: its state, its number, and how a finding of it is made."""

    def __init__(self, index: int, state: Mapping[str, Any], evidence: Evidence) -> None:
        self.index = index
        self.state = state
        self.evidence = evidence
        reasons = state.get("clock_reasons")
        self.reasons = tuple(map(str, reasons)) if isinstance(reasons, list) else None

    def finding(
        self,
        topic: str,
        title: str,
        severity: Severity,
        said: str,
        *advice: str,
    ) -> Finding:
        """A finding about `topic` of this GPU; `advice` is its effect and its fix, or nothing."""
        effect, fix = advice or ("", "")
        id_, name = f"gpu-{self.index}-{topic}", f"GPU {self.index}: {title}"
        return Finding(id_, name, severity, said, effect, fix)

    def smi(self, options: str) -> str:
        """The command that changes a setting of this GPU."""
        return self.evidence.outside(f"sudo nvidia-smi -i {self.index} {options}")


def gpus(evidence: Evidence) -> Iterator[Finding]:
    """Every topic of every GPU; what NVML does not answer about a GPU is unknown."""
    error = evidence.state.get("gpu_error")
    if error:
        yield Finding(
            "gpu-driver",
            "GPU driver",
            Severity.UNKNOWN,
            f"NVIDIA's driver is there but does not answer: {error}.",
            "Nothing about the GPUs is known.",
            "after an update of the driver, restart the machine",
        )
    found = evidence.state.get("gpus")
    for index, state in enumerate(found if isinstance(found, list) else ()):
        if isinstance(state, Mapping):
            gpu = Gpu(index, state, evidence)
            for rule in _RULES:
                yield from rule(gpu)


def _clocks(gpu: Gpu) -> Iterator[Finding]:
    """Whether the clock is held.  NVML does not say "locked": a clock at its maximum at rest is.

    An unlocked GPU lowers its clock at rest, to well below half, and needs milliseconds of work to
    climb; the first calls are slow, and later the clock follows power and heat.  At rest with half
    the maximum or more, a lower clock may be locked, or the GPU is just about to lower it.  Under
    load, below 75% of the maximum is severe.
    """
    what, title = "clocks", "clocks"
    now, most = number(gpu.state, "sm_clock_hz"), number(gpu.state, "sm_clock_max_hz")
    if now is None or not most:
        why = "NVML does not show the clocks of this GPU."
        yield gpu.finding(what, title, Severity.UNKNOWN, why)
        return
    said = f"The SM clock is {format_value(now, 'hertz')} of {format_value(most, 'hertz')}"
    share = now / most
    fix = gpu.smi(
        f"--lock-gpu-clocks={most / 1e6:.0f} (a lower clock that the GPU can hold is steadier; "
        f"--reset-gpu-clocks undoes it)"
    )
    if share >= 0.99:
        yield gpu.finding(what, title, Severity.FINE, said + ".")
    elif _at_rest(gpu) and share >= _HELD_SHARE:
        yield gpu.finding(
            what,
            title,
            Severity.MINOR,
            f"{said} at rest: it may be locked at {format_value(now, 'hertz')}.",
            "If it is not locked, it follows power and heat.",
            f"nothing if you locked it, else: {fix}",
        )
    elif _at_rest(gpu):
        yield gpu.finding(
            what,
            title,
            Severity.MODERATE,
            f"{said} at rest: it is not locked.",
            "The first milliseconds of work run on a low clock, and later ones follow power and "
            "heat.",
            fix,
        )
    else:
        yield gpu.finding(
            what,
            title,
            grade(1 - share, 0.01, 0.03, 0.25),
            f"{said} under load.",
            "The clock is not held at its maximum, so timings follow power, heat and load.",
            fix,
        )


def _at_rest(gpu: Gpu) -> bool:
    return "gpu-idle" in (gpu.reasons or ()) or number(gpu.state, "utilisation_percent") == 0


def _reasons(gpu: Gpu) -> Iterator[Finding]:
    """What keeps the clock down at this moment, as the driver says (clocks event reasons)."""
    what, title = "clock-reasons", "what holds the clocks"
    if gpu.reasons is None:
        why = "NVML does not say what holds the clocks of this GPU."
        yield gpu.finding(what, title, Severity.UNKNOWN, why)
        return
    slow = [reason for reason in gpu.reasons if reason in _SLOWDOWNS]
    capped = [reason for reason in gpu.reasons if reason in _CAPS]
    if slow:
        yield gpu.finding(
            what,
            title,
            Severity.SEVERE,
            f"The clock is held down: {', '.join(slow)}.",
            "The GPU protects itself from heat or lack of power by running slower.",
            "mend cooling or power supply, or lock a clock that it can hold: "
            + gpu.smi("--lock-gpu-clocks=MHZ"),
        )
    elif capped:
        yield gpu.finding(
            what,
            title,
            Severity.MODERATE,
            f"The clock is held down: {', '.join(capped)}.",
            "The clock follows what the work of each moment draws.",
            "lock a clock that it can hold: " + gpu.smi("--lock-gpu-clocks=MHZ"),
        )
    else:
        shown = ", ".join(gpu.reasons)
        said = f"Only {shown}." if shown else "Nothing holds the clocks down."
        yield gpu.finding(what, title, Severity.FINE, said)


def _processes(gpu: Gpu) -> Iterator[Finding]:
    """Whether others use the GPU: a fifth of its time is moderate, half of it severe.

    In a container this process itself may be counted (`cnnfc.machine.gpus`).
    """
    what, title = "processes", "other processes"
    others = number(gpu.state, "other_processes")
    busy = number(gpu.state, "utilisation_percent")
    if others is None:
        why = "NVML does not show who uses this GPU."
        yield gpu.finding(what, title, Severity.UNKNOWN, why)
        return
    share = (busy or 0.0) / 100
    said = f"{others:.0f} other processes use it"
    said += "." if busy is None else f", busy for {busy:.0f}% of the last moment."
    if not others and share < 0.02:
        yield gpu.finding(what, title, Severity.FINE, "No other process uses it.")
        return
    severity = grade(share, 0.0, 0.2, 0.5)
    yield gpu.finding(
        what,
        title,
        severity,
        said,
        "Kernels of several processes take turns, and share memory bandwidth and power.",
        "end them or wait for them (nvidia-smi lists them), or choose another GPU with "
        "CUDA_VISIBLE_DEVICES",
    )


def _persistence(gpu: Gpu) -> Iterator[Finding]:
    """Whether the driver stays loaded between processes; only Linux has the mode."""
    what, title = "persistence", "persistence mode"
    on = gpu.state.get("persistence")
    if on is True:
        yield gpu.finding(what, title, Severity.FINE, "It is on.")
    elif on is False:
        yield gpu.finding(
            what,
            title,
            Severity.MINOR,
            "It is off.",
            "Between processes the driver unloads: the next one starts seconds later, and locked "
            "clocks are forgotten.",
            gpu.smi("--persistence-mode=1"),
        )
    else:
        why = "NVML does not show it for this GPU."
        yield gpu.finding(what, title, Severity.UNKNOWN, why)


def _power_limit(gpu: Gpu) -> Iterator[Finding]:
    """Whether the power limit is the maker's: 5% below is moderate, 25% below severe."""
    what, title = "power-limit", "power limit"
    limit = number(gpu.state, "power_limit_watts")
    usual = number(gpu.state, "power_limit_default_watts")
    if limit is None or not usual:
        why = "NVML does not show it for this GPU."
        yield gpu.finding(what, title, Severity.UNKNOWN, why)
        return
    said = f"It is {limit:g} W, by default {usual:g} W."
    severity = grade(1 - limit / usual, 0.005, 0.05, 0.25)
    if severity is Severity.FINE:
        yield gpu.finding(what, title, severity, said)
        return
    yield gpu.finding(
        what,
        title,
        severity,
        said,
        "Under load the clock is lowered to stay within it.",
        gpu.smi(f"--power-limit={usual:g}"),
    )


def _heat(gpu: Gpu) -> Iterator[Finding]:
    """Whether the GPU is near the heat at which it slows down."""
    what, title = "temperature", "temperature"
    degrees = number(gpu.state, "temperature_celsius")
    if degrees is None:
        yield gpu.finding(what, title, Severity.UNKNOWN, "NVML does not show it for this GPU.")
    elif degrees < _WARM:
        yield gpu.finding(what, title, Severity.FINE, f"It is {degrees:.0f} °C.")
    else:
        yield gpu.finding(
            what,
            title,
            Severity.MINOR,
            f"It is {degrees:.0f} °C.",
            "From 83 to 90 °C on most GPUs lower their clock.",
            "let it cool down, or lock a lower clock: " + gpu.smi("--lock-gpu-clocks=MHZ"),
        )


def _slices(gpu: Gpu) -> Iterator[Finding]:
    """Whether the GPU is cut into instances, which share power and clock."""
    mig = gpu.state.get("mig")
    if mig is True:
        yield gpu.finding(
            "mig",
            "multi-instance mode",
            Severity.MODERATE,
            "It is on.",
            "Other instances share power, clock and parts of the memory system, and a number "
            "holds for this size of instance alone.",
            gpu.smi("--multi-instance-gpu=0"),
        )
    elif mig is False:
        yield gpu.finding("mig", "multi-instance mode", Severity.FINE, "It is off.")


def _ecc(gpu: Gpu) -> Iterator[Finding]:
    """Whether memory is checked: no unsteadiness, but a difference between like machines."""
    on = gpu.state.get("ecc")
    if isinstance(on, bool):
        said = "It is on" if on else "It is off"
        said += "; compare only with GPUs set alike."
        yield gpu.finding("ecc", "ECC memory", Severity.FINE, said)


_RULES: Final[tuple[Rule, ...]] = (
    *(_clocks, _reasons, _processes, _persistence, _power_limit, _heat, _slices, _ecc),
)
