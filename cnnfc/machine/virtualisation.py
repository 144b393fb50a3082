"""Says whether this machine is virtual, what runs it, and what contains this process."""

from __future__ import annotations

from typing import Any, Final

from cnnfc.machine.host import Host, attempt, integer, known, printable

#: Words in the firmware's maker and product (readable without being root) -> hypervisor or cloud.
#: After systemd-detect-virt's table of DMI vendors.
_FIRMWARE: Final = {
    "Amazon EC2": "amazon-ec2",
    "Google Compute Engine": "google-compute-engine",
    "KVM": "kvm",
    "QEMU": "qemu",
    "OpenStack": "openstack",
    "VMware": "vmware",
    "VirtualBox": "virtualbox",
    "innotek GmbH": "virtualbox",
    "Parallels": "parallels",
    "Xen": "xen",
    "Microsoft Corporation Virtual Machine": "hyper-v",
}
#: Clock sources that the kernel only registers as a guest of that hypervisor.
_CLOCKS: Final = {"kvm-clock": "kvm", "hyperv": "hyper-v", "xen": "xen"}


def virtualisation(host: Host, cpus: list[dict[str, str]]) -> dict[str, Any]:
    """``virtual`` (bool), ``hypervisor`` and ``container`` (names), each only where known."""
    hypervisor = _hypervisor(host)
    return known(
        virtual=True if hypervisor else _is_guest(host, cpus),
        hypervisor=hypervisor,
        container=_container(host),
    )


def _is_guest(host: Host, cpus: list[dict[str, str]]) -> bool | None:
    """x86 guests have the CPU flag ``hypervisor``; ARM has no such sign, so it stays unknown."""
    if host.system == "Darwin":
        present = integer(host.sysctl().get("kern.hv_vmm_present"))
        return None if present is None else bool(present)
    flags = next((cpu["flags"] for cpu in cpus if "flags" in cpu), None)
    return None if flags is None else "hypervisor" in flags.split()


def _hypervisor(host: Host) -> str | None:
    folder = "/sys/class/dmi/id"
    firmware = " ".join(
        host.text(f"{folder}/{name}") or "" for name in ("sys_vendor", "product_name")
    )
    for words, name in _FIRMWARE.items():
        if words in firmware:
            return name
    kind = host.text("/sys/hypervisor/type")
    if kind:
        return printable(kind)
    clocks = host.text("/sys/devices/system/clocksource/clocksource0/available_clocksource")
    for clock in (clocks or "").split():
        for start, name in _CLOCKS.items():
            if clock.startswith(start):
                return name
    return None


def _container(host: Host) -> str | None:
    named = host.text("/run/systemd/container")
    if named:
        return printable(named)
    if "microsoft" in (host.text("/proc/sys/kernel/osrelease") or "").lower():
        return "wsl"
    if "kubepods" in (host.text("/proc/1/cgroup") or ""):
        return "kubernetes"
    if attempt(lambda: host.path("/.dockerenv").exists()):
        return "docker"
    return "podman" if attempt(lambda: host.path("/run/.containerenv").exists()) else None
