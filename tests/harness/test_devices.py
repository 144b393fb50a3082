import pytest

from cnnfc.harness.devices import Devices, look
from cnnfc.machine.identity import Identity
from cnnfc.machine.state import usable_cpus
from cnnfc.names import Device


def card(sysfs, number, maker):
    device = sysfs / "devices" / f"pci{number}"
    device.mkdir(parents=True)
    (device / "vendor").write_text(f"{maker}\n")
    drm = sysfs / "class" / "drm" / f"card{number}"
    drm.mkdir(parents=True)
    (drm / "device").symlink_to(device)
    # A card's outputs have folders of the same kind.
    (sysfs / "class" / "drm" / f"card{number}-DP-1").mkdir()


@pytest.mark.parametrize(
    ("name", "exists"),
    [
        ("cpu-1", True),
        ("cpu-6", True),
        ("cpu-8", False),
        ("cuda-0", True),
        ("cuda-1", True),
        ("cuda-2", False),
        ("mps-0", False),
        ("xpu-0", False),
    ],
)
def test_a_device_exists_if_the_machine_has_as_many(name, exists):
    assert Devices(cpus=6, cuda=2).has(Device.parse(name)) is exists


def test_what_is_no_device_is_never_missing():
    assert Devices().has_named("some other parameter")
    assert Devices().has_named(None)
    assert not Devices().has_named("cpu-2")


def test_devices_are_listed_for_people():
    assert str(Devices(cpus=1)) == "cpu-1"
    assert str(Devices(cpus=8, cuda=2, mps=1)) == "cpu-1 to cpu-8, cuda-0, cuda-1, mps-0"


def test_nvidia_gpus_are_those_of_the_identity(tmp_path):
    devices = look(Identity(gpus=("NVIDIA H200", "NVIDIA H200")), sysfs=tmp_path)
    assert (devices.cuda, devices.xpu) == (2, 0)
    assert devices.cpus == usable_cpus()


def test_amd_gpus_count_as_cuda_where_rocm_can_use_them(tmp_path):
    card(tmp_path, 0, "0x1002")
    assert look(Identity(), sysfs=tmp_path).cuda == 0
    (tmp_path / "class" / "kfd").mkdir()
    assert look(Identity(), sysfs=tmp_path).cuda == 1


def test_intel_gpus_count_as_xpu(tmp_path):
    card(tmp_path, 0, "0x8086")
    card(tmp_path, 1, "0x10de")
    assert look(Identity(), sysfs=tmp_path).xpu == 1


def test_a_machine_without_sysfs_has_no_cards(tmp_path):
    assert look(Identity(), sysfs=tmp_path / "none").xpu == 0
