"""Names this program by its very source, so that nothing is kept that another one has found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import numpy as np

import cnnfc

#: The rooms that are in what is found in a history; those above and beside only show it.
_ROOMS: Final = ("analysis", "cases", "history", "machine", "timeline")


@cache
def program(*rooms: str) -> str:
    """The same as long as no source of what finds something has changed, or of its `rooms` alone.

    What all rooms share, the files beside them, counts in any case.
    """
    digest = hashlib.blake2b(f"{cnnfc.__version__} {np.__version__}".encode(), digest_size=16)
    root = resources.files(cnnfc)
    for file in _sources(root):
        digest.update(file.read_bytes())
    for room in rooms or _ROOMS:
        for file in _sources(root / room, deep=True):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _sources(folder: Traversable, *, deep: bool = False) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".py"):
            yield entry
        elif deep and entry.is_dir():
            yield from _sources(entry, deep=True)
