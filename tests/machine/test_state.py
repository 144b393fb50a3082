from types import SimpleNamespace

import pytest

from cnnfc.machine.state import available_memory, last_level_cache, read_state, usable_cpus
from testkit import machines

GIB = 2**30


def busy_psutil(**more):
    """A psutil that knows everything."""
    sensor = SimpleNamespace
    return machines.psutil_of(
        affinity={0, 1, 2},
        cpu_freq=lambda: SimpleNamespace(current=2900.5, min=800.0, max=3500.0),
        getloadavg=lambda: (1.234, 0.5, 0.25),
        cpu_stats=lambda: SimpleNamespace(ctx_switches=1000, interrupts=500),
        cpu_times=lambda: SimpleNamespace(steal=1.5),
        swap_memory=lambda: SimpleNamespace(used=4096),
        sensors_temperatures=lambda: {
            "coretemp": [sensor(current=51.0), sensor(current=63.5)],
            "nvme": [sensor(current=0.0)],
        },
        sensors_battery=lambda: SimpleNamespace(power_plugged=False),
        **more,
    )


def test_everything_that_intel_linux_says_is_read(make_host):
    state = read_state(make_host(machines.intel_smt(), psutil=busy_psutil()))
    assert state["cpu"] == {
        "usable": 2,
        "affinity": "0-2",
        "affinity_cpus": 3,
        "affinity_cores": 2,
        "cgroup_version": 2,
        "throttled_periods": 3,
        "throttled_seconds": 1.5,
        "frequency_hz": 2900500000,
        "frequency_min_hz": 800000000,
        "frequency_max_hz": 3500000000,
        "governor": "powersave",
        "frequency_driver": "intel_pstate",
        "energy_preference": "balance_performance",
        "turbo": True,
        "smt_active": True,
        "clock_source": "tsc",
        "load_average": [1.23, 0.5, 0.25],
        "pressure_percent": 12.5,
        "context_switches": 1000,
        "interrupts": 500,
        "steal_seconds": 1.5,
    }
    assert state["memory"] == {
        "total_bytes": int(31.3 * GIB),
        "available_bytes": 20 * GIB,
        "free_bytes": 10 * GIB,
        "swap_used_bytes": 4096,
        "huge_pages": "madvise",
    }
    # The hottest core; a sensor that is not connected reads 0 and is left out.
    assert state["temperatures"] == {"coretemp": 63.5}
    assert state["power_plugged"] is False
    assert state["gpus"] == []


@pytest.mark.parametrize(("said", "known"), [(True, True), (False, False), (None, None)])
def test_a_power_supply_that_psutil_cannot_tell_is_not_known(make_host, said, known):
    battery = SimpleNamespace(power_plugged=said)
    state = read_state(make_host(psutil=machines.psutil_of(sensors_battery=lambda: battery)))
    assert state.get("power_plugged") is known
    assert ("power_plugged" in state) == (known is not None)


def test_a_container_shows_its_quota_and_its_memory(make_host):
    host = make_host(
        machines.half_cpu_container(), psutil=machines.psutil_of(affinity={0, 1, 2, 3})
    )
    state = read_state(host)
    assert state["cpu"]["quota_cpus"] == 0.5
    assert state["cpu"]["usable"] == 1
    assert state["cpu"]["throttled_seconds"] == 2.5
    assert state["memory"]["limit_bytes"] == 2 * GIB
    assert state["memory"]["headroom_bytes"] == GIB


def test_a_mac_has_no_keys_for_what_it_does_not_say(mac):
    state = read_state(mac)
    assert state["cpu"] == {"usable": 10, "load_average": [2.13, 1.5, 1.0]}
    assert set(state["memory"]) == {"total_bytes", "available_bytes", "free_bytes"}
    assert (state["temperatures"], state["gpus"]) == ({}, [])
    assert "power_plugged" not in state


def test_a_machine_that_says_nothing_still_has_a_state(make_host):
    state = read_state(make_host(psutil=None))
    del state["read_at"]
    assert state == {"cpu": {"usable": 1}, "memory": {}, "temperatures": {}, "gpus": []}


