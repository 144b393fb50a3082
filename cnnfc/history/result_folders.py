"""Finds the result files below a folder of asv's results, and whose they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError
from cnnfc.history.asv_benchmarks import FILE_NAME
from cnnfc.history.json_file import is_there, load_object
from cnnfc.records import Problem, Run

MACHINE_FILE: Final = "machine.json"
_NOT_RESULTS: Final = (FILE_NAME, MACHINE_FILE)
#: Characters of a reason.
_LONGEST: Final = 1000


@dataclass(frozen=True)
class Machine:
    """What a folder says of the machine whose results it holds."""

    name: str | None
    facts: Mapping[str, str]


@dataclass(frozen=True)
class ResultFolder:
    """A folder, the names of the result files in it in order, and what it is called in reports."""

    path: Path
    names: tuple[str, ...]
    shown: str

    def shown_file(self, name: str) -> str:
        """What the file `name` in it is called in reports."""
        return f"{self.shown}/{name}"


def left_out(path: str, reason: str) -> Problem:
    """The problem of a file that was left out, or a part of it, in not too many words.

    A reason may quote a name from the file, and a damaged file may have a name of megabytes; what
    to do stands at the end.
    """
    if len(reason) > _LONGEST:
        reason = f"{reason[: _LONGEST // 2]} [...] {reason[-_LONGEST // 2 :]}"
    return Problem(path, reason)


def result_folders(results: Path, problems: list[Problem]) -> Iterator[ResultFolder]:
    """Every folder below `results`, itself first, with the result files in it, in order.

    Hidden files and folders are passed over.  What cannot be looked into is added to `problems`.

    Raises:
        DataError: there is no folder `results`, or it cannot be looked into.
    """
    _check(results)

    def unreadable(error: OSError) -> None:
        path = shown(Path(error.filename), results)
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
                problems.append(Problem(shown(folder / name, results), reason))
        names = (n for n in files if n.endswith(".json") and not n.startswith("."))
        found = tuple(sorted(n for n in names if n not in _NOT_RESULTS))
        yield ResultFolder(folder, found, shown(folder, results))


def machine_of(folder: ResultFolder, problems: list[Problem]) -> Machine:
    """What machine.json says; without it, result files say enough themselves."""
    path = folder.path / MACHINE_FILE
    if not is_there(path):
        return Machine(None, {})
    try:
        data, _ = load_object(path)
    except DataError as error:
        reason = f"{error}; the description in the result files is used meanwhile"
        problems.append(left_out(folder.shown_file(MACHINE_FILE), reason))
        return Machine(None, {})
    name = data.get("machine")
    plain = {k: v for k, v in data.items() if isinstance(v, str | int | float) and k != "version"}
    return Machine(
        name if isinstance(name, str) and name else None, {k: str(v) for k, v in plain.items()}
    )


def of_machine(run: Run, machine: Machine, alias: str | None, folder: ResultFolder) -> Run:
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
    name = alias or run.machine or machine.name or folder.path.resolve().name
    return replace(run, machine=name, machine_facts=facts)


def shown(path: Path, root: Path) -> str:
    """`path` from the name of `root` on, with slashes."""
    try:
        inside = path.relative_to(root)
    except ValueError:
        return path.name
    return (Path(root.resolve().name) / inside).as_posix()


def shown_problem(problem: Problem, root: Path) -> Problem:
    """The same problem without the folders above `root`."""
    path = shown(Path(problem.path), root)
    return Problem(path, problem.reason.replace(problem.path, path))


def _check(results: Path) -> None:
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
