import dataclasses
import pickle
from datetime import UTC, datetime

import pytest

from cnnfc.records import BenchmarkInfo, Outcome, Point, Problem, Run

EARLY = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def run(*points):
    return Run("box", "a" * 40, EARLY, "virtualenv-py3.11", "3.11", points)


def test_a_run_started_with_its_first_benchmark():
    points = [
        Point("suite.time_a", (), Outcome.FAILED, started_at=LATE),
        Point("suite.time_b", (), Outcome.MEASURED, 1.0, started_at=EARLY),
        Point("suite.time_c", (), Outcome.SKIPPED),
    ]
    assert run(*points).started_at == EARLY


def test_a_run_without_times_has_no_start():
    assert run().started_at is None
    assert run(Point("suite.time_a", (), Outcome.FAILED)).started_at is None


def test_a_run_counts_what_was_measured_and_what_failed():
    outcomes = [Outcome.MEASURED, Outcome.FAILED, Outcome.SKIPPED, Outcome.MEASURED]
    counted = run(*(Point("suite.time_a", (str(i),), o) for i, o in enumerate(outcomes)))
    assert (counted.measured, counted.failed) == (2, 1)


@pytest.mark.parametrize(
    "record",
    [
        Point("suite.time_a", (), Outcome.FAILED),
        run(),
        BenchmarkInfo("suite.time_a"),
        Problem("results/x.json", "it is empty"),
    ],
)
def test_records_are_frozen_and_can_be_sent_to_another_process(record):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, dataclasses.fields(record)[0].name, "other")
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301 - written one call before
