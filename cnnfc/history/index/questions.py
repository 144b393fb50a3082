"""Asks an index what no result file says alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cnnfc.history.index.columns import MEASURED
from cnnfc.history.index.groups import IndexedRun
from cnnfc.history.index.index import Index, numbers_of
from cnnfc.history.index.numbers import SeriesKey
from cnnfc.history.index.store import NUMBERS, Store
from cnnfc.history.index.times import from_ms

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
#: More than there are files in an index.
_RANKS: Final = 2**32


@dataclass(frozen=True)
class LastVersion:
    """When a version of a benchmark was last measured by a machine in an environment.

    Attributes:
        run: Where it was measured last; of runs that measured it at the same time the one of the
            newest commit, then the one that was started last.
        benchmark: Its name.
        version: The version.
        started_at: When; None where no file says.
    """

    run: IndexedRun
    benchmark: str
    version: str
    started_at: datetime | None


def last_versions(index: Index) -> list[LastVersion]:
    """Every version of every series in every group; of equally late ones the decisive one last."""
    ranked = sorted(index.runs, key=_age)
    groups: dict[tuple[str, str], int] = {}
    kinds = [
        groups.setdefault((run.head.run.machine, run.head.run.environment), len(groups))
        for run in ranked
    ]

    # What is compared is one number, which does not fit into 64 bits.
    statement = (
        f"SELECT series, version, max(started_at::HUGEINT * {_RANKS} + rank) AS newest "  # noqa: S608 - our own numbers
        f"FROM points JOIN (SELECT {NUMBERS} AS file, {NUMBERS} AS kind, {NUMBERS} AS rank) "
        f"USING (file) WHERE outcome = {MEASURED} AND version >= 0 GROUP BY kind, series, version"
    )

    def question(store: Store) -> list[LastVersion]:
        files = numbers_of(store, ranked)
        found = []
        for series, version, newest in store.rows(statement, [files, kinds, [*range(len(ranked))]]):
            start, rank = divmod(int(newest), _RANKS)
            started_at = None if start < 0 else from_ms(start)
            benchmark, _ = store.series[series]
            one = LastVersion(ranked[rank], benchmark, store.versions[version], started_at)
            found.append((rank, one))
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]

    return index.ask(question)


def measured_marks(
    index: Index, mark: Callable[[SeriesKey], str | None]
) -> Mapping[str, frozenset[str]]:
    """The marks of all series that a file has a measured point of, by `IndexedRun.file`.

    Args:
        index: The index.
        mark: The mark of a series; None if it has none.
    """
    statement = (
        f"SELECT DISTINCT file, mark FROM points "  # noqa: S608 - the same
        f"JOIN (SELECT {NUMBERS} AS series, {NUMBERS} AS mark) USING (series) "
        f"WHERE outcome = {MEASURED} AND file IN (SELECT {NUMBERS})"
    )

    def question(store: Store) -> dict[str, set[str]]:
        names: dict[str, int] = {}
        marked: list[tuple[int, int]] = []
        for number, key in enumerate(store.series):
            name = mark(key)
            if name is not None:
                marked.append((number, names.setdefault(name, len(names))))
        if not marked:
            return {}
        columns = [list(column) for column in zip(*marked, strict=True)]
        numbers = numbers_of(store, index.runs)
        files = {number: run.file for number, run in zip(numbers, index.runs, strict=True)}
        words = list(names)
        found: dict[str, set[str]] = defaultdict(set)
        for file, place in store.rows(statement, [*columns, list(files)]):
            found[files[file]].add(words[place])
        return found

    return {file: frozenset(names) for file, names in index.ask(question).items()}


def _age(run: IndexedRun) -> tuple[datetime, datetime]:
    return run.head.run.commit_date, run.head.started_at or _LONG_AGO
