from dataclasses import replace

from cnnfc.report import facts
from testkit import histories as make


def test_the_end_of_a_key_is_the_unit_of_its_value():
    data = {
        "memory_bytes": 8 * 2**30,
        "frequency_hz": 2_596_148_000,
        "cgroup_version": 2,
        "smt": False,
        "load_average": [1.3, 0.5],
        "cpu_model": "Oak 1",
        "context_switches": 1063802,
        "nothing": None,
        "empty": [],
    }
    assert dict(facts.facts(data)) == {
        "Memory": "8 GiB",
        "Frequency": "2.6 GHz",
        "Control group version": "2",
        "SMT": "no",
        "Load average": "1.3, 0.5",
        "CPU model": "Oak 1",
        "Context switches": "1,063,802",
    }


def test_groups_are_joined_and_names_of_packages_kept_as_they_are():
    data = {"python": {"gil": True}, "packages": {"asv_runner": "0.3.2"}}
    assert list(facts.facts(data)) == [("Python · GIL", "yes"), ("Packages · asv_runner", "0.3.2")]


def test_caches_are_one_line_and_gpus_are_numbered():
    data = {
        "caches": [
            {"level": 1, "type": "data", "bytes": 32768, "instances": 2},
            {"level": 3, "type": "unified", "bytes": 2**25, "instances": 1},
        ],
        "gpus": [{"name": "A", "power_watts": 70.5}, {"name": "B"}],
    }
    assert list(facts.facts(data)) == [
        ("Caches", "L1 data 32 KiB × 2, L3 32 MiB"),
        ("GPUs 0 · name", "A"),
        ("GPUs 0 · power", "70.5 W"),
        ("GPUs 1 · name", "B"),
    ]


def test_what_moves_by_itself_is_no_change():
    before = make.record(1)
    after = make.record(2, torch="2.13.0", governor="powersave")
    after.state_before["memory"]["available_bytes"] = 5
    assert facts.changes(before, after) == [
        ("CPU governor", "performance", "powersave"),
        ("torch", "2.12.0", "2.13.0"),
    ]


def test_what_only_a_newer_record_says_is_no_change():
    before = make.record(1)
    after = replace(make.record(2), identity={**before.identity, "threads": 4})
    assert facts.changes(before, after) == []


def test_readings_are_shown_before_and_after_the_run():
    record = make.record(1)
    assert facts.readings(record) == [("Memory · available", "1 GiB", "1 GiB")]
    assert facts.readings(replace(record, state_after=None)) == [
        ("Memory · available", "1 GiB", "–")
    ]


def test_a_volatile_group_is_volatile_down_to_its_leaves():
    state = {"temperatures": {"k10": 45.5}, "cpu": {"usable": 2, "load_average": [1.0]}}
    assert list(facts.facts(state, volatile=True)) == [
        ("Temperatures · k10", "45.5"),
        ("CPU · load average", "1.0"),
    ]
    assert list(facts.facts(state, volatile=False)) == [("CPU · usable", "2")]
