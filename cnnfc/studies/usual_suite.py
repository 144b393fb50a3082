"""Writes two asv projects that measure the same cases: the suite, and the way suites usually are.

Both get the same stopwatch: a line in a file for every process that says how many seconds were
spent inside timed calls, warm-up included.
"""

from __future__ import annotations

import json
import pprint
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cnnfc.cases import Case
from cnnfc.errors import CannotMeasure
from cnnfc.studies.plain_layers import describe

#: Name of the file with the seconds, in the folder of a project.
STOPWATCH: Final = "timed.txt"

_WATCH: Final = '''

def _watch(path):
    """Write down how long each process spends inside timed calls."""
    from asv_runner.benchmarks.time import TimeBenchmark

    original = TimeBenchmark.benchmark_timing

    def benchmark_timing(self, timer, *arguments, **options):
        spent, timeit = [], timer.timeit

        def watched(number):
            seconds = timeit(number)
            spent.append(seconds)
            return seconds

        timer.timeit = watched
        try:
            return original(self, timer, *arguments, **options)
        finally:
            with open(path, "a") as file:
                file.write(f"{sum(spent)}\\n")

    TimeBenchmark.benchmark_timing = benchmark_timing


_watch(%r)
'''

_USUAL: Final = '''"""Latency of layers, the way most suites are written."""

import torch

LAYERS = %s


class Layers:
    params = [list(LAYERS), [1]]
    param_names = ["layer", "threads"]

    def setup(self, layer, threads):
        torch.set_num_threads(threads)
        kind, options, shape = LAYERS[layer]
        self.layer = getattr(torch.nn, kind)(**options).eval()
        self.batch = torch.randn(shape)

    def time_forward(self, layer, threads):
        with torch.inference_mode():
            self.layer(self.batch)
'''


def write_ours(folder: Path, root: Path, benchmarks: Path) -> None:
    """A copy of the suite in `benchmarks`, part of the project at `root`, with the stopwatch."""
    shutil.copytree(benchmarks, folder / "benchmarks", ignore=shutil.ignore_patterns("__pycache__"))
    # The suite reads its lists of cases from the work tree that it lies in.
    (folder / "cnnfc").mkdir()
    shutil.copy(root / "cnnfc" / "catalogues.toml", folder / "cnnfc")
    package = folder / "benchmarks" / "__init__.py"
    package.write_text(package.read_text(encoding="utf-8") + _watcher(folder), encoding="utf-8")
    # As `cnnfc run` does: Apple's libraries do not survive the fork.
    method = "spawn" if sys.platform == "darwin" else "forkserver"
    _configure(folder, launch_method=method, default_benchmark_timeout=120)


def write_usual(folder: Path, cases: Sequence[str]) -> None:
    """The same `cases` with a ``setup`` hook and asv's defaults, spawn among them.

    Raises:
        CannotMeasure: a case is no layer in float32 and the usual layout.
    """
    for name in cases:
        if getattr(Case.parse(name), "layout", "contiguous") != "contiguous":
            raise CannotMeasure(f"{name}: the usual suite has no other layout than torch's own")
    (folder / "benchmarks").mkdir(parents=True)
    (folder / "benchmarks" / "__init__.py").write_text(_watcher(folder), encoding="utf-8")
    layers = pprint.pformat({name: describe(Case.parse(name)) for name in cases}, width=100)
    (folder / "benchmarks" / "layers.py").write_text(_USUAL % layers, encoding="utf-8")
    _configure(folder)


def _watcher(folder: Path) -> str:
    return _WATCH % str(folder / STOPWATCH)


def _configure(folder: Path, **settings: object) -> None:
    config = {
        "version": 1,
        "project": "study",
        "repo": ".",
        "dvcs": "git",
        "branches": ["HEAD"],
        "environment_type": "existing",
        "benchmark_dir": "benchmarks",
        "results_dir": "results",
        "env_dir": "env",
        **settings,
    }
    (folder / "asv.conf.json").write_text(json.dumps(config), encoding="utf-8")
