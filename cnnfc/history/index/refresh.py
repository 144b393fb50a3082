"""Compares result files with what the index knows of them, and reads those that are new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError
from cnnfc.history.index.identity import digest_of, identity_of
from cnnfc.history.index.reading import Content, read_content
from cnnfc.history.index.store import FileRow, Fresh, Store
from cnnfc.history.json_file import read_bytes
from cnnfc.history.result_folders import ResultFolder
from cnnfc.machine.helpers import Helpers

#: Hears how many of how many files are read.
Progress = Callable[[int, int], None]

#: Files, from which on other processes help: one of 250 values takes about 1.5 ms.
_WORTH_HELP: Final = 500
#: Files that are handed over at once.
_PORTION: Final = 20


@dataclass(frozen=True)
class Refreshed:
    """How many files there were to read, how many are as they were, and how many are gone."""

    read: int
    unchanged: int
    gone: int


@dataclass(frozen=True)
class _Stale:
    """A file to read.

    Attributes:
        file: Where it is.
        path: Its path in the index.
        shown: What it is called in reports.
        known: What the index knows of it; None if nothing.
    """

    file: Path
    path: str
    shown: str
    known: FileRow | None


def refresh(
    store: Store,
    results: Path,
    folders: Iterable[ResultFolder],
    progress: Progress | None = None,
    helpers: Helpers | None = None,
) -> Refreshed:
    """Make `store` hold what is in the result files of `folders` below `results`, no more.

    Where there is much to read, `helpers` take part in it.

    Raises:
        StoreError: the store cannot be used.
    """
    there: set[str] = set()
    stale: list[_Stale] = []
    for folder in folders:
        for name in folder.names:
            file, path = folder.path / name, path_inside(folder, name, results)
            there.add(path)
            known = store.files.get(path)
            if known is None or not known.identity or known.identity != identity_of(file):
                stale.append(_Stale(file, path, folder.shown_file(name), known))
    gone = [row for path, row in store.files.items() if path not in there]
    read = 0

    def fresh() -> Iterator[Fresh]:
        nonlocal read
        for done, file in enumerate(_all_read(stale, helpers)):
            if progress is not None:
                progress(done + 1, len(stale))
            read += file[1] is not None
            yield file

    if gone or stale:
        store.update(gone, fresh())
    return Refreshed(read, len(there) - read, len(gone))


def path_inside(folder: ResultFolder, name: str, results: Path) -> str:
    """The path that the index knows the file `name` of `folder` by."""
    inside = folder.path.relative_to(results).as_posix()
    return name if inside == "." else f"{inside}/{name}"


def _all_read(stale: Sequence[_Stale], helpers: Helpers | None) -> Iterator[Fresh]:
    """Every file with what is in it, in their order."""
    if helpers is None or len(stale) < _WORTH_HELP:
        yield from map(_read, stale)
        return
    portions = (stale[start : start + _PORTION] for start in range(0, len(stale), _PORTION))
    for found in helpers.each(_read_some, portions):
        yield from found


def _read_some(stale: Sequence[_Stale]) -> list[Fresh]:
    return [_read(file) for file in stale]


def _read(file: _Stale) -> Fresh:
    """The row of a file and what is in it; None for that if it is what it was."""
    # Asked for before reading: whatever happens to the file later gives it another.
    identity = identity_of(file.file)
    try:
        content = read_bytes(file.file)
    except DataError as error:
        # A permission may come back without any trace in the file's identity.
        reasons = (str(error),)
        return FileRow(file.path, "", "", None, reasons), Content(None, None, reasons)
    digest = digest_of(content)
    known = file.known
    if known is not None and known.digest == digest:
        return FileRow(file.path, identity, digest, known.head, known.problems), None
    found = read_content(content, file.shown)
    head = None if found.head is None else found.head.to_text()
    return FileRow(file.path, identity, digest, head, found.problems), found
