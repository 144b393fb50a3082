"""Commands are tested without what they would do to this machine, or wait for on it."""

import pytest

from cnnfc.machine.doctor.answers import Measured


@pytest.fixture(autouse=True)
def _nothing_is_probed(monkeypatch):
    monkeypatch.setattr("cnnfc.commands.doctor.measure_briefly", lambda host=None: Measured())


@pytest.fixture(scope="session")
def caches(tmp_path_factory):
    """The user's folder of caches, where indexes of results lie that are of no project."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def _no_cache_of_the_user_is_touched(monkeypatch, caches):
    monkeypatch.setattr("cnnfc.history.index.place._caches", lambda: caches)
