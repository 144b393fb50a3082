"""Generates a project with a history: a git repository, and result files as asv writes them."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnfc.studies.programs import call
from cnnfc.studies.scale.sizes import AXES, BENCHMARKS, SERIES, Size

ENVIRONMENT: Final = "virtualenv-py3.11"
#: The columns of asv 0.6, as in `asv.results.Results`.
_COLUMNS: Final = (
    *("result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"),
    *("stats_q_25", "stats_q_75", "stats_number", "stats_repeat", "samples", "profile"),
)
#: The first commit is of this moment (s since 1970); one follows every six hours.
_START: Final = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
_BETWEEN: Final = 6 * 3600
#: Noise of a value, and half the width of its interval, relative.
_NOISE: Final = 0.02
_INTERVAL: Final = 0.03
#: One series in so many has steps, of so much, that last from some commit to the end.
_STEPPED: Final = 10
_FACTORS: Final = (0.8, 1.1, 1.2, 1.5)


@dataclass(frozen=True)
class Project:
    """A generated project in the folder ``root``; its commits are in order of time."""

    root: Path
    size: Size
    commits: tuple[str, ...]

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def files(self) -> int:
        """How many result files there are: all but the last that `write_run` can write."""
        return self.size.machines * self.size.commits - 1

    def write_run(self, machine: int, commit: int) -> Path:
        """Write the result file of one machine and commit, anew if it is there."""
        values = _values(machine, self.size.commits)[commit]
        folder = self.results / f"machine-{machine:02}"
        path = folder / f"{self.commits[commit][:8]}-{ENVIRONMENT}.json"
        path.write_text(json.dumps(_result_file(self.commits[commit], commit, machine, values)))
        return path


def generate(root: Path, size: Size) -> Project:
    """Generate the project of the given `size` in the empty folder `root`.

    The newest commit is measured by all machines but the last: its file is written by `write_run`
    when the study wants something new.  The same size always gives the same files.

    Raises:
        CannotMeasure: git is not there, or fails.
    """
    project = Project(root, size, _commits(root, size.commits))
    configuration = {
        "version": 1,
        "project": "scale",
        "repo": ".",
        "branches": ["main"],
        "results_dir": "results",
        "html_dir": "html",
    }
    (root / "asv.conf.json").write_text(json.dumps(configuration))
    project.results.mkdir()
    (project.results / "benchmarks.json").write_text(json.dumps(_suite()))
    for machine in range(size.machines):
        folder = project.results / f"machine-{machine:02}"
        folder.mkdir()
        (folder / "machine.json").write_text(json.dumps({**_facts(machine), "version": 1}))
        values = _values(machine, size.commits)
        for commit, row in enumerate(values):
            if (machine, commit) != (size.machines - 1, size.commits - 1):
                name = f"{project.commits[commit][:8]}-{ENVIRONMENT}.json"
                content = _result_file(project.commits[commit], commit, machine, row)
                (folder / name).write_text(json.dumps(content))
    return project


def _commits(root: Path, count: int) -> tuple[str, ...]:
    """Make `root` a repository with so many commits, and give their hashes."""
    git = ["git", "-c", "init.defaultBranch=main"]
    call("git", [*git, "init", "--quiet"], root)
    lines = []
    for number in range(count):
        when = f"{_START + number * _BETWEEN} +0000"
        message = f"commit {number}"
        lines += [
            "commit refs/heads/main",
            f"mark :{number + 1}",
            f"committer study <study@localhost> {when}",
            f"data {len(message)}",
            message,
            *([f"from :{number}"] if number else []),
            "",
        ]
    call("git", [*git, "fast-import", "--quiet"], root, text="\n".join(lines))
    listed = call("git", [*git, "log", "--format=%H", "--reverse", "main"], root)
    return tuple(listed.split())


def _values(machine: int, commits: int) -> NDArray[np.float64]:
    """What a machine measured, in seconds: commits x series."""
    random = np.random.default_rng((machine, commits))
    levels = 10 ** random.uniform(-6, -2, SERIES)
    values = levels * np.exp(_NOISE * random.standard_normal((commits, SERIES)))
    for series in range(0, SERIES, _STEPPED):
        start = int(random.integers(1, max(2, commits)))
        values[start:, series] *= _FACTORS[int(random.integers(len(_FACTORS)))]
    return values


def _facts(machine: int) -> dict[str, str]:
    """A machine as asv describes it."""
    return {
        "machine": f"machine-{machine:02}",
        "os": "Linux 6.1",
        "arch": "x86_64",
        "cpu": f"Example CPU {1000 + machine}",
        "num_cpu": "8",
        "ram": "16000000000",
    }


def _names() -> Iterator[str]:
    return (f"suite_{number:02}.Layers.time_layer" for number in range(BENCHMARKS))


def _result_file(
    commit: str, number: int, machine: int, values: NDArray[np.float64]
) -> dict[str, Any]:
    """The content of a result file of asv 0.6, as `asv run` without recorded samples writes it."""
    started = 1000 * (_START + number * _BETWEEN + 3600)
    each = SERIES // BENCHMARKS
    rows = {}
    for place, name in enumerate(_names()):
        some = values[place * each : (place + 1) * each].tolist()
        rows[name] = [
            some,
            AXES,
            "1",
            started + 1000 * place,
            1.5,
            [_digits(value * (1 - _INTERVAL)) for value in some],
            [_digits(value * (1 + _INTERVAL)) for value in some],
            [_digits(value * (1 - _INTERVAL / 2)) for value in some],
            [_digits(value * (1 + _INTERVAL / 2)) for value in some],
            [100] * each,
            [10] * each,
        ]
    return {
        "commit_hash": commit,
        "env_name": ENVIRONMENT,
        "date": 1000 * (_START + number * _BETWEEN),
        "params": {**_facts(machine), "python": "3.11"},
        "python": "3.11",
        "requirements": {},
        "env_vars": {},
        "result_columns": _COLUMNS,
        "results": rows,
        "durations": {},
        "version": 2,
    }


def _digits(value: float) -> float:
    """`value` with five digits, as asv writes its statistics."""
    return round(value, 4 - math.floor(math.log10(value)))


def _suite() -> dict[str, Any]:
    """The content of ``benchmarks.json``."""
    code = "class Layers:\n    def time_layer(self, kind, batch):\n        pass"
    entries = {
        name: {
            "code": code,
            "min_run_count": 2,
            "name": name,
            "number": 0,
            "param_names": ["kind", "batch"],
            "params": AXES,
            "repeat": 0,
            "rounds": 2,
            "sample_time": 0.01,
            "timeout": 60.0,
            "type": "time",
            "unit": "seconds",
            "version": "1",
            "warmup_time": -1,
        }
        for name in _names()
    }
    return dict(itertools.chain(entries.items(), [("version", 2)]))
