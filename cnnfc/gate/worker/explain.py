"""Part of the worker, loaded by path: what one call of a benchmark consists of.

Torch is asked if the suite has loaded it: its profiler for operators and GPU kernels, oneDNN and
MKL for the lines in which they name the kernel of each primitive and product.  Python's own
profiler counts functions, so a suite without torch is explained too.  Only
`cnnfc.gate.explaining.kernels` understands the lines; here they are kept as they are.
"""

from __future__ import annotations

import contextlib
import cProfile
import ctypes
import gc
import os
import pstats
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

Answer = dict[str, Any]

#: Calls under torch's profiler: what happens in every tenth call is seen.
_CALLS = 10
#: Time (s) after which no further call is profiled.
_ENOUGH = 1.0
#: Lines and functions of one call beyond which it is no single benchmark any more.
_MOST = 2000
#: Environment variables that choose kernels or threads begin so.
_PREFIXES = ("ATEN_", "CUBLAS_", "CUDNN_", "DNNL_", "GOMP_", "KMP_", "MKL_", "OMP_", "ONEDNN_")
_ALSO = ("NVIDIA_TF32_OVERRIDE", "CUDA_LAUNCH_BLOCKING", "PYTORCH_CUDA_ALLOC_CONF")

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

#: What oneDNN and MKL say of themselves, once a process and before their first line.
_said_before: list[str] = []


def explain(call: Callable[[], object]) -> Answer:
    """What `call`, which runs the benchmark once, does.

    Returns:
        ``functions`` with calls each; with torch also ``operators`` and ``kernels`` (calls and
        share of time), ``lines`` of oneDNN and MKL, ``threads``, ``flags`` and ``versions``;
        ``environment``; and ``notes`` on what could not be had.
    """
    call()  # what only a first call does is nothing to explain
    notes: list[str] = []
    answer: Answer = {"environment": _environment(), "functions": [], "notes": notes}
    torch = sys.modules.get("torch")
    if torch is not None:
        answer["versions"] = {"torch": str(torch.__version__)}
        with _noted("kernels of libraries", notes):
            answer["lines"] = _lines(torch, call, notes)
        with _noted("torch's profiler", notes):
            answer.update(_profiled(torch, call))
        answer["threads"] = torch.get_num_threads()
        answer["flags"] = _flags(torch)
    with _noted("Python's profiler", notes):
        answer["functions"] = _functions(call)
    return answer


