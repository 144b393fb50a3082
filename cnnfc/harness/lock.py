"""Keeps two runs from measuring in one project at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnnfc.errors import UsageError


@contextmanager
def hold(path: Path) -> Iterator[int]:
    """Hold the lock file `path`; gives the descriptor that holds it.

    The system lets go of the lock when the last process that has the descriptor open ends, however
    it ends, so a lock never outlives its run.  Hand the descriptor on to asv: if cnnfc is killed,
    the lock stays until asv has stopped measuring too.

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
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 100).decode(errors="replace").strip() or "unknown"
            raise UsageError(
                f"another run is measuring in this project (process {owner}): two at once would "
                f"measure each other, so wait for it or stop it"
            ) from None
        except OSError as error:
            raise _cannot_lock(path, error) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _cannot_lock(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path} cannot be locked ({error.strerror}): make {path.parent} a folder that you may "
        f"write to, on a file system with locks"
    )
