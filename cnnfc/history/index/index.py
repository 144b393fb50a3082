"""Opens the index of a results folder, up to date, and answers from it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

from cnnfc.errors import DataError
from cnnfc.history.asv_benchmarks import FILE_NAME, read_benchmarks
from cnnfc.history.index.columns import PlainValues, Summariser
from cnnfc.history.index.groups import GroupSeries, IndexedGroup, IndexedRun, arrange, group_of
from cnnfc.history.index.numbers import SeriesKey
from cnnfc.history.index.place import index_file, prepare, sweep
from cnnfc.history.index.reading import Head
from cnnfc.history.index.records import Records
from cnnfc.history.index.refresh import Progress, Refreshed, path_inside, refresh
from cnnfc.history.index.reliable import INSTEAD, ReliableStore
from cnnfc.history.index.store import FileRow, Store
from cnnfc.history.result_file import ResultFile
from cnnfc.history.result_folders import (
    ResultFolder,
    left_out,
    machine_of,
    of_machine,
    result_folders,
    shown,
)
from cnnfc.machine.helpers import Helpers
from cnnfc.machine.locked_files import Held, locked
from cnnfc.machine.record import HardwareRecord
from cnnfc.records import BenchmarkInfo, Outcome, Point, Problem

#: How long to wait for another process that has the index open (s); then everything is read again,
#: which takes about as long for a history of a million values.
PATIENCE: Final = 5.0
#: What is known of hardware records is kept under this name.
_RECORDS: Final = "hardware records"

_Answer = TypeVar("_Answer")


@contextlib.contextmanager
def open_index(
    results: Path,
    hardware: Path | None = None,
    aliases: Mapping[str, str] | None = None,
    *,
    folder: Path | None,
    summarise: Summariser | None = None,
    progress: Progress | None = None,
    helpers: Helpers | None = None,
    patience: float = PATIENCE,
) -> Iterator[Index]:
    """The index of asv's results folder `results`, which holds all that is there now.

    Whatever is wrong with the index itself, it can still be used: a damaged or foreign one is
    thrown away and made again, and one that another process has open, or that cannot be written,
    is made in memory.  Its notes say so.

    Args:
        results: asv's ``results_dir``.
        hardware: Folder of hardware records; None, or one that is not there, has none.
        aliases: Names of machines by the name of their folder.
        folder: Where the index lies (`cnnfc.history.index.place.index_folder`); None for memory.
        summarise: What makes centres and intervals of points; by default they are asv's own.
        progress: Hears how many files are read.
        helpers: Take part in reading where there is much to read.
        patience: How long to wait for another process that has the index open (s).

    Raises:
        DataError: there is no folder `results`, or it cannot be looked into.
    """
    # Where there are no results, nothing is to be left behind for them.
    next(result_folders(results, []), None)
    with contextlib.ExitStack() as stack:
        file = None if folder is None else index_file(folder, results)
        notes: list[str] = []
        if folder is not None and file is not None:
            try:
                prepare(folder)
                stack.enter_context(locked(file, patience=patience))
                sweep(folder, file)
            except Held:
                file = None
                notes.append(f"another process uses the index: {INSTEAD}")
            except DataError as error:
                file = None
                notes.append(f"there is no index ({error}): {INSTEAD}")
        source = Source(results, hardware, aliases or {})
        index = Index(source, file, summarise or PlainValues(), notes, helpers)
        stack.callback(index.close)
        index.refresh(progress)
        yield index


@dataclass(frozen=True)
class Source:
    """What an index is of: asv's results, hardware records, and other names of machines."""

    results: Path
    hardware: Path | None
    aliases: Mapping[str, str]


