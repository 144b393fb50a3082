"""Containers with a quota of half a CPU: one thread, and the reason says quota.

What single files of control groups mean is in tests/machine/test_cgroups.py.
"""

import pytest
from asv_runner.benchmarks.mark import SkipNotImplemented

from cnnfc.errors import CannotMeasure
from cnnfc.machine import record
from cnnfc.machine import state as state_module
from cnnfc.machine.state import limiting_quota, read_state, usable_cpus
from cnnfc.names import Device
from testkit import machines


@pytest.fixture
def make_host(tmp_path):
    return machines.host_maker(tmp_path)


def groups(version, files):
    """Files of a four-CPU machine whose process is in the group ``/a/b``."""
    if version == 2:
        own = "0::/a/b\n"
        mounts = "30 20 0:26 / /cg rw - cgroup2 cgroup2 rw\n"
    else:
        own = "4:cpu,cpuacct:/a/b\n"
        mounts = "2 1 0:2 / /cg rw - cgroup cgroup rw,cpu,cpuacct\n"
    places = {f"cg/{path}": text for path, text in files.items()}
    return {"proc/self/cgroup": own, "proc/self/mountinfo": mounts, "cg/a/b/x": "", **places}


V1_HALF = {"cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000"}
V1_NONE = {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}


def v1(place, files):
    return {f"{place}{name}": text for name, text in files.items()}


HALVES = {
    "version 2, own group": (2, {"a/b/cpu.max": "50000 100000"}),
    "version 2, group above": (2, {"a/b/cpu.max": "max 100000", "a/cpu.max": "50000 100000"}),
    "version 2, tightest": (2, {"a/b/cpu.max": "300000 100000", "a/cpu.max": "50000 100000"}),
    "version 2, other period": (2, {"a/b/cpu.max": "5000 10000"}),
    "version 1, own group": (1, v1("a/b/", V1_HALF)),
    "version 1, group above": (1, {**v1("a/b/", V1_NONE), **v1("a/", V1_HALF)}),
    "version 1, mount": (1, v1("", V1_HALF)),
}
NONES = {
    "version 2": (2, {"a/b/cpu.max": "max 100000", "a/cpu.max": "max 100000"}),
    "version 1": (1, v1("a/b/", V1_NONE)),
}


@pytest.fixture
def host(make_host):
    """Makes a machine of four cores whose control groups have `files`."""

    def make(version, files):
        cores = machines.topology({cpu: str(cpu) for cpu in range(4)})
        psutil = machines.psutil_of(affinity={0, 1, 2, 3})
        return make_host({**cores, **groups(version, files)}, psutil=psutil)

    return make


@pytest.mark.parametrize("kind", HALVES)
def test_half_a_cpu_holds_one_thread_and_is_in_the_state(host, kind):
    found = host(*HALVES[kind])
    assert usable_cpus(found) == 1
    assert limiting_quota(found) == 0.5
    cpu = read_state(found)["cpu"]
    assert (cpu["quota_cpus"], cpu["usable"], cpu["affinity_cpus"]) == (0.5, 1, 4)
    assert cpu["cgroup_version"] == HALVES[kind][0]


@pytest.mark.parametrize("kind", NONES)
def test_a_quota_of_max_limits_nothing(host, kind):
    found = host(*NONES[kind])
    assert usable_cpus(found) == 4
    assert limiting_quota(found) is None
    assert "quota_cpus" not in read_state(found)["cpu"]


def test_throttling_is_in_the_state(host):
    newer = host(
        2,
        {
            "a/b/cpu.max": "50000 100000",
            "a/b/cpu.stat": "usage_usec 9\nnr_periods 20\nnr_throttled 7\nthrottled_usec 2500000\n",
        },
    )
    older = host(
        1,
        {
            **v1("a/b/", V1_HALF),
            "a/b/cpu.stat": "nr_periods 20\nnr_throttled 7\nthrottled_time 2500000000\n",
        },
    )
    for found in (newer, older):
        cpu = read_state(found)["cpu"]
        assert (cpu["throttled_periods"], cpu["throttled_seconds"]) == (7, 2.5)


def test_the_record_of_a_run_says_the_quota_and_the_throttling(host, tmp_path, home):
    found = host(2, {"a/b/cpu.max": "50000 100000", "a/b/cpu.stat": "nr_throttled 7\n"})
    path = record.begin(
        tmp_path / "r", commit=None, environment=None, profile=None, software=None, host=found
    )
    cpu = record.read(path).state_before["cpu"]
    assert (cpu["quota_cpus"], cpu["throttled_periods"]) == (0.5, 7)


def test_a_quota_wider_than_the_cores_is_not_the_limit(host):
    assert limiting_quota(host(2, {"a/b/cpu.max": "800000 100000"})) is None
    assert limiting_quota(host(2, {"a/b/cpu.max": "300000 100000"})) == 3.0
    assert limiting_quota(host(2, {"a/b/cpu.max": "150000 100000"})) == 1.5


@pytest.fixture
def contained(host, monkeypatch):
    """This process, as if in a container with half a CPU."""
    found = host(2, {"a/b/cpu.max": "50000 100000"})
    monkeypatch.setattr(state_module, "this_host", lambda: found)


@pytest.mark.usefixtures("contained")
def test_two_threads_in_half_a_cpu_are_skipped_for_the_quota():
    devices = pytest.importorskip("cnnfc.measure.devices")
    assert devices.why_absent(Device("cpu", 1)) is None
    assert devices.why_absent(Device("cpu", 2)) == (
        "2 threads asked for, 1 CPUs usable here (the quota of this container is 0.5 CPUs)"
    )


@pytest.mark.usefixtures("contained")
def test_a_benchmark_on_two_threads_is_skipped_with_that_reason(capsys):
    api = pytest.importorskip("cnnfc.measure.api")
    with pytest.raises(SkipNotImplemented, match=r"quota of this container is 0\.5 CPUs"):
        api.forward("dense.8-8", "cpu-2")
    assert "the quota of this container is 0.5 CPUs" in capsys.readouterr().err


@pytest.mark.usefixtures("contained")
def test_a_canary_on_two_threads_is_skipped_with_that_reason():
    canaries = pytest.importorskip("cnnfc.measure.canaries")
    with pytest.raises(CannotMeasure, match="quota"):
        canaries._check(Device("cpu", 2), 0)


@pytest.mark.usefixtures("contained")
def test_a_run_has_one_cpu_to_measure_on():
    from cnnfc.harness.devices import look
    from cnnfc.machine.identity import Identity

    assert look(Identity()).cpus == 1
