"""Reads a folder of results run by run, so that what is made of all of it need not fit in memory.

First every file is looked through and only its head is kept; then the runs that are wanted are
loaded one at a time.  A file is read at most twice; with an index
(`cnnfc.timeline.indexed.source`) only those that are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cnnfc.errors import DataError
from cnnfc.history.asv_benchmarks import FILE_NAME, read_benchmarks
from cnnfc.history.hardware import record_for
from cnnfc.history.result_file import ResultFile
from cnnfc.history.result_folders import (
    left_out,
    machine_of,
    result_folders,
    shown,
    shown_problem,
)
from cnnfc.machine.record import read_all
from cnnfc.machine.schema import HardwareRecord
from cnnfc.records import BenchmarkInfo, Outcome, Problem, Run
from cnnfc.timeline.moments import moment_of
from cnnfc.timeline.series import as_layer


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
    place: ResultFile


class Versions:
    """The version of each benchmark that a machine and environment measured last.

    The rule of `cnnfc.timeline.arrange`: by the clock, and of points that were measured at the
    same time, or that do not say when, the one of the newest commit.  Runs may come in any order.
    """

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str, str], tuple[tuple[datetime, ...], str]] = {}

    def see(self, run: Run) -> None:
        """Take what `run` measured into account."""
        first = run.started_at
        for point in run.points:
            if point.version is not None and point.outcome is Outcome.MEASURED:
                self.see_one(run, point.benchmark, point.version, (point.started_at, first))

    def see_one(
        self,
        run: Run,
        benchmark: str,
        version: str,
        started: tuple[datetime | None, datetime | None],
    ) -> None:
        """Take into account that `run` measured `version` of a benchmark.

        Args:
            run: The run, whose points are not looked at.
            benchmark: Name of the benchmark.
            version: Its version there.
            started: When it was measured, and when the first point of the run was.
        """
        key = (run.machine, run.environment, benchmark)
        at, first = map(moment_of, started)
        moment = (at, moment_of(run.commit_date), first)
        if key not in self._latest or moment >= self._latest[key][0]:
            self._latest[key] = moment, version

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
        hardware: Hardware records by commit and environment.
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
                problems.append(left_out(place.shown, str(error)))
                continue
            problems.extend(left_out(place.shown, reason) for reason in wrong)
            heads.append(_head(run, place))
            versions.see(run)
            yield run

    # It goes through the runs once and keeps none.
    benchmarks, wrong = read_benchmarks(results, each_run())
    problems += (left_out(shown(results / FILE_NAME, results), reason) for reason in wrong)
    if not heads:
        raise nothing_readable(results, sorted(problems, key=lambda problem: problem.path))
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


def nothing_readable(results: Path, problems: Sequence[Problem]) -> DataError:
    """Says that there is no run in `results`, and what is wrong with the first file."""
    first = f" ({problems[0].path}: {problems[0].reason})" if problems else ""
    return DataError(
        f"no results in {results} can be read{first}: measure with `cnnfc run` or `asv run`, "
        f"or name another folder with --results"
    )


def _places(
    results: Path, aliases: Mapping[str, str], problems: list[Problem]
) -> Iterator[ResultFile]:
    for folder in result_folders(results, problems):
        machine = machine_of(folder, problems)
        alias = aliases.get(folder.path.resolve().name)
        for name in folder.names:
            yield ResultFile(folder, name, machine, alias)


def _head(run: Run, place: ResultFile) -> Head:
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
