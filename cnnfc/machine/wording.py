"""Words the keys and values of a hardware record for people.

The end of a key is the unit of its number, as `cnnfc.machine.schema` has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cnnfc.units import format_count, format_value

#: Groups whose keys are names of packages and variables already, to be printed as they are.
VERBATIM: Final = ("packages", "environment")

#: How a key ends -> the unit of its number; the ending is not part of the label.
_UNITS: Final = {
    "_bytes": "bytes",
    "_hz": "hertz",
    "_seconds": "seconds",
    "_watts": "W",
    "_celsius": "°C",
    "_percent": "%",
}
_SPELLINGS: Final = {
    **{word: word.upper() for word in ("cpu", "gpu", "smt", "os", "numa", "mig", "ecc", "gil")},
    **{word: word.upper() for word in ("sm", "isa", "cuda", "mkl", "tf32")},
    "cgroup": "control group",
    "cpus": "CPUs",
    "cudnn": "cuDNN",
    "gpus": "GPUs",
    "onednn": "oneDNN",
    "openmp": "OpenMP",
    "pcie": "PCIe",
}


def label(key: str) -> str:
    """The words of `key` without its unit: ``CPU frequency`` for ``cpu_frequency_hz``."""
    return " ".join(_SPELLINGS.get(word, word) for word in _unit(key)[0].split("_"))


def value(key: str, given: Any) -> str:  # noqa: ANN401 - any leaf of plain data
    """`given`, the value of `key`, with its unit."""
    if isinstance(given, bool):
        return "yes" if given else "no"
    unit = _unit(key)[1]
    if isinstance(given, (int, float)) and unit:
        return format_value(given, unit)
    if isinstance(given, int):
        return format_count(given)
    if isinstance(given, list):
        return ", ".join(cache(one) if key == "caches" else value(key, one) for one in given)
    return str(given)


def cache(given: object) -> str:
    """One cache of an identity: ``L2 1 MiB × 2``; what a foreign record lacks is a ``?``."""
    if not isinstance(given, Mapping):
        return str(given)
    kind = "" if given.get("type") == "unified" else f" {given.get('type', '')}"
    size = given.get("bytes")
    shown = format_value(size, "bytes") if isinstance(size, (int, float)) else "?"
    instances = given.get("instances", 1)
    times = f" × {instances}" if instances != 1 else ""
    return f"L{given.get('level', '?')}{kind} {shown}{times}"


def _unit(key: str) -> tuple[str, str]:
    """`key` without its unit, and that unit ("" if it has none)."""
    if key == "bytes":
        return key, "bytes"
    for ending, unit in _UNITS.items():
        if key.endswith(ending):
            return key.removesuffix(ending), unit
    return key, ""
