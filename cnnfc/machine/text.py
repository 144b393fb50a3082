"""Writes a description of a machine as lines for people, with units."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cnnfc.machine.host import printable
from cnnfc.units import format_count, format_value

_COLUMN: Final = 30
_WIDTH: Final = 100

#: How a key ends -> the unit of its number; the ending is not part of the label.
_UNITS: Final = {
    "_bytes": "bytes",
    "_hz": "hertz",
    "_seconds": "seconds",
    "_watts": "W",
    "_celsius": "°C",
    "_percent": "%",
}
_ACRONYMS: Final = ("cpu", "gpu", "smt", "os", "numa", "mig", "ecc", "gil", "sm")
#: Groups whose keys are names already.
_NAMES: Final = ("packages", "environment")
_SPELLINGS: Final = {
    "pcie": "PCIe",
    "cgroup": "control group",
    "cuda": "CUDA",
    "cpus": "CPUs",
    "gpus": "GPUs",
}


def describe(facts: Mapping[str, Any], indent: int = 2, *, verbatim: bool = False) -> Iterator[str]:
    """Lines of ``label  value``, groups indented below their name.

    Args:
        facts: Plain data as a hardware record holds it: the end of a key is the unit of its value
            (``_bytes``, ``_hz``, ``_seconds``, ``_watts``, ``_celsius``, ``_percent``).
        indent: Spaces before the outermost lines.
        verbatim: Whether the keys are names to print as they are.

    Yields:
        Lines without control characters; empty groups and lists are left out.
    """
    for key, value in facts.items():
        label = key if verbatim else _label(key)
        if isinstance(value, Mapping):
            if value:
                yield " " * indent + label
                yield from describe(value, indent + 2, verbatim=key in _NAMES)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, item in enumerate(value):
                yield " " * indent + f"{label} {number}"
                yield from describe(item, indent + 2)
        elif value not in ([], None):
            yield from _line(indent, label, _value(key, value))


def summary(identity: Mapping[str, Any]) -> Iterator[str]:
    """The identity as `describe` writes it, caches and NUMA nodes as one line each."""
    detail = dict(identity.get("detail", {}))
    caches, nodes = detail.pop("caches", []), detail.pop("numa", [])
    yield from describe({k: v for k, v in identity.items() if k not in ("name", "detail")})
    if not identity.get("gpus"):
        yield from _line(2, "GPUs", "none found (asked NVIDIA's driver)")
    yield from describe(detail)
    if caches:
        yield from _line(2, "caches", ", ".join(_cache(cache) for cache in caches))
    for number, node in enumerate(nodes):
        yield from _line(2, f"NUMA node {number}", _node(node))


def _cache(cache: Mapping[str, Any]) -> str:
    kind = "" if cache["type"] == "unified" else f" {cache['type']}"
    count = f" × {cache['instances']}" if cache.get("instances", 1) > 1 else ""
    return f"L{cache['level']}{kind} {format_value(cache['bytes'], 'bytes')}{count}"


def _node(node: Mapping[str, Any]) -> str:
    parts = [f"CPUs {node['cpus']}" if node.get("cpus") else "no CPUs"]
    if "memory_bytes" in node:
        parts.append(format_value(node["memory_bytes"], "bytes"))
    return ", ".join(parts)


def _line(indent: int, label: str, value: str) -> Iterator[str]:
    start = (" " * indent + label).ljust(_COLUMN - 1) + " "
    lines = [printable(line) for line in value.splitlines()] or [""]
    for number, line in enumerate(line for line in lines if line or len(lines) == 1):
        yield from textwrap.wrap(
            line,
            _WIDTH,
            initial_indent=start if number == 0 else " " * len(start),
            subsequent_indent=" " * len(start),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [start.rstrip()]


def _unit(key: str) -> tuple[str, str]:
    """`key` without its unit, and that unit ("" if it has none)."""
    for ending, unit in _UNITS.items():
        if key.endswith(ending):
            return key.removesuffix(ending), unit
    return key, ""


def _label(key: str) -> str:
    words = _unit(key)[0].split("_")
    return " ".join(_SPELLINGS.get(w, w.upper() if w in _ACRONYMS else w) for w in words)


def _value(key: str, value: Any) -> str:  # noqa: ANN401 - any leaf of plain data
    if isinstance(value, bool):
        return "yes" if value else "no"
    unit = _unit(key)[1]
    if isinstance(value, (int, float)) and unit:
        return format_value(value, unit)
    if isinstance(value, int):
        return format_count(value)
    if isinstance(value, list):
        return ", ".join(_value(key, item) for item in value)
    return str(value)
