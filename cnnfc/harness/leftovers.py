"""Removes what a run that was killed left half-written in the folders of a project."""

from __future__ import annotations

import contextlib
from pathlib import Path

from cnnfc.machine import locked_files


def sweep(folder: Path, machine: str) -> None:
    """Remove parts of files from `folder`, of results or of records, and from `machine`'s in it.

    These are asv's ``*.json.tmp`` (see ``asv_files.install``) and those of
    `locked_files`.  Call it while no other run of the project can be writing.
    """
    for place in (folder, folder / machine):
        locked_files.sweep(place)
        for part in place.glob("*.json.tmp"):
            if not part.name.startswith("."):
                with contextlib.suppress(OSError):
                    part.unlink()
