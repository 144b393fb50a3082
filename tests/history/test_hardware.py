from datetime import UTC, datetime, timedelta

import pytest

from cnnfc.history.hardware import record_for
from cnnfc.machine.record import HardwareRecord
from cnnfc.records import Outcome, Point, Run

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ASV = {"cpu": "Example CPU", "num_cpu": "2", "ram": "8000000", "os": "Linux", "arch": "x86_64"}


def record(minutes=0.0, **changes):
    fields = {
        "machine": "example-2c-8gb",
        "started_at": START + timedelta(minutes=minutes),
        "profile": "standard",
        "identity": {},
        "state_before": {},
        "software": {},
        "asv": ASV,
        "commit": "c" * 40,
        "environment": "virtualenv-py3.11",
    }
    return HardwareRecord(**{**fields, **changes})


def run(minutes=10, machine="example-2c-8gb", facts=ASV):
    started = None if minutes is None else START + timedelta(minutes=minutes)
    later = None if minutes is None else started + timedelta(hours=1)
    points = tuple(
        Point(f"suite.time_{name}", (), Outcome.MEASURED, 1.0, started_at=time)
        for name, time in (("a", later), ("b", started))
    )
    return Run(machine, "c" * 40, START, "virtualenv-py3.11", "3.11", points, facts)


def test_the_latest_record_begun_before_the_first_result_is_taken():
    records = [record(0), record(5), record(20)]
    assert record_for(run(10), records) is records[1]
    assert record_for(run(10), records[::-1]) is records[1]


def test_a_record_begun_only_afterwards_belongs_to_another_run():
    assert record_for(run(10), [record(20)]) is None


def test_a_result_in_the_very_millisecond_of_its_record_belongs_to_it():
    soon = record(0, started_at=START + timedelta(microseconds=700))
    assert record_for(run(0), [soon]) is soon
    assert record_for(run(0), [record(0, started_at=START + timedelta(milliseconds=2))]) is None


def test_a_resumed_run_finds_the_record_of_each_point():
    records = [record(0), record(60)]
    resumed = run(10)
    assert record_for(resumed, records) is records[0]
    assert record_for(resumed, records, at=resumed.points[0].started_at) is records[1]


def test_without_recorded_times_the_latest_record_is_taken():
    records = [record(0), record(20)]
    assert record_for(run(None), records) is records[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"commit": "d" * 40},
        {"commit": None},
        {"environment": "virtualenv-py3.12"},
        {"environment": None},
        {"machine": "other", "asv": {**ASV, "ram": "9000000"}},
        {"machine": "other", "asv": {}},
    ],
)
def test_a_record_of_something_else_is_not_taken(changes):
    assert record_for(run(), [record(**changes)]) is None


def test_a_host_named_machine_is_recognised_by_what_asv_says_of_it():
    mine = record()
    assert record_for(run(machine="host-17"), [mine]) is mine


def test_facts_that_are_not_known_on_either_side_are_not_the_same():
    unknown = record(machine="other", asv={"cpu": "", "num_cpu": "", "ram": ""})
    facts = {"cpu": "", "num_cpu": "", "ram": ""}
    assert record_for(run(machine="host-17", facts=facts), [unknown]) is None


def test_the_same_name_goes_before_the_same_facts():
    records = [record(0), record(5, machine="twin-2c-8gb")]
    assert record_for(run(10), records) is records[0]
