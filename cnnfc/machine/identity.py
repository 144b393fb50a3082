"""Says who this machine is, from its hardware alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnfc.machine import memory, processors
from cnnfc.machine.gpus import gpu_identity
from cnnfc.machine.host import Host, ask, known, printable, reading, this_host
from cnnfc.machine.naming import machine_name, round_memory
from cnnfc.machine.virtualisation import virtualisation


@dataclass(frozen=True)
class Identity:
    """What a machine is made of.

    Two machines with equal fields (``detail`` apart) are the same machine to the history.  Every
    field may be None: then nothing on this machine says it.

    Attributes:
        cpu_model: As the maker writes it.
        sockets: Processor packages.
        cores: Physical cores of all sockets.
        threads: CPUs that the operating system schedules on, SMT threads counted.
        memory_bytes: Memory, rounded to what was built in (`naming.round_memory`).
        gpus: Model of every NVIDIA GPU.
        detail: What does not belong to the name; the keys are listed with `HardwareRecord`.
    """

    cpu_model: str | None = None
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    memory_bytes: int | None = None
    gpus: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """Readable, stable and safe as a folder name, such as ``amd-epyc-2c-24gb``."""
        architecture = self.detail.get("architecture")
        return machine_name(self.cpu_model, architecture, self.cores, self.memory_bytes, self.gpus)

    @property
    def smt(self) -> bool | None:
        """Whether cores show more than one thread (simultaneous multithreading)."""
        if self.cores is None or self.threads is None:
            return None
        return self.threads > self.cores

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; what is not known is left out."""
        return {
            "name": self.name,
            **known(
                cpu_model=self.cpu_model,
                sockets=self.sockets,
                cores=self.cores,
                threads=self.threads,
                smt=self.smt,
                memory_bytes=self.memory_bytes,
            ),
            "gpus": list(self.gpus),
            "detail": dict(self.detail),
        }


def identify(host: Host | None = None) -> Identity:
    """The identity of `host`, by default of the machine that this runs on.  Never raises."""
    host = host or this_host()
    cpus = processors.cpuinfo(host)
    cores = processors.core_of(host, cpus)
    total = reading(ask(host.psutil, "virtual_memory"), "total", int)
    gpus = gpu_identity(host)
    return Identity(
        cpu_model=processors.model(host, cpus),
        sockets=processors.sockets(host, cpus),
        cores=processors.physical_cores(host, cores),
        threads=processors.logical_cpus(host, cores),
        memory_bytes=round_memory(total) if total else None,
        gpus=tuple(gpu["name"] for gpu in gpus if "name" in gpu),
        detail=known(
            architecture=host.architecture or None,
            os=_os(host),
            kernel=host.kernel or None,
            microcode=next((cpu["microcode"] for cpu in cpus if "microcode" in cpu), None),
            instruction_sets=processors.instruction_sets(host, cpus),
            caches=memory.caches(host),
            numa=memory.numa_nodes(host),
            **virtualisation(host, cpus),
            gpus=gpus or None,
        ),
    )


def _os(host: Host) -> str | None:
    """``"Debian GNU/Linux 12 (bookworm)"`` where os-release says it, else ``"Linux"``."""
    for line in (host.text("/etc/os-release") or "").splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME" and host.system == "Linux":
            return printable(value.strip().strip("\"'")) or host.system
    return host.system or None
