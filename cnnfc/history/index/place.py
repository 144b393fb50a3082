"""Decides where the index of a results folder lies, and makes that place ready."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError
from cnnfc.machine.locked_files import Held, locked, write_atomically

#: The folder in a project's reports.  Hidden, so that nothing here takes it for measurements.
FOLDER: Final = ".cnnfc-index"
#: An index in the user's cache that nobody has opened for so long is removed (s): 60 days.
_FORGOTTEN: Final = 60 * 86_400
_SUFFIX: Final = ".duckdb"


def index_folder(reports: Path | None) -> Path | None:
    """Where an index lies: with a project's `reports`; else in the user's folder of caches.

    None if the user has no such folder.
    """
    if reports is not None:
        return reports / FOLDER
    caches = _caches()
    return None if caches is None else caches / "cnnfc" / "index"


def _caches() -> Path | None:
    home = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    named = os.environ.get(variable, "")
    # A relative path there is to be ignored (XDG Base Directory Specification, 0.8).
    if named and Path(named).is_absolute():
        return Path(named)
    try:
        found = Path(home).expanduser()
    except RuntimeError:  # a user without a home
        return None
    # HOME may be anything; what is relative would be left wherever somebody happens to be.
    return found if found.is_absolute() else None


def index_file(folder: Path, results: Path) -> Path:
    """The file in `folder` for the index of `results`.

    It is named after the way from one to the other, so a project that is moved takes its index
    along.
    """
    try:
        way = os.path.relpath(results.resolve(), folder.resolve())
    except ValueError:  # on Windows: another drive
        way = str(results.resolve())
    digest = hashlib.blake2b(os.fsencode(Path(way).as_posix()), digest_size=6).hexdigest()
    return folder / f"{digest}{_SUFFIX}"


def prepare(folder: Path) -> None:
    """Make `folder` and tell git to ignore all that is in it.

    Raises:
        DataError: it cannot be written to.
    """
    ignore = folder / ".gitignore"
    if not ignore.exists():
        if folder.name != FOLDER:
            # A user's cache: the results may lie where nobody else can read them (XDG asks for the
            # same).  What goes wrong here goes wrong below, where it is said.
            with contextlib.suppress(OSError):
                folder.mkdir(mode=0o700, parents=True)
        write_atomically(ignore, "*\n")
    elif not os.access(folder, os.W_OK):
        raise DataError(f"cannot write to {folder}: make it writable")


def remove(file: Path) -> None:
    """Remove the database `file` with all that DuckDB may have left beside it.

    Raises:
        OSError: it is still there.
    """
    for left in (file.with_name(f"{file.name}.wal"), file):
        left.unlink(missing_ok=True)
    spilled = file.with_name(f"{file.name}.tmp")
    if spilled.is_dir():
        for part in spilled.iterdir():
            part.unlink(missing_ok=True)
        spilled.rmdir()


def sweep(folder: Path, own: Path) -> None:
    """Remove indexes that nobody has opened for a long time, and mark `own` as one opened now."""
    with contextlib.suppress(OSError):
        os.utime(own)
    with contextlib.suppress(OSError):
        for file in folder.glob(f"*{_SUFFIX}"):
            if file != own and time.time() - file.stat().st_mtime > _FORGOTTEN:
                with contextlib.suppress(Held, DataError), locked(file, patience=0):
                    remove(file)
