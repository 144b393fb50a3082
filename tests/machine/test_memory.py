from cnnfc.machine.memory import caches, last_level_cache, numa_nodes
from testkit import machines

KIB, MIB = 2**10, 2**20


def test_caches_are_counted_once_however_many_cpus_share_them(make_host):
    assert caches(make_host(machines.intel_smt())) == [
        {"level": 1, "type": "data", "bytes": 48 * KIB, "instances": 2, "cpus": 2},
        {"level": 1, "type": "instruction", "bytes": 32 * KIB, "instances": 2, "cpus": 2},
        {"level": 2, "type": "unified", "bytes": 1280 * KIB, "instances": 2, "cpus": 2},
        {"level": 3, "type": "unified", "bytes": 54 * MIB, "instances": 1, "cpus": 4},
    ]


def test_the_last_level_cache_is_the_sum_over_sockets(make_host):
    assert last_level_cache(make_host(machines.intel_smt())) == 54 * MIB
    assert last_level_cache(make_host(machines.amd_dual_socket())) == 2 * 32 * MIB


def test_a_machine_without_a_third_level_has_its_second_as_the_last(make_host):
    host = make_host(
        {
            **machines.cache(0, 0, 1, kind="Data", size="32K", shared="0"),
            **machines.cache(0, 1, 1, kind="Instruction", size="48K", shared="0"),
            **machines.cache(0, 2, 2, kind="Unified", size="512K", shared="0"),
        }
    )
    assert last_level_cache(host) == 512 * KIB


def test_an_instruction_cache_is_never_the_last_level(make_host):
    host = make_host(
        {
            **machines.cache(0, 0, 1, kind="Data", size="32K", shared="0"),
            **machines.cache(0, 1, 2, kind="Instruction", size="48K", shared="0"),
        }
    )
    assert last_level_cache(host) == 32 * KIB


def test_a_cache_without_a_size_is_unknown(make_host):
    files = machines.cache(0, 0, 1, kind="Data", size="", shared="0")
    assert caches(make_host(files)) is None
    assert last_level_cache(make_host(files)) is None
    assert last_level_cache(make_host()) is None


def test_a_mac_says_its_caches_but_not_the_last_level(mac):
    # The system-level cache of Apple silicon is behind the second level and not reported.
    assert caches(mac) == [
        {"level": 1, "type": "data", "bytes": 131072},
        {"level": 1, "type": "instruction", "bytes": 196608},
        {"level": 2, "type": "unified", "bytes": 16777216},
    ]
    assert last_level_cache(mac) is None


def test_an_intel_mac_has_a_last_level(make_host):
    host = make_host(system="Darwin", sysctl=lambda: {"hw.l3cachesize": "9437184"})
    assert last_level_cache(host) == 9 * MIB


def test_numa_nodes_have_cpus_and_memory(make_host):
    assert numa_nodes(make_host(machines.amd_dual_socket())) == [
        {"cpus": "0-1", "memory_bytes": 264000000 * KIB},
        {"cpus": "2-3", "memory_bytes": 264000000 * KIB},
    ]


def test_a_node_without_readable_memory_keeps_its_cpus(make_host):
    host = make_host({"sys/devices/system/node/node0/cpulist": "0-7"})
    assert numa_nodes(host) == [{"cpus": "0-7"}]
    assert numa_nodes(make_host()) is None
