import io
import json
from types import SimpleNamespace

import pytest

from cnnfc.commands.machine import show_machine
from cnnfc.errors import DataError
from cnnfc.machine.host import Host

GIB = 2**30


@pytest.fixture
def host(tmp_path):
    """Two cores that are known by /proc/cpuinfo alone, and 7.6 GiB of memory."""
    root = tmp_path / "root"
    (root / "proc").mkdir(parents=True)
    blocks = (
        f"processor\t: {n}\nmodel name\t: AMD EPYC 9654 96-Core Processor\n"
        f"physical id\t: 0\ncore id\t: {n}\nflags\t: fpu avx2\n"
        for n in range(2)
    )
    (root / "proc" / "cpuinfo").write_text("\n".join(blocks))
    memory = SimpleNamespace(total=int(7.6 * GIB), available=6 * GIB, free=5 * GIB)
    psutil = SimpleNamespace(
        virtual_memory=lambda: memory,
        cpu_freq=lambda: SimpleNamespace(current=2400.0, min=0.0, max=0.0),
        getloadavg=lambda: (0.5, 0.25, 0.125),
    )
    return Host(root=root, system="Linux", architecture="x86_64", kernel="6.8.0", psutil=psutil)


def shown(**options):
    out = io.StringIO()
    assert show_machine(out=out, **options) == 0
    return out.getvalue()


def test_the_text_has_identity_state_and_software_with_units(host):
    text = shown(host=host, software={"torch": {"version": "2.13.0"}})
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == "Machine amd-epyc-9654-2c-8gb"
    for line in (
        "Identity: what it is",
        "CPU model AMD EPYC 9654 96-Core Processor",
        "memory 8 GiB",
        "GPUs none found (asked NVIDIA's driver)",
        "State: how it is now",
        "usable 2",
        "frequency 2.4 GHz",
        "load average 0.5, 0.25, 0.12",
        "available 6 GiB",
        "Software: what measures",
        "torch",
        "version 2.13.0",
    ):
        assert line in lines
    assert max(len(line) for line in text.splitlines()) <= 100


def test_json_has_everything_and_nothing_else_is_printed(host):
    data = json.loads(shown(host=host, as_json=True, software={"torch": {"version": "2.13.0"}}))
    assert set(data) == {"schema", "machine", "identity", "state", "software", "asv"}
    assert (data["schema"], data["machine"]) == (1, "amd-epyc-9654-2c-8gb")
    assert data["identity"]["memory_bytes"] == 8 * GIB
    assert data["state"]["cpu"]["frequency_hz"] == 2400000000
    assert data["software"]["torch"] == {"version": "2.13.0"}
    assert data["asv"]["cpu"] == "AMD EPYC 9654 96-Core Processor"


def test_registering_says_what_was_written_where(host, home):
    text = shown(host=host, register=True)
    assert f"Wrote this machine to {home / '.asv-machine.json'}:" in text
    assert "asv run will use it without asking." in text
    content = json.loads((home / ".asv-machine.json").read_text())
    assert content["amd-epyc-9654-2c-8gb"]["os"] == "Linux 6.8.0"


def test_registering_again_says_that_nothing_was_written(host, home):
    shown(host=host, register=True)
    assert "knows this machine already, nothing was written" in shown(host=host, register=True)


def test_beside_other_machines_asv_has_to_be_told_the_name(host, home):
    (home / ".asv-machine.json").write_text('{"box": {"machine": "box"}, "version": 1}')
    text = shown(host=host, register=True)
    assert "asv's file also names box" in text
    assert "asv run --machine amd-epyc-9654-2c-8gb" in text


def test_json_says_what_was_registered(host, home):
    data = json.loads(shown(host=host, as_json=True, register=True))
    assert data["registered"]["path"] == str(home / ".asv-machine.json")
    assert data["registered"]["added"] is True
    assert data["registered"]["entry"]["machine"] == "amd-epyc-9654-2c-8gb"
    assert data["registered"]["others"] == []


def test_a_damaged_file_of_asv_ends_the_command_and_stays(host, home):
    (home / ".asv-machine.json").write_text("{")
    with pytest.raises(DataError, match=r"\.asv-machine\.json cannot be read"):
        shown(host=host, register=True)
    assert (home / ".asv-machine.json").read_text() == "{"


def test_without_register_nothing_is_written(host, home):
    shown(host=host)
    assert list(home.iterdir()) == []


def test_this_machine_can_be_shown():
    assert shown().startswith("Machine ")
