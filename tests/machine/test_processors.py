import pytest

from cnnfc.machine import processors
from testkit import machines


def read(host):
    return processors.cpuinfo(host)


def test_intel_with_smt_has_two_cores_and_four_threads(make_host):
    host = make_host(machines.intel_smt())
    cores = processors.core_of(host)
    assert cores == {0: 0, 1: 1, 2: 0, 3: 1}
    assert processors.physical_cores(host, cores) == 2
    assert processors.logical_cpus(host, cores) == 4
    assert processors.sockets(host, read(host)) == 1


def test_two_sockets_count_their_cores_together(make_host):
    host = make_host(machines.amd_dual_socket())
    assert processors.physical_cores(host, processors.core_of(host)) == 4
    assert processors.sockets(host, read(host)) == 2


def test_without_sysfs_the_topology_comes_from_cpuinfo(make_host):
    host = make_host({"proc/cpuinfo": machines.amd_dual_socket()["proc/cpuinfo"]})
    # Both packages number their cores 0 and 1: a core is known by package and number.
    assert processors.physical_cores(host, processors.core_of(host)) == 4
    assert processors.sockets(host, read(host)) == 2


def test_old_kernels_name_siblings_differently(make_host):
    folder = "sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    host = make_host({folder.format(0): "0-1", folder.format(1): "0-1"})
    assert processors.physical_cores(host, processors.core_of(host)) == 1


def test_firmware_that_does_not_say_the_package_gives_no_sockets(make_host):
    host = make_host(machines.topology({0: "0", 1: "1"}, {0: -1, 1: -1}))
    assert processors.sockets(host, []) is None


def test_psutil_is_asked_for_cores_where_no_file_has_them(make_host):
    psutil = machines.psutil_of(cpu_count=lambda logical: 8 if logical else 4)
    host = make_host(psutil=psutil)
    assert processors.physical_cores(host, {}) == 4
    assert processors.logical_cpus(host, {}) == 8


def test_cores_that_nothing_says_are_unknown(make_host):
    host = make_host(psutil=machines.FakePsutil())
    assert processors.core_of(host) == {}
    assert processors.physical_cores(host, {}) is None
    assert processors.logical_cpus(host, {}) is None
    assert processors.sockets(host, []) is None
    assert processors.model(host, []) is None
    assert processors.instruction_sets(host, []) is None


def test_the_model_is_what_the_maker_writes(make_host):
    host = make_host(machines.intel_smt())
    expected = "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz"
    assert processors.model(host, read(host)) == expected


def test_an_arm_model_comes_from_its_part_number(make_host):
    host = make_host(machines.arm_board())
    assert processors.model(host, read(host)) == "ARM Cortex-A76"


def test_big_and_little_arm_cores_are_one_processor():
    cpus = [
        {"processor": "0", "cpu implementer": "0x41", "cpu part": "0xd05"},
        {"processor": "1", "cpu implementer": "0x41", "cpu part": "0xd0b"},
    ]
    assert processors._arm_model(cpus) == "ARM Cortex-A55 + ARM Cortex-A76"


def test_an_arm_part_that_is_not_listed_keeps_its_numbers():
    cpus = [{"processor": "0", "cpu implementer": "0x70", "cpu part": "0x662"}]
    assert processors._arm_model(cpus) == "ARM 0x70-0x662"


def test_the_serial_number_of_an_arm_board_is_not_read(make_host):
    host = make_host(machines.arm_board())
    assert [cpu["processor"] for cpu in read(host)] == ["0", "1"]
    assert "SENTINEL" not in repr(read(host))


def test_instruction_sets_are_those_that_every_cpu_has(make_host):
    host = make_host(machines.intel_smt())
    cpus = read(host)
    cpus[1]["flags"] = cpus[1]["flags"].replace("avx512_vnni", "")
    assert processors.instruction_sets(host, cpus) == [
        *("sse4_2", "avx", "f16c", "fma", "avx2"),
        *("avx512f", "avx512dq", "avx512bw", "avx512vl"),
    ]


def test_arm_calls_its_flags_features(make_host):
    host = make_host(machines.arm_board())
    assert processors.instruction_sets(host, read(host)) == ["asimd", "asimdhp", "asimddp"]


def test_a_mac_is_read_from_sysctl(mac):
    assert processors.model(mac, []) == "Apple M2 Pro"
    assert processors.sockets(mac, []) == 1
    assert processors.physical_cores(mac, processors.core_of(mac)) == 10
    # AdvSIMD and BF16 are 1 in sysctl, SME is 0.
    assert processors.instruction_sets(mac, []) == ["asimd", "bf16"]


@pytest.mark.parametrize(
    ("answer", "model"), [("AMD Ryzen 9 7950X ", "AMD Ryzen 9 7950X"), (None, None)]
)
def test_windows_has_the_model_in_its_registry(make_host, answer, model):
    host = make_host(system="Windows", processor_name=lambda: answer)
    assert processors.model(host, []) == model


def test_a_registry_that_cannot_be_read_leaves_the_model_unknown(make_host):
    def refuse():
        raise OSError

    assert processors.model(make_host(system="Windows", processor_name=refuse), []) is None


def test_other_architectures_say_their_model_under_other_names(make_host):
    power = [{"processor": "0", "cpu": "POWER9, altivec supported"}]
    riscv = [{"processor": "0", "uarch": "sifive,u74-mc"}]
    assert processors.model(make_host(), power) == "POWER9, altivec supported"
    assert processors.model(make_host(), riscv) == "sifive,u74-mc"
