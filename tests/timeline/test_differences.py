from dataclasses import replace

import pytest

from cnnfc.timeline.differences import clock_readings, gpu_clock, settings, software
from testkit import histories as make


@pytest.fixture
def record():
    """A hardware record with groups of its own laid over the usual ones."""

    def build(identity=(), state=(), **groups):
        base = make.record(1)
        return replace(
            base,
            identity={**base.identity, **dict(identity)},
            state_before={**base.state_before, **dict(state)},
            software={**base.software, **groups},
        )

    return build


def _words(found):
    return [str(one) for one in found]


def test_two_equal_records_do_not_differ(record):
    assert software(record(), record()) == ()
    assert settings(record(), record()) == ()


def test_a_package_is_named_with_both_versions(record):
    old, new = (record(packages={"torch": version}) for version in ("2.12.0", "2.13.0"))
    assert _words(software(old, new)) == ["torch 2.12.0 before, 2.13.0 after"]


def test_what_is_under_test_and_what_only_reads_is_no_software(record):
    old = record(packages={"torch": "2.12", "cnnfc": "1", "psutil": "6"})
    new = record(packages={"torch": "2.12", "cnnfc": "2", "psutil": "7"})
    assert software(old, new) == ()


def test_torchs_libraries_are_named_and_what_repeats_them_is_not(record):
    old = record(packages={}, torch={"onednn": "3.11", "config": "a", "threads": 1, "torch": "2.1"})
    new = record(packages={}, torch={"onednn": "3.12", "config": "b", "threads": 2, "torch": "2.2"})
    assert _words(software(old, new)) == [
        "torch oneDNN 3.11 before, 3.12 after",
        "torch torch 2.1 before, 2.2 after",
    ]


def test_a_variable_that_was_not_set_differs_from_one_that_is(record):
    old = record(environment={"OMP_NUM_THREADS": "1", "KMP_BLOCKTIME": "1"})
    new = record(environment={"KMP_BLOCKTIME": "1", "LD_PRELOAD": "libtcmalloc.so"})
    assert _words(software(old, new)) == [
        "LD_PRELOAD not set before, libtcmalloc.so after",
        "OMP_NUM_THREADS 1 before, not set after",
    ]


def test_kernel_and_driver_are_software(record):
    old = record({"detail": {"kernel": "6.1"}}, {"gpu_driver": {"version": "570.1"}})
    new = record({"detail": {"kernel": "6.2"}}, {"gpu_driver": {"version": "580.1"}})
    assert _words(software(old, new)) == [
        "kernel 6.1 before, 6.2 after",
        "GPU driver version 570.1 before, 580.1 after",
    ]
    assert settings(old, new) == ()


def test_what_an_older_cnnfc_did_not_write_does_not_differ(record):
    old = record(torch={"onednn": "3.12"})
    new = record(torch={"onednn": "3.12", "heap_kept": True}, python={"gil": True})
    assert software(old, new) == ()
    assert software(new, old) == ()


def test_governor_memory_and_gpu_limits_are_settings(record):
    old = record(
        {"memory_bytes": 8 * 2**30},
        {"cpu": {"governor": "performance"}, "gpus": [{"power_limit_watts": 700.0}]},
    )
    new = record(
        {"memory_bytes": 16 * 2**30},
        {"cpu": {"governor": "powersave"}, "gpus": [{"power_limit_watts": 350.0}]},
    )
    assert _words(settings(old, new)) == [
        "memory 8 GiB before, 16 GiB after",
        "CPU governor performance before, powersave after",
        "GPU 0 power limit 700 W before, 350 W after",
    ]
    assert software(old, new) == ()


def test_readings_that_move_by_themselves_are_no_settings(record):
    old = record((), {"cpu": {"frequency_hz": 1e9, "load_average": [1, 1, 1]}})
    new = record((), {"cpu": {"frequency_hz": 3e9, "load_average": [9, 9, 9]}})
    assert settings(old, new) == ()


def test_a_little_less_memory_is_the_same_memory_but_a_thread_more_is_not(record):
    old = record({"threads": 64}, {"memory": {"total_bytes": 100 * 2**30}})
    new = record({"threads": 65}, {"memory": {"total_bytes": 99 * 2**30}})
    assert _words(settings(old, new)) == ["threads 64 before, 65 after"]


def test_of_a_memory_node_its_cpus_count(record):
    def node(cpus, memory):
        return record({"detail": {"numa": [{"cpus": cpus, "memory_bytes": memory}]}})

    assert settings(node("0-3", 8 * 2**30), node("0-3", 7 * 2**30)) == ()
    assert _words(settings(node("0-3", 1), node("0-7", 1))) == ["NUMA 0 CPUs 0-3 before, 0-7 after"]


@pytest.mark.parametrize(("new", "count"), [(2.71e9, 0), (2.69e9, 1)])
def test_a_clock_is_worth_a_remark_from_a_tenth_on(record, new, count):
    old = record((), {"cpu": {"frequency_hz": 3e9}})
    found = clock_readings(old, record((), {"cpu": {"frequency_hz": new}}))
    assert len(found) == count
    assert all("CPU frequency 3 GHz before" in str(one) for one in found)


def test_the_clock_of_a_gpu_is_the_median_of_what_was_read_at_the_case(record):
    blocks = (
        {"case": "dense.64-64", "device": "cuda-0", "sm_clock_hz": [1e9, 2e9]},
        {"case": "dense.64-64", "device": "cuda-0", "sm_clock_hz": [1.8e9, "?", None]},
        {"case": "dense.64-64", "device": "cuda-1", "sm_clock_hz": [5e9]},
        {"case": "dense.64-64"},
    )
    one = replace(record(), blocks=blocks)
    assert gpu_clock(one, "dense.64-64", "cuda-0") == 1.8e9
    assert gpu_clock(one, "dense.64-65", "cuda-0") is None


@pytest.mark.parametrize(
    "odd", [None, 7, "x", [1, {"a": 1}], {"a": {"b": []}}, 10**400, float("nan"), {"gpus": [3]}]
)
def test_records_that_hold_anything_at_all_are_compared(record, odd):
    """Records come from files that anybody may have written."""
    names = ("cpu", "memory", "gpus", "gpu_driver", "power_plugged")
    damaged = record(
        {"detail": odd, "memory_bytes": odd, "gpus": odd, "caches": odd},
        dict.fromkeys(names, odd),
        packages=odd,
        torch=odd,
        environment=odd,
    )
    usual = record({"detail": {"gpus": [{"name": "a"}], "numa": [{"cpus": "0"}]}})
    for old, new in ((usual, damaged), (damaged, usual), (damaged, damaged)):
        for compare in (software, settings, clock_readings):
            assert all(map(str, compare(old, new)))
