"""A psutil that lacks functions, refuses them or answers nothing: the fact is left out."""

import io
import json
from types import SimpleNamespace

import psutil
import pytest

from cnnfc.commands.machine import show_machine
from cnnfc.machine import record
from cnnfc.machine.state import available_memory, read_state, usable_cpus
from testkit import machines

#: Every function of psutil that describes a machine.
FUNCTIONS = (
    *("Process", "boot_time", "cpu_count", "cpu_freq", "cpu_stats", "cpu_times"),
    *("getloadavg", "pids", "sensors_battery", "sensors_fans", "sensors_temperatures"),
    *("swap_memory", "virtual_memory"),
)
ABSENT = object()


def raising(error):
    def refuse(*_, **__):
        raise error

    return refuse


#: What takes the place of a function.
WAYS = {
    "absent": ABSENT,
    "not for this user": raising(PermissionError(13, "Permission denied")),
    "not for this process": raising(psutil.AccessDenied(1)),
    "not on this system": raising(NotImplementedError("no sensors")),
    "unreadable": raising(OSError(5, "Input/output error")),
    "parsed wrongly": raising(ValueError("invalid literal")),
    "out of its depth": raising(RuntimeError("no counters")),
    "None": lambda *_, **__: None,
    "0": lambda *_, **__: 0,
    "nothing": lambda *_, **__: (),
    "no fields": lambda *_, **__: SimpleNamespace(),
}


def sound():
    """A psutil that answers everything."""
    memory = SimpleNamespace(total=8 * 2**30, available=6 * 2**30, free=5 * 2**30)
    times = SimpleNamespace(user=1.0, system=1.0, idle=5.0, steal=0.5, nice=0.0)
    return {
        "Process": lambda *_: SimpleNamespace(cpu_affinity=lambda: [0, 1]),
        "boot_time": lambda: 1e9,
        "cpu_count": lambda logical=True: 4 if logical else 2,
        "cpu_freq": lambda *_, **__: SimpleNamespace(current=2000.0, min=1000.0, max=3000.0),
        "cpu_stats": lambda: SimpleNamespace(ctx_switches=5, interrupts=6),
        "cpu_times": lambda *_, **__: times,
        "getloadavg": lambda: (0.1, 0.2, 0.3),
        "pids": lambda: [1, 2],
        "sensors_battery": lambda: SimpleNamespace(power_plugged=True),
        "sensors_fans": dict,
        "sensors_temperatures": lambda: {"chip": [SimpleNamespace(current=40.0)]},
        "swap_memory": lambda: SimpleNamespace(used=0),
        "virtual_memory": lambda: memory,
    }


@pytest.fixture
def machine(make_host):
    """Makes a host whose psutil has other answers for some functions."""

    def make(changes):
        answers = {**sound(), **changes}
        known = {name: value for name, value in answers.items() if value is not ABSENT}
        return make_host(psutil=SimpleNamespace(**known), logical_cpus=4)

    return make


@pytest.fixture
def make_host(tmp_path):
    return machines.host_maker(tmp_path)


def is_plain(value):
    json.dumps(value, allow_nan=False)
    return True


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_function_that_does_not_answer_costs_its_own_facts_alone(machine, name, way):
    whole, host = read_state(machine({})), machine({name: WAYS[way]})
    state = read_state(host)
    assert is_plain(state)
    assert 1 <= usable_cpus(host) <= 4
    assert available_memory(host) >= 0
    # Whatever else is known is as it was, and nothing is invented.
    for group in ("cpu", "memory", "temperatures"):
        for key, value in state[group].items():
            assert key == "usable" or value == whole[group][key], (group, key)


@pytest.mark.parametrize("way", WAYS)
def test_with_no_function_at_all_a_machine_is_described_and_a_record_begun(
    machine, tmp_path, way, home
):
    host = machine(dict.fromkeys(FUNCTIONS, WAYS[way]))
    assert usable_cpus(host) == 4
    assert available_memory(host) == 0
    path = record.begin(
        tmp_path / "records", commit=None, environment=None, profile=None, software=None, host=host
    )
    record.finish(path, host=host)
    found = record.read(path)
    assert found.state_after["memory"] == {}
    assert found.state_before["temperatures"] == {}
    assert "power_plugged" not in found.state_before
    for as_json in (False, True):
        out = io.StringIO()
        assert show_machine(as_json=as_json, register=False, out=out, host=host) == 0
        assert found.machine in out.getvalue()
        assert "None" not in out.getvalue()


@pytest.mark.parametrize("way", WAYS)
def test_a_process_without_an_affinity_may_use_every_core(machine, way):
    process = {} if WAYS[way] is ABSENT else {"cpu_affinity": WAYS[way]}
    host = machine({"Process": lambda *_: SimpleNamespace(**process)})
    state = read_state(host)
    assert "affinity" not in state["cpu"]
    assert usable_cpus(host) == 2  # psutil's physical cores


def test_the_installed_psutil_without_its_sensors_is_read(monkeypatch):
    for name in ("sensors_temperatures", "sensors_battery", "cpu_freq", "getloadavg"):
        monkeypatch.delattr(psutil, name, raising=False)
    state = read_state()
    assert state["temperatures"] == {}
    assert "power_plugged" not in state
    assert "load_average" not in state["cpu"]
    assert state["memory"]["total_bytes"] > 0