@contextlib.contextmanager
def _noted(what: str, notes: list[str]) -> Iterator[None]:
    """Go on without `what` if it cannot be had: half an explanation is better than none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:  # noqa: BLE001 - releases of torch fail in their own ways
        notes.append(f"{what} cannot be read: {type(error).__name__}: {error}"[:300])


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(_PREFIXES) or name in _ALSO
    }


def _lines(torch: Any, call: Callable[[], object], notes: list[str]) -> list[str]:  # noqa: ANN401
    """What oneDNN and MKL print of one call."""
    lines: list[str] = []
    with contextlib.ExitStack() as stack:
        # First, so that it ends last: what they print on leaving belongs to the call as well.
        stack.enter_context(_hearing(lines))
        for library in ("mkldnn", "mkl"):
            backend = getattr(torch.backends, library, None)
            if backend is None or not backend.is_available() or not hasattr(backend, "verbose"):
                continue
            with _noted(f"the kernels of {library}", notes):
                stack.enter_context(backend.verbose(backend.VERBOSE_ON))
        call()
    known = [line for line in lines if line.startswith(("onednn_", "dnnl_", "mkldnn_", "MKL_"))]
    about = [line for line in known if ",exec," not in line and "NThr:" not in line]
    _said_before.extend(line for line in about if line not in _said_before)
    return [*_said_before, *(line for line in known if line not in about)][:_MOST]


@contextlib.contextmanager
def _hearing(lines: list[str]) -> Iterator[None]:
    """Collect in `lines` what C libraries print: they know nothing of `sys.stdout`."""
    libc = ctypes.CDLL(None)
    sys.stdout.flush()
    libc.fflush(None)
    kept = os.dup(1)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            libc.fflush(None)
            os.dup2(kept, 1)
            os.close(kept)
        file.seek(0)
        lines += file.read().decode(errors="replace").splitlines()


def _profiled(torch: Any, call: Callable[[], object]) -> Answer:  # noqa: ANN401 - no types here
    """Operators, and kernels of a GPU, with calls and share of the time of a call."""
    profiler = torch.profiler
    activities = [profiler.ProfilerActivity.CPU]
    on_gpu = torch.cuda.is_available() and torch.cuda.is_initialized()
    if on_gpu:
        activities.append(profiler.ProfilerActivity.CUDA)
    calls = 0
    with profiler.profile(activities=activities, record_shapes=True) as profile:
        begun = time.monotonic()
        while calls < _CALLS and (not calls or time.monotonic() - begun < _ENOUGH):
            call()
            calls += 1
        if on_gpu:
            torch.cuda.synchronize()
    operators: list[Answer] = []
    kernels: list[Answer] = []
    for event in profile.key_averages(group_by_input_shape=True):
        is_kernel = str(getattr(event, "device_type", "CPU")).endswith(("CUDA", "PrivateUse1"))
        entry = {
            "name": str(event.key),
            "calls": event.count / calls,
            "seconds": _device_time(event) if is_kernel else event.self_cpu_time_total,
            "shapes": [shape for shape in event.input_shapes or [] if shape],
        }
        (kernels if is_kernel else operators).append(entry)
    return {"operators": _shared(operators), "kernels": _shared(kernels)}


def _device_time(event: Any) -> float:  # noqa: ANN401 - torch's
    # Before torch 2.4 the only accelerator was CUDA, in this name too.
    for name in ("self_device_time_total", "self_cuda_time_total"):
        if hasattr(event, name):
            return float(getattr(event, name))
    return 0.0


def _shared(entries: list[Answer]) -> list[Answer]:
    """`entries` with their share of the time instead of the time, largest first."""
    total = sum(entry["seconds"] for entry in entries)
    for entry in entries:
        seconds = entry.pop("seconds")
        entry["share"] = seconds / total if total > 0 else 0.0
    return sorted(entries, key=lambda entry: -entry["share"])[:_MOST]


def _functions(call: Callable[[], object]) -> list[Answer]:
    """Functions of Python and of C that one call calls, without the place of either side."""
    profile = cProfile.Profile()
    was_collecting = gc.isenabled()
    gc.disable()  # what finalizers call is chance
    profile.enable()
    try:
        call()
    finally:
        profile.disable()
        if was_collecting:
            gc.enable()
    found: dict[str, int] = {}
    # There is no public way to the numbers; every release of Python has had this one.
    for (file, _line, called), (_, count, *_) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if os.path.dirname(file) != os.path.dirname(__file__):  # noqa: PTH120
            # Functions of C name their object with its address, another in every process.
            name = _ADDRESS.sub("", called)
            key = name if file in ("~", "") else f"{name} ({_relative(file)})"
            found[key] = found.get(key, 0) + count
    return [{"name": name, "calls": count} for name, count in sorted(found.items())][:_MOST]


def _relative(file: str) -> str:
    """`file` as its module is named, or from the folder on that it lies in.

    Both sides must say the same, and what is imported by name may lie in different folders: the
    suite in that of the contender's package, but not of the baseline's.
    """
    for module in list(sys.modules.values()):
        # Not getattr: some modules import others if they are asked for anything.
        about = vars(module) if isinstance(module, ModuleType) else {}
        if about.get("__file__") == file:
            # A package bears the name of its folder, a module that of its file.
            words = str(about["__name__"]).split(".") + ["__init__"] * ("__path__" in about)
            packages = words[:-1]
            return os.path.join(*packages, os.path.basename(file))  # noqa: PTH118, PTH119
    folders = sorted((os.path.abspath(p) for p in sys.path), key=len, reverse=True)  # noqa: PTH100
    for folder in folders:
        if file.startswith(folder + os.sep):
            return os.path.relpath(file, folder)
    return os.path.basename(file)  # noqa: PTH119


def _flags(torch: Any) -> dict[str, object]:  # noqa: ANN401 - no types here
    """Switches that choose kernels, as they stand after a call; those that this torch has."""
    readers: dict[str, Callable[[], object]] = {
        "mkldnn": lambda: torch.backends.mkldnn.enabled,
        "cuDNN": lambda: torch.backends.cudnn.enabled,
        "cuDNN's race of kernels": lambda: torch.backends.cudnn.benchmark,
        "deterministic cuDNN": lambda: torch.backends.cudnn.deterministic,
        "TF32 in convolutions": lambda: torch.backends.cudnn.allow_tf32,
        "TF32 in products": lambda: torch.backends.cuda.matmul.allow_tf32,
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled,
        "autograd": torch.is_grad_enabled,
        "inference mode": torch.is_inference_mode_enabled,
        "anomaly detection": torch.is_anomaly_enabled,
        "precision of float32 products": torch.get_float32_matmul_precision,
        "default dtype": lambda: str(torch.get_default_dtype()),
        "CPU capability of torch": lambda: str(torch.backends.cpu.get_cpu_capability()),
    }
    found: dict[str, object] = {}
    for name, reader in readers.items():
        # Two interfaces to TF32 that contradict each other make torch raise.
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[name] = reader()
    return found
