"""Writes the projects that other tools compare: the study's cases, slowed on the second side.

Each tool measures the very layers that the gate measures; where a case is slowed, the same busy
loop runs inside the region that the tool times.  Everywhere else it runs for no time at all, so
that calling it is no difference between the sides.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cnnfc.errors import CannotMeasure
from cnnfc.gate.cases import GatedCase, Injection
from cnnfc.studies.gate.suite import Suite

#: Says that the process measures the second side, in a variable of the environment.
SECOND: Final = "CNNFC_STUDY_SECOND"

#: Put at the end of the suite's package.
_HOOK: Final = '''

def _slow(path):
    """Slow the cases in the file `path` down on the commit that it names, all others by nothing."""
    import json
    import os
    import time

    from asv_runner.benchmarks.time import TimeBenchmark

    from cnnfc.gate.worker.injection import spinner

    with open(path) as file:
        wanted = json.load(file)
    is_second = os.environ.get("ASV_COMMIT") == wanted["commit"]
    slowed_cases = wanted["slowed"] if is_second else {}
    original = TimeBenchmark.benchmark_timing

    def benchmark_timing(self, timer, *arguments, **options):
        seconds = slowed_cases.get(" ".join([self.name, *map(str, self._current_params)]), 0.0)
        timeit = timer.timeit

        def slowed(number):
            value = timeit(number)
            start = time.perf_counter()
            spinner().spend(seconds * number)
            return value + time.perf_counter() - start

        timer.timeit = slowed
        return original(self, timer, *arguments, **options)

    TimeBenchmark.benchmark_timing = benchmark_timing


_slow(%r)
'''

_TESTS: Final = '''"""The study's cases, as tests of pytest-benchmark."""

import json
import os
import timeit
from pathlib import Path

import pytest

from cnnfc.gate.worker.injection import spin
from cnnfc.measure import api

CASES = json.loads((Path(__file__).parent / "cases.json").read_text())
SLOWED = CASES["slowed"] if os.environ.get("%s") else {}


@pytest.mark.parametrize("key", CASES["keys"])
def test_layer(benchmark, key):
    name, case, device = key.split(" ")
    build = api.train_step if ".TrainStep." in name else api.forward
    call = build(case, device)

    iterations = iterations_of(SLOWED.get(key, 0.0))

    def slowed():
        call()
        spin(iterations)

    benchmark(slowed)


def iterations_of(seconds):
    """Iterations of the busy loop that take `seconds` more than calling it for nothing does."""

    def fastest(iterations):
        return min(timeit.repeat(lambda: spin(iterations), number=100, repeat=25)) / 100

    empty = fastest(0)
    return round(1000 * seconds / (fastest(1000) - empty))
'''


@dataclass(frozen=True)
class Task:
    """What a tool is to compare.

    Attributes:
        suite: where the cases come from.
        cases: what is compared.
        slowed: which of them are slowed down on the second side, by id.
    """

    suite: Suite
    cases: Sequence[GatedCase]
    slowed: Mapping[str, Injection]

    def wanted(self) -> dict[str, float]:
        """Seconds that are added to every call, by key."""
        return {
            key(case): self.slowed[case.id].fraction * case.seconds
            for case in self.cases
            if case.id in self.slowed
        }


def key(case: GatedCase) -> str:
    """Benchmark, case and device in one line."""
    return " ".join([case.name, *(word.strip("'") for word in case.params)])


def write_asv(folder: Path, task: Task, commit: str) -> None:
    """A project of asv in `folder`, a git repository; `commit` is the second side."""
    benchmarks = folder / "benchmarks"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(task.suite.benchmarks, benchmarks, ignore=ignored)
    # The suite reads its lists of cases from the work tree that it lies in.
    (folder / "cnnfc").mkdir()
    shutil.copy(task.suite.root / "cnnfc" / "catalogues.toml", folder / "cnnfc")
    wanted = folder / "slowed.json"
    _write(wanted, {"commit": commit, "slowed": task.wanted()})
    package = benchmarks / "__init__.py"
    package.write_text(package.read_text(encoding="utf-8") + _HOOK % str(wanted), encoding="utf-8")
    config = {
        "version": 1,
        "project": "study",
        "repo": ".",
        "dvcs": "git",
        "branches": ["HEAD"],
        "environment_type": "same",
        "pythons": [f"{sys.version_info.major}.{sys.version_info.minor}"],
        "plugins": [".cnnfc.studies.gate.asv_environment"],
        "benchmark_dir": "benchmarks",
        "results_dir": "results",
        "env_dir": "env",
        "launch_method": "spawn" if sys.platform == "darwin" else "forkserver",
        "default_benchmark_timeout": 120,
    }
    _write(folder / "asv.conf.json", config)


def write_tests(folder: Path, task: Task) -> None:
    """A file of tests in `folder`; the second side is measured with `SECOND` in the environment."""
    (folder / "test_layers.py").write_text(_TESTS % SECOND, encoding="utf-8")
    _write(folder / "cases.json", {"keys": [key(c) for c in task.cases], "slowed": task.wanted()})


def _write(path: Path, value: Any) -> None:  # noqa: ANN401 - JSON
    path.write_text(json.dumps(value), encoding="utf-8")


def check(cases: Sequence[GatedCase], found: Mapping[str, object], tool: str) -> None:
    """Raise `CannotMeasure` if `tool` left one of `cases` out."""
    absent = [case.id for case in cases if case.id not in found]
    if absent:
        raise CannotMeasure(f"{tool} said nothing about {absent[0]}")
