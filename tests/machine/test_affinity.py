from types import SimpleNamespace

import pytest

from cnnfc.machine import affinity
from testkit import machines


@pytest.fixture
def process(make_host, monkeypatch):
    """This machine, with an affinity that a test changes."""
    monkeypatch.setattr(affinity, "_remembered", [])
    state = SimpleNamespace(cpus={0, 1, 2})
    now = SimpleNamespace(cpu_affinity=lambda: sorted(state.cpus))
    state.host = make_host(psutil=machines.FakePsutil(Process=lambda: now))
    monkeypatch.setattr(affinity, "this_host", lambda: state.host)
    return state


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"OMP_PROC_BIND": "close"}, {0, 1, 2}),
        ({"OMP_PLACES": "cores"}, {0, 1, 2}),
        ({"KMP_AFFINITY": "granularity=fine,compact"}, {0, 1, 2}),
        ({"GOMP_CPU_AFFINITY": "0-1 7"}, {0, 1}),  # the others get no thread
        # Nothing binds, so a smaller set is somebody's choice.
        ({}, {0}),
        ({"OMP_PROC_BIND": "FALSE", "OMP_PLACES": "cores"}, {0}),
        ({"OMP_PROC_BIND": ""}, {0}),
        # These may leave out CPUs in ways that are not read.
        ({"OMP_PROC_BIND": "true", "OMP_PLACES": "{0}"}, {0}),
        ({"OMP_PLACES": "threads(1)"}, {0}),
        ({"GOMP_CPU_AFFINITY": "0-2:2"}, {0}),
        ({"KMP_AFFINITY": "proclist=[0],explicit"}, {0}),
    ],
)
def test_the_cpus_before_a_thread_was_bound_count(process, environ, expected):
    affinity.remember(environ=environ)
    process.cpus = {0}  # as after loading torch
    assert affinity.affinity(process.host) == expected


def test_what_was_remembered_first_stays(process):
    affinity.remember(environ={"OMP_PROC_BIND": "close"})
    process.cpus = {0}
    affinity.remember(environ={"OMP_PROC_BIND": "close"})
    assert affinity.affinity(process.host) == {0, 1, 2}


def test_other_machines_are_asked_whatever_was_remembered_of_this_one(process, make_host):
    affinity.remember(environ={"OMP_PROC_BIND": "close"})
    assert affinity.affinity(make_host(psutil=machines.psutil_of(affinity={5}))) == {5}


def test_a_system_without_affinity_has_nothing_to_remember(process, make_host):
    process.host = make_host(psutil=None)
    affinity.remember(environ={"OMP_PROC_BIND": "close"})
    assert affinity.affinity(process.host) is None
