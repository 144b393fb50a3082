"""Knows what travels to a bare machine: the note of the commit, and which files it is of."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: What the machine has, by the names of packages and modules.
THERE = {"torch": "torch", "numpy": "numpy", "psutil": "psutil", "jinja2": "jinja2"}
#: What of the project results depend on, so it must be that of the commit they are filed under.
MEASURED = ("asv.conf.json", "pyproject.toml", "benchmarks", "cnnfc")


class Refusal(Exception):
    """What was asked for cannot be; the message is one sentence."""


def say(text: str) -> None:
    """Print `text` at once, also where the output is a pipe; measuring goes on if it is gone."""
    with contextlib.suppress(OSError):
        print(text, flush=True)  # noqa: T201 - this is a program


def note_path(folder: Path) -> Path:
    """Where in the `folder` that travels the note of the commit is."""
    return folder / "commit.json"


def fingerprints(root: Path) -> dict[str, str]:
    """SHA-256 of every file of `MEASURED` below `root`, by its path from there."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in MEASURED
        for path in _files(root / name)
    }


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir() and path.name != "__pycache__":
        for inner in sorted(path.iterdir()):
            if not inner.name.startswith("."):
                yield from _files(inner)


def write_json(path: Path, content: object) -> None:
    """Make `content` that of the file `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in the file `path`; empty if there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
