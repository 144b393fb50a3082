"""Machines to read, from `testkit.machines`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cnnfc.machine.host import Host
from testkit import machines


@pytest.fixture
def make_host(tmp_path: Path) -> Callable[..., Host]:
    """Builds a host from files and stand-ins."""
    return machines.host_maker(tmp_path)


@pytest.fixture
def mac(make_host: Callable[..., Host]) -> Host:
    """A Mac: no /proc, no /sys, and a psutil without affinity and sensors."""
    psutil = machines.psutil_of(
        total=16,
        available=7,
        cpu_count=lambda logical: 10,
        getloadavg=lambda: (2.126, 1.5, 1.0),
    )
    return make_host(
        system="Darwin",
        architecture="arm64",
        kernel="24.5.0",
        logical_cpus=10,
        psutil=psutil,
        sysctl=lambda: machines.MAC_SYSCTL,
    )
