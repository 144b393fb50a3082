"""Notices a policy or waivers that are not those of the baseline.

Both are read from the work tree, so a change under review can raise its own threshold, or accept
its own regression.  That is allowed, but whoever reads the verdict must know.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cnnfc.errors import UsageError
from cnnfc.gate.policy.policy import Policy
from cnnfc.gate.preparing.git import Git
from cnnfc.gate.sides import Side

_DEFAULTS = Policy().to_json()


def notes(root: Path, baseline: Side, waivers: str) -> Iterator[str]:
    """A sentence for the policy and one for the waivers, where they differ from the baseline's.

    Nothing is said where the baseline's files cannot be had: it is no commit of this repository.

    Args:
        root: folder of the project, with its ``pyproject.toml``.
        baseline: what is compared with.
        waivers: file of the waivers, relative to `root`.
    """
    if baseline.commit is None:
        return
    names = ("pyproject.toml", waivers)
    before = [_at(root, baseline.commit, name) for name in names]
    now = [_content(root / name) for name in names]
    keys = list(_changed(_policy(before[0]), _policy(now[0]))) if before[0] is not None else []
    if keys:
        yield (
            f"[tool.cnnfc.gate] in pyproject.toml is not what it is in {baseline.label}, and the "
            f"work tree's is in force: {', '.join(keys)}"
        )
    if before[1] is not None and _waivers(before[1]) != _waivers(now[1]):
        yield (f"{waivers} is not what it is in {baseline.label}, and the work tree's is in force")


def _at(root: Path, commit: str, name: str) -> bytes | None:
    """The file `name` below `root` as `commit` has it, empty if it has none; None if unknown."""
    path = Path(os.path.normpath(root / name))
    if not path.is_relative_to(root):
        return None
    relative = f"./{path.relative_to(root).as_posix()}"
    try:
        listed = Git(root).ask("ls-tree", "--name-only", commit, "--", relative)
        if listed.returncode:
            return None
        if not listed.stdout.strip():
            return b""
        shown = Git(root).ask("show", f"{commit}:{relative}")
    except UsageError:
        return None
    return None if shown.returncode else shown.stdout


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _toml(content: bytes) -> Mapping[str, Any] | bytes:
    """What the file says; the file itself if it is not TOML."""
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        return content


def _policy(content: bytes) -> Mapping[str, Any]:
    table: Any = _toml(content)
    for key in ("tool", "cnnfc", "gate"):
        table = table.get(key, {}) if isinstance(table, Mapping) else {}
    return table if isinstance(table, Mapping) else {}


def _waivers(content: bytes | None) -> object:
    found = _toml(content or b"")
    return found.get("waiver", []) if isinstance(found, Mapping) else found


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Each key that has another value, with both values where these are short."""
    for key in sorted({*before, *now}):
        values = [table.get(key, _DEFAULTS.get(key)) for table in (before, now)]
        if values[0] == values[1]:
            continue
        is_short = all(isinstance(value, str | int | float) for value in values)
        yield f"{key} ({values[0]} there, {values[1]} here)" if is_short else key
