"""Which devices this machine may have, without asking torch.

`cnnfc run` needs no torch of its own, so it goes by the hardware alone.  What only torch knows
(a build without CUDA beside a GPU) the benchmarks find out: they skip, and the hardware record's
notes say which device was missing.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from cnnfc.errors import UsageError
from cnnfc.machine.identity import Identity
from cnnfc.machine.state import usable_cpus
from cnnfc.names import Device

#: PCI numbers of the makers of GPUs, as sysfs shows them.
_AMD = "0x1002"
_INTEL = "0x8086"


@dataclass(frozen=True)
class Devices:
    """How many there are of each kind; ``cpus`` is how many threads can run (1 and up)."""

    cpus: int = 1
    cuda: int = 0
    mps: int = 0
    xpu: int = 0

    def has(self, device: Device) -> bool:
        if device.is_cpu:
            return device.index <= self.cpus
        return device.index < {"cuda": self.cuda, "mps": self.mps, "xpu": self.xpu}[device.kind]

    def has_named(self, name: str | None) -> bool:
        """Whether the device called `name` exists; anything that is no device's name does."""
        try:
            return name is None or self.has(Device.parse(name))
        except UsageError:
            return True

    def __str__(self) -> str:
        """For people: ``cpu-1 to cpu-2, cuda-0``."""
        cpus = "cpu-1" if self.cpus == 1 else f"cpu-1 to cpu-{self.cpus}"
        kinds = (("cuda", self.cuda), ("mps", self.mps), ("xpu", self.xpu))
        return ", ".join(
            [cpus, *(f"{kind}-{index}" for kind, count in kinds for index in range(count))]
        )


def look(identity: Identity, sysfs: Path = Path("/sys")) -> Devices:
    """The devices of this machine; accelerators that torch may turn out not to support included."""
    # ROCm's builds of torch call AMD's GPUs cuda.
    amd = _cards(sysfs, _AMD) if (sysfs / "class" / "kfd").exists() else 0
    apple = sys.platform == "darwin" and platform.machine() == "arm64"
    return Devices(
        cpus=usable_cpus(),
        cuda=len(identity.gpus) or amd,
        mps=int(apple),
        xpu=_cards(sysfs, _INTEL),
    )


def _cards(sysfs: Path, maker: str) -> int:
    """How many graphics cards of `maker` Linux has a driver for."""
    vendors = (sysfs / "class" / "drm").glob("card[0-9]*/device/vendor")
    found = {path.resolve() for path in vendors if _text(path) == maker}
    return len(found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
