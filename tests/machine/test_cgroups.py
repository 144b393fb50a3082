import pytest

from cnnfc.machine.cgroups import Limits, read_limits
from testkit import machines

GIB = 2**30


def test_half_a_cpu_and_two_gib_of_a_container_are_seen(make_host):
    assert read_limits(make_host(machines.half_cpu_container())) == Limits(
        version=2,
        cpu_quota=0.5,
        throttled_periods=7,
        throttled_seconds=2.5,
        memory_limit=2 * GIB,
        memory_headroom=GIB,  # 2 less the 1.5 in use, of which 0.5 is file cache to drop
    )


def test_no_control_groups_say_nothing(make_host, mac):
    assert read_limits(make_host()) == Limits()
    assert read_limits(mac) == Limits()


def test_the_tightest_limit_above_the_own_group_counts(make_host):
    host = make_host(
        {
            "proc/self/cgroup": "0::/a/b/c\n",
            "proc/self/mountinfo": "30 20 0:26 / /cg rw shared:4 - cgroup2 cgroup2 rw\n",
            "cg/a/cpu.max": "150000 100000",
            "cg/a/b/cpu.max": "max 100000",
            "cg/a/b/c/cpu.max": "400000 100000",
            "cg/a/memory.max": str(4 * GIB),
            "cg/a/memory.current": str(3 * GIB),
            "cg/a/b/c/memory.max": str(2 * GIB),
            "cg/a/b/c/memory.current": "0",
        }
    )
    limits = read_limits(host)
    assert limits.cpu_quota == 1.5
    assert limits.memory_limit == 2 * GIB
    assert limits.memory_headroom == GIB  # the group above has less left than its member


def v1_files(path, mounted="/"):
    return {
        "proc/self/cgroup": f"5:memory:{path}\n4:cpu,cpuacct:{path}\n0::/\n",
        "proc/self/mountinfo": (
            "1 0 0:1 / / rw - ext4 /dev/sda rw\n"
            f"2 1 0:2 {mounted} /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
            f"3 1 0:3 {mounted} /cg/memory rw - cgroup cgroup rw,memory\n"
            "4 1 0:4 / /cg/unified rw - cgroup2 cgroup2 rw\n"
        ),
    }


def test_version_one_is_read_also_beside_version_two(make_host):
    host = make_host(
        {
            **v1_files("/jobs/7"),
            "cg/cpu/jobs/7/cpu.cfs_quota_us": "250000",
            "cg/cpu/jobs/7/cpu.cfs_period_us": "100000",
            "cg/cpu/jobs/7/cpu.stat": "nr_periods 4\nnr_throttled 2\nthrottled_time 3000000000\n",
            "cg/memory/jobs/7/memory.limit_in_bytes": str(GIB),
            "cg/memory/jobs/7/memory.usage_in_bytes": str(GIB // 2),
            "cg/memory/jobs/7/memory.stat": f"inactive_file 1\ntotal_inactive_file {GIB // 4}\n",
        }
    )
    assert read_limits(host) == Limits(1, 2.5, 2, 3.0, GIB, GIB * 3 // 4)


def test_version_one_says_unlimited_with_minus_one_and_a_huge_number(make_host):
    host = make_host(
        {
            **v1_files("/"),
            "cg/cpu/cpu.cfs_quota_us": "-1",
            "cg/cpu/cpu.cfs_period_us": "100000",
            "cg/memory/memory.limit_in_bytes": "9223372036854771712",
            "cg/memory/memory.usage_in_bytes": "5",
        }
    )
    assert read_limits(host) == Limits(version=1)


@pytest.mark.parametrize("mounted", ["/docker/abc", "/elsewhere"])
def test_a_container_without_a_namespace_reads_what_is_mounted_for_it(make_host, mounted):
    # /proc shows the host's path /docker/abc, and the mount point is already that group.
    host = make_host(
        {
            **v1_files("/docker/abc", mounted),
            "cg/cpu/cpu.cfs_quota_us": "50000",
            "cg/cpu/cpu.cfs_period_us": "100000",
        }
    )
    assert read_limits(host).cpu_quota == 0.5


@pytest.mark.parametrize("text", ["", "max", "x y", "50000 0", "-5 100000", "1 2 3"])
def test_a_quota_that_makes_no_sense_is_no_quota(make_host, text):
    host = make_host({**machines.half_cpu_container(), "sys/fs/cgroup/cpu.max": text})
    assert read_limits(host).cpu_quota is None


@pytest.mark.parametrize("text", ["", "x", "1 2 - cgroup2", "1 2 0:1 / - cgroup2 a b", " - - - "])
def test_a_mount_table_that_makes_no_sense_says_nothing(make_host, text):
    host = make_host({**machines.half_cpu_container(), "proc/self/mountinfo": text})
    assert read_limits(host) == Limits()


def test_without_a_mount_table_the_usual_place_is_tried(make_host):
    files = machines.half_cpu_container()
    del files["proc/self/mountinfo"]
    assert read_limits(make_host(files)).cpu_quota == 0.5


def test_a_group_above_the_namespace_does_not_leave_the_mount(make_host):
    host = make_host(
        {
            "proc/self/cgroup": "0::/../../outside\n",
            "proc/self/mountinfo": "3 1 0:3 / /cg rw - cgroup2 cgroup2 rw\n",
            "cg/cpu.max": "100000 100000",
            "outside/cpu.max": "1000 100000",
        }
    )
    assert read_limits(host).cpu_quota == 1.0


def test_memory_in_use_above_the_limit_leaves_nothing(make_host):
    files = {**machines.half_cpu_container(), "sys/fs/cgroup/memory.current": str(9 * GIB)}
    assert read_limits(make_host(files)).memory_headroom == 0
