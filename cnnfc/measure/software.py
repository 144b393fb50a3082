"""What torch says of itself: build, libraries and switches, for the hardware record."""

from __future__ import annotations

import re

import torch

from cnnfc.measure import heap, switches

_ONEDNN = re.compile(r"oneDNN v([0-9.]+)|MKL-DNN v([0-9.]+)")
_MKL = re.compile(
    r"oneAPI Math Kernel Library Version ([0-9.]+[^ ]*)|Math Kernel Library.*?([0-9]{4}\S*)"
)
_OPENMP = re.compile(r"OpenMP ([0-9]+)")


def torch_software() -> dict[str, object]:
    """Facts whose change breaks a series, JSON-ready; starts no accelerator.

    Keys: ``torch`` (version), ``git`` (torch's own commit), ``cuda``, ``hip``, ``cudnn`` (versions
    or ``None``), ``onednn``, ``mkl``, ``openmp`` (versions as the build states them), ``cpu_isa``
    (the instruction set torch's own kernels use), ``threads`` and ``interop_threads`` (defaults
    before any setting), ``config`` (the whole text of ``torch.__config__.show()``), ``heap_kept``
    (see `heap.keep`) and, in builds for GPUs, ``cudnn_benchmark``: whether cuDNN races its kernels
    (see `switches.races`).  TF32 is not here: each case sets it, and its dtype says how.
    """
    config = torch.__config__.show()
    facts: dict[str, object] = {
        "torch": str(torch.__version__),
        "git": torch.version.git_version,
        "cuda": torch.version.cuda,
        "hip": getattr(torch.version, "hip", None),
        "cudnn": _cudnn_version(),
        "onednn": _first(_ONEDNN, config),
        "mkl": _first(_MKL, config),
        "openmp": _first(_OPENMP, config),
        "cpu_isa": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        "config": config,
        "heap_kept": heap.kept,
    }
    if torch.backends.cuda.is_built():
        facts["cudnn_benchmark"] = switches.races()
    return facts


def _cudnn_version() -> int | None:
    """As ``torch.backends.cudnn.version()``, which starts CUDA to see whether the two go together.

    A process that is going to be forked must not.
    """
    library = getattr(torch._C, "_cudnn", None)  # noqa: SLF001 - see above
    return None if library is None else int(library.getVersionInt())


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return next((group for group in match.groups() if group), None) if match else None
