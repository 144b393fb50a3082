"""Keeps two runs from measuring in one project at once."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from cnnfc.errors import UsageError
from cnnfc.machine.locked_files import remedy

#: How long the asv of a run that was killed may take to notice and to clean up (s).
LAST_WORDS: Final = 20.0
_PAUSE: Final = 0.05


@contextmanager
def hold(path: Path) -> Iterator[int]:
    """Hold the lock file `path`; gives the descriptor that holds it.

    The system lets go of the lock when the last process that has the descriptor open ends, however
    it ends, so a lock never outlives its run.  Hand the descriptor on to asv: if cnnfc is killed,
    the lock stays until asv has stopped measuring too, and the next run waits for that.

    Raises:
        UsageError: another run has it (the message says which process), or the file cannot be
            written or locked.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise _cannot_lock(path, error) from None
    try:
        try:
            _take(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise _cannot_lock(path, error) from None
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    patience = time.monotonic() + LAST_WORDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 100, 0).decode(errors="replace").strip()
            if not _is_gone(owner):
                raise UsageError(
                    f"another run is measuring in this project (process {owner or 'unknown'}): two "
                    f"at once would measure each other, so wait for it or stop it"
                ) from None
            if time.monotonic() > patience:
                raise UsageError(
                    f"a run in this project was killed (process {owner}) and its asv still "
                    f"measures: stop that process, then run the same command again"
                ) from None
            time.sleep(_PAUSE)
        else:
            return


def _is_gone(owner: str) -> bool:
    return owner.isdecimal() and not psutil.pid_exists(int(owner))


def _cannot_lock(path: Path, error: OSError) -> UsageError:
    advice = f"make {path.parent} a folder that you may write to, on a file system with locks"
    return UsageError(f"{path} cannot be locked ({error.strerror}): {remedy(error, advice)}")
