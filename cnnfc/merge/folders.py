"""Merges the files of sources into one folder of reports, each whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError
from cnnfc.history.json_file import is_there, parse_object, read_bytes
from cnnfc.machine.locked_files import write_atomically
from cnnfc.merge import other_files, result_files
from cnnfc.merge.sources import Source
from cnnfc.merge.united import Conflict, Object, United, same
from cnnfc.records import Problem
from cnnfc.studies.store import to_text as study_text


@dataclass(frozen=True)
class Target:
    """Where merged files go; ``parts`` are folders by `sources.PARTS`, which need not exist.

    With ``dry`` nothing is written: what would have been is kept in ``written`` instead, so that
    the files of a second source meet those of the first.
    """

    parts: Mapping[str, Path]
    dry: bool = False
    written: dict[Path, bytes] = field(default_factory=dict)

    def read(self, path: Path) -> bytes | None:
        """What is in the file at `path`; None if there is none, `DataError` if it is unreadable."""
        if path in self.written:
            return self.written[path]
        return read_bytes(path) if is_there(path) or path.is_symlink() else None

    def write(self, path: Path, text: str) -> None:
        if self.dry:
            self.written[path] = text.encode()
        else:
            write_atomically(path, text)


@dataclass(frozen=True)
class FileConflict:
    """A difference in the file ``path`` (from the name of its part on) to a file of ``source``."""

    path: str
    conflict: Conflict
    source: str


@dataclass
class Merged:
    """What came of a merge; files by their paths from the name of their part on.

    Attributes:
        new: Files that were not there before.
        united: Files that were there and have gained something.
        equal: Files that were there with all that the source's have.
        conflicts: Values that differ; what was there stays.
        notes: Values that differ without harm, and which of them stands.
        problems: JSON files that could not be merged, and why.
        passed_over: Other files, which nobody would read.
    """

    new: list[str] = field(default_factory=list)
    united: list[str] = field(default_factory=list)
    equal: list[str] = field(default_factory=list)
    conflicts: list[FileConflict] = field(default_factory=list)
    notes: list[FileConflict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Kind:
    """A kind of file: how it is checked, united and written."""

    check: Callable[[Object, Path], None]
    unite: Callable[[Object, Object], United]
    text: Callable[[Object], str]


def _indented(content: Object) -> str:
    """As asv writes its smaller files."""
    return json.dumps(content, indent=4, sort_keys=True)


#: asv writes result files compactly, with the bare NaN that JSON does not know.
_RESULT: Final = _Kind(result_files.check, result_files.unite, json.dumps)
_BENCHMARKS: Final = _Kind(other_files.check_benchmarks, other_files.unite_benchmarks, _indented)
_MACHINE: Final = _Kind(other_files.check_machine, other_files.unite_machine, _indented)
_RECORD: Final = _Kind(other_files.check_record, other_files.unite_record, _indented)
_STUDY: Final = _Kind(other_files.check_study, other_files.unite_study, study_text)


def merge_source(source: Source, target: Target, merged: Merged) -> None:
    """Add the files of `source` to `target`, and what came of them to `merged`.

    A file is replaced whole, so a merge that was interrupted can be repeated.

    Raises:
        DataError: the target cannot be written to.
    """
    merged.passed_over += (f"{name} in {source.name}" for name in source.passed_over)
    merge = _Merge(source.name, target, merged)
    for part, folder in source.parts.items():
        for name in merge.names(folder, part):
            if name.endswith(".json"):
                merge.file(folder / name, part, name)
            else:
                merged.passed_over.append(f"{part}/{name} in {source.name}")


@dataclass(frozen=True)
class _Merge:
    """The merge of one source, by its name; files are named from the name of their part on."""

    source: str
    target: Target
    merged: Merged

    def names(self, folder: Path, part: str) -> Iterator[str]:
        """Every file below `folder` by its path from there; hidden and temporary ones left out."""

        def unreadable(error: OSError) -> None:
            path = Path(part) / Path(error.filename).relative_to(folder)
            reason = f"it cannot be looked into ({error.strerror}): check its permissions"
            self.problem(path.as_posix(), reason)

        for root, folders, files in os.walk(folder, onerror=unreadable):
            # In place, as os.walk wants it.
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith(".") and not name.endswith(".tmp"):
                    yield (Path(root) / name).relative_to(folder).as_posix()

    def file(self, path: Path, part: str, name: str) -> None:
        """Merge the file `path`, which is `name` in `part`."""
        shown, kind, place = f"{part}/{name}", _kind(part, name), self.target.parts[part] / name
        try:
            content = read_bytes(path)
            theirs = _parse(content)
            kind.check(theirs, path)
        except DataError as error:
            self.problem(shown, str(error))
            return
        try:
            there = self.target.read(place)
            ours = None if there is None or there == content else _parse(there)
            if ours is not None:
                kind.check(ours, place)
        except DataError as error:
            self.merged.problems.append(Problem(f"{shown}, which is there already", str(error)))
            return
        if there is None:
            self.target.write(place, content.decode("utf-8"))
            self.merged.new.append(shown)
        elif ours is None:
            self.merged.equal.append(shown)
        else:
            self.unite(shown, kind, place, ours, theirs)

    def unite(self, shown: str, kind: _Kind, place: Path, ours: Object, theirs: Object) -> None:
        """Write the union of `ours`, which is in the file `place`, and `theirs` there."""
        try:
            united = kind.unite(ours, theirs)
        except DataError as error:
            self.problem(shown, str(error))
            return
        self.merged.conflicts += (FileConflict(shown, c, self.source) for c in united.conflicts)
        self.merged.notes += (FileConflict(shown, note, self.source) for note in united.notes)
        if not same(united.content, ours):
            self.target.write(place, kind.text(united.content))
            self.merged.united.append(shown)
        elif not united.conflicts:
            self.merged.equal.append(shown)

    def problem(self, shown: str, reason: str) -> None:
        self.merged.problems.append(Problem(f"{shown} in {self.source}", reason))


def _kind(part: str, name: str) -> _Kind:
    if part == "hardware":
        return _RECORD
    if part == "studies":
        return _STUDY
    if name == "benchmarks.json":
        return _BENCHMARKS
    return _MACHINE if Path(name).name == "machine.json" else _RESULT


def _parse(content: bytes) -> Object:
    fields, twice = parse_object(content)
    if twice:
        raise DataError(f"{twice[0]} is in it twice: somebody has edited it, so correct it")
    return fields
