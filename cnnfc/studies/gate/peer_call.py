"""Calls another tool, and turns whatever goes wrong into a reason why it was not measured."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cnnfc.errors import CannotMeasure
from cnnfc.gate.cases import GatedCase

_TIMEOUT: Final = 1200


def call(
    name: str,
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    allowed: Sequence[int] = (0,),
) -> str:
    """Standard output of `command`; raises `CannotMeasure` with its last words if it fails."""
    try:
        ran = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=_TIMEOUT,
        )
    except FileNotFoundError:
        raise CannotMeasure(f"{name} was not found") from None
    except subprocess.TimeoutExpired:
        raise CannotMeasure(f"{name} did not end within {_TIMEOUT} s") from None
    if ran.returncode not in allowed or "Traceback (most recent call last)" in ran.stderr:
        said = (ran.stderr or ran.stdout).strip()
        raise CannotMeasure(f"{name} ended with status {ran.returncode}: {said[-500:]}")
    return ran.stdout


def check(cases: Sequence[GatedCase], found: Mapping[str, object], tool: str) -> None:
    """Raise `CannotMeasure` if `tool` left one of `cases` out."""
    absent = [case.id for case in cases if case.id not in found]
    if absent:
        raise CannotMeasure(f"{tool} said nothing about {absent[0]}")
