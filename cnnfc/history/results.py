"""Reads a folder of asv's results, with the hardware records beside it, into a history."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError
from cnnfc.history.asv_benchmarks import FILE_NAME, read_benchmarks
from cnnfc.history.asv_json import read_run
from cnnfc.history.json_file import is_there, load_object
from cnnfc.machine.record import HardwareRecord, read_all
from cnnfc.records import BenchmarkInfo, Problem, Run

MACHINE_FILE: Final = "machine.json"
_NOT_RESULTS: Final = (FILE_NAME, MACHINE_FILE)


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


@dataclass(frozen=True)
class _Machine:
    """What a folder says of the machine whose results it holds."""

    name: str | None
    facts: Mapping[str, str]


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
    try:
        os.scandir(results).close()
    except (FileNotFoundError, NotADirectoryError):
        what = "is a file, not a folder of results" if is_there(results) else "is not there"
        raise DataError(
            f"{results} {what}: measure something first (`cnnfc run` or `asv run`), or name the "
            f"results_dir of your asv.conf.json with --results"
        ) from None
    except OSError as error:
        raise DataError(
            f"{results} cannot be looked into ({error.strerror}): check its permissions"
        ) from None
    runs: list[Run] = []
    problems: list[Problem] = []
    for folder, names in _folders(results, problems):
        runs += _read_folder(folder, names, results, aliases or {}, problems)
    runs.sort(key=lambda run: (run.commit_date, run.machine, run.environment, run.path))
    benchmarks, wrong = read_benchmarks(results, runs)
    about = _shown(results / FILE_NAME, results)
    problems += (Problem(about, reason) for reason in wrong)
    records, unread = read_all(hardware) if hardware is not None else ((), ())
    problems.sort(key=lambda problem: problem.path)
    problems += (_shortened(problem, hardware) for problem in unread if hardware is not None)
    return History(tuple(runs), benchmarks, records, tuple(problems))


def _folders(results: Path, problems: list[Problem]) -> Iterator[tuple[Path, list[str]]]:
    """Every folder below `results`, itself first, with the result files in it, in order."""

    def unreadable(error: OSError) -> None:
        path = _shown(Path(error.filename), results)
        reason = f"it cannot be looked into ({error.strerror}): check its permissions"
        problems.append(Problem(path, reason))

    for root, folders, files in os.walk(results, onerror=unreadable):
        folder = Path(root)
        # In place, as os.walk wants it.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [name for name in folders if name.endswith(".json")]:
            if not is_there(folder / name / MACHINE_FILE):
                folders.remove(name)
                reason = "it is a folder, not a file: rename it"
                problems.append(Problem(_shown(folder / name, results), reason))
        yield folder, sorted(n for n in files if n.endswith(".json") and not n.startswith("."))


def _read_folder(
    folder: Path,
    names: list[str],
    results: Path,
    aliases: Mapping[str, str],
    problems: list[Problem],
) -> list[Run]:
    runs = []
    alias = aliases.get(folder.resolve().name)
    machine = _machine(folder, results, problems)
    for name in names:
        if name in _NOT_RESULTS:
            continue
        path = _shown(folder / name, results)
        try:
            run, wrong = read_run(folder / name, path)
            run = _of_machine(run, machine, alias, folder)
        except DataError as error:
            problems.append(Problem(path, str(error)))
            continue
        problems += (Problem(path, reason) for reason in wrong)
        runs.append(run)
    return runs


def _machine(folder: Path, results: Path, problems: list[Problem]) -> _Machine:
    """What machine.json says; without it, result files say enough themselves."""
    path = folder / MACHINE_FILE
    if not is_there(path):
        return _Machine(None, {})
    try:
        data, _ = load_object(path)
    except DataError as error:
        reason = f"{error}; the description in the result files is used meanwhile"
        problems.append(Problem(_shown(path, results), reason))
        return _Machine(None, {})
    name = data.get("machine")
    plain = {k: v for k, v in data.items() if isinstance(v, str | int | float) and k != "version"}
    return _Machine(
        name if isinstance(name, str) and name else None, {k: str(v) for k, v in plain.items()}
    )


def _of_machine(run: Run, machine: _Machine, alias: str | None, folder: Path) -> Run:
    """The run under the name of its machine, with the facts that its file lacks.

    Raises:
        DataError: the file is of another machine than its folder (asv leaves it out too).
    """
    facts = {**machine.facts, **run.machine_facts}
    if alias is None and run.machine and machine.name and run.machine != machine.name:
        raise DataError(
            f"it is of machine {run.machine} in the folder of {machine.name}: move it to where it "
            f"belongs, or give the folder an alias"
        )
    name = alias or run.machine or machine.name or folder.resolve().name
    return replace(run, machine=name, machine_facts=facts)


def _shown(path: Path, root: Path) -> str:
    """`path` from the name of `root` on, with slashes."""
    try:
        inside = path.relative_to(root)
    except ValueError:
        return path.name
    return (Path(root.resolve().name) / inside).as_posix()


def _shortened(problem: Problem, root: Path) -> Problem:
    """The same problem without the folders above `root`."""
    path = _shown(Path(problem.path), root)
    return Problem(path, problem.reason.replace(problem.path, path))
