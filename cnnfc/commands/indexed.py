"""Opens the index of the results that a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from cnnfc.commands.place import Place
from cnnfc.history.index.index import PATIENCE, Index, open_index
from cnnfc.machine.helpers import Helpers
from cnnfc.report.text import clean
from cnnfc.timeline.indexed.centres import Summaries


@dataclass(frozen=True)
class Indexed:
    """An open index, and processes that help where there is much to do with it."""

    index: Index
    helpers: Helpers


@contextmanager
def indexed(place: Place, err: TextIO) -> Iterator[Indexed]:
    """The index of the results in `place`, which holds all that is there now.

    What was wrong with the index itself is said on `err`; it can be used all the same.

    Raises:
        DataError: There are no results.
    """
    with (
        Helpers() as helpers,
        open_index(
            place.results,
            place.hardware,
            place.aliases,
            folder=place.index_folder,
            summarise=Summaries(),
            helpers=helpers,
            patience=PATIENCE,
        ) as index,
    ):
        yield Indexed(index, helpers)
        for note in index.notes:
            print(clean(f"cnnfc: {note}"), file=err)
