"""Tells whether a file is still the one that was read."""

from __future__ import annotations

import hashlib
import stat
import time
from pathlib import Path
from typing import Final

#: A file that was changed so shortly before it was read may change again without a trace (ns):
#: FAT counts time in steps of two seconds, Linux in some milliseconds.
_STEP: Final = 2_000_000_000


def identity_of(path: Path) -> str:
    """Size, times of the last change and inode of the file at `path`.

    Who copies a file over another can set its time back; the time that the system keeps of that
    itself (``st_ctime``; on Windows that of the creation) nobody can set.

    "" if that says nothing: there is no such file, it may not be looked at, or it was changed just
    now, so that a later change may leave all of it as it is.
    """
    try:
        status = path.stat()
    except OSError:
        return ""
    if not stat.S_ISREG(status.st_mode) or status.st_mtime_ns > time.time_ns() - _STEP:
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def digest_of(content: bytes) -> str:
    """The same for the same content, and for nothing else."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()
