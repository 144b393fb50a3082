"""Puts a new folder in the place of an old one at once, whatever happens in between."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cnnfc.errors import UsageError
from cnnfc.machine.locked_files import is_other_process, locked

#: Its presence says that a folder was written by us and may be replaced as a whole.
MARKER: Final = ".cnnfc-site"


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new folder that takes the place of `out` if the block ends without an error.

    Raises:
        UsageError: `out` is a file, or a folder that holds anything but a site written before.
        OSError: A folder cannot be made or moved.
        DataError: `out` cannot be locked.
    """
    out = out.resolve()
    # The number says whose folders these are; it may have been another's, the letters were not.
    name = f".{out.name}.{os.getpid()}-{secrets.token_hex(4)}"
    # Hidden, and matched by the `*.tmp` that git is told to ignore.
    new, old = out.with_name(f"{name}.new.tmp"), out.with_name(f"{name}.old.tmp")
    # Two reports at once are laid out side by side; only their looks at `out` take turns.
    with locked(out):
        _tidy(out)
        if out.exists():
            _check_ours(out)
        new.mkdir()
    try:
        yield new
        with locked(out):
            _swap(new, out, old)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _tidy(out: Path) -> None:
    """Remove what killed reports left beside `out`; bring the site back that one took away.

    Folders of another process that is running stay; this process has none here yet.
    """
    # The first versions named folders after the process alone.
    pattern = re.compile(
        rf"\.{re.escape(out.name)}\.([0-9]{{1,9}})(?:-[0-9a-f]{{8}})?\.(new|old)\.tmp"
    )
    for path in out.parent.iterdir():
        found = pattern.fullmatch(path.name)
        if found is None or is_other_process(int(found[1])):
            continue
        if found[2] == "old" and not out.exists() and (path / MARKER).is_file():
            path.rename(out)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _swap(new: Path, out: Path, old: Path) -> None:
    """Put `new` in the place of `out`, which goes to `old`; on an error, `out` stays."""
    if out.exists():
        _check_ours(out)
    try:
        if out.exists():
            out.rename(old)
        new.rename(out)
    except BaseException:  # an interrupt too
        if old.exists() and not out.exists():
            old.rename(out)
        raise


def _check_ours(out: Path) -> None:
    """Refuse to replace a folder that somebody keeps other things in."""
    if not out.is_dir():
        raise UsageError(f"{out} is a file: name a folder for the report with --out")
    if any(out.iterdir()) and not (out / MARKER).is_file():
        raise UsageError(
            f"{out} holds files that cnnfc did not write, and a report replaces its whole folder: "
            f"name an empty or a new folder with --out"
        )
