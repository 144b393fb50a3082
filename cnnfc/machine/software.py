"""Says which software measures, as far as a change of it breaks a series of numbers.

Facts about torch come from outside: this room does not import it.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Mapping
from typing import Any, Final

from cnnfc.machine.privacy import Redactor

#: Environment variables that change what is measured; nothing else of the environment is read.
PREFIXES: Final = (
    *("OMP_", "MKL_", "KMP_", "GOMP_", "ONEDNN_", "DNNL_"),
    *("OPENBLAS_", "TORCH_", "PYTORCH_", "CUDA_"),
)
NAMES: Final = ("NVIDIA_TF32_OVERRIDE", "LD_PRELOAD", "MALLOC_CONF")

#: Packages whose version a number may depend on; read from their metadata, never imported.
PACKAGES: Final = ("cnnfc", "asv", "asv_runner", "numpy", "psutil", "torch")


def read_software(
    facts: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Python, package versions and the environment variables that matter.

    Args:
        facts: Further groups, for example ``{"torch": {...}}`` from the torch wing; they replace
            groups of the same name, so the result may be passed in again.
        environ: The environment to read, by default this process's.

    Returns:
        Groups ``python``, ``packages``, ``environment`` and those of `facts`; plain data for JSON
        without names of users (see `privacy`).  `HardwareRecord` lists the keys.
    """
    environ = os.environ if environ is None else environ
    redactor = Redactor.of(environ)
    groups = {
        "python": _python(),
        "packages": _versions(),
        "environment": {
            name: environ[name]
            for name in sorted(environ)
            if name.startswith(PREFIXES) or name in NAMES
        },
        **(facts or {}),
    }
    clean: dict[str, Any] = redactor.clean(groups)
    return clean


def _python() -> dict[str, Any]:
    # Builds without a global interpreter lock (3.13 and later) run Python code at another speed.
    gil = getattr(sys, "_is_gil_enabled", None)
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": platform.python_compiler(),
        "platform": sys.platform,
        "gil": True if gil is None else bool(gil()),
    }


def _versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
