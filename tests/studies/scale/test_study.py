"""What the study measures, in which order, and what its table says of it."""

import json
import math
from pathlib import Path

import pytest

from cnnfc.errors import CannotMeasure, UsageError
from cnnfc.studies.scale import study as module
from cnnfc.studies.scale.measured import Measured, exponent
from cnnfc.studies.scale.sizes import Size
from cnnfc.studies.scale.study import Scale
from cnnfc.studies.scale.table import tabulate
from cnnfc.studies.study import Request, Step

REQUEST = Request(Path(), Path())


def run(wall, read=0, peak=100 * 2**20, **parts):
    return {
        "wall_seconds": wall,
        "files": {"read": read, "known": 1},
        "seconds": {"index": 1.0, **parts},
        "peak_bytes": peak,
    }


def point(asv, cold, nothing, one):
    asked = {"cold": cold / 2, "nothing new": nothing / 2, "one new": one / 2}
    return {
        "changes": {
            name: {"wall_seconds": seconds, "peak_bytes": 150 * 2**20}
            for name, seconds in asked.items()
        },
        "asv": {"wall_seconds": asv, "peak_bytes": 200 * 2**20},
        "cold": run(cold, **{"change points": 3.0}),
        "nothing new": run(nothing),
        "one new": run(one),
    }


SETTINGS = json.loads(json.dumps(Scale(REQUEST).settings()))


def test_the_slope_of_logarithms_is_the_exponent():
    assert exponent([(1, 3), (10, 30), (100, 300)]) == pytest.approx(1.0)
    assert exponent([(2, 1), (8, 64)]) == pytest.approx(3.0)


def test_the_table_has_medians_parts_and_goals():
    points = {
        "1e5 1": point(10.0, 4.0, 0.5, 1.0),
        "1e6 1": point(100.0, 20.0, 1.0, 1.5),
        "1e6 2": point(120.0, 24.0, 1.2, 2.5),
        "1e6 3": point(110.0, 30.0, 1.1, 1.75),
    }
    lines = tabulate(SETTINGS, points)
    assert lines[:4] == [
        "values  asv publish     cold  nothing new  one new  memory, cold    asv's",
        "------  -----------  -------  -----------  -------  ------------  -------",
        "1e5         10.00 s   4.00 s       0.50 s   1.00 s       100 MiB  200 MiB",
        "1e6           110 s  24.00 s       1.10 s   1.75 s       100 MiB  200 MiB",
    ]
    (row,) = (line for line in lines if line.startswith("1e6 cold"))
    assert row.replace(" s", "").split()[2:] == ["1.00", "0.00", "3.00", "0.00", "0.00", "20.00"]
    place = next(n for n, line in enumerate(lines) if line.startswith("cnnfc changes"))
    assert lines[place : place + 4] == [
        "cnnfc changes     cold  nothing new  one new  memory, cold",
        "-------------  -------  -----------  -------  ------------",
        "1e5             2.00 s       0.25 s   0.50 s       150 MiB",
        "1e6            12.00 s       0.55 s   0.88 s       150 MiB",
    ]
    growth = "cold, seconds grow as the number of values to the power of"
    assert lines[-5:] == [
        "cold at 1e6: 4.6 times as fast as asv publish (goal: at least 5; missed)",
        "nothing new at 1e6: 100.0 times as fast as asv publish (goal: at least 50; reached)",
        "memory at 1e6: 100 MiB (goal: under 1024 MiB; reached)",
        "one new file at 1e6: 1.75 s (goal: under 2 s; reached)",
        f"{growth} 0.78 (goal: at most 1.1; reached)",
    ]


def test_without_asv_there_is_no_factor_but_the_reason():
    found = point(1.0, 2.0, 1.0, 1.0) | {"asv": {"skipped": "asv publish did not end"}}
    lines = tabulate(SETTINGS, {"1e6 1": found})
    assert "1e6 values: no asv publish: asv publish did not end" in lines
    assert not any("times as fast" in line for line in lines)
    assert math.isnan(Measured([found]).wall("asv"))


def test_before_anything_is_measured_the_table_says_so():
    skipped = {"1e6 1": {"skipped": "git was not found"}}
    assert tabulate(SETTINGS, skipped) == ["nothing is measured yet"]


def test_devices_and_cases_are_not_its_business():
    with pytest.raises(UsageError, match="leave --device and --case out"):
        Scale(Request(Path(), Path(), devices=("cpu-1",)))


def test_every_size_is_measured_in_rounds():
    keys = [step.key for step in Scale(REQUEST).steps()]
    assert keys[0] == "1e5 1"
    assert keys[-1] == "1e7 1"
    assert len(keys) == len(set(keys)) == 9


@pytest.fixture
def small(monkeypatch):
    """A study of one small size; gives it, and what programs it has called."""
    called = []
    real = module.call

    def call(name, command, *args):
        called.append(name)
        return real(name, command, *args)

    monkeypatch.setattr(module, "call", call)
    monkeypatch.setattr(module, "_YOUNG", 0)
    monkeypatch.setattr(module, "SIZES", {"small": Size("small", 1, 3)})
    return Scale(REQUEST), called


def test_a_round_has_asv_and_three_runs_of_ours_and_they_take_turns(small, monkeypatch):
    study, called = small
    first = study.measure(Step("small 1", "", 1))
    assert called == ["asv publish", *["the program"] * 3, *["the command"] * 3]
    assert first.keys() == {"asv", "cold", "nothing new", "one new", "changes"}
    asked = first.pop("changes")
    assert asked.keys() == {"cold", "nothing new", "one new"}
    for part in (*first.values(), *asked.values()):
        assert part["wall_seconds"] > 0
        assert part["peak_bytes"] > 0
    assert [first[name]["files"]["known"] for name in ("cold", "nothing new", "one new")] == [
        2,
        2,
        3,
    ]
    called.clear()
    monkeypatch.setattr(module, "_ask", lambda _: called.append("the command") or {"answer": ""})
    study.measure(Step("small 2", "", 1))
    assert called == [*["the command"] * 3, *["the program"] * 3, "asv publish"]


def test_two_answers_about_the_same_results_are_no_measurement(small, monkeypatch):
    study, _ = small
    answers = iter("abc")
    monkeypatch.setattr(module, "_publish", lambda _: {"asv": {}})
    monkeypatch.setattr(module, "_ours", lambda _: {})
    monkeypatch.setattr(module, "_ask", lambda _: {"answer": next(answers)})
    with pytest.raises(CannotMeasure, match="has given two answers"):
        study.measure(Step("small 1", "", 1))


def test_a_failing_asv_is_a_reason_and_the_rest_is_measured(small, monkeypatch):
    study, _ = small
    real = module.call

    def call(name, command, *args):
        if name == "asv publish":
            raise CannotMeasure("asv publish ended with status 1: no")
        return real(name, command, *args)

    monkeypatch.setattr(module, "call", call)
    monkeypatch.setattr(module, "_changes", lambda _: {})
    found = study.measure(Step("small 1", "", 1))
    assert found["asv"] == {"skipped": "asv publish ended with status 1: no"}
    assert found["cold"]["files"]["read"] == 2


def test_a_program_that_reads_other_files_than_it_should_is_no_measurement(small, monkeypatch):
    study, _ = small
    monkeypatch.setattr(module, "_publish", lambda _: {"asv": {}})
    monkeypatch.setattr(module, "_run", lambda *_: {"files": {"read": 1}})
    with pytest.raises(CannotMeasure, match="has read other files"):
        study.measure(Step("small 1", "", 1))
