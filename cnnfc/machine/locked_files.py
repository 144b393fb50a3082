"""Writes files that several processes write at once: whole or not at all, one after the other."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from cnnfc.errors import DataError


def write_atomically(path: Path, text: str) -> None:
    """Make `text` the content of `path`; a reader sees the old or the new file, never a part.

    Raises:
        DataError: The folder cannot be written to.
    """
    # Not tempfile: its files can only be read by their owner, and so would be the result.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise _unwritable(path, error) from error


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process (or thread) at a time work on `path`, which need not exist.

    The lock is a file ``.<name>.lock.tmp`` beside it that goes away with the lock; if a process
    dies, the system gives its lock free.

    Raises:
        DataError: The folder cannot be written to.
    """
    lock = path.with_name(f".{path.name}.lock.tmp")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _take(lock)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield
    finally:
        # Removed while it is held: who waits for it notices in `_take`.
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"cannot write {path}: {error.strerror or error}; "
        f"make its folder writable or choose another"
    )


def _take(lock: Path) -> int:
    """Open and lock the file; the lock ends when the descriptor is closed."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _wait(descriptor)
            # Its last owner may have removed the file that we waited for; then a third process
            # can hold a new one, so the lock only counts if the file is still there.
            if lock.exists() and os.path.samestat(os.fstat(descriptor), lock.stat()):
                return descriptor
        except FileNotFoundError:
            pass  # removed between the two looks at it
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _wait(descriptor: int) -> None:
        while True:
            # LK_LOCK tries ten times, a second apart, and then raises.
            with contextlib.suppress(OSError):
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
                return

else:
    import fcntl

    #: File systems without locks, such as Lustre as it is often mounted.
    _NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)

    def _wait(descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            # Going on unlocked risks a note of a second process at the same moment; giving up
            # would leave every run on such a machine without a record.
            if error.errno not in _NO_LOCKS:
                raise
