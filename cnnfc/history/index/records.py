"""Knows which commit every hardware record is of, so that only those that are wanted are read."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cnnfc.errors import DataError
from cnnfc.history.index.identity import digest_of, identity_of
from cnnfc.history.result_folders import shown_problem
from cnnfc.machine.record import HardwareRecord, read
from cnnfc.records import Problem

#: What a record must have in common with a run to belong to it: commit and environment.
RunKey = tuple[str | None, str | None]


@dataclass(frozen=True)
class _Known:
    """What is kept of the file of a record.

    Attributes:
        identity: As of `cnnfc.history.index.identity`.
        key: Commit and environment that it says it is of.
        digest: Of all that it says.
    """

    identity: str
    key: RunKey
    digest: str

    def to_bytes(self) -> bytes:
        return json.dumps([self.identity, *self.key, self.digest]).encode()

    @classmethod
    def parse(cls, content: bytes) -> _Known | None:
        """What `to_bytes` has written; None for anything else."""
        try:
            identity, commit, environment, digest = json.loads(content)
        except (TypeError, ValueError, RecursionError):
            return None
        return cls(identity, (commit, environment), digest)


class Records(Mapping[RunKey, tuple[HardwareRecord, ...]]):
    """The hardware records of a folder by commit and environment, the oldest first.

    They are read when they are asked for, and most never are.

    Attributes:
        problems: Files that could not be read, in order of path, as `read_history` names them.
        kept: What is worth keeping for the next time, see the parameter.
    """

    def __init__(self, folder: Path | None, kept: Mapping[str, bytes]) -> None:
        """Look through the records below `folder`; what is `kept` of them need not be read.

        A folder that is not there, or None, has no records.
        """
        self.problems: tuple[Problem, ...] = ()
        self.kept: dict[str, bytes] = {}
        self._files: dict[RunKey, dict[Path, str]] = {}
        # A run asks for the same records with each of its benchmarks.
        self._last: tuple[RunKey, tuple[HardwareRecord, ...]] | None = None
        if folder is not None:
            self._look_through(folder, kept)

    def _look_through(self, folder: Path, kept: Mapping[str, bytes]) -> None:
        problems = []
        whole = folder.resolve()
        for path in sorted(folder.glob("*/*.json")):
            name = json.dumps(str(whole / path.relative_to(folder)))
            old = _Known.parse(kept.get(name, b""))
            identity = identity_of(path)
            if old is None or not identity or old.identity != identity:
                try:
                    old = _of_record(identity, read(path))
                except DataError as error:
                    problems.append(shown_problem(Problem(str(path), str(error)), folder))
                    continue
            self.kept[name] = old.to_bytes()
            self._files.setdefault(old.key, {})[path] = old.digest
        self.problems = tuple(problems)

    def __getitem__(self, key: RunKey) -> tuple[HardwareRecord, ...]:
        paths = self._files[key]
        if self._last is None or self._last[0] != key:
            self._last = key, _read_some(paths)
        return self._last[1]

    def __contains__(self, key: object) -> bool:
        return key in self._files  # the inherited one would read them

    def __iter__(self) -> Iterator[RunKey]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def digest(self, keys: Iterable[RunKey]) -> str:
        """The same as long as the records of `keys` say the same, which are not read for it."""
        found = [[*key, *sorted(self._files[key].values())] for key in keys if key in self._files]
        return digest_of(json.dumps(found).encode())

    def all(self) -> tuple[HardwareRecord, ...]:
        """Every record, the oldest first."""
        return _read_some(path for paths in self._files.values() for path in paths)


def _of_record(identity: str, record: HardwareRecord) -> _Known:
    digest = digest_of(json.dumps(record.as_dict(), sort_keys=True).encode())
    return _Known(identity, (record.commit, record.environment), digest)


def _read_some(paths: Iterable[Path]) -> tuple[HardwareRecord, ...]:
    records = []
    for path in paths:
        # One that has gone since it was looked at is as good as gone before.
        with contextlib.suppress(DataError):
            records.append(read(path))
    return tuple(sorted(records, key=lambda record: (record.started_at, record.path)))
