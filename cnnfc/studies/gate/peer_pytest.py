"""Lets pytest-benchmark measure both sides, and keeps the ratios that its checks look at."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cnnfc.errors import CannotMeasure
from cnnfc.studies.gate.peer_suites import SECOND, Task, check, key, write_tests
from cnnfc.studies.gate.recording import digits
from cnnfc.studies.programs import call


def measure(task: Task, folder: Path) -> dict[str, dict[str, Any]]:
    """Both sides in a row, the second compared with the first; the ratios of three statistics.

    ``--benchmark-compare-fail mean:5%`` fails if the ratio of the means is above 1.05; from the
    ratios every such limit can be tabled.

    Raises:
        CannotMeasure: pytest-benchmark is not here, or fails.
    """
    write_tests(folder, task)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_layers.py"]
    command += ["--benchmark-storage", "file://./kept"]
    try:
        call(
            "pytest-benchmark",
            [*command, "--benchmark-save", "first"],
            folder,
            tracebacks_fail=True,
        )
    except CannotMeasure as error:
        if "unrecognized arguments" in str(error):
            raise CannotMeasure(
                "pytest-benchmark is not installed: pip install pytest-benchmark"
            ) from None
        raise
    command += ["--benchmark-save", "second", "--benchmark-compare", "0001"]
    call("pytest-benchmark", command, folder, {SECOND: "1"}, tracebacks_fail=True)
    sides = []
    for path in sorted((folder / "kept").rglob("*.json")):
        stored = json.loads(path.read_text(encoding="utf-8"))
        sides.append({one["params"]["key"]: one["stats"] for one in stored["benchmarks"]})
    if len(sides) != 2:
        raise CannotMeasure(f"pytest-benchmark kept {len(sides)} runs instead of 2")
    found = {}
    for case in task.cases:
        first, second = (side.get(key(case)) for side in sides)
        if first and second:
            found[case.id] = {
                name: digits(second[name] / first[name]) for name in ("min", "median", "mean")
            }
    check(task.cases, found, "pytest-benchmark")
    return found
