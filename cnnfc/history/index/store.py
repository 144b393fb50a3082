"""Keeps what was read of result files in a DuckDB database that may be thrown away at any time.

Why DuckDB.  What is asked for is a few columns of all points of a machine, and what is written is a
thousand points at a time, with those of a file that changed taken out again.  DuckDB stores columns
compressed, hands them over as numpy arrays without an object a value, changes what belongs together
in one transaction, has a checksum on every block, and is one file and one wheel without further
dependencies, kept well by many.  The others that were weighed: SQLite stores rows, so every value
becomes a Python object on its way (seconds for a million); Parquet files have the columns but no
transactions, so replacing a file's points, two writers and a kill in between would all be our own
code; polars reads such files fast but keeps nothing itself.

What is in it: a row for every result file, with its identity (size, time of change, inode), a
digest of its content, what it says beside its points, and why it or a part of it was left out; the
series by number; the points in columns; and results that others have computed and want to keep.
All of it can be made again from the result files, so nothing here is ever repaired or migrated.

What 2*10^8 values of 20 machines would mean (1,000 series, 10,000 commits; 19 GB of JSON in 200,000
files).  A value takes 32 bytes here and 5 microseconds to read for the first time, so 6 GB and a
quarter of an hour on one core.  A machine with its 10^7 values is loaded and arranged at a time, in
one to two GB, since series of several machines never mix.  With nothing new, the look at 200,000
files takes some ten seconds and the rest next to nothing, as fingerprints say that what was
computed still holds; a new file adds a thousand values, but has the change points of a thousand
series of 10,000 values searched again, which is where the time goes then.

What would have to move first is the table of points, since one process at a time can have the
database open and 20 machines would all bring something: to Parquet files in a shared store, one a
machine and month, written once by whoever collects the results and read by any number of processes
(DuckDB queries them as they are).  The table of files and what is kept stay with everybody, small
and local, and the JSON files stay what is true.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from cnnfc.history.index.columns import Summariser
from cnnfc.history.index.database import Database, StoreError
from cnnfc.history.index.numbers import Arrays, Numbers, SeriesKey, parse_series, series_text
from cnnfc.history.index.reading import READER, Content

#: Raised with every change of the tables.
SCHEMA: Final = 1

#: Points that are gathered before they are handed over.
_BATCH: Final = 200_000

_TABLES: Final = (
    "about (version VARCHAR)",
    """files (
        id INTEGER, path VARCHAR, identity VARCHAR, digest VARCHAR, head VARCHAR, problems VARCHAR
    )""",
    "series (id INTEGER, key VARCHAR)",
    "versions (id INTEGER, name VARCHAR)",
    """points (
        file INTEGER, series INTEGER, version INTEGER, started_at BIGINT, outcome TINYINT,
        value DOUBLE, centre DOUBLE, low DOUBLE, high DOUBLE, n INTEGER
    )""",
    "kept (scope VARCHAR, key VARCHAR, value BLOB)",
)
#: Bytes of the digest that goes with each value that is kept.
_SEAL: Final = 8
#: A list that is given as one value, as a column.
_TEXTS: Final = "unnest(?::VARCHAR[])"
NUMBERS: Final = "unnest(?::INTEGER[])"


@dataclass(frozen=True)
class FileRow:
    """A result file as the index knows it.

    Attributes:
        path: Its path inside the results folder, with slashes.
        identity: What changes whenever the file does; "" where that cannot be relied on.
        digest: Of its content.
        head: What it says beside its points, as text; None if the file was left out.
        problems: What was left out, in sentences without its path.
        id: Its number in the database.
    """

    path: str
    identity: str
    digest: str
    head: str | None
    problems: tuple[str, ...]
    id: int = -1


#: A file that is new or has changed, with its content; None if its digest is the same as before.
Fresh = tuple[FileRow, Content | None]


class OtherVersion(StoreError):
    """The store was made by another version of this program, or by another program."""


class Store:
    """The tables of an index.  Every method may raise `StoreError`, which leaves it useless.

    Attributes:
        files: The known files by path.
    """

    def __init__(self, path: Path | None, summarise: Summariser) -> None:
        """Open the store at `path`, or make it there; None for one in memory alone."""
        self.files: dict[str, FileRow] = {}
        self._numbers = Numbers()
        self._summarise = summarise
        self._version = f"{SCHEMA} {READER} {summarise.name}"
        self._database = Database(path)
        try:
            if not self._database.rows("SELECT table_name FROM information_schema.tables"):
                self._database.change(self._create)
            self._load()
        except BaseException:
            self._database.close()
            raise

    @property
    def series(self) -> Sequence[SeriesKey]:
        """All series; their number is their place."""
        return self._numbers.series

    @property
    def versions(self) -> Sequence[str]:
        """All versions of benchmarks; their number is their place."""
        return self._numbers.versions

    def _create(self) -> None:
        for table in _TABLES:
            self._database.run(f"CREATE TABLE {table}")
        self._database.run("INSERT INTO about VALUES (?)", [self._version])

    def _load(self) -> None:
        versions = self._database.rows("SELECT version FROM about")
        if versions != [(self._version,)]:
            raise OtherVersion(f"it is of version {versions} and not {self._version}")
        files = self._database.rows("SELECT path, identity, digest, head, problems, id FROM files")
        try:
            for path, identity, digest, head, problems, number in files:
                name, found = json.loads(path), tuple(json.loads(problems))
                self.files[name] = FileRow(name, identity, digest, head, found, number)
            for (key,) in self._database.rows("SELECT key FROM series ORDER BY id"):
                self._numbers.add_series(*parse_series(key))
            for (version,) in self._database.rows("SELECT name FROM versions ORDER BY id"):
                self._numbers.add_version(json.loads(version))
        except (TypeError, ValueError) as error:
            raise StoreError(f"its tables hold something else than expected: {error}") from error

    def update(self, gone: Sequence[FileRow], fresh: Iterable[Fresh]) -> None:
        """Forget the files that are `gone` and take in the `fresh` ones, in one transaction."""
        self._database.change(lambda: self._update(gone, fresh))

    def _update(self, gone: Sequence[FileRow], fresh: Iterable[Fresh]) -> None:
        known_series, known_versions = len(self.series), len(self.versions)
        rows: list[FileRow] = []
        pointless = [row.id for row in gone]
        for batch in self._batches(fresh, rows, pointless):
            self._database.append("points", dict(batch))
        if pointless:
            self._delete("points", "file", pointless)
        if pointless or rows:
            self._delete("files", "id", [*pointless, *(row.id for row in rows)])
        self._insert_files(rows)
        self._insert("series", [series_text(key) for key in self.series[known_series:]])
        self._insert("versions", [json.dumps(name) for name in self.versions[known_versions:]])
        for row in gone:
            del self.files[row.path]
        self.files.update({row.path: row for row in rows})

    def _batches(
        self, fresh: Iterable[Fresh], rows: list[FileRow], pointless: list[int]
    ) -> Iterator[Arrays]:
        """The points of `fresh`, in portions that are worth handing over.

        Adds the files with their numbers to `rows`, and to `pointless` the numbers of files whose
        points are out of date.
        """
        numbers = itertools.count(max((row.id for row in self.files.values()), default=-1) + 1)
        parts: list[Arrays] = []
        size = 0
        for row, content in fresh:
            old = self.files.get(row.path)
            if content is None and old is not None:
                rows.append(replace(row, id=old.id))
                continue
            if old is not None:
                pointless.append(old.id)
            rows.append(replace(row, id=next(numbers)))
            if content is not None and content.columns is not None:
                columns = content.columns
                parts.append(self._numbers.arrays(rows[-1].id, columns, self._summarise(columns)))
                size += len(columns)
            if size >= _BATCH:
                yield _joined(parts)
                parts, size = [], 0
        if size:
            yield _joined(parts)

    def _delete(self, table: str, column: str, numbers: Sequence[int]) -> None:
        chosen = f"{column} IN (SELECT {NUMBERS})"
        self._database.run(f"DELETE FROM {table} WHERE {chosen}", [list(numbers)])  # noqa: S608 - no text of others

    def _insert_files(self, rows: Sequence[FileRow]) -> None:
        if rows:
            columns = zip(
                *(
                    (r.id, json.dumps(r.path), r.identity, r.digest, r.head, json.dumps(r.problems))
                    for r in rows
                ),
                strict=True,
            )
            values = ", ".join([NUMBERS, *[_TEXTS] * 5])
            self._database.run(f"INSERT INTO files SELECT {values}", [list(c) for c in columns])

    def _insert(self, table: str, texts: Sequence[str]) -> None:
        """Add what one of the two lists has gained; its places are the numbers."""
        if texts:
            size = len(self.series if table == "series" else self.versions)
            numbers = list(range(size - len(texts), size))
            statement = f"INSERT INTO {table} SELECT {NUMBERS}, {_TEXTS}"
            self._database.run(statement, [numbers, list(texts)])

    def points(self, files: Sequence[int]) -> Arrays:
        """The columns of all points of the files with these numbers, in no order."""
        chosen = f"file IN (SELECT {NUMBERS})"
        return self._database.columns(f"SELECT * FROM points WHERE {chosen}", [list(files)])  # noqa: S608 - the same

    def latest(self, files: Sequence[int], ranks: Sequence[int]) -> Arrays:
        """The ``series`` that files have points of, each with the largest ``rank`` of its files."""
        statement = (
            f"SELECT series, max(rank) AS rank FROM points JOIN "  # noqa: S608 - the same
            f"(SELECT {NUMBERS} AS file, {NUMBERS} AS rank) USING (file) GROUP BY series"
        )
        return self._database.columns(statement, [list(files), list(ranks)])

    def rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """What a statement about the tables gives, with `values` for its question marks."""
        return self._database.rows(statement, values)

    def kept(self, scope: str) -> dict[str, bytes]:
        """What was kept for `scope`, by key."""
        found = self._database.rows("SELECT key, value FROM kept WHERE scope = ?", [scope])
        return {key: _unsealed(scope, key, bytes(value)) for key, value in found}

    def keep(self, scope: str, values: Mapping[str, bytes]) -> None:
        """Keep `values` by key, in place of everything that was kept for `scope`."""

        def change() -> None:
            self._database.run("DELETE FROM kept WHERE scope = ?", [scope])
            if values:
                sealed = [_seal(scope, key, value) + value for key, value in values.items()]
                self._database.run(
                    f"INSERT INTO kept SELECT ?, {_TEXTS}, unnest(?::BLOB[])",
                    [scope, list(values), sealed],
                )

        self._database.change(change)

    def forget(self, is_useless: Callable[[str], bool]) -> None:
        """Forget all that was kept for scopes that are of no use any more."""
        found = self._database.rows("SELECT DISTINCT scope FROM kept")
        scopes = [scope for (scope,) in found if is_useless(scope)]
        if scopes:
            self._database.run(f"DELETE FROM kept WHERE scope IN (SELECT {_TEXTS})", [scopes])  # noqa: S608 - the same

    def close(self) -> None:
        """Close the database; afterwards this object is of no use."""
        self._database.close()


def _seal(scope: str, key: str, value: bytes) -> bytes:
    """Proves a kept value whole.

    DuckDB's own checksum of a block is the exclusive or of its words' hashes, which does not see
    that a run of equal words, such as blanks, has become zeros.
    """
    name = json.dumps([scope, key]).encode()
    return hashlib.blake2b(value, digest_size=_SEAL, key=name[-64:]).digest()


def _unsealed(scope: str, key: str, sealed: bytes) -> bytes:
    value = sealed[_SEAL:]
    if sealed[:_SEAL] != _seal(scope, key, value):
        raise StoreError("a value that was kept in it has changed")
    return value


def _joined(parts: Sequence[Arrays]) -> Arrays:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