class Index:
    """See `open_index`, which makes it.

    Attributes:
        refreshed: What the last `refresh` has found.
        runs: Every run, by commit date, machine, environment and path.
        groups: Runs by machine and environment, in their order.
    """

    def __init__(
        self,
        source: Source,
        file: Path | None,
        summarise: Summariser,
        notes: Sequence[str] = (),
        helpers: Helpers | None = None,
    ) -> None:
        self.refreshed = Refreshed(0, 0, 0)
        self.runs: tuple[IndexedRun, ...] = ()
        self.groups: tuple[IndexedGroup, ...] = ()
        self._source, self._rule = source, summarise.name
        self._notes, self._helpers = tuple(notes), helpers
        self._progress: Progress | None = None
        self._problems: list[Problem] = []
        self._folders: list[ResultFolder] = []
        self._store = ReliableStore(file, summarise, self._fill)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was wrong with the index itself, in sentences."""
        return (*self._notes, *self._store.notes)

    def refresh(self, progress: Progress | None = None) -> Refreshed:
        """Read what is new, forget what is gone, and say how much that was.

        Raises:
            DataError: the results folder is gone, or cannot be looked into.
        """
        self._progress = progress
        self._problems = []
        self._folders = list(result_folders(self._source.results, self._problems))
        for name in ("_suite", "records"):  # they are read again when somebody asks
            self.__dict__.pop(name, None)
        self._store.refill()
        files = self._store.ask(lambda store: dict(store.files))
        self.runs = tuple(sorted(self._found_runs(files), key=_order))
        by_group: dict[tuple[str, str], list[IndexedRun]] = {}
        for run in self.runs:
            by_group.setdefault((run.head.run.machine, run.head.run.environment), []).append(run)
        self.groups = tuple(
            IndexedGroup(*key, tuple(sorted(runs, key=_order_in_group)), self._rule)
            for key, runs in sorted(by_group.items())
        )
        if self.refreshed.gone:
            # Environments may be named after versions, and old results be removed: without end.
            self._store.ask(
                lambda store: store.forget(lambda scope: group_of(scope) not in {None, *by_group})
            )
        return self.refreshed

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Files and parts of files that were left out, as `read_history` names them."""
        results = self._source.results
        about = shown(results / FILE_NAME, results)
        found = [*self._problems, *(left_out(about, reason) for reason in self._suite[1])]
        return (*sorted(found, key=lambda problem: problem.path), *self.records.problems)

    @property
    def results(self) -> Path:
        """The results folder that it is of."""
        return self._source.results

    @cached_property
    def records(self) -> Records:
        """The hardware records by commit and environment."""
        if self._source.hardware is None:
            return Records(None, {})
        known = self.kept(_RECORDS)
        found = Records(self._source.hardware, known)
        if found.kept != known:
            self.keep(_RECORDS, found.kept)
        return found

    @property
    def hardware(self) -> tuple[HardwareRecord, ...]:
        """Every hardware record, the oldest first; all are read for it."""
        return self.records.all()

    @property
    def benchmarks(self) -> Mapping[str, BenchmarkInfo]:
        """What is known of each benchmark, as `read_history` says it."""
        return self._suite[0]

    @cached_property
    def _suite(self) -> tuple[Mapping[str, BenchmarkInfo], tuple[str, ...]]:
        """Benchmarks, and what is wrong with the file that describes them."""

        def question(store: Store) -> list[SeriesKey]:
            found = store.latest(numbers_of(store, self.runs), range(len(self.runs)))
            order = found["rank"].argsort(kind="stable")
            return [store.series[number] for number in found["series"][order]]

        # One run with every series stands for all of them; what the newest has comes last.
        keys = self._store.ask(question)
        points = tuple(Point(name, parameters, Outcome.SKIPPED) for name, parameters in keys)
        runs = [replace(run.head.run, points=points) for run in self.runs[:1]]
        return read_benchmarks(self._source.results, runs)

    def series(self, group: IndexedGroup) -> GroupSeries:
        """The series of one of the `groups`, as columns."""

        def question(store: Store) -> GroupSeries:
            numbers = numbers_of(store, group.runs)
            points = store.points(numbers)
            return arrange(group, numbers, points, store.series, store.versions)

        return self.ask(question)

    def ask(self, question: Callable[[Store], _Answer]) -> _Answer:
        """The answer of the tables; the question may be asked again if they break meanwhile."""
        return self._store.ask(question)

    def kept(self, scope: str) -> Mapping[str, bytes]:
        """What was kept for `scope`, by key; nothing if it was never kept, or is lost."""
        return self._store.ask(lambda store: store.kept(scope))

    def keep(self, scope: str, values: Mapping[str, bytes]) -> None:
        """Keep `values` by key, in place of all that was kept for `scope`.

        Keys should say what a value was made of, since it may be found by another version of the
        program than the one that kept it.
        """
        self._store.ask(lambda store: store.keep(scope, values))

    def close(self) -> None:
        """Close the index."""
        self._store.close()

    def _fill(self, store: Store) -> None:
        """Bring `store` up to date."""
        self.refreshed = refresh(
            store, self._source.results, self._folders, self._progress, self._helpers
        )

    def _found_runs(self, files: Mapping[str, FileRow]) -> Iterator[IndexedRun]:
        """The runs of all files, under the names of their machines; problems go to their list."""
        for folder in self._folders:
            machine = machine_of(folder, self._problems)
            alias = self._source.aliases.get(folder.path.resolve().name)
            for name in folder.names:
                row = files[path_inside(folder, name, self._source.results)]
                run = self._run(row, ResultFile(folder, name, machine, alias))
                if run is not None:
                    yield run

    def _run(self, row: FileRow, file: ResultFile) -> IndexedRun | None:
        problems = row.problems
        found = None
        if row.head is not None:
            head = Head.parse(row.head, file.shown)
            try:
                run = of_machine(head.run, file.machine, file.alias, file.folder)
                found = IndexedRun(replace(head, run=run), row.digest, row.path, file)
            except DataError as error:
                problems = (str(error),)
        self._problems += (left_out(file.shown, reason) for reason in problems)
        return found


def numbers_of(store: Store, runs: Sequence[IndexedRun]) -> list[int]:
    """The numbers of the files of `runs`; -1, which no file has, for one that is gone meanwhile."""
    return [store.files[run.file].id if run.file in store.files else -1 for run in runs]


def _order(run: IndexedRun) -> tuple[object, ...]:
    found = run.head.run
    return (found.commit_date, found.machine, found.environment, found.path)


def _order_in_group(run: IndexedRun) -> tuple[object, ...]:
    start = run.head.started_at
    return (run.head.run.commit_date, start is not None, start)
