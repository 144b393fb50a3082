"""Writes a description of a machine as lines for people, with units."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cnnfc.machine import wording
from cnnfc.machine.host import printable
from cnnfc.units import format_value

_COLUMN: Final = 30
_WIDTH: Final = 100


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
        label = key if verbatim else wording.label(key)
        if isinstance(value, Mapping):
            if value:
                yield " " * indent + label
                yield from describe(value, indent + 2, verbatim=key in wording.VERBATIM)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, item in enumerate(value):
                yield " " * indent + f"{label} {number}"
                yield from describe(item, indent + 2)
        elif value not in ([], None):
            yield from _line(indent, label, wording.value(key, value))


def summary(identity: Mapping[str, Any]) -> Iterator[str]:
    """The identity as `describe` writes it, caches and NUMA nodes as one line each."""
    detail = dict(identity.get("detail", {}))
    caches, nodes = detail.pop("caches", []), detail.pop("numa", [])
    yield from describe({k: v for k, v in identity.items() if k not in ("name", "detail")})
    if not identity.get("gpus"):
        yield from _line(2, "GPUs", "none found (asked NVIDIA's driver)")
    yield from describe(detail)
    if caches:
        yield from _line(2, "caches", ", ".join(wording.cache(cache) for cache in caches))
    for number, node in enumerate(nodes):
        yield from _line(2, f"NUMA node {number}", _node(node))


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
