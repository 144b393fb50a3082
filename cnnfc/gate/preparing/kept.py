"""Keeps folders that take long to make: whole or not at all, the newest few of a kind."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from cnnfc.errors import UsageError
from cnnfc.machine.locked_files import is_other_process, remedy

#: How many folders of a kind stay; a branch that is worked on needs two.
KEPT: Final = 6

_TEMPORARY: Final = re.compile(r"\..*\.(?P<process>[0-9]{7,10})-[0-9a-f]{8}\.tmp")


def keep(folder: Path, make: Callable[[Path], object]) -> Path:
    """`folder`, made by `make` if it is not there yet.

    `make` gets an empty folder beside it, which takes its name once `make` has come to its end; so
    whatever interrupts it leaves no half of one, and two processes at once do not mix theirs.
    """
    if not _touch(folder):
        with temporary(folder.parent, folder.name) as made:
            make(made)
            # Another process may have been faster; its folder is as good.
            with contextlib.suppress(OSError):
                made.rename(folder)
                _touch(folder)
            if not folder.is_dir():
                raise UsageError(f"{folder} cannot be written: make its folder writable")
    return folder


@contextlib.contextmanager
def temporary(parent: Path, name: str = "") -> Iterator[Path]:
    """An empty folder in `parent` that is gone after the block, unless it was renamed.

    Raises:
        UsageError: nothing can be written there.
    """
    # Of the same length for every process, as whatever is built there may remember the path.
    folder = parent / f".{name}.{os.getpid():07d}-{secrets.token_hex(4)}.tmp"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        advice = remedy(error, "make its folder writable")
        raise UsageError(f"{folder} cannot be written ({error.strerror}): {advice}") from None
    try:
        yield folder
    finally:
        remove(folder)


def sweep(parent: Path) -> None:
    """Remove what killed processes left in `parent`."""
    for entry in list(parent.iterdir()) if parent.is_dir() else ():
        left = _TEMPORARY.fullmatch(entry.name)
        if left and not is_other_process(int(left["process"])):
            remove(entry)


def tidy(parent: Path) -> None:
    """Remove all but the newest folders of `parent`, and what killed processes left."""
    sweep(parent)
    entries = list(parent.iterdir()) if parent.is_dir() else []
    kept = [entry for entry in entries if not entry.name.startswith(".")]
    for entry in sorted(kept, key=_age, reverse=True)[KEPT:]:
        # Renamed first: half a folder must never bear the name of a whole one.
        with contextlib.suppress(UsageError, OSError), temporary(parent, entry.name) as grave:
            entry.rename(grave / "old")


def remove(folder: Path) -> None:
    """Remove `folder` with everything in it, read-only files too, as far as that is possible."""

    def allow(_: object, path: str, __: Any) -> None:  # noqa: ANN401 - shutil's signature
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(stat.S_IRWXU)
            Path(path).unlink()

    if folder.exists():
        shutil.rmtree(folder, onerror=allow)
        shutil.rmtree(folder, ignore_errors=True)


def _touch(folder: Path) -> bool:
    """Whether `folder` is there; the time of its last use becomes now."""
    with contextlib.suppress(OSError):
        os.utime(folder)
    return folder.is_dir()


def _age(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0
