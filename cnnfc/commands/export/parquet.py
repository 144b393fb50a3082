"""Writes tables as Parquet, by DuckDB."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError, UsageError
from cnnfc.timeline.table.schema import Column, Row, Type, Value, described

#: How the types of columns are called in DuckDB; what they become in Parquet follows from that.
_TYPES: Final = {
    Type.TEXT: "VARCHAR",
    Type.NUMBER: "DOUBLE",
    Type.INTEGER: "BIGINT",
    Type.BOOLEAN: "BOOLEAN",
    Type.TIMESTAMP: "TIMESTAMPTZ",
    Type.OBJECT: "MAP(VARCHAR, VARCHAR)",
}
#: DuckDB may hold this much of a table in memory; the rest waits on disk.
_MEMORY: Final = "512MB"
#: Rows that are compressed together, in each of two threads: about 50 MB of text.
_ROW_GROUP: Final = 40_960


def write_parquet(
    columns: Sequence[Column], rows: Iterable[Row], path: Path, about: Mapping[str, object]
) -> int:
    """Write `rows` to a new file at `path`; gives their number.

    Text is a string, a number a double, a whole number a 64-bit integer, a time a timestamp in
    UTC with microseconds, an object a map of strings; an unknown value is null, and there is no
    NaN.  The file's key-value metadata has what `about` says and ``columns``, as JSON.

    The rows are gathered in a database in the system's folder for temporary files, so that no more
    than `_MEMORY` of them is held at any time.

    Raises:
        UsageError: DuckDB is not installed.
        DataError: it cannot write, for want of space above all.
    """
    try:
        import duckdb  # noqa: PLC0415 - 30 MB that only Parquet needs
    except ImportError:
        raise UsageError(
            "Parquet is written by DuckDB, which is not installed: `pip install duckdb`, or "
            "choose --format csv or json"
        ) from None
    gathered = _Gathered(columns, rows)
    # Nothing is ever to be fetched from a network.
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": _MEMORY,
        "threads": 2,
    }
    with tempfile.TemporaryDirectory(prefix="cnnfc-export-") as folder:
        try:
            with duckdb.connect(str(Path(folder) / "rows.duckdb"), config=settings) as database:
                database.execute(f"CREATE TABLE gathered ({_declared(columns)})")
                with database.appender("gathered") as appender:
                    appender.append_rows(gathered)
                database.execute(
                    f"COPY gathered TO {_quoted(str(path))} (FORMAT parquet, COMPRESSION zstd, "
                    f"ROW_GROUP_SIZE {_ROW_GROUP}, USE_TMP_FILE false, "
                    f"KV_METADATA {_metadata(columns, about)})"
                )
        except duckdb.Error as error:
            first = str(error).partition("\n")[0]
            raise DataError(
                f"DuckDB cannot write Parquet into {path.parent}, or its rows into "
                f"{tempfile.gettempdir()} ({first}): free some space there, name another folder "
                f"with TMPDIR, or choose --format csv"
            ) from None
    return gathered.count


class _Gathered:
    """The rows as DuckDB takes them, counted on their way."""

    def __init__(self, columns: Sequence[Column], rows: Iterable[Row]) -> None:
        self.count = 0
        self._rows = rows
        self._objects = [at for at, one in enumerate(columns) if one.type is Type.OBJECT]

    def __iter__(self) -> Iterator[Sequence[object]]:
        for row in self._rows:
            self.count += 1
            cells: list[object] = list(row)
            for at in self._objects:
                cells[at] = _map(row[at])
            yield cells


def _map(value: Value) -> dict[str, list[str]] | None:
    """DuckDB's own form of a map; it would take a plain dictionary for a structure with fields."""
    if not isinstance(value, Mapping):
        return None
    return {"key": list(value.keys()), "value": list(value.values())}


def _declared(columns: Sequence[Column]) -> str:
    return ", ".join(f'"{one.name}" {_TYPES[one.type]}' for one in columns)


def _metadata(columns: Sequence[Column], about: Mapping[str, object]) -> str:
    told = {**about, "columns": described(columns)}
    entries = (
        f"{key}: {_quoted(value if isinstance(value, str) else json.dumps(value))}"
        for key, value in told.items()
    )
    return f"{{{', '.join(entries)}}}"


def _quoted(text: str) -> str:
    """`text` as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
