"""``pytest -m hardware tests/hardware``, on a copy of it in a project of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testkit import check_fakes as fakes

TESTS = Path(__file__).parents[2]

#: Takes the place of everything that measures: what each thing of `factors` is times, in each call.
CONFTEST = """
import contextlib, json
from pathlib import Path
from types import SimpleNamespace

import cnnfc.commands.check.command as check
import cnnfc.commands.check.plan as check_plan
from cnnfc.commands.check.measuring import Measured
from cnnfc.harness.devices import Devices
from cnnfc.machine.identity import Identity
from cnnfc.records import Outcome, Point

check_plan.identify = lambda: Identity(
    "Oak 1", 1, 2, 2, 8 * 2**30, detail={"architecture": "x86_64"}
)
check_plan.look = lambda _: Devices(cpus=2)
check.PAUSE_SECONDS = 0.0
check.register = lambda identity: SimpleNamespace(added=False)
TOLD = json.loads(Path(__file__).with_name("told.json").read_text())


class Session:
    def seconds(self, items):
        return 1.0

    def measure(self, items):
        with Path(__file__).with_name("calls.txt").open("a") as file:
            print(*(item.id for item in items), file=file)
        found = Measured()
        for item in items:
            factor = TOLD.get(item.point.benchmark, 1.0)
            if factor is None:
                found.reasons[item.key] = "it failed: boom"
                continue
            value = 1.5 * factor
            found.points[item.key] = Point(
                *item.key, Outcome.MEASURED, value, (value,) * 7, version="1"
            )
        return found

    def record(self):
        return None


@contextlib.contextmanager
def measuring(*arguments):
    yield Session()


check.measuring = measuring
"""


@pytest.fixture
def suite(tmp_path):
    """Runs pytest in a project with a copy of ``tests/hardware``; gives its output."""

    def run(*arguments, told=None, **options):
        root = tmp_path / "project"
        if not root.exists():
            root.mkdir()
            fakes.CheckProject(root, **options)
            shutil.copytree(
                TESTS / "hardware",
                root / "tests" / "hardware",
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        (root / "tests" / "conftest.py").write_text(CONFTEST)
        (root / "tests" / "told.json").write_text(fakes.json.dumps(told or {}))
        command = [sys.executable, "-m", "pytest", "--strict-markers", "--import-mode=importlib"]
        command += ["-W", "error", "-ra", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
        found = subprocess.run(
            [*command, *arguments],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTEST_ADDOPTS": "", "COLUMNS": "300"},
        )
        return found.stdout + found.stderr

    def calls():
        path = tmp_path / "project" / "tests" / "calls.txt"
        return path.read_text().splitlines() if path.exists() else []

    run.calls = calls
    return run


def test_plain_pytest_measures_nothing_and_lists_nothing(suite):
    assert "1 deselected" in suite("tests")
    assert "1 deselected" in suite("tests", "-m", "not slow")
    assert suite.calls() == []


def test_what_would_be_measured_comes_from_the_history(suite):
    said = suite("tests/hardware", "-m", "hardware", "--collect-only", "-q")
    assert [line.partition("[")[2] for line in said.splitlines() if "::" in line] == [
        "hardware.CanaryGemm.track_flops-gemm.2048-cpu-1]",
        "hardware.CanaryGemm.track_flops-gemm.2048-cpu-2]",
        "dense.Forward.time_layer-dense.1024-512-cpu-1]",
        "dense.Forward.time_layer-dense.1024-512-cpu-2]",
    ]
    assert suite.calls() == []


def test_one_measurement_serves_all_items(suite):
    said = suite("tests/hardware", "-m", "hardware")
    assert "4 passed" in said
    assert "cnnfc machine: measuring 4 things on oak-1-2c-8gb" in said
    assert len(suite.calls()) == 1


def test_what_is_slower_fails_with_the_sentence(suite):
    said = suite("tests/hardware", "-m", "hardware", told={fakes.DENSE: 1.4})
    assert "2 failed, 2 passed" in said
    assert (
        "dense.1024-512 on cpu-1: 2.1 s, 40% over the median of the last 3 runs (1.5 s), beyond"
    ) in said
    assert "Traceback" not in said
    assert len(suite.calls()) == 2


def test_only_what_was_selected_is_measured(suite):
    said = suite("tests/hardware", "-m", "hardware", "-k", "gemm and cpu-2")
    assert "1 passed, 3 deselected" in said
    assert suite.calls() == ["hardware.CanaryGemm.track_flops-gemm.2048-cpu-2"]


def test_what_could_not_be_measured_is_skipped_with_the_reason(suite):
    said = suite("tests/hardware", "-m", "hardware", told={fakes.DENSE: None})
    assert "2 passed, 2 skipped" in said
    assert "dense.1024-512 on cpu-1: it failed: boom" in said


def test_without_enough_history_everything_is_skipped_and_nothing_measured(suite):
    said = suite("tests/hardware", "-m", "hardware", runs=(1.0, 1.0))
    assert "4 skipped" in said
    assert "has 2 runs of history in virtualenv-py3.11, and a verdict takes 3 at least" in said
    assert suite.calls() == []


def test_without_any_history_one_item_says_so(suite):
    said = suite("tests/hardware", "-m", "hardware", runs=())
    assert "1 skipped" in said
    assert "there are no results in" in said


def test_other_tests_of_the_same_session_are_left_alone(suite, tmp_path):
    suite("tests")
    (tmp_path / "project" / "tests" / "test_other.py").write_text("def test_other():\n    pass\n")
    said = suite("tests", "-m", "hardware or not hardware")
    assert "5 passed" in said
