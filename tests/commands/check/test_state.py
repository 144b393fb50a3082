import math
from datetime import timedelta

import pytest

from cnnfc.commands.check.state import Difference, find_differences
from cnnfc.machine.doctor.findings import Examination, Finding, Severity
from testkit import check_fakes as fakes

GHZ = 1_000_000_000
GIB = fakes.GIB


def record(day=0, **changes):
    return fakes.record(started_at=fakes.FIRST_RUN + timedelta(days=day), **changes)


def clock(ghz, day=0):
    return record(day, cpu={"frequency_hz": round(ghz * GHZ)})


def words(now, *past):
    return [str(one) for one in find_differences(now, past)]


def test_like_records_do_not_differ():
    assert words(record(2), record(0), record(1)) == []


def test_without_earlier_records_nothing_differs():
    assert words(clock(2.1)) == []


def test_a_clock_below_all_that_it_has_been_is_named_first():
    slow = record(2, cpu={"frequency_hz": round(2.1 * GHZ), "governor": "powersave"})
    found = find_differences(slow, [clock(3.4), clock(3.2, 1)])
    assert found[0] == Difference("CPU frequency", "2.1 GHz", "3.2 GHz to 3.4 GHz", is_clock=True)
    assert [str(one) for one in found] == [
        "CPU frequency 2.1 GHz instead of 3.2 GHz to 3.4 GHz",
        "CPU governor powersave instead of performance",
    ]


@pytest.mark.parametrize("ghz", [1.91, 3.0, 4.19])
def test_a_clock_within_a_twentieth_of_what_it_has_been_is_not(ghz):
    assert words(clock(ghz), clock(2.0), clock(4.0)) == []


@pytest.mark.parametrize("ghz", [1.89, 4.21])
def test_a_clock_beyond_that_is(ghz):
    assert len(words(clock(ghz), clock(2.0), clock(4.0))) == 1


def test_a_clock_that_rose_in_the_course_of_measuring_is_not_slow():
    slow = clock(2.1)
    waking = record(state_after=clock(3.4).state_before, cpu={"frequency_hz": 2 * GHZ})
    assert words(slow, clock(3.4)) != []
    assert words(waking, clock(3.4)) == []


def test_settings_and_software_are_compared_with_the_newest_record_alone():
    past = [record(1, torch="2.13.0"), record(0, torch="2.12.0", cpu={"governor": "powersave"})]
    assert words(record(2, torch="2.12.0"), *past) == ["torch 2.12.0 instead of 2.13.0"]


def test_fewer_cpus_are_named():
    assert words(record(cpu={"usable": 1}), record()) == ["CPU usable 1 instead of 2"]


def test_memory_that_is_taken_is_named_and_memory_that_is_free_is_not():
    past = record(memory={"available_bytes": 10 * GIB})
    assert words(record(memory={"available_bytes": 7 * GIB}), past) == [
        "available memory 7 GiB instead of 10 GiB"
    ]
    assert words(record(memory={"available_bytes": 9 * GIB}), past) == []
    assert words(record(memory={"available_bytes": 20 * GIB}), past) == []


def test_a_sensor_that_is_hotter_than_ever_is_named():
    past = [record(temperatures={"k10": 50.0}), record(1, temperatures={"k10": 60.0})]
    assert words(record(2, temperatures={"k10": 71.0, "new": 99.0}), *past) == [
        "temperature of k10 71 °C instead of 50 °C to 60 °C"
    ]
    assert words(record(2, temperatures={"k10": 70.0}), *past) == []


def block(hz, reasons=(), device="cuda-0", **fields):
    return {
        "device": device,
        "case": "a",
        "sm_clock_hz": [hz, hz, 3 * hz],
        "clock_reasons": list(reasons),
        **fields,
    }


def test_the_clock_of_a_gpu_is_the_one_it_had_under_load():
    now = record(1, blocks=(block(1.2 * GHZ), block(1.2 * GHZ, device="cuda-1")))
    past = record(blocks=(block(1.8 * GHZ), block(1.2 * GHZ, device="cuda-1")))
    assert words(now, past) == ["clock of cuda-0 under load 1.2 GHz instead of 1.8 GHz"]


def test_what_holds_a_gpus_clock_down_is_named_where_it_never_did():
    power, heat = "software-power-cap", "hardware-thermal-slowdown"
    now = record(1, blocks=(block(GHZ, [power, heat]),))
    assert words(now, record(blocks=(block(GHZ, [power]),))) == [
        f"clock of cuda-0 held down by {heat} instead of {power}"
    ]
    assert words(now, record(blocks=(block(GHZ, [power, heat]),))) == []
    assert words(now, record()) == []


def finding(severity, id_="load"):
    return Finding(id_, "work of other processes", severity, "Load average 4.1.")


def examined(*findings, day=0):
    return record(day, doctor=Examination.of(findings))


def test_what_disturbs_now_and_did_not_is_named():
    now = examined(finding(Severity.MODERATE))
    assert words(now, examined()) == ["work of other processes: Load average 4.1."]
    assert words(now, examined(finding(Severity.MINOR))) != []
    assert words(now, examined(finding(Severity.SEVERE))) == []
    assert words(now, record()) == []


def test_what_disturbs_little_is_not():
    assert words(examined(finding(Severity.MINOR)), examined()) == []


@pytest.mark.parametrize("hz", ["fast", None, True, math.nan, math.inf, 0, -1, 10**400, [1]])
def test_a_damaged_clock_is_no_clock(hz):
    damaged = record(cpu={"frequency_hz": hz})
    assert words(clock(3.4), damaged) == []
    assert words(damaged, clock(3.4)) == []


def test_a_damaged_record_differs_in_nothing():
    damaged = record(
        state_before={"cpu": 3, "memory": None, "temperatures": []},
        state_after={"cpu": []},
        blocks=({"device": 3}, {"device": "cuda-0", "sm_clock_hz": "no", "clock_reasons": 1}),
        identity={},
        software={},
    )
    assert words(record(), damaged) == []
    assert words(damaged, record()) == []
