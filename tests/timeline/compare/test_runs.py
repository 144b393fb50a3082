from datetime import UTC, datetime

import pytest

from cnnfc.records import Outcome
from cnnfc.timeline.compare.runs import newest_points, pair_commits, pair_devices, pair_machines
from cnnfc.timeline.table.source import Head
from testkit import histories as make

OLD, NEW, NEWEST = "a" * 40, "b" * 40, "c" * 40
DAYS = {OLD: 1, NEW: 2, NEWEST: 3}


def _head(commit, machine="oak", environment="py3.11", devices=("cpu-1",), hour=None):
    date = datetime(2026, 3, DAYS[commit], tzinfo=UTC)
    started = None if hour is None else date.replace(hour=hour)
    return Head(machine, environment, commit, date, started, 1, frozenset(devices), None)


def _said(pairs):
    return [
        (p.a.machine, p.a.environment, p.a.commit, p.b.machine, p.b.environment, p.b.commit)
        for p in pairs
    ]


def test_commits_are_paired_wherever_both_were_measured():
    heads = [
        _head(NEW, "oak"),
        _head(OLD, "oak"),
        _head(OLD, "elm"),
        _head(NEW, "elm"),
        _head(OLD, "oak", "py3.12"),
        _head(NEW, "fir"),
        _head(NEWEST, "fir"),
    ]
    pairs, lonely = pair_commits(heads, OLD, NEW)
    assert _said(pairs) == [
        ("elm", "py3.11", OLD, "elm", "py3.11", NEW),
        ("oak", "py3.11", OLD, "oak", "py3.11", NEW),
    ]
    assert [(side.machine, side.environment, side.commit) for side in lonely] == [
        ("fir", "py3.11", NEW),
        ("oak", "py3.12", OLD),
    ]


def test_two_files_of_one_commit_are_one_side():
    pairs, _ = pair_commits([_head(OLD, hour=9), _head(OLD, hour=8), _head(NEW)], OLD, NEW)
    (pair,) = pairs
    assert len(pair.a.heads) == 2
    assert pair.a.started_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert pair.b.started_at is None


def test_machines_are_compared_at_the_newest_commit_that_both_have_measured():
    heads = [
        *(_head(commit, "oak") for commit in (OLD, NEW, NEWEST)),
        *(_head(commit, "elm") for commit in (OLD, NEW)),
    ]
    (pair,) = pair_machines(heads, "oak", "elm")
    assert _said([pair]) == [("oak", "py3.11", NEW, "elm", "py3.11", NEW)]
    assert pair.note == "the newest of 2 commits measured by both"


def test_machines_without_a_commit_in_common_are_compared_at_the_newest_of_each():
    heads = [_head(OLD, "oak"), _head(NEW, "oak"), _head(NEWEST, "elm")]
    (pair,) = pair_machines(heads, "oak", "elm")
    assert _said([pair]) == [("oak", "py3.11", NEW, "elm", "py3.11", NEWEST)]
    assert pair.note == "no commit was measured by both"


def test_machines_are_compared_in_every_environment_that_both_have():
    heads = [
        _head(machine=machine, commit=NEW, environment=environment)
        for machine in ("oak", "elm")
        for environment in ("py3.12", "py3.11")
    ]
    assert [pair.a.environment for pair in pair_machines(heads, "oak", "elm")] == [
        *("py3.11", "py3.12")
    ]


def test_machines_without_an_environment_in_common_are_compared_all_the_same():
    heads = [_head(NEW, "oak", "py3.11"), _head(NEW, "elm", "here-1"), _head(OLD, "elm", "here-2")]
    (pair,) = pair_machines(heads, "oak", "elm")
    assert _said([pair]) == [("oak", "py3.11", NEW, "elm", "here-1", NEW)]
    assert "no environment in common" in pair.note


def test_devices_are_compared_at_the_newest_commit_that_was_measured_on_both():
    heads = [
        _head(OLD, devices=("cpu-1", "cpu-2")),
        _head(NEW, devices=("cpu-1", "cpu-2", "cuda-0")),
        _head(NEWEST, devices=("cpu-1",)),
        _head(OLD, "elm", devices=("cpu-2",)),
    ]
    (pair,) = pair_devices(heads, "cpu-2", "cpu-1")
    assert (pair.a.commit, pair.a.device, pair.b.commit, pair.b.device) == (
        *(NEW, "cpu-2", NEW, "cpu-1"),
    )
    assert pair.note == "the newest of 2 commits with values of both"


def test_two_files_of_one_commit_may_have_a_device_each():
    heads = [_head(OLD, devices=("cpu-1",)), _head(OLD, devices=("cuda-0",))]
    (pair,) = pair_devices(heads, "cpu-1", "cuda-0")
    assert len(pair.a.heads) == 2
    assert pair.note == "the only commit with values of both"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_point_in_two_files_what_was_measured_last_counts(order):
    runs = {
        8: make.run(make.point("b", "x", value=1.0), make.point("b", "y", value=3.0)),
        9: make.run(make.point("b", "x", value=2.0), make.skipped("b", "y")),
    }
    at = {
        hour: make.run(*run.points, at=datetime(2026, 3, 1, hour, tzinfo=UTC))
        for hour, run in runs.items()
    }
    hours = [(8, 9)[place] for place in order]
    (pair,) = pair_commits([*(_head(OLD, hour=hour) for hour in hours), _head(NEW)], OLD, NEW)[0]
    found, points = newest_points(pair.a, lambda head: at[head.started_at.hour])
    assert found == [at[8], at[9]]
    assert points["b", ("x",)].value == 2.0
    assert (points["b", ("y",)].value, points["b", ("y",)].outcome) == (3.0, Outcome.MEASURED)
