"""Lets asv write its JSON files whole or not at all, with no more digits than a clock resolves.

A kill while saving then costs no earlier result.  Loaded by path into asv's process, see
``asv_main.py``; imports nothing of cnnfc.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
from typing import Any

import asv.util

#: Significant digits of what was measured in result files.
DIGITS = 7
#: Errors that say that a disk, or this process's share of it, is full.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class UnwrittenError(OSError):
    """One of asv's JSON files, ``filename``, could not be written."""


def is_of_the_disk(error: OSError) -> bool:
    """Whether `error` says that a result could not be written, or that a disk is full."""
    return isinstance(error, UnwrittenError) or error.errno in NO_ROOM


def install() -> None:
    """Let asv write its JSON files to another name first, then rename.

    Measured numbers are cut to `DIGITS`: asv writes 17, and no clock resolves that many.
    """
    original = asv.util.write_json

    def write_json(path: str, data: Any, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        if isinstance(data, dict) and "results" in data:
            data = {**data, "results": _rounded(data["results"])}
        # Not ending in .json: asv takes every such file in a machine's folder for a result.
        temporary = f"{path}.tmp"
        try:
            original(temporary, data, *arguments, **options)
            os.replace(temporary, path)  # noqa: PTH105  # asv hands over plain texts
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108  # the same
            if not isinstance(error, OSError):
                raise
            raise UnwrittenError(error.errno, error.strerror, path) from error

    asv.util.write_json = write_json


def _rounded(value: Any) -> Any:  # noqa: ANN401  # JSON
    """`value` with every finite number that is no integer cut to `DIGITS` significant digits."""
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value
