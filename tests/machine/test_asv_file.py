import json
import socket
import sys

import pytest

from cnnfc.errors import DataError
from cnnfc.machine.asv_file import asv_facts, register
from cnnfc.machine.identity import Identity, identify
from testkit import machines

ME = Identity(cpu_model="AMD EPYC", cores=2)


@pytest.fixture
def asv_machine():
    from asv import machine

    return machine


def test_the_facts_are_what_asv_itself_would_write(asv_machine):
    theirs = asv_machine.Machine.get_defaults()
    del theirs["machine"]
    assert asv_facts() == theirs


def test_the_facts_of_another_machine(make_host, mac):
    host = make_host(machines.intel_smt(), architecture="x86_64", kernel="6.8.0", logical_cpus=4)
    assert asv_facts(host) == {
        "os": "Linux 6.8.0",
        "arch": "x86_64",
        "num_cpu": "4",
        "cpu": "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz",
        "ram": str(32820428 * 1024),
    }
    assert asv_facts(mac) == {
        "os": "Darwin 24.5.0",
        "arch": "arm64",
        "num_cpu": "10",
        "cpu": "Apple M2 Pro",
        "ram": str(16 * 2**30),
    }


def test_what_asv_does_not_find_is_empty_as_asv_has_it(make_host):
    facts = asv_facts(make_host(machines.arm_board()))
    assert (facts["cpu"], facts["ram"]) == ("", "")
    assert "cpu" not in asv_facts(make_host(system="Windows"))


def test_a_new_file_is_one_that_asv_reads(tmp_path, asv_machine):
    path = tmp_path / "machines.json"
    done = register(identify(), path)
    assert (done.added, done.others, done.path) == (True, (), path)
    # By its name, and as the only entry also for the host's.
    for name in (identify().name, socket.gethostname()):
        assert asv_machine.MachineCollection.load(name, str(path)) == done.entry
    assert set(done.entry) == {"machine", "os", "arch", "cpu", "num_cpu", "ram"}
    assert done.entry["machine"] == identify().name


def test_the_home_folder_is_where_asv_looks(tmp_path, monkeypatch, asv_machine):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    done = register(ME)
    assert str(done.path) == asv_machine.MachineCollection.get_machine_file_path()
    assert [path.name for path in tmp_path.iterdir()] == [".asv-machine.json"]


def test_other_machines_and_unknown_fields_stay(tmp_path):
    path = tmp_path / "machines.json"
    other = {"machine": "box", "cpu": "x", "gpu": "mine", "ram": "1"}
    path.write_text(json.dumps({"box": other, "version": 1}))
    done = register(ME, path)
    content = json.loads(path.read_text())
    assert content == {"box": other, "version": 1, "amd-epyc-2c": done.entry}
    assert done.others == ("box",)


def test_registering_again_writes_nothing(tmp_path):
    path = tmp_path / "machines.json"
    register(ME, path)
    before = path.stat().st_mtime_ns, path.read_bytes()
    assert register(ME, path).added is False
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


def test_an_entry_that_someone_edited_keeps_its_fields_and_gets_the_missing_ones(tmp_path):
    path = tmp_path / "machines.json"
    mine = {"machine": "amd-epyc-2c", "cpu": "my words", "gpu": "none"}
    path.write_text(json.dumps({"amd-epyc-2c": mine, "version": 1}))
    done = register(ME, path)
    assert done.added
    assert {key: done.entry[key] for key in mine} == mine
    assert set(done.entry) == {*mine, "os", "arch", "num_cpu", "ram"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ("[" * 100000, "not JSON"),
        ("[]", "holds no machines"),
        ('{"box": {}}', "has no version"),
        ('{"version": 1, "amd-epyc-2c": "text"}', "entry 'amd-epyc-2c' is not an object"),
    ],
)
def test_a_damaged_file_is_named_and_untouched(tmp_path, text, reason):
    path = tmp_path / "machines.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"machines\.json .*nothing was changed") as caught:
        register(ME, path)
    assert reason in str(caught.value)
    assert path.read_text() == text
    assert [entry.name for entry in tmp_path.iterdir()] == ["machines.json"]


def test_bytes_that_are_no_text_are_a_damaged_file(tmp_path):
    path = tmp_path / "machines.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="nothing was changed"):
        register(ME, path)
    assert path.read_bytes() == b"\xff\xfe"


def test_a_file_of_a_newer_asv_is_named_and_untouched(tmp_path):
    path = tmp_path / "machines.json"
    path.write_text('{"version": 2}')
    with pytest.raises(DataError, match=r"machines\.json has version 2.*update asv"):
        register(ME, path)
    assert path.read_text() == '{"version": 2}'


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_to_a_file_elsewhere_stays_a_link(tmp_path):
    real = tmp_path / "dotfiles.json"
    real.write_text('{"version": 1}')
    link = tmp_path / "machines.json"
    link.symlink_to(real)
    register(ME, link)
    assert link.is_symlink()
    assert "amd-epyc-2c" in json.loads(real.read_text())
