"""Reads what NVIDIA GPUs are and how they are, through NVML.

NVML talks to the driver and never makes a CUDA context, so asking does not disturb a fork.  Each
fact is asked for on its own: a virtual GPU or an old driver supports some and refuses others.
What only CUDA knows (the size of the L2 cache) belongs to the torch wing's facts.

GPUs are listed in NVML's order, that of the PCI bus.  CUDA orders by speed unless
``CUDA_DEVICE_ORDER=PCI_BUS_ID`` is set, which differs only between unequal GPUs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from cnnfc.machine.host import Host, ask, attempt, known, printable, reading

#: FP32 units of a streaming multiprocessor by compute capability, to turn NVML's number of
#: "CUDA cores" into multiprocessors.  _ConvertSMVer2Cores in helper_cuda.h of NVIDIA's CUDA
#: samples; a capability that is not listed leaves the multiprocessors unknown.
_CORES_OF_SM: Final = {
    (capability // 10, capability % 10): cores
    for cores, capabilities in {
        64: (60, 70, 75, 80),
        128: (50, 52, 61, 86, 87, 89, 90, 100, 103, 120, 121),
    }.items()
    for capability in capabilities
}

#: Bits of nvmlDeviceGetCurrentClocksEventReasons (nvml.h, nvmlClocksEventReasons).
_CLOCK_REASONS: Final = {
    0x001: "gpu-idle",
    0x002: "applications-clocks-setting",
    0x004: "software-power-cap",
    0x008: "hardware-slowdown",
    0x010: "sync-boost",
    0x020: "software-thermal-slowdown",
    0x040: "hardware-thermal-slowdown",
    0x080: "hardware-power-brake",
    0x100: "display-clock-setting",
    0x200: "board-limit",
    0x400: "reliability",
}


@dataclass(frozen=True)
class Gpu:
    """One open GPU: asks NVML by the function's name, None for whatever it refuses."""

    nvml: Any
    handle: Any

    def ask(self, function: str, *arguments: Any) -> Any:  # noqa: ANN401 - NVML answers anything
        """The answer of ``nvmlDeviceGet<function>(handle, *arguments)``."""
        return ask(self.nvml, f"nvmlDeviceGet{function}", self.handle, *arguments)

    def clock(self, function: str, kind: str) -> int | None:
        """Hz of the clock `kind`, ``"SM"`` or ``"MEM"``; NVML answers in MHz."""
        megahertz = self.ask(function, getattr(self.nvml, f"NVML_CLOCK_{kind}", None))
        return None if megahertz is None else round(megahertz * 1e6)

    @property
    def name(self) -> str | None:
        name = self.ask("Name")
        text = name.decode(errors="replace") if isinstance(name, bytes) else name
        return printable(text or "") or None


@contextmanager
def _open_gpus(host: Host) -> Iterator[tuple[Any, list[Gpu], str | None]]:
    """NVML, the GPUs that it shows, and what is wrong where there is a driver that fails."""
    nvml = attempt(host.nvml)
    error = "" if nvml is None else _start(nvml)
    if error is not None:
        yield nvml, [], error or None
        return
    try:
        yield nvml, _all_gpus(nvml), None
    finally:
        ask(nvml, "nvmlShutdown")


def _start(nvml: Any) -> str | None:  # noqa: ANN401 - a module without types
    """None if NVML runs, "" if this machine has no NVIDIA driver, else what NVML complains of."""
    try:
        nvml.nvmlInit()
    except Exception as error:  # noqa: BLE001 - driver not loaded, versions that do not match, ...
        absent = isinstance(error, getattr(nvml, "NVMLError_LibraryNotFound", ()))
        return "" if absent else printable(str(error)) or type(error).__name__
    return None


def _all_gpus(nvml: Any) -> list[Gpu]:  # noqa: ANN401 - a module without types
    count = ask(nvml, "nvmlDeviceGetCount") or 0
    handles = (ask(nvml, "nvmlDeviceGetHandleByIndex", index) for index in range(count))
    return [Gpu(nvml, handle) for handle in handles if handle is not None]


