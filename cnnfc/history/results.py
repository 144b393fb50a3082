"""Reads a folder of asv's results, with the hardware records beside it, into a history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cnnfc.errors import DataError
from cnnfc.history.asv_benchmarks import FILE_NAME, read_benchmarks
from cnnfc.history.asv_json import read_run
from cnnfc.history.result_folders import (
    ResultFolder,
    left_out,
    machine_of,
    of_machine,
    result_folders,
    shown,
    shown_problem,
)
from cnnfc.machine.record import HardwareRecord, read_all
from cnnfc.records import BenchmarkInfo, Problem, Run


@dataclass(frozen=True)
class History:
    """All that was measured, and what could not be read of it.

    Attributes:
        runs: In order of commit date, then machine, environment and path.  Two runs may have the
            same machine, commit and environment if `aliases` made one machine of two folders.
        benchmarks: What is known of each benchmark that has points or is in ``benchmarks.json``,
            by name, in alphabetical order.
        hardware: Hardware records, the oldest first; `cnnfc.history.hardware` joins them to runs.
        problems: Files and parts of files that were left out, in order of path.
    """

    runs: tuple[Run, ...] = ()
    benchmarks: Mapping[str, BenchmarkInfo] = field(default_factory=dict)
    hardware: tuple[HardwareRecord, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_history(
    results: Path, hardware: Path | None = None, aliases: Mapping[str, str] | None = None
) -> History:
    """Everything in asv's results folder `results` and in the records below `hardware`.

    Whatever is damaged, cut off, foreign or from the future is named in the problems and left out;
    the rest is read.  Hidden files and folders are passed over.  Paths in runs and problems start
    with the name of the folder (``results/oak/1a2b3c4d-virtualenv-py3.11.json``), so that nothing
    of the machine that reads gets into a report.

    Args:
        results: asv's ``results_dir``.
        hardware: Folder of hardware records; None, or one that is not there, has none.
        aliases: Names of machines by the name of their folder, for folders that asv named after
            a host.

    Raises:
        DataError: there is no folder `results`, or it cannot be looked into.
    """
    runs: list[Run] = []
    problems: list[Problem] = []
    for folder in result_folders(results, problems):
        runs += _read_folder(folder, aliases or {}, problems)
    runs.sort(key=lambda run: (run.commit_date, run.machine, run.environment, run.path))
    benchmarks, wrong = read_benchmarks(results, runs)
    about = shown(results / FILE_NAME, results)
    problems += (left_out(about, reason) for reason in wrong)
    records, unread = read_all(hardware) if hardware is not None else ((), ())
    problems.sort(key=lambda problem: problem.path)
    problems += (shown_problem(problem, hardware) for problem in unread if hardware is not None)
    return History(tuple(runs), benchmarks, records, tuple(problems))


def _read_folder(
    folder: ResultFolder, aliases: Mapping[str, str], problems: list[Problem]
) -> list[Run]:
    runs = []
    alias = aliases.get(folder.path.resolve().name)
    machine = machine_of(folder, problems)
    for name in folder.names:
        path = folder.shown_file(name)
        try:
            run, wrong = read_run(folder.path / name, path)
            run = of_machine(run, machine, alias, folder)
        except DataError as error:
            problems.append(left_out(path, str(error)))
            continue
        problems += (left_out(path, reason) for reason in wrong)
        runs.append(run)
    return runs
