"""Machines to read: folders with a /proc and a /sys of their own, stand-ins for psutil and NVML."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cnnfc.machine.host import Host

DATA = Path(__file__).parents[2] / "data" / "machine"
GIB = 2**30
CPU = "sys/devices/system/cpu"


class FakePsutil(SimpleNamespace):
    """Only what is given exists; anything else raises AttributeError, as psutil does on macOS."""


def psutil_of(
    *, total: float = 31.3, available: float = 20, affinity: set[int] | None = None, **more: Any
) -> FakePsutil:
    """A psutil that knows the memory (in GiB), the affinity and what else is given."""
    memory = SimpleNamespace(
        total=int(total * GIB), available=int(available * GIB), free=int(available * GIB / 2)
    )
    known: dict[str, Any] = {"virtual_memory": lambda: memory, **more}
    if affinity is not None:
        process = SimpleNamespace(cpu_affinity=lambda: sorted(affinity))
        known["Process"] = lambda: process
    return FakePsutil(**known)


class NVMLError(Exception):
    """What every NVML function raises."""


class NVMLError_LibraryNotFound(NVMLError):  # noqa: N801 - the name that pynvml gives it
    """There is no NVIDIA driver."""


class FakeNvml:
    """An NVML that answers from mappings: of the whole system, and one for each GPU.

    A question without an answer raises, as NVML does for what a device does not support.
    ``asked`` keeps the names of the functions called.
    """

    NVMLError_LibraryNotFound = NVMLError_LibraryNotFound
    NVML_CLOCK_SM, NVML_CLOCK_MEM = 1, 2

    def __init__(self, *gpus: Mapping[str, Any], fails: Exception | None = None, **system: Any):
        self.gpus, self.fails, self.system = gpus, fails, system
        self.asked: list[str] = []
        self.open = 0

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's name
        if self.fails is not None:
            raise self.fails
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802 - NVML's name
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802 - NVML's name
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802 - NVML's name
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> int:  # noqa: N802 - NVML's name
        return [gpu.get("UUID") for gpu in self.gpus].index(uuid)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvml"):
            raise AttributeError(name)

        def answer(handle: int | None = None, *arguments: Any) -> Any:
            self.asked.append(name)
            answers = self.system if handle is None else self.gpus[handle]
            key = name.removeprefix("nvmlDeviceGet").removeprefix("nvmlSystemGet")
            if key not in answers:
                raise NVMLError("Not Supported")
            value = answers[key]
            return value[arguments[0]] if isinstance(value, dict) else value

        return answer


def h200() -> dict[str, Any]:
    """The answers of an H200 at work."""
    return {
        "Name": "NVIDIA H200",
        "MemoryInfo": SimpleNamespace(total=150754820096, free=150e9, used=754820096),
        "CudaComputeCapability": (9, 0),
        "NumGpuCores": 16896,
        "MemoryBusWidth": 6144,
        "MaxPcieLinkGeneration": 5,
        "MaxPcieLinkWidth": 16,
        "CurrPcieLinkGeneration": 4,
        "CurrPcieLinkWidth": 8,
        "ClockInfo": {1: 1755, 2: 3201},
        "MaxClockInfo": {1: 1980, 2: 3201},
        "PowerUsage": 650500,
        "EnforcedPowerLimit": 700000,
        "PowerManagementDefaultLimit": 700000,
        "Temperature": {0: 61},
        "PerformanceState": 0,
        "CurrentClocksEventReasons": 0x24,
        "UtilizationRates": SimpleNamespace(gpu=97, memory=40),
        "ComputeRunningProcesses": [SimpleNamespace(pid=1), SimpleNamespace(pid=2)],
        "GraphicsRunningProcesses": [SimpleNamespace(pid=2)],
        "EccMode": [1, 1],
        "MigMode": [0, 1],
        "PersistenceMode": 1,
        "UUID": "GPU-SENTINEL-UUID",
        "Serial": "SENTINEL-GPU-SERIAL",
    }


def topology(cores: Mapping[int, str], packages: Mapping[int, int] | None = None) -> dict[str, str]:
    """sysfs files of CPUs: which ones share a core, and their package."""
    files = {f"{CPU}/cpu{cpu}/topology/core_cpus_list": shared for cpu, shared in cores.items()}
    for cpu, package in (packages or {}).items():
        files[f"{CPU}/cpu{cpu}/topology/physical_package_id"] = str(package)
    return files


def cache(*place: int, kind: str, size: str, shared: str) -> dict[str, str]:
    """sysfs files of one cache as one CPU sees it; `place` is the CPU, the index, the level."""
    cpu, index, level = place
    folder = f"{CPU}/cpu{cpu}/cache/index{index}"
    return {
        f"{folder}/level": str(level),
        f"{folder}/type": kind,
        f"{folder}/size": size,
        f"{folder}/shared_cpu_list": shared,
    }


def intel_smt() -> dict[str, str]:
    """One socket, two cores with two threads each: CPUs 0 and 2 are core 0, 1 and 3 core 1."""
    files = {
        "proc/cpuinfo": (DATA / "intel-smt.cpuinfo").read_text(),
        "proc/meminfo": "MemTotal:       32820428 kB\nMemFree:        10000000 kB\n",
        "proc/pressure/cpu": "some avg10=12.50 avg60=3.00 avg300=1.00 total=1\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
        "proc/self/cgroup": "0::/user.slice\n",
        "proc/self/mountinfo": "26 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
        "etc/os-release": 'NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04.2 LTS"\n',
        "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
        "sys/fs/cgroup/user.slice/cpu.stat": "nr_throttled 3\nthrottled_usec 1500000\n",
        f"{CPU}/intel_pstate/no_turbo": "0",
        f"{CPU}/smt/active": "1",
        "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc",
        "sys/devices/system/node/node0/cpulist": "0-3",
        "sys/devices/system/node/node0/meminfo": "Node 0 MemTotal:       32820428 kB\n",
        "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
    }
    files |= topology({0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}, dict.fromkeys(range(4), 0))
    for cpu in range(4):
        core = "0,2" if cpu % 2 == 0 else "1,3"
        files |= cache(cpu, 0, 1, kind="Data", size="48K", shared=core)
        files |= cache(cpu, 1, 1, kind="Instruction", size="32K", shared=core)
        files |= cache(cpu, 2, 2, kind="Unified", size="1280K", shared=core)
        files |= cache(cpu, 3, 3, kind="Unified", size="55296K", shared="0-3")
        files[f"{CPU}/cpu{cpu}/cpufreq/scaling_governor"] = "powersave"
        files[f"{CPU}/cpu{cpu}/cpufreq/scaling_driver"] = "intel_pstate"
        files[f"{CPU}/cpu{cpu}/cpufreq/energy_performance_preference"] = "balance_performance"
    return files


def amd_dual_socket() -> dict[str, str]:
    """Two sockets with two cores each, a third-level cache and a NUMA node for each socket."""
    files = {
        "proc/cpuinfo": (DATA / "amd-dual-socket.cpuinfo").read_text(),
        f"{CPU}/cpufreq/boost": "0",
    }
    files |= topology({cpu: str(cpu) for cpu in range(4)}, {0: 0, 1: 0, 2: 1, 3: 1})
    for cpu in range(4):
        files |= cache(cpu, 0, 1, kind="Data", size="32K", shared=str(cpu))
        files |= cache(cpu, 3, 3, kind="Unified", size="32768K", shared="0-1" if cpu < 2 else "2-3")
    for node, cpus in enumerate(("0-1", "2-3")):
        files[f"sys/devices/system/node/node{node}/cpulist"] = cpus
        files[f"sys/devices/system/node/node{node}/meminfo"] = (
            f"Node {node} MemTotal:       264000000 kB\n"
        )
    return files


def arm_board() -> dict[str, str]:
    """ARM cores whose model Linux gives as numbers alone; no caches and no sockets in sysfs."""
    return {
        "proc/cpuinfo": (DATA / "arm-board.cpuinfo").read_text(),
        **topology({0: "0", 1: "1"}),
    }


def half_cpu_container() -> dict[str, str]:
    """A container with half a CPU and 2 GiB on the Intel machine, cgroup v2 with a namespace."""
    return {
        **intel_smt(),
        "proc/self/cgroup": "0::/\n",
        "proc/self/mountinfo": "700 690 0:30 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n",
        "sys/fs/cgroup/cpu.max": "50000 100000\n",
        "sys/fs/cgroup/cpu.stat": "nr_periods 10\nnr_throttled 7\nthrottled_usec 2500000\n",
        "sys/fs/cgroup/memory.max": str(2 * GIB),
        "sys/fs/cgroup/memory.current": str(GIB * 3 // 2),
        "sys/fs/cgroup/memory.stat": f"anon 5\ninactive_file {GIB // 2}\n",
        "run/systemd/container": "podman",
    }


MAC_SYSCTL = {
    "hw.packages": "1",
    "hw.memsize": str(16 * GIB),
    "hw.l2cachesize": "4194304",
    "hw.perflevel0.l1icachesize": "196608",
    "hw.perflevel0.l1dcachesize": "131072",
    "hw.perflevel0.l2cachesize": "16777216",
    "hw.optional.AdvSIMD": "1",
    "hw.optional.arm.FEAT_BF16": "1",
    "hw.optional.arm.FEAT_SME": "0",
    "machdep.cpu.brand_string": "Apple M2 Pro",
    "kern.hv_vmm_present": "0",
}


def host_maker(folder: Path) -> Callable[..., Host]:
    """Gives a function that builds a host in `folder`, from files and stand-ins.

    Files are texts by their paths without the first slash.
    """
    counter = iter(range(100))

    def build(files: Mapping[str, str] | None = None, nvml: Any = None, **options: Any) -> Host:
        root = folder / f"host{next(counter)}"
        root.mkdir()
        for path, text in (files or {}).items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        options = {"system": "Linux", "psutil": psutil_of(), **options}
        return Host(root=root, nvml=lambda: nvml, **options)

    return build
