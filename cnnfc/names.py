"""The names that history is keyed by, other than case names.

Devices, benchmarks and profiles.  All of them are interfaces: a name written into a result file
is read for years, so these lists only ever grow.  CONTRIBUTING.md states them for people and
``tests/test_names.py`` holds them still.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cnnfc.errors import UsageError, unknown

CPU_THREADS: Final = (1, 2, 4, 8, 16, 32, 64, 128)
#: Thread scaling looks between the powers of two as well.
SCALING_THREADS: Final = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
ACCELERATORS: Final = ("cuda-0", "mps-0", "xpu-0")

#: The device parameter of a benchmark: the same list on every machine, because asv drops values
#: whose parameters are not in the last run's list.  What a machine lacks is skipped.
DEVICES: Final = (*(f"cpu-{threads}" for threads in CPU_THREADS), *ACCELERATORS)
SCALING_DEVICES: Final = tuple(f"cpu-{threads}" for threads in SCALING_THREADS)
#: Canaries also cover every further GPU of a machine.
CANARY_DEVICES: Final = (*DEVICES, *(f"cuda-{index}" for index in range(1, 8)))

PROFILES: Final = ("quick", "standard", "full")

#: At most 6 digits: int() refuses thousands of them with an error of its own.
_DEVICE = re.compile(r"(cpu)-([1-9][0-9]{0,5})|(cuda|mps|xpu)-(0|[1-9][0-9]{0,5})")
_BENCHMARK = re.compile(
    r"(?P<family>[a-z][a-z0-9_]*)"
    r"\.(?P<pass>Forward|Backward|TrainStep|Canary)(?P<condition>[A-Z][A-Za-z0-9]*)?"
    r"\.(?P<type>time|timeraw|track|peakmem|mem)_(?P<quantity>[a-z0-9_]+)"
)


@dataclass(frozen=True)
class Device:
    """Where a case runs.

    ``kind`` is ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"xpu"``; ``index`` is the number of threads
    for a CPU (1 and up) and the ordinal of an accelerator (0 and up).
    """

    kind: str
    index: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.index}"

    @property
    def is_cpu(self) -> bool:
        return self.kind == "cpu"

    @property
    def label(self) -> str:
        """For people: ``CPU, 2 threads`` or ``cuda-0``."""
        if not self.is_cpu:
            return str(self)
        return f"CPU, {self.index} thread{'s' if self.index > 1 else ''}"

    @classmethod
    def parse(cls, text: str) -> Device:
        """`Device` of ``"cpu-2"`` or ``"cuda-0"``; `UsageError` for anything else."""
        match = _DEVICE.fullmatch(text)
        if match is None:
            raise UsageError(
                f"unknown device {text!r}: write cpu-THREADS, cuda-N, mps-N or xpu-N, "
                f"for example cpu-2 or cuda-0"
            )
        cpu, threads, kind, ordinal = match.groups()
        return cls("cpu", int(threads)) if cpu else cls(kind, int(ordinal))


@dataclass(frozen=True)
class BenchmarkName:
    """What a benchmark of this project measures, read from its name alone.

    ``conv.ForwardCold.time_layer`` is family ``conv``, pass ``Forward``, condition ``Cold``,
    asv type ``time`` and quantity ``layer``.  The condition is ``""`` for the plain benchmark.
    """

    family: str
    pass_: str
    condition: str
    type: str
    quantity: str

    def __str__(self) -> str:
        return f"{self.family}.{self.pass_}{self.condition}.{self.type}_{self.quantity}"

    @classmethod
    def parse(cls, text: str) -> BenchmarkName | None:
        """The parts of a benchmark name of this project; ``None`` for any other suite's name."""
        match = _BENCHMARK.fullmatch(text)
        if match is None:
            return None
        return cls(
            match["family"],
            match["pass"],
            match["condition"] or "",
            match["type"],
            match["quantity"],
        )

    @property
    def is_layer_latency(self) -> bool:
        """Seconds a warmed forward call of one layer: what parameters are set against.

        ``Full`` is the condition of cases that only the full profile measures; it changes what is
        covered, not what is measured.  Thread scaling measures some of the same cases again and
        is not counted twice.
        """
        return (
            self.family in ("conv", "dense")
            and self.pass_ == "Forward"
            and self.condition in ("", "Full")
            and (self.type, self.quantity) == ("time", "layer")
        )

    @property
    def is_canary(self) -> bool:
        """A reference kernel that does not depend on the code under test."""
        return self.pass_ == "Canary"


def parse_profile(text: str) -> str:
    """`text` if it is a profile, else a `UsageError` that lists them."""
    if text not in PROFILES:
        raise unknown("profile", text, PROFILES)
    return text
