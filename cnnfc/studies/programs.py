"""Calls other programs, and turns whatever goes wrong into a reason why nothing was measured."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cnnfc.errors import CannotMeasure

#: A program that takes longer is stopped (s).
TIMEOUT: Final = 1200


def call(
    name: str,
    command: Sequence[str],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    allowed: Sequence[int] = (0,),
    tracebacks_fail: bool = False,
    text: str = "",
) -> str:
    """Standard output of a program.

    Args:
        name: what it is called in a reason.
        command: the program and its arguments.
        folder: where it runs; here if left out.
        environment: variables on top of those of this process.
        allowed: exit codes that are no failure.
        tracebacks_fail: whether a traceback on standard error is a failure whatever the exit code.
        text: what it reads from its standard input.

    Raises:
        CannotMeasure: it is not there, takes longer than `TIMEOUT`, or fails; with its last words.
    """
    try:
        ran = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            input=text,
            check=False,
            timeout=TIMEOUT,
        )
    except FileNotFoundError:
        raise CannotMeasure(f"{name} was not found") from None
    except subprocess.TimeoutExpired:
        raise CannotMeasure(f"{name} did not end within {TIMEOUT} s") from None
    is_broken = tracebacks_fail and "Traceback (most recent call last)" in ran.stderr
    if ran.returncode not in allowed or is_broken:
        said = (ran.stderr or ran.stdout).strip()
        raise CannotMeasure(f"{name} ended with status {ran.returncode}: {said[-500:]}")
    return ran.stdout
