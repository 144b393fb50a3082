"""Writes files that several processes write at once: whole or not at all, one after the other."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError

#: The names of `replacement`'s temporary files and of `locked`'s locks, both hidden.
_TEMPORARY: Final = re.compile(
    r"\.(?P<name>.+)\.(?P<process>[0-9]{1,9})-[0-9a-f]{8}\.tmp", re.DOTALL
)
_LOCK: Final = re.compile(r"\.(?P<name>.+)\.lock\.tmp", re.DOTALL)

#: Errors of a system that refuses to write, whatever the file -> what to do about them.
_REMEDIES: Final = {
    errno.ENOSPC: "free some space on its disk and run the same command again",
    errno.EDQUOT: "your share of its disk is used up, so remove something and run the same "
    "command again",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
}


#: Errors that say that a disk, or somebody's share of it, is full.
NO_ROOM: Final = tuple(_REMEDIES)
#: How often somebody with limited patience looks whether a lock is free (s).
_PAUSE: Final = 0.05


class Held(DataError):
    """Another process (or thread) has the lock, for longer than somebody would wait."""


def remedy(error: OSError, otherwise: str) -> str:
    """What to do about an `error` of writing: a full disk needs space, anything else `otherwise`.

    >>> remedy(OSError(28, "No space left on device"), "choose another folder")
    'free some space on its disk and run the same command again'
    """
    return _REMEDIES.get(error.errno or 0, otherwise)


def write_atomically(path: Path, text: str) -> None:
    """Make `text` the content of `path`; a reader sees the old or the new file, never a part.

    A process that is killed here leaves its part under a hidden name, for `sweep` to remove.

    Raises:
        DataError: The folder cannot be written to.
    """
    with replacement(path) as part, part.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)


@contextlib.contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, whose file takes the name `path` when all went well.

    A reader sees the old or the new file, never a part.  A process that is killed here leaves its
    part under a hidden name, for `sweep` to remove.

    Raises:
        DataError: The folder cannot be written to, or is full.
    """
    # Not tempfile: its files can only be read by their owner, and so would be the result.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)
    except BaseException as error:
        # An interrupt too must not leave half a file behind.
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise


def sweep(folder: Path, name: str = "") -> None:
    """Remove what killed processes left in `folder`: parts of files, and locks that nobody holds.

    With `name`, only what belongs to the file of that name.  Parts of another process that is
    running stay, and so does what may not be removed.  No other thread of this process may be
    writing there.
    """
    try:
        hidden = [entry.name for entry in os.scandir(folder) if entry.name.endswith(".tmp")]
    except OSError:
        return
    for left in hidden:
        lock, part = _LOCK.fullmatch(left), _TEMPORARY.fullmatch(left)
        found = lock or part
        if found is None or name not in ("", found["name"]):
            continue
        with contextlib.suppress(OSError):
            if lock:
                _remove_unheld(folder / left)
            elif part and not is_other_process(int(part["process"])):
                (folder / left).unlink()


def is_other_process(number: int) -> bool:
    """Whether a process with that `number` is running and is not this one.

    What bears this process's own number and is not its own work was left by a dead one: containers
    give the same few numbers again each time.
    """
    import psutil  # noqa: PLC0415 - 20 ms that importing this room should not cost

    return number != os.getpid() and psutil.pid_exists(number)


@contextlib.contextmanager
def locked(path: Path, *, patience: float | None = None) -> Iterator[None]:
    """Let one process (or thread) at a time work on `path`, which need not exist.

    The lock is a file ``.<name>.lock.tmp`` beside it that goes away with the lock; if a process
    dies, the system gives its lock free.

    Args:
        path: What is worked on.
        patience: How long to wait for the lock (s); by default as long as it takes.

    Raises:
        Held: The lock was not free within `patience`.
        DataError: The folder cannot be written to.
    """
    lock = path.with_name(f".{path.name}.lock.tmp")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _take(lock, patience)
    except OSError as error:
        raise _unwritable(path, error) from error
    if descriptor is None:
        raise Held(f"another process works on {path}: wait for it")
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
        + remedy(error, "make its folder writable or choose another")
    )


def _take(lock: Path, patience: float | None) -> int | None:
    """Open and lock the file; the lock ends when the descriptor is closed.  None if it was held."""
    end = None if patience is None else time.monotonic() + patience
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if end is None:
                _wait(descriptor)
            elif not _wait_until(end, descriptor):
                os.close(descriptor)
                return None
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


def _wait_until(end: float, descriptor: int) -> bool:
    """Wait for the lock until the moment `end` of the monotonic clock; whether it is held now."""
    while not _try(descriptor):
        left = end - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(left, _PAUSE))
    return True


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            return True
        return False

    def _wait(descriptor: int) -> None:
        while True:
            # LK_LOCK tries ten times, a second apart, and then raises.
            with contextlib.suppress(OSError):
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
                return

    def _remove_unheld(lock: Path) -> None:
        lock.unlink()  # Windows refuses this for a file that is open

else:
    import fcntl

    #: File systems without locks, such as Lustre as it is often mounted.
    _NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)

    def _wait(descriptor: int) -> None:
        _lock(descriptor, fcntl.LOCK_EX)

    def _try(descriptor: int) -> bool:
        try:
            _lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _lock(descriptor: int, how: int) -> None:
        try:
            fcntl.flock(descriptor, how)
        except OSError as error:
            # Going on unlocked risks a note of a second process at the same moment; giving up
            # would leave every run on such a machine without a record.
            if error.errno not in _NO_LOCKS:
                raise

    def _remove_unheld(lock: Path) -> None:
        descriptor = os.open(lock, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # As in `_take`: the name may have passed on to the lock of a third process.
            if os.path.samestat(os.fstat(descriptor), lock.stat()):
                lock.unlink()
        finally:
            os.close(descriptor)
