"""Where the readers of this room look: the one object that stands for the machine under test.

Every reader takes a `Host` and reads nothing but it, so a test hands it another machine: a folder
with a ``proc`` and a ``sys`` of its own, and stand-ins for psutil, NVML and sysctl.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

#: Absolute: a shortened PATH (cron, CI) often lacks /usr/sbin.
_SYSCTL = "/usr/sbin/sysctl"


def _nothing() -> Mapping[str, str]:
    return {}


def _no_name() -> str | None:
    return None


@dataclass(frozen=True)
class Host:
    """A machine as its readers see it.

    Attributes:
        root: Folder that holds ``proc``, ``sys`` and ``etc``; ``/`` for the machine itself.
        system: ``"Linux"``, ``"Darwin"``, ``"Windows"``, ... as ``platform.system()`` says.
        architecture: ``"x86_64"``, ``"aarch64"``, ... as ``platform.machine()`` says; may be "".
        kernel: Kernel release as ``platform.release()`` says; may be "".
        logical_cpus: ``os.cpu_count()``; None where Python cannot tell.
        psutil: The psutil module or a stand-in; None reads as "psutil knows nothing".
        nvml: The pynvml module or a stand-in; None where it is not installed.  A function, since
            importing it costs more than all other readers together.
        sysctl: macOS only: names to values of the hardware tree.
        processor_name: Windows only: the CPU's name in the registry.
    """

    root: Path
    system: str
    architecture: str = ""
    kernel: str = ""
    logical_cpus: int | None = None
    psutil: Any = None
    nvml: Callable[[], Any] = field(default=_no_name)
    sysctl: Callable[[], Mapping[str, str]] = field(default=_nothing)
    processor_name: Callable[[], str | None] = field(default=_no_name)

    def text(self, path: str) -> str | None:
        """The stripped text of a file such as ``"/proc/cpuinfo"``; None if it cannot be read."""
        try:
            return self.path(path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def number(self, path: str) -> int | None:
        """The whole number that a file holds; None if there is none."""
        return integer(self.text(path))

    def path(self, path: str) -> Path:
        """`path`, given from ``/``, below the root of this host."""
        return self.root / path.lstrip("/")

    def numbered(self, folder: str, prefix: str) -> list[int]:
        """The sorted numbers N of the entries ``<prefix>N`` in `folder`; empty if unreadable."""
        try:
            names = [entry.name for entry in self.path(folder).iterdir()]
        except OSError:
            return []
        numbers = (name.removeprefix(prefix) for name in names if name.startswith(prefix))
        return sorted(int(number) for number in numbers if number.isascii() and number.isdigit())


@cache
def this_host() -> Host:
    """The machine that this process runs on."""
    import os  # noqa: PLC0415 - only for the count below; the readers must not find it in reach

    import psutil  # noqa: PLC0415 - 20 ms that importing this room should not cost

    return Host(
        root=Path("/"),
        system=platform.system(),
        architecture=platform.machine(),
        kernel=platform.release(),
        logical_cpus=os.cpu_count(),
        psutil=psutil,
        nvml=_pynvml,
        sysctl=_read_sysctl,
        processor_name=_read_registry,
    )


def attempt(ask: Callable[[], T]) -> T | None:
    """What `ask` answers, or None if it raises.

    psutil and NVML raise different exceptions on every platform (AttributeError where a feature
    does not exist, OSError, RuntimeError, NotImplementedError, NVMLError): for a description of a
    machine they all mean that the fact is not known.
    """
    try:
        return ask()
    except Exception:  # noqa: BLE001 - see above; a fact that cannot be read is left out
        return None


def ask(source: Any, name: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - psutil or NVML
    """The answer of the function `name` of `source`; None if it is missing or raises."""
    return attempt(lambda: getattr(source, name)(*arguments, **options))


def reading(source: Any, name: str, kind: Callable[[Any], T]) -> T | None:  # noqa: ANN401 - the same
    """The attribute `name` of an answer as `kind`; None if there is no answer or no such value."""
    return attempt(lambda: kind(getattr(source, name)))


def integer(text: str | None, base: int = 10) -> int | None:
    """`text` as a whole number; None for anything else."""
    try:
        return int(text, base) if text is not None else None
    except ValueError:
        return None


def cpu_list(text: str | None) -> frozenset[int]:
    """The CPUs of the kernel's list format: ``"0-3,8"`` is {0, 1, 2, 3, 8}; malformed is empty."""
    cpus: set[int] = set()
    for part in (text or "").split(","):
        first, dash, last = part.strip().partition("-")
        low, high = integer(first), integer(last if dash else first)
        if low is None or high is None:
            continue
        cpus.update(range(low, high + 1))
    return frozenset(cpus)


def format_cpu_list(cpus: frozenset[int]) -> str:
    """The inverse of `cpu_list`: {0, 1, 2, 3, 8} is ``"0-3,8"``; no CPUs is ``""``."""
    runs: list[tuple[int, int]] = []
    for cpu in sorted(cpus):
        if runs and runs[-1][1] == cpu - 1:
            runs[-1] = (runs[-1][0], cpu)
        else:
            runs.append((cpu, cpu))
    return ",".join(f"{low}" if low == high else f"{low}-{high}" for low, high in runs)


def printable(text: str) -> str:
    """`text` without control characters and with single spaces: firmware strings hold both."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def known(**facts: Any) -> dict[str, Any]:  # noqa: ANN401 - facts are whatever JSON can hold
    """The facts that are there: arguments that are None are left out."""
    return {key: value for key, value in facts.items() if value is not None}


def _pynvml() -> Any:  # noqa: ANN401 - a module without types
    import pynvml  # noqa: PLC0415 - costs 13 ms; only who asks for GPUs pays them

    return pynvml


@cache
def _read_sysctl() -> Mapping[str, str]:
    """``sysctl hw machdep.cpu kern.hv_vmm_present`` as a mapping: no kern.hostname, no UUID."""
    command = [_SYSCTL, "hw", "machdep.cpu", "kern.hv_vmm_present"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    lines = (line.partition(":") for line in done.stdout.splitlines())
    return {name.strip(): value.strip() for name, colon, value in lines if colon}


def _read_registry() -> str | None:
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - exists on Windows alone

        key = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            return str(winreg.QueryValueEx(opened, "ProcessorNameString")[0])
    return None
