"""What is kept of the readings around blocks."""

import json

import pytest

from cnnfc.errors import DataError
from cnnfc.machine.block_readings import MOST_READINGS, entry, united
from cnnfc.machine.gpus import GpuReading
from cnnfc.machine.schema import HardwareRecord, parse

BEFORE = GpuReading(1755000000, 1980000000, 650.5, 61, ("gpu-idle", "software-power-cap"))
AFTER = GpuReading(1740000000, 1980000000, 690.0, 63, ("software-thermal-slowdown",))
ENTRY = {
    "quantity": "device_time",
    "case": "dense.3-2",
    "device": "cuda-0",
    "blocks": 2,
    "discarded": 1,
    "sm_clock_reference_hz": 1980000000,
    "sm_clock_hz": [1755000000, 1740000000],
    "power_watts": [650.5, 690.0],
    "temperature_celsius": [61, 63],
    "clock_reasons": ["software-power-cap", "software-thermal-slowdown"],
}


BARE = {
    "schema": 1,
    "machine": "oak",
    "started_at": "2026-01-15T12:00:00+00:00",
    "notes": [],
    "identity": {},
    "state_before": {},
    "software": {},
    "asv": {},
}


def made(*readings):
    return entry("device_time", "dense.3-2", "cuda-0", readings, blocks=2, discarded=1)


def test_an_entry_has_every_reading_and_the_reasons_without_idleness():
    """A contract: history is read for years, so keys may be added here and nothing else."""
    assert made(BEFORE, AFTER) == ENTRY


def test_what_a_gpu_did_not_say_is_left_out():
    assert made(GpuReading(), GpuReading(temperature_celsius=50)) == {
        "quantity": "device_time",
        "case": "dense.3-2",
        "device": "cuda-0",
        "blocks": 2,
        "discarded": 1,
        "temperature_celsius": [50],
    }


def test_nothing_that_holds_the_clock_is_told_from_nothing_known():
    assert made(GpuReading(clock_reasons=("gpu-idle",)))["clock_reasons"] == []
    assert "clock_reasons" not in made(GpuReading())


def test_processes_that_measure_the_same_point_are_one_entry():
    second = {**ENTRY, "discarded": 3, "sm_clock_hz": [900000000], "clock_reasons": ["reliability"]}
    (one,) = united([ENTRY], [second])
    assert one == {
        **ENTRY,
        "blocks": 4,
        "discarded": 4,
        "sm_clock_hz": [1755000000, 1740000000, 900000000],
        "power_watts": [650.5, 690.0, 650.5, 690.0],
        "temperature_celsius": [61, 63, 61, 63],
        "clock_reasons": ["reliability", "software-power-cap", "software-thermal-slowdown"],
    }


@pytest.mark.parametrize("key", ["quantity", "case", "device"])
def test_other_points_and_quantities_are_entries_of_their_own_in_their_order(key):
    other = {**ENTRY, key: "another"}
    assert united([ENTRY], [other]) == (ENTRY, other)


def test_an_entry_that_learned_something_later_keeps_it():
    bare = made(GpuReading())
    (one,) = united([bare], [ENTRY])
    assert (one["sm_clock_hz"], one["clock_reasons"], one["blocks"]) == (
        ENTRY["sm_clock_hz"],
        ENTRY["clock_reasons"],
        4,
    )
    (other,) = united([ENTRY], [bare])
    assert (other["sm_clock_hz"], other["clock_reasons"]) == (
        ENTRY["sm_clock_hz"],
        ENTRY["clock_reasons"],
    )


def test_a_point_measured_again_and_again_keeps_its_latest_readings():
    entries = [made(GpuReading(temperature_celsius=n)) for n in range(100)]
    (one,) = united([], entries)
    assert one["temperature_celsius"] == list(range(100 - MOST_READINGS, 100))
    assert one["blocks"] == 200


def test_all_points_of_a_full_run_take_less_than_a_hundred_kilobytes():
    full = made(*[BEFORE, AFTER] * (MOST_READINGS // 2))
    record = [{**full, "case": f"dense.{n}-1"} for n in range(60)]
    assert len(json.dumps(record, indent=1)) < 100_000


def test_a_record_without_blocks_looks_as_before_and_one_with_them_survives_a_file():
    bare = parse(BARE, "x.json")
    assert bare.blocks == ()
    assert "blocks" not in bare.as_dict()
    read = parse(json.loads(json.dumps({**BARE, "blocks": [ENTRY]})), "x.json")
    assert read.blocks == (ENTRY,)
    assert read.as_dict()["blocks"] == [ENTRY]


@pytest.mark.parametrize(
    ("blocks", "complaint"),
    [({}, "blocks is not a list"), ([3], "one of blocks is not an object")],
)
def test_damaged_blocks_are_said_with_the_file(blocks, complaint):
    with pytest.raises(DataError, match=f"x.json is a damaged hardware record: {complaint}"):
        parse({**BARE, "blocks": blocks}, "x.json")


def test_every_key_is_documented():
    assert all(f"``{key}``" in HardwareRecord.__doc__ for key in ENTRY)
