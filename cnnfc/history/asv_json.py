"""Reads one result file of asv, of format 1 or 2, into a run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError
from cnnfc.history import asv_format1
from cnnfc.history.asv_row import MAX_POINTS, RowError, parse_time, read_row
from cnnfc.history.json_file import load_object
from cnnfc.history.parameters import shown
from cnnfc.records import Point, Run

#: Formats of result files that are read here; asv 0.4 to at least 0.6 writes the last one.
FORMATS: Final = (1, 2)

#: After so many problems the rest of a file is only counted: one bad merge may spoil every row.
_MOST_PROBLEMS: Final = 20
_COMMIT = re.compile(r"[^\s\x00-\x1f]{1,200}")

_Object = Mapping[str, object]


def read_run(path: Path, name: str) -> tuple[Run, tuple[str, ...]]:
    """What the result file at `path` holds; `name` becomes the path of the run.

    Returns:
        The run, its machine as the file says it (``""`` if it does not), and what had to be left
        out of it, in sentences without its path.

    Raises:
        DataError: It is no result file of asv, damaged, or newer than `FORMATS`.  The message is
            the reason alone, without the path.
    """
    data, twice = load_object(path)
    return run_of(data, twice, name)


def run_of(data: _Object, twice: tuple[str, ...], name: str) -> tuple[Run, tuple[str, ...]]:
    """What `read_run` makes of a file with the object `data`, in which the keys `twice` are twice.

    Raises:
        DataError: as `read_run`.
    """
    problems = [f"{shown(key)} is in it twice: the last one counts" for key in twice]
    results = data.get("results")
    if "commit_hash" not in data or not isinstance(results, dict):
        raise DataError(
            "it is not a result file of asv (no commit_hash or no results): keep other files "
            "elsewhere"
        )
    version = _format(data)
    cells_of = _format1(data) if version == 1 else _format2(data)
    commit, date = data["commit_hash"], parse_time(data.get("date"))
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise DataError(f"its commit_hash {shown(commit)} is not a commit: measure it again")
    if date is None:
        raise DataError(
            f"its date {shown(data.get('date'))} is not in ms between 1970 and 2200: "
            f"correct it to the commit's date"
        )
    facts = _texts(data, "params", problems)
    requirements = _texts(data, "requirements", problems)
    python, environment = _text(data, "python"), _text(data, "env_name")
    if not environment:
        if version > 1:
            raise DataError(f"its env_name {shown(data.get('env_name'))} names no environment")
        environment = _old_environment(python, requirements)
    points = _points(results, cells_of, problems)
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems[_MOST_PROBLEMS:] = [f"{more:,} more problems of these kinds are in it"]
    run = Run(
        machine=facts.get("machine", ""),
        commit=commit,
        commit_date=date,
        environment=environment,
        python=python,
        points=points,
        # asv mixes the machine's description with the environment's; only the first is wanted.
        machine_facts={k: v for k, v in facts.items() if k != "python" and k not in requirements},
        requirements=requirements,
        path=name,
    )
    return run, tuple(problems)


def _format(data: _Object) -> int:
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise DataError(f"its version {shown(version)} is not a format of asv: restore it with git")
    if version > max(FORMATS):
        raise DataError(
            f"it is in format {version} of asv and this cnnfc reads up to {max(FORMATS)}: "
            f"update cnnfc to read it"
        )
    return version


def _format1(data: _Object) -> Callable[[str, object], _Object]:
    """How a benchmark's entry in this file becomes columns by name."""
    versions, starts = _object(data, "benchmark_version"), _object(data, "started_at")
    return lambda name, entry: asv_format1.columns(entry, versions.get(name), starts.get(name))


def _format2(data: _Object) -> Callable[[str, object], _Object]:
    """The same for format 2, where an entry is a row of cells."""
    columns = data.get("result_columns")
    if (
        not isinstance(columns, list)
        or "result" not in columns
        or not all(isinstance(column, str) for column in columns)
    ):
        raise DataError(f"its result_columns {shown(columns)} do not say where results are")

    def cells_of(_: str, row: object) -> _Object:
        if not isinstance(row, list):
            raise RowError(f"it is {shown(row)} and not a list of columns")
        # Trailing nulls are not written, and a later asv may have more columns than are named.
        return dict(zip(columns, row, strict=False))

    return cells_of


def _points(
    results: _Object, cells_of: Callable[[str, object], _Object], problems: list[str]
) -> tuple[Point, ...]:
    points: list[Point] = []
    for name, entry in results.items():
        try:
            row = read_row(name, cells_of(name, entry), MAX_POINTS - len(points))
        except RowError as error:
            problems.append(f"benchmark {name} is left out: {error}")
            continue
        if row.dropped:
            first, more = row.dropped[0], len(row.dropped) - 1
            others = f" (and {more:,} more of this benchmark)" if more else ""
            problems.append(f"benchmark {name}: {first} is left out{others}")
        points += row.points
    return tuple(points)


def _object(data: _Object, key: str) -> _Object:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _text(data: _Object, key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _texts(data: _Object, key: str, problems: list[str]) -> dict[str, str]:
    """An object of plain values as text; what else is in it is named and left out."""
    value = data.get(key, {})
    if not isinstance(value, dict):
        problems.append(f"its {key} {shown(value)} is not an object and is left out")
        return {}
    odd = [k for k, v in value.items() if isinstance(v, list | dict)]
    if odd:
        problems.append(f"{', '.join(odd[:5])} in its {key} is no plain value and is left out")
    # asv writes null for a requirement without a version.
    return {k: "" if v is None else str(v) for k, v in value.items() if k not in odd}


def _old_environment(python: str, requirements: Mapping[str, str]) -> str:
    """The name that asv gives an environment whose file is too old to hold one."""
    parts = [f"py{python}", *(name + version for name, version in sorted(requirements.items()))]
    return re.sub(r'[<>:"/\\^|?*\x00-\x1f]', "_", "-".join(parts))
