"""The program does all that a report needs, and only what is new."""

import json
import os

import pytest

from cnnfc.studies.scale import program
from cnnfc.studies.scale.generate import generate
from cnnfc.studies.scale.program import bring_up_to_date
from cnnfc.studies.scale.sizes import SERIES, Size

LONG_AGO = 1_700_000_000


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = generate(tmp_path_factory.mktemp("project"), Size("small", 2, 12))
    for path in project.results.rglob("*.json"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    return project


def counts(answer):
    return answer["files"], answer["groups"]["written"], answer["written"]["values"]


def test_cold_nothing_new_and_one_new(project, tmp_path):
    places = (project.results, tmp_path / "index", tmp_path / "data")
    cold = bring_up_to_date(*places)
    assert counts(cold) == ({"read": 23, "known": 23}, 2, 23 * SERIES)
    assert (cold["benchmarks"], cold["problems"], cold["notes"]) == (25, 0, [])
    assert set(cold["seconds"]) == {"index", "columns", "change points", "report data", "suite"}
    # Of the process that runs all tests: what that had is no business of this one.
    assert cold["peak_bytes"] > 0
    written = {path: path.read_text() for path in (tmp_path / "data").rglob("*.json")}
    assert len(written) == 50

    again = bring_up_to_date(*places)
    assert counts(again) == ({"read": 0, "known": 23}, 0, 0)
    assert again["benchmarks"] == 25

    new = project.write_run(1, 11)
    try:
        one = bring_up_to_date(*places)
    finally:
        new.unlink()
    assert counts(one) == ({"read": 1, "known": 24}, 1, 12 * SERIES)
    for path, text in written.items():
        assert (path.read_text() == text) == ("machine-00" in path.parts)


def test_report_data_have_every_value_and_the_steps(project, tmp_path):
    bring_up_to_date(project.results, tmp_path / "index", tmp_path / "data")
    folder = tmp_path / "data" / "machine-00" / "virtualenv-py3.11"
    series = json.loads((folder / "suite_00.Layers.time_layer.json").read_text())
    assert [one["p"] for one in series[:2]] == [["conv", "1"], ["conv", "2"]]
    assert all(one["c"] == [0] + [1] * 11 for one in series)
    assert all(len(one["v"]) == len(one["l"]) == len(one["h"]) == 12 for one in series)


def test_the_clock_adds_up(monkeypatch):
    times = iter([1.0, 2.0, 5.0, 9.0])
    monkeypatch.setattr(program.time, "perf_counter", lambda: next(times))
    clock = program.Clock()
    for _ in range(2):
        with clock.part("a"):
            pass
    assert clock.seconds == {"a": 5.0}
