"""Asks a store that may break, and makes it again if it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cnnfc.errors import DataError
from cnnfc.history.index.columns import Summariser
from cnnfc.history.index.database import StoreError
from cnnfc.history.index.place import remove
from cnnfc.history.index.store import OtherVersion, Store

_Answer = TypeVar("_Answer")
#: Said where there is no file of the index.
INSTEAD = "the result files are read instead"


class ReliableStore:
    """A store on disk that is made again when it is found damaged, and in memory if that fails.

    Attributes:
        notes: What was wrong with it, in sentences.
    """

    def __init__(
        self, file: Path | None, summarise: Summariser, fill: Callable[[Store], object]
    ) -> None:
        """A store in `file`, or in memory for None, that is opened with the first question.

        `fill` brings a store up to date; every store is, after it was opened.
        """
        self.notes: list[str] = []
        self._file, self._summarise, self._fill = file, summarise, fill
        self._store: Store | None = None
        self._was_remade = False

    def ask(self, question: Callable[[Store], _Answer]) -> _Answer:
        """The answer of the store; if it breaks meanwhile, of the one that takes its place.

        Raises:
            DataError: the one in memory breaks too.
        """
        attempts = 1 if self._file is None else 2
        for _ in range(attempts):
            try:
                return question(self._filled())
            except StoreError as error:
                self._give_up(error)
        try:
            return question(self._filled())
        except StoreError as error:
            raise DataError(
                f"what is in the result files does not fit into memory ({error}): free some memory "
                f"and run the same command again"
            ) from None

    def refill(self) -> None:
        """Bring the store up to date.

        Raises:
            DataError: as `ask`.
        """
        if self._store is None:
            self.ask(lambda _: None)  # it is filled when it is opened
        else:
            self.ask(self._fill)

    def close(self) -> None:
        """Close the store; the next question opens it again."""
        if self._store is not None:
            self._store.close()
        self._store = None

    def _filled(self) -> Store:
        """The open store; one that has to be opened first is brought up to date."""
        if self._store is None:
            self._store = Store(self._file, self._summarise)
            self._fill(self._store)
        return self._store

    def _give_up(self, error: StoreError) -> None:
        """Throw the store away: a file is removed or, if it was new already, done without."""
        self.close()
        if self._file is None:
            return
        was_new, self._was_remade = self._was_remade, True
        try:
            remove(self._file)
        except OSError as refusal:
            was_new = True
            error = StoreError(f"{error}; it cannot be removed: {refusal.strerror}")
        if was_new:
            self._file = None
            self.notes.append(f"there is no index ({error}): {INSTEAD}")
        # Nothing is wrong with one that a new version of the program finds.
        elif not isinstance(error, OtherVersion):
            self.notes.append(f"the index could not be used ({error}): it was made again")