def test_a_psutil_that_always_fails_does_no_harm(make_host):
    def fail(*_, **__):
        raise NotImplementedError("cannot read /sys")

    names = ("Process", "virtual_memory", "cpu_freq", "getloadavg", "cpu_stats", "cpu_times")
    broken = machines.FakePsutil(**dict.fromkeys(names, fail), sensors_temperatures=fail)
    assert read_state(make_host(psutil=broken))["cpu"] == {"usable": 1}


def test_frequencies_of_zero_are_not_known(make_host):
    freq = SimpleNamespace(current=2596.0, min=0.0, max=0.0)
    cpu = read_state(make_host(psutil=machines.psutil_of(cpu_freq=lambda: freq)))["cpu"]
    assert cpu["frequency_hz"] == 2596000000
    assert "frequency_min_hz" not in cpu
    assert "frequency_max_hz" not in cpu


def test_cpus_with_different_governors_name_them_all(make_host):
    files = machines.intel_smt()
    files["sys/devices/system/cpu/cpu3/cpufreq/scaling_governor"] = "performance"
    assert read_state(make_host(files))["cpu"]["governor"] == "performance, powersave"


def test_amd_says_boost_where_intel_says_no_turbo(make_host):
    assert read_state(make_host(machines.amd_dual_socket()))["cpu"]["turbo"] is False
    assert "turbo" not in read_state(make_host(machines.arm_board()))["cpu"]


def test_the_gpus_of_the_machine_are_in_its_state(make_host):
    nvml = machines.FakeNvml(
        machines.h200(), machines.h200(), DriverVersion="1", CudaDriverVersion=13010
    )
    state = read_state(make_host(nvml=nvml))
    assert [gpu["temperature_celsius"] for gpu in state["gpus"]] == [61, 61]
    assert state["gpu_driver"] == {"version": "1", "cuda": "13.1"}


@pytest.mark.parametrize(
    ("affinity", "quota", "expected"),
    [
        ({0, 1, 2, 3}, "max 100000", 2),  # two cores with two threads each
        ({0, 1}, "max 100000", 2),  # one thread of each core
        ({0, 2}, "max 100000", 1),  # two threads of one core
        ({3}, "max 100000", 1),
        ({0, 1, 2, 3}, "150000 100000", 1),  # 1.5 CPUs hold one thread that is never stopped
        ({0, 1, 2, 3}, "250000 100000", 2),
        ({0, 1, 2, 3}, "10000 100000", 1),
        (None, "max 100000", 2),
    ],
)
def test_usable_cpus_are_the_least_of_affinity_quota_and_cores(
    make_host, affinity, quota, expected
):
    files = {**machines.half_cpu_container(), "sys/fs/cgroup/cpu.max": quota}
    assert usable_cpus(make_host(files, psutil=machines.psutil_of(affinity=affinity))) == expected


def test_without_a_topology_affinity_bounds_the_usable_cpus(make_host):
    host = make_host(psutil=machines.psutil_of(affinity={4, 5, 6}), logical_cpus=8)
    assert usable_cpus(host) == 3


def test_a_cpu_that_the_topology_does_not_list_is_a_core_of_its_own(make_host):
    host = make_host(machines.topology({0: "0"}), psutil=machines.psutil_of(affinity={0, 1}))
    assert usable_cpus(host) == 2


def test_with_nothing_else_python_counts_the_cpus(make_host):
    assert usable_cpus(make_host(psutil=machines.FakePsutil(), logical_cpus=6)) == 6
    assert usable_cpus(make_host(psutil=machines.FakePsutil())) == 1


def test_available_memory_is_bounded_by_the_control_group(make_host):
    assert available_memory(make_host(psutil=machines.psutil_of(available=20))) == 20 * GIB
    assert available_memory(make_host(machines.half_cpu_container())) == GIB
    scarce = make_host(machines.half_cpu_container(), psutil=machines.psutil_of(available=0.5))
    assert available_memory(scarce) == GIB // 2


def test_memory_that_nothing_says_is_not_available(make_host):
    assert available_memory(make_host(psutil=None)) == 0


def test_the_last_level_cache_is_a_number_or_unknown(make_host, mac):
    assert last_level_cache(make_host(machines.intel_smt())) == 54 * 2**20
    assert last_level_cache(mac) is None


def test_this_machine_can_run_at_least_one_thread():
    assert usable_cpus() >= 1
    assert available_memory() > 0
