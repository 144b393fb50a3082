import contextlib
import os
import sys
from pathlib import Path

import pytest

from cnnfc.errors import CannotMeasure, CnnfcError
from cnnfc.gate.measuring.listing import Listed
from cnnfc.studies.gate import suite as suite_module
from cnnfc.studies.gate.changes import CHANGES
from cnnfc.studies.gate.suite import CASES, Change, Suite, under
from cnnfc.studies.study import Request


@pytest.fixture
def suite(pytestconfig):
    root = pytestconfig.rootpath
    return Suite.of(Request(root, root / "benchmarks"))


def test_it_is_fourteen_benchmarks_half_of_them_on_one_thread(suite):
    devices = [params[1] for _, params in suite.wanted]
    assert len(suite.wanted) == 14
    assert devices.count("'cpu-1'") == 7


def test_the_suite_has_all_of_them(pytestconfig):
    sys.path.insert(0, str(pytestconfig.rootpath))
    try:
        from benchmarks import conv, dense
    finally:
        sys.path.pop(0)
    for benchmark, case in CASES:
        family, name, _ = benchmark.split(".")
        assert case in getattr({"conv": conv, "dense": dense}[family], name).params[0]


def test_a_case_that_the_study_does_not_have_is_refused(pytestconfig):
    root = pytestconfig.rootpath
    with pytest.raises(CnnfcError, match=r"dense\.8-8 is not one of them"):
        Suite.of(Request(root, root / "benchmarks", cases=("dense.8-8",)))


def test_both_sides_are_the_same_files_at_paths_of_the_same_length(suite, tmp_path):
    sides = suite.sides(tmp_path)
    one, other = sides.baseline.path[0], sides.contender.path[0]
    assert len(str(one)) == len(str(other))
    assert one != other
    for path in sorted((one / "cnnfc").rglob("*.py")):
        assert path.read_bytes() == (other / path.relative_to(one)).read_bytes()
    assert sides.baseline.suite == sides.contender.suite == other / "benchmarks"
    assert sides.baseline.own_suite is None
    assert sides.baseline.python == Path(sys.executable)


@pytest.mark.parametrize("name", CHANGES)
def test_a_real_regression_changes_the_contender_alone(suite, tmp_path, name):
    change = CHANGES[name]
    sides = suite.sides(tmp_path, change)
    assert sides.contender.environment == change.environment
    assert sides.baseline.environment == {}
    changed = [
        path.relative_to(sides.baseline.path[0] / "cnnfc").as_posix()
        for path in (sides.baseline.path[0] / "cnnfc").rglob("*.py")
        if path.read_bytes()
        != (sides.contender.path[0] / path.relative_to(sides.baseline.path[0])).read_bytes()
    ]
    assert changed == [edit[0] for edit in change.edits]
    for changed_file in changed:
        source = (sides.contender.path[0] / "cnnfc" / changed_file).read_text()
        compile(source, changed_file, "exec")


def test_a_change_that_the_tree_has_no_place_for_is_not_measured(suite, tmp_path):
    change = Change("nothing there", edits=(("units.py", "no such text", "x"),))
    with pytest.raises(CannotMeasure, match=r"units\.py does not have 'no such text' once"):
        suite.sides(tmp_path, change)


def test_benchmarks_are_taken_from_the_listing_in_the_order_of_the_study(suite, monkeypatch):
    listed = [
        Listed(f"id{place}", name, params, place, "both", "time", "seconds", 60.0)
        for place, (name, params) in enumerate(reversed(suite.wanted))
    ]
    monkeypatch.setattr(suite_module, "list_both", lambda _setting: listed)
    assert [(one.name, one.params) for one in suite.chosen(None)] == suite.wanted
    monkeypatch.setattr(suite_module, "list_both", lambda _setting: listed[1:])
    with pytest.raises(CannotMeasure, match="the suite does not have"):
        suite.chosen(None)


def test_the_other_program_is_gone_afterwards(monkeypatch):
    started = []
    popen = suite_module.subprocess.Popen

    def remember(command, **options):
        started.append(popen([sys.executable, "-c", "import time; time.sleep(60)"], **options))
        assert command[1:3] == ["-m", "cnnfc.studies.background"]
        assert command[4] == str(os.getpid())
        return started[-1]

    monkeypatch.setattr(suite_module.subprocess, "Popen", remember)
    with contextlib.suppress(KeyboardInterrupt), under("busy", 1):
        assert started[0].poll() is None
        raise KeyboardInterrupt
    assert started[0].poll() is not None
    with under("quiet", 1):
        assert len(started) == 1
