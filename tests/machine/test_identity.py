import json
import subprocess
import sys
from dataclasses import replace

from cnnfc.machine.identity import Identity, identify
from testkit import machines

GIB = 2**30


def test_intel_with_smt(make_host):
    host = make_host(machines.intel_smt(), architecture="x86_64", kernel="6.8.0")
    identity = identify(host)
    assert identity.name == "intel-xeon-platinum-8375c-2c-32gb"
    assert (identity.sockets, identity.cores, identity.threads, identity.smt) == (1, 2, 4, True)
    assert identity.memory_bytes == 32 * GIB
    assert identity.detail["os"] == "Ubuntu 24.04.2 LTS"
    assert (identity.detail["architecture"], identity.detail["kernel"]) == ("x86_64", "6.8.0")
    assert identity.detail["microcode"] == "0xd0003b9"
    assert identity.detail["virtual"] is False


def test_amd_with_two_sockets_and_two_gpus(make_host):
    psutil = machines.psutil_of(total=503.7)
    nvml = machines.FakeNvml(machines.h200(), machines.h200())
    identity = identify(make_host(machines.amd_dual_socket(), nvml, psutil=psutil))
    assert identity.name == "amd-epyc-9654-4c-512gb-2x-nvidia-h200"
    assert (identity.sockets, identity.smt) == (2, False)
    assert identity.gpus == ("NVIDIA H200", "NVIDIA H200")
    assert [node["cpus"] for node in identity.detail["numa"]] == ["0-1", "2-3"]
    assert identity.detail["gpus"][1]["multiprocessors"] == 132


def test_arm_without_a_model_name(make_host):
    psutil = machines.psutil_of(total=7.9)
    identity = identify(make_host(machines.arm_board(), psutil=psutil, architecture="aarch64"))
    assert identity.name == "arm-cortex-a76-2c-8gb"
    assert identity.as_dict()["detail"] == {
        "architecture": "aarch64",
        "os": "Linux",
        "instruction_sets": ["asimd", "asimdhp", "asimddp"],
    }


def test_a_container_is_the_machine_that_it_runs_on(make_host):
    host = make_host(machines.half_cpu_container())
    assert identify(host) == identify(make_host(machines.intel_smt()))
    assert identify(host).detail["container"] == "podman"


def test_a_mac(mac):
    identity = identify(mac)
    assert identity.name == "apple-m2-pro-10c-16gb"
    assert identity.detail["os"] == "Darwin"


def test_a_machine_that_says_nothing_has_nothing_guessed(make_host):
    identity = identify(make_host(psutil=machines.FakePsutil(), system=""))
    assert identity.as_dict() == {"name": "unknown", "gpus": [], "detail": {}}


def test_the_name_does_not_change_with_kernel_os_smt_or_affinity(make_host):
    one = identify(make_host(machines.intel_smt(), kernel="6.8.0"))
    files = {**machines.intel_smt(), "etc/os-release": "PRETTY_NAME=Debian"}
    for path in [path for path in files if "/cpu2/" in path or "/cpu3/" in path]:
        del files[path]
    files |= machines.topology({0: "0", 1: "1"})  # SMT switched off
    psutil = machines.psutil_of(total=31.1, affinity={0})
    other = identify(make_host(files, kernel="6.12.0", psutil=psutil))
    assert (one.smt, other.smt) == (True, False)
    assert one.name == other.name


def test_detail_does_not_make_another_machine():
    assert Identity(cores=2, detail={"kernel": "1"}) == Identity(cores=2, detail={"kernel": "2"})
    assert Identity(cores=2) != Identity(cores=3)


def test_smt_is_unknown_without_both_counts():
    assert Identity(cores=2).smt is None
    assert replace(Identity(cores=2), threads=2).smt is False


def test_nothing_that_tells_whose_machine_it_is_gets_in(make_host):
    files = {
        **machines.arm_board(),
        "etc/hostname": "SENTINEL",
        "etc/machine-id": "SENTINEL",
        "proc/sys/kernel/hostname": "SENTINEL",
        "sys/class/dmi/id/product_uuid": "SENTINEL",
        "sys/class/dmi/id/product_serial": "SENTINEL",
        "sys/class/dmi/id/board_serial": "SENTINEL",
        "sys/class/dmi/id/sys_vendor": "Dell Inc.",
        "sys/class/dmi/id/product_name": "PowerEdge R740",
    }
    host = make_host(files, machines.FakeNvml(machines.h200()))
    assert "SENTINEL" not in json.dumps(identify(host).as_dict())


def test_this_machine_is_described_without_torch_and_as_plain_data():
    code = (
        "import json, sys\n"
        "from cnnfc.machine.identity import identify\n"
        "from cnnfc.machine.state import read_state\n"
        "json.dumps([identify().as_dict(), read_state()], allow_nan=False)\n"
        "print(identify().name, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == [identify().name, "False"]
