"""Reads a folder of results run by run, so that what is made of all of it need not fit in memory.

First every file is looked through and only its head is kept; then the runs that are wanted are
loaded one at a time.  A file is read at most twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cnnfc.errors import DataError
from cnnfc.history.asv_benchmarks import FILE_NAME, read_benchmarks
from cnnfc.history.asv_json import read_run
from cnnfc.history.hardware import record_for
from cnnfc.history.result_folders import (
    Machine,
    ResultFolder,
    machine_of,
    of_machine,
    result_folders,
    shown,
    shown_problem,
)
from cnnfc.machine.record import read_all
from cnnfc.machine.schema import HardwareRecord
from cnnfc.records import BenchmarkInfo, Outcome, Problem, Run
from cnnfc.timeline.moments import moment_of
from cnnfc.timeline.series import as_layer


@dataclass(frozen=True)
class Place:
    """Where the file of a run lies, and whose it is."""

    folder: ResultFolder
    name: str
    machine: Machine
    alias: str | None

    @property
    def shown(self) -> str:
        """What the file is called in reports."""
        return self.folder.shown_file(self.name)

    def read(self) -> tuple[Run, tuple[str, ...]]:
        """The run, and what had to be left out of it in words; `DataError` if it is no run."""
        run, wrong = read_run(self.folder.path / self.name, self.shown)
        return of_machine(run, self.machine, self.alias, self.folder), wrong


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a run without its points.

    ``devices`` are those of this project's layers that it measured something on.
    """

    machine: str
    environment: str
    commit: str
    commit_date: datetime
    started_at: datetime | None
    measured: int
    devices: frozenset[str]
    place: Place


class Versions:
    """The version of each benchmark that a machine and environment measured last.

    The rule of `cnnfc.timeline.arrange`: by the clock, and of points that were measured at the
    same time, or that do not say when, the one of the newest commit.  Runs may come in any order.
    """

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str, str], tuple[tuple[datetime, ...], str]] = {}

    def see(self, run: Run) -> None:
        """Take what `run` measured into account."""
        newest = (moment_of(run.commit_date), moment_of(run.started_at))
        for point in run.points:
            if point.version is None or point.outcome is not Outcome.MEASURED:
                continue
            key = (run.machine, run.environment, point.benchmark)
            moment = (moment_of(point.started_at), *newest)
            if key not in self._latest or moment >= self._latest[key][0]:
                self._latest[key] = moment, point.version

    def is_current(self, run: Run, benchmark: str, version: str | None) -> bool:
        """Whether values of `version` are compared with the newest of the benchmark."""
        latest = self._latest.get((run.machine, run.environment, benchmark))
        return version is None or (latest is not None and latest[1] == version)


@dataclass(frozen=True)
class Source:
    """A folder of results that was looked through.

    Attributes:
        heads: Of every run, in order of commit date, then machine, environment and file.
        benchmarks: What is known of each benchmark, by name.
        versions: Which version of each benchmark is current.
        problems: Files and parts of files that were left out.
    """

    heads: tuple[Head, ...]
    benchmarks: Mapping[str, BenchmarkInfo]
    versions: Versions
    hardware: Mapping[tuple[str | None, str | None], tuple[HardwareRecord, ...]]
    problems: tuple[Problem, ...]

    def load(self, head: Head) -> Run:
        """The run of `head` with its points.

        Raises:
            DataError: its file has gone or been damaged since it was looked through.
        """
        try:
            run, _ = head.place.read()
        except DataError as error:
            raise DataError(
                f"{head.place.shown} was changed while it was read ({error}): run the command again"
            ) from None
        return run

    def record_for(self, run: Run, at: datetime | None = None) -> HardwareRecord | None:
        """The hardware record of `run`, or of a point of it that was measured `at` some time."""
        return record_for(run, self.hardware.get((run.commit, run.environment), ()), at)


def look_through(
    results: Path, hardware: Path | None = None, aliases: Mapping[str, str] | None = None
) -> Source:
    """Look through asv's results folder `results` and the records below `hardware`.

    What is damaged is named in the problems and left out, as `cnnfc.history.results.read_history`
    does it.

    Raises:
        DataError: there is no folder `results`, or no result in it can be read.
    """
    problems: list[Problem] = []
    heads: list[Head] = []
    versions = Versions()

    def each_run() -> Iterator[Run]:
        for place in _places(results, aliases or {}, problems):
            try:
                run, wrong = place.read()
            except DataError as error:
                problems.append(Problem(place.shown, str(error)))
                continue
            problems.extend(Problem(place.shown, reason) for reason in wrong)
            heads.append(_head(run, place))
            versions.see(run)
            yield run

    # It goes through the runs once and keeps none.
    benchmarks, wrong = read_benchmarks(results, each_run())
    problems += (Problem(shown(results / FILE_NAME, results), reason) for reason in wrong)
    if not heads:
        first = f" ({problems[0].path}: {problems[0].reason})" if problems else ""
        raise DataError(
            f"no results in {results} can be read{first}: measure with `cnnfc run` or `asv run`, "
            f"or name another folder with --results"
        )
    records, unread = read_all(hardware) if hardware is not None else ((), ())
    problems.sort(key=lambda problem: problem.path)
    problems += (shown_problem(problem, hardware) for problem in unread if hardware is not None)
    heads.sort(key=lambda h: (h.commit_date, h.machine, h.environment, h.place.shown))
    by_run: dict[tuple[str | None, str | None], list[HardwareRecord]] = {}
    for record in records:
        by_run.setdefault((record.commit, record.environment), []).append(record)
    return Source(
        tuple(heads),
        benchmarks,
        versions,
        {key: tuple(found) for key, found in by_run.items()},
        tuple(problems),
    )


def _places(results: Path, aliases: Mapping[str, str], problems: list[Problem]) -> Iterator[Place]:
    for folder in result_folders(results, problems):
        machine = machine_of(folder, problems)
        alias = aliases.get(folder.path.resolve().name)
        for name in folder.names:
            yield Place(folder, name, machine, alias)


def _head(run: Run, place: Place) -> Head:
    devices = set()
    for point in run.points:
        if point.outcome is Outcome.MEASURED:
            layer = as_layer(point.benchmark, point.parameters)
            if layer is not None:
                devices.add(str(layer.device))
    return Head(
        run.machine,
        run.environment,
        run.commit,
        run.commit_date,
        run.started_at,
        run.measured,
        frozenset(devices),
        place,
    )
