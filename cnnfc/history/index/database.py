"""Opens a DuckDB database for one process, and turns all its errors into one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

#: What DuckDB may use of memory for a database on disk; what does not fit goes to disk.
_MEMORY: Final = "384MB"
#: More threads make nothing here faster, and each has buffers of its own.
_THREADS: Final = 4


class StoreError(Exception):
    """A database cannot be used: it is damaged, foreign, open elsewhere, or its disk is full."""


class Database:
    """An open database; after a `StoreError` nothing but `close` makes sense."""

    def __init__(self, path: Path | None) -> None:
        """Open the database at `path`, or make it there; None for one in memory alone.

        Raises:
            StoreError: There is something else at `path`, or another process has it open.
        """
        import duckdb  # noqa: PLC0415 - 30 ms, paid by who has an index

        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": min(_THREADS, os.cpu_count() or 1),
            # What is not built in is not needed, and nothing is to be fetched from the network.
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if path is None:
            # It would leave a folder behind where somebody happens to be.
            settings["temp_directory"] = ""
        else:
            settings["memory_limit"] = _MEMORY
        with _errors():
            self._connection = duckdb.connect(path or ":memory:", config=settings)

    def run(self, statement: str, values: Sequence[object] = ()) -> None:
        """Execute one statement with `values` for its question marks."""
        with _errors():
            self._connection.execute(statement, list(values))

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows that a statement gives."""
        with _errors():
            return self._connection.execute(statement, list(values)).fetchall()

    def columns(self, statement: str, values: Sequence[object] = ()) -> dict[str, NDArray[Any]]:
        """The columns that a statement gives, by name, of numbers; NULL is not-a-number."""
        with _errors():
            found = self._connection.execute(statement, list(values)).fetchnumpy()
        # DuckDB takes the not-a-number of arrays for NULL and gives it back as a masked entry.
        return {
            name: column.filled(np.nan) if isinstance(column, np.ma.MaskedArray) else column
            for name, column in found.items()
        }

    def append(self, table: str, columns: dict[str, NDArray[Any]]) -> None:
        """Add rows to `table`, given as columns by the names that they have there."""
        with _errors():
            self._connection.register("arriving", columns)
            insert = f"INSERT INTO {table} BY NAME SELECT * FROM arriving"  # noqa: S608 - our own name
            self._connection.execute(insert)
            self._connection.unregister("arriving")

    def change(self, changes: Callable[[], None]) -> None:
        """Make all changes, or none."""
        self.run("BEGIN")
        changes()
        self.run("COMMIT")

    def close(self) -> None:
        """Close it; what cannot be written then is lost."""
        with contextlib.suppress(StoreError), _errors():
            self._connection.close()


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """Every error of DuckDB as a `StoreError`; an interrupt stays an interrupt."""
    import duckdb  # noqa: PLC0415 - see above

    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    # Some of what a damaged file brings about has no class of its own there.
    except (duckdb.Error, RuntimeError, UnicodeDecodeError) as error:
        raise StoreError(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}") from error
