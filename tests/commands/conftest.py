"""Commands are tested without the half second in which the doctor measures before a run."""

import pytest

from cnnfc.machine.doctor.answers import Measured


@pytest.fixture(autouse=True)
def _nothing_is_probed(monkeypatch):
    monkeypatch.setattr("cnnfc.commands.doctor.measure_briefly", lambda host=None: Measured())
