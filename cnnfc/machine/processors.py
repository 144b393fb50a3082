"""Reads what the processors are: model, sockets, cores, instruction sets.

On Linux from ``/proc/cpuinfo`` and sysfs (the kernel's Documentation/ABI,
sysfs-devices-system-cpu), on macOS from sysctl.  A fact that cannot be read is None or empty,
never derived from another.
"""

from __future__ import annotations

from typing import Any, Final

from cnnfc.machine.host import (
    Host,
    ask,
    attempt,
    cpu_list,
    integer,
    printable,
)

_CPUS = "/sys/devices/system/cpu"

#: Instruction sets that decide which kernels oneDNN, MKL and XNNPACK choose, by the names that
#: Linux gives them in /proc/cpuinfo ("flags" on x86, "Features" on ARM).
INSTRUCTION_SETS: Final = (
    *("sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512dq", "avx512bw"),
    *("avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8"),
    *("amx_bf16", "amx_fp16", "avx10_1"),
    *("asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve", "sve2", "svebf16", "svei8mm", "sme"),
    *("rvv", "vsx", "mma", "lasx"),
)
#: The same where macOS calls them something else (sysctl hw.optional).
_MAC_NAMES: Final = {
    "AdvSIMD": "asimd",
    "arm.FEAT_FP16": "asimdhp",
    "arm.FEAT_DotProd": "asimddp",
    "arm.FEAT_I8MM": "i8mm",
    "arm.FEAT_BF16": "bf16",
    "arm.FEAT_SME": "sme",
    "sse4_2": "sse4_2",
    "avx1_0": "avx",
    "f16c": "f16c",
    "fma": "fma",
    "avx2_0": "avx2",
    "avx512f": "avx512f",
    "avx512dq": "avx512dq",
    "avx512bw": "avx512bw",
    "avx512vl": "avx512vl",
}

#: ARM Linux names no model, only numbers: (implementer, part) of the MIDR_EL1 register.  From the
#: Technical Reference Manuals of Arm and Ampere.  An entry added later renames machines that had
#: none, so it needs an alias for their history.
_ARM_PARTS: Final = {
    (0x41, 0xD03): "ARM Cortex-A53",
    (0x41, 0xD05): "ARM Cortex-A55",
    (0x41, 0xD07): "ARM Cortex-A57",
    (0x41, 0xD08): "ARM Cortex-A72",
    (0x41, 0xD0A): "ARM Cortex-A75",
    (0x41, 0xD0B): "ARM Cortex-A76",
    (0x41, 0xD0C): "ARM Neoverse-N1",
    (0x41, 0xD0D): "ARM Cortex-A77",
    (0x41, 0xD40): "ARM Neoverse-V1",
    (0x41, 0xD41): "ARM Cortex-A78",
    (0x41, 0xD42): "ARM Cortex-A78AE",
    (0x41, 0xD44): "ARM Cortex-X1",
    (0x41, 0xD49): "ARM Neoverse-N2",
    (0x41, 0xD4F): "ARM Neoverse-V2",
    (0x41, 0xD84): "ARM Neoverse-V3",
    (0x41, 0xD8E): "ARM Neoverse-N3",
    (0xC0, 0xAC3): "Ampere-1",
    (0xC0, 0xAC4): "Ampere-1a",
}


def cpuinfo(host: Host) -> list[dict[str, str]]:
    """One mapping a logical CPU from ``/proc/cpuinfo``, keys in lower case; empty if unreadable.

    Blocks without a processor number are left out: on small ARM boards the last one holds the
    board's serial number.
    """
    blocks = []
    for block in (host.text("/proc/cpuinfo") or "").split("\n\n"):
        lines = (line.partition(":") for line in block.splitlines())
        fields = {key.strip().lower(): value.strip() for key, colon, value in lines if colon}
        if fields.get("processor", "").isdigit():
            blocks.append(fields)
    return blocks


def model(host: Host, cpus: list[dict[str, str]]) -> str | None:
    """The CPU's model as its maker writes it, for example ``"AMD EPYC 9654 96-Core Processor"``."""
    if host.system == "Darwin":
        name: str | None = host.sysctl().get("machdep.cpu.brand_string")
    elif host.system == "Windows":
        name = attempt(host.processor_name)
    else:
        name = _arm_model(cpus)
        for key in ("model name", "cpu model", "uarch", "cpu"):
            name = name or next((cpu[key] for cpu in cpus if cpu.get(key)), None)
    return printable(name or "") or None


def _arm_model(cpus: list[dict[str, str]]) -> str | None:
    """Names of the distinct ARM cores, joined: big and little ones are one processor."""
    names = set()
    for cpu in cpus:
        implementer = integer(cpu.get("cpu implementer"), base=16)
        part = integer(cpu.get("cpu part"), base=16)
        if implementer is None or part is None:
            continue
        unnamed = f"ARM {implementer:#04x}-{part:#05x}"
        names.add(_ARM_PARTS.get((implementer, part), unnamed))
    return " + ".join(sorted(names)) or None


def core_of(host: Host, cpus: list[dict[str, str]] | None = None) -> dict[int, Any]:
    """Logical CPU -> a key of the physical core it belongs to; empty where nothing says it.

    `cpus` saves reading ``/proc/cpuinfo`` again; it is only needed where sysfs has no topology.
    """
    cores: dict[int, Any] = {}
    for cpu in host.numbered(_CPUS, "cpu"):
        for name in ("core_cpus_list", "thread_siblings_list"):  # the second before Linux 5.3
            siblings = cpu_list(host.text(f"{_CPUS}/cpu{cpu}/topology/{name}"))
            if siblings:
                cores[cpu] = min(siblings)
                break
    if cores:
        return cores
    for fields in cpuinfo(host) if cpus is None else cpus:
        if "core id" in fields:
            package = fields.get("physical id", "0")
            cores[int(fields["processor"])] = (package, fields["core id"])
    return cores


def physical_cores(host: Host, cores: dict[int, Any]) -> int | None:
    """Number of physical cores of the machine, whatever this process may use of them."""
    if cores:
        return len(set(cores.values()))
    return attempt(lambda: int(ask(host.psutil, "cpu_count", logical=False))) or None


def logical_cpus(host: Host, cores: dict[int, Any]) -> int | None:
    """Number of CPUs that the operating system schedules on."""
    return len(cores) or attempt(lambda: int(ask(host.psutil, "cpu_count", logical=True))) or None


def sockets(host: Host, cpus: list[dict[str, str]]) -> int | None:
    """Number of processor packages."""
    if host.system == "Darwin":
        return integer(host.sysctl().get("hw.packages"))
    packages = {
        host.number(f"{_CPUS}/cpu{cpu}/topology/physical_package_id")
        for cpu in host.numbered(_CPUS, "cpu")
    }
    # -1 is what kernels write when the firmware does not say.
    packages -= {None, -1}
    return len(packages or {cpu["physical id"] for cpu in cpus if "physical id" in cpu}) or None


def instruction_sets(host: Host, cpus: list[dict[str, str]]) -> list[str] | None:
    """Those of `INSTRUCTION_SETS` that every CPU has, in that order; None where nothing says."""
    if host.system == "Darwin":
        values = host.sysctl()
        found = {
            ours for mac, ours in _MAC_NAMES.items() if values.get(f"hw.optional.{mac}") == "1"
        }
    else:
        flags = [set((cpu.get("flags") or cpu.get("features") or "").split()) for cpu in cpus]
        found = set.intersection(*flags) if flags else set()
    return [name for name in INSTRUCTION_SETS if name in found] or None
