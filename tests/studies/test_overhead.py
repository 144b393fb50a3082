import ast
import json
import runpy

import pytest

from cnnfc.errors import CannotMeasure, UsageError
from cnnfc.studies import programs, usual_suite
from cnnfc.studies.overhead import Overhead, tabulate
from cnnfc.studies.study import Request

SETTINGS = {"cases": ["a", "b"], "device": "cpu-1", "pairs": 1}


def point(wall, points=10, timed=1.0, width=0.1):
    return {
        "wall_seconds": wall,
        "timed_seconds": timed,
        "processes": points,
        "points": points,
        "centres": [1.0] * points,
        "widths": [width] * points,
        "values": [15] * points,
    }


def pair(**changes):
    points = {
        "1 suite": point(10.0, timed=6.0, width=0.02),
        "1 usual": point(30.0, timed=1.0, width=0.08),
        "1 suite-start": point(5.5, points=1),
        "1 usual-start": point(3.0, points=1),
    }
    return {**points, **changes}


def test_the_two_suites_take_turns_at_being_first(pytestconfig):
    root = pytestconfig.rootpath
    keys = [step.key for step in Overhead(Request(root, root / "benchmarks")).steps()]
    assert keys[:4] == ["1 suite", "1 usual", "1 suite-start", "1 usual-start"]
    assert keys[4:8] == ["2 usual-start", "2 suite-start", "2 usual", "2 suite"]


@pytest.mark.parametrize(
    ("options", "said"),
    [({"devices": ("cpu-2",)}, "cpu-1 alone"), ({"cases": ("dense.1-1",)}, "dense.1-1 is not")],
)
def test_what_it_cannot_compare_is_refused(pytestconfig, options, said):
    root = pytestconfig.rootpath
    with pytest.raises(UsageError, match=said):
        Overhead(Request(root, root / "benchmarks", **options))


def test_the_verdict_compares_seconds_a_point_and_intervals():
    lines = tabulate(SETTINGS, pair())
    # 3 s a point against 1 s; beyond the first (30 - 3) / 9 = 3 s against (10 - 5.5) / 9 = 0.5 s.
    assert "the usual way costs 3.00 times the wall time a point; over 1 pairs" in "\n".join(lines)
    assert "beyond the first point 6.00 times" in "\n".join(lines)
    assert "of the suite's wall time 60% was timed" in lines
    assert "the suite's intervals are 0.25 times as wide" in "\n".join(lines)


def test_a_run_that_failed_is_named_and_not_compared():
    lines = tabulate(SETTINGS, pair(**{"1 usual": {"skipped": "asv ended with status 1"}}))
    assert any("asv ended with status 1" in line for line in lines)
    assert not any("times the wall time" in line for line in lines)


def test_the_usual_suite_builds_the_layers_of_the_cases(tmp_path):
    usual_suite.write_usual(tmp_path, ["dense.8-4.n2", "conv2d.3-8.k3.s2.nobias.hw9"])
    names = runpy.run_path(str(tmp_path / "benchmarks" / "layers.py"))
    suite = names["Layers"]()
    shapes = {}
    for layer in suite.params[0]:
        suite.setup(layer, 1)
        suite.time_forward(layer, 1)
        shapes[layer] = tuple(suite.layer(suite.batch).shape)
    assert shapes == {"dense.8-4.n2": (2, 4), "conv2d.3-8.k3.s2.nobias.hw9": (1, 8, 5, 5)}


def test_the_usual_suite_leaves_asvs_defaults_alone(tmp_path):
    usual_suite.write_usual(tmp_path, ["dense.8-4"])
    assert "launch_method" not in json.loads((tmp_path / "asv.conf.json").read_text())


def test_a_case_that_the_usual_suite_cannot_hold_is_refused(tmp_path):
    with pytest.raises(CannotMeasure, match=r"conv2d\.4-4\.k3\.hw8\.nhwc"):
        usual_suite.write_usual(tmp_path, ["conv2d.4-4.k3.hw8.nhwc"])


def test_the_copy_of_the_suite_is_the_suite_with_a_stopwatch(tmp_path, pytestconfig):
    root = pytestconfig.rootpath
    usual_suite.write_ours(tmp_path, root, root / "benchmarks")
    ours = (tmp_path / "benchmarks" / "__init__.py").read_text()
    theirs = (root / "benchmarks" / "__init__.py").read_text()
    assert ours.startswith(theirs)
    ast.parse(ours)
    copied = (tmp_path / "benchmarks" / "passes.py").read_text()
    assert copied == (root / "benchmarks" / "passes.py").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["suite-start", "usual-start"])
def test_asv_measures_a_case_of_both_suites(name, pytestconfig, monkeypatch):
    root = pytestconfig.rootpath
    monkeypatch.setattr(programs, "TIMEOUT", 300)
    study = Overhead(Request(root, root / "benchmarks", cases=("dense.2048-1000",)))
    step = next(step for step in study.steps() if step.key == f"1 {name}")
    found = study.measure(step)
    assert found["points"] == 1
    assert 0 < found["timed_seconds"] < found["wall_seconds"]
    assert found["processes"] == {"suite-start": 3, "usual-start": 2}[name]