def gpu_identity(host: Host) -> list[dict[str, Any]]:
    """What each GPU is; empty without an NVIDIA driver.

    Keys, each only where known: ``name``, ``memory_bytes``, ``compute_capability`` (``"9.0"``),
    ``cuda_cores``, ``multiprocessors``, ``memory_bus_bits``, ``pcie_max_generation``,
    ``pcie_max_width`` (lanes).
    """
    with _open_gpus(host) as (_, gpus, _):
        return [_what(gpu) for gpu in gpus]


def gpu_state(host: Host) -> dict[str, Any]:
    """How the GPUs are now: ``gpus`` (a list), ``gpu_driver`` and, if NVML fails, ``gpu_error``.

    Units: Hz, watts, degrees Celsius, bytes, counts, percent.
    """
    with _open_gpus(host) as (nvml, gpus, error):
        driver = known(
            version=_text(ask(nvml, "nvmlSystemGetDriverVersion")),
            cuda=_cuda_version(ask(nvml, "nvmlSystemGetCudaDriverVersion")),
        )
        return {
            "gpus": [_how(gpu) for gpu in gpus],
            **known(gpu_driver=driver if gpus else None, gpu_error=error),
        }


@dataclass(frozen=True)
class GpuReading:
    """How one GPU runs at one moment; None for whatever NVML does not say.

    Attributes:
        sm_clock_hz: Clock of the multiprocessors.
        sm_clock_reference_hz: What that clock should be: the maker's default for computing or,
            where the driver has none (GeForce), the highest.
        power_watts: What the board draws, averaged by the driver over up to a second.
        temperature_celsius: Of the chip.
        clock_reasons: Why the clock is not higher, as in `gpu_state`; empty if nothing holds it.
    """

    sm_clock_hz: int | None = None
    sm_clock_reference_hz: int | None = None
    power_watts: float | None = None
    temperature_celsius: int | None = None
    clock_reasons: tuple[str, ...] | None = None


@contextmanager
def watched_gpu(host: Host, uuid: str | None) -> Iterator[Callable[[], GpuReading] | None]:
    """A function that reads the GPU with this `uuid`; None where NVML does not know one.

    CUDA may number GPUs in another order than NVML and show some of them alone, so the UUID is
    what tells which is which; it is used for that and kept nowhere.  Without one there is an
    answer only where there is no choice.  MIG slices have no clocks of their own: None.
    """
    with _open_gpus(host) as (nvml, gpus, _):
        gpu = _chosen(nvml, gpus, uuid)
        yield None if gpu is None else lambda: _read_gpu(gpu)


def free_gpu_memory(host: Host, uuid: str | None) -> int | None:
    """Bytes that are free on the GPU with this `uuid`, found as `watched_gpu` does; else None."""
    with _open_gpus(host) as (nvml, gpus, _):
        gpu = _chosen(nvml, gpus, uuid)
        return None if gpu is None else reading(gpu.ask("MemoryInfo"), "free", int)


def _chosen(nvml: Any, gpus: list[Gpu], uuid: str | None) -> Gpu | None:  # noqa: ANN401 - untyped
    return _with_uuid(nvml, uuid) if uuid else gpus[0] if len(gpus) == 1 else None


def _with_uuid(nvml: Any, uuid: str) -> Gpu | None:  # noqa: ANN401 - a module without types
    full = uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"
    handle = ask(nvml, "nvmlDeviceGetHandleByUUID", full)
    return None if handle is None else Gpu(nvml, handle)


def _read_gpu(gpu: Gpu) -> GpuReading:
    reasons = _clock_reasons(gpu)
    default = gpu.clock("DefaultApplicationsClock", "SM")
    return GpuReading(
        sm_clock_hz=gpu.clock("ClockInfo", "SM"),
        # Drivers without application clocks refuse, or answer 0.
        sm_clock_reference_hz=default or gpu.clock("MaxClockInfo", "SM"),
        power_watts=_watts(gpu.ask("PowerUsage")),
        temperature_celsius=_temperature(gpu),
        clock_reasons=None if reasons is None else tuple(reasons),
    )


