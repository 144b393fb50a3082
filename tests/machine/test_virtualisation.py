import pytest

from cnnfc.machine.virtualisation import virtualisation
from testkit import machines

CLOCKS = "sys/devices/system/clocksource/clocksource0/available_clocksource"
X86_GUEST = [{"processor": "0", "flags": "fpu hypervisor avx"}]
X86_METAL = [{"processor": "0", "flags": "fpu avx"}]


@pytest.mark.parametrize(
    ("vendor", "product", "name"),
    [
        ("QEMU", "Standard PC (Q35 + ICH9, 2009)", "qemu"),
        ("Amazon EC2", "c7g.xlarge", "amazon-ec2"),
        ("Google", "Google Compute Engine", "google-compute-engine"),
        ("Microsoft Corporation", "Virtual Machine", "hyper-v"),
        ("VMware, Inc.", "VMware7,1", "vmware"),
    ],
)
def test_the_firmware_names_the_hypervisor(make_host, vendor, product, name):
    folder = "sys/class/dmi/id"
    host = make_host({f"{folder}/sys_vendor": vendor, f"{folder}/product_name": product})
    assert virtualisation(host, []) == {"virtual": True, "hypervisor": name}


def test_a_maker_of_real_machines_is_no_hypervisor(make_host):
    folder = "sys/class/dmi/id"
    files = {f"{folder}/sys_vendor": "Microsoft Corporation", f"{folder}/product_name": "Surface"}
    assert virtualisation(make_host(files), X86_METAL) == {"virtual": False}


@pytest.mark.parametrize(
    ("clocks", "name"), [("tsc kvm-clock", "kvm"), ("hyperv_clocksource_tsc_page tsc", "hyper-v")]
)
def test_the_clock_of_a_guest_names_the_hypervisor(make_host, clocks, name):
    assert virtualisation(make_host({CLOCKS: clocks}), X86_GUEST) == {
        "virtual": True,
        "hypervisor": name,
    }


def test_the_cpu_flag_alone_says_virtual_without_saying_by_whom(make_host):
    host = make_host({CLOCKS: "tsc hpet acpi_pm"})
    assert virtualisation(host, X86_GUEST) == {"virtual": True}
    assert virtualisation(host, X86_METAL) == {"virtual": False}


def test_arm_without_signs_is_unknown(make_host):
    assert virtualisation(make_host(machines.arm_board()), [{"features": "asimd"}]) == {}


def test_xen_says_so_itself(make_host):
    assert virtualisation(make_host({"sys/hypervisor/type": "xen\n"}), [])["hypervisor"] == "xen"


def test_a_mac_says_whether_it_is_virtual(mac, make_host):
    assert virtualisation(mac, []) == {"virtual": False}
    assert virtualisation(make_host(system="Darwin"), []) == {}


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("run/systemd/container", "lxc", "lxc"),
        (".dockerenv", "", "docker"),
        ("run/.containerenv", "", "podman"),
        ("proc/1/cgroup", "0::/kubepods/burstable/pod1", "kubernetes"),
        ("proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2", "wsl"),
    ],
)
def test_containers_leave_their_signs(make_host, path, text, name):
    assert virtualisation(make_host({path: text}), []) == {"container": name}