def _what(gpu: Gpu) -> dict[str, Any]:
    capability, cores = gpu.ask("CudaComputeCapability"), gpu.ask("NumGpuCores")
    of_sm = None if capability is None else _CORES_OF_SM.get(tuple(capability))
    return known(
        name=gpu.name,
        memory_bytes=reading(gpu.ask("MemoryInfo"), "total", int),
        compute_capability=None if capability is None else ".".join(map(str, capability)),
        cuda_cores=cores,
        multiprocessors=cores // of_sm if cores and of_sm else None,
        memory_bus_bits=gpu.ask("MemoryBusWidth"),
        pcie_max_generation=gpu.ask("MaxPcieLinkGeneration"),
        pcie_max_width=gpu.ask("MaxPcieLinkWidth"),
    )


def _how(gpu: Gpu) -> dict[str, Any]:
    memory = gpu.ask("MemoryInfo")
    return known(
        name=gpu.name,
        sm_clock_hz=gpu.clock("ClockInfo", "SM"),
        sm_clock_max_hz=gpu.clock("MaxClockInfo", "SM"),
        memory_clock_hz=gpu.clock("ClockInfo", "MEM"),
        memory_clock_max_hz=gpu.clock("MaxClockInfo", "MEM"),
        power_watts=_watts(gpu.ask("PowerUsage")),
        power_limit_watts=_watts(gpu.ask("EnforcedPowerLimit")),
        power_limit_default_watts=_watts(gpu.ask("PowerManagementDefaultLimit")),
        temperature_celsius=_temperature(gpu),
        performance_state=_performance_state(gpu.ask("PerformanceState")),
        clock_reasons=_clock_reasons(gpu),
        utilisation_percent=reading(gpu.ask("UtilizationRates"), "gpu", int),
        memory_free_bytes=reading(memory, "free", int),
        memory_used_bytes=reading(memory, "used", int),
        other_processes=_other_processes(gpu),
        ecc=_on(gpu.ask("EccMode")),
        mig=_on(gpu.ask("MigMode")),
        persistence=_on(gpu.ask("PersistenceMode")),
        pcie_generation=gpu.ask("CurrPcieLinkGeneration"),
        pcie_width=gpu.ask("CurrPcieLinkWidth"),
    )


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000


def _temperature(gpu: Gpu) -> int | None:
    """Degrees Celsius of the chip (sensor 0); the plain function goes away with CUDA 14."""
    answers = (gpu.ask(function, 0) for function in ("TemperatureV", "Temperature"))
    return next((int(answer) for answer in answers if answer is not None), None)


def _on(mode: Any) -> bool | None:  # noqa: ANN401 - a mode, or a pair of the current and the next
    current = mode[0] if isinstance(mode, (list, tuple)) else mode
    return None if current is None else bool(current)


def _performance_state(state: int | None) -> str | None:
    """``"P0"`` (fastest) to ``"P15"``; 32 is NVML's "unknown"."""
    return f"P{state}" if state is not None and 0 <= state <= 15 else None


def _clock_reasons(gpu: Gpu) -> list[str] | None:
    """Why the clocks are not higher; unnamed bits as hexadecimal; [] if nothing holds them."""
    mask = gpu.ask("CurrentClocksEventReasons")
    if mask is None:  # the name before driver 535
        mask = gpu.ask("CurrentClocksThrottleReasons")
    if mask is None:
        return None
    bits = (1 << position for position in range(64))
    return [_CLOCK_REASONS.get(bit, hex(bit)) for bit in bits if mask & bit]


def _other_processes(gpu: Gpu) -> int | None:
    """How many processes besides this one use the GPU, for computing or drawing.

    In a container NVML numbers processes as the host does, so this one may count as another.
    """
    lists = [gpu.ask(f"{kind}RunningProcesses") for kind in ("Compute", "Graphics")]
    if all(processes is None for processes in lists):
        return None
    pids = {process.pid for processes in lists for process in processes or ()}
    return len(pids - {os.getpid()})


def _text(value: Any) -> str | None:  # noqa: ANN401 - bytes in old versions of the bindings
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _cuda_version(number: int | None) -> str | None:
    """``"12.4"`` of NVML's 12040: 1000 * major + 10 * minor."""
    return None if number is None else f"{number // 1000}.{number % 1000 // 10}"
