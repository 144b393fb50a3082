"""Settings that must be in force before torch loads."""

import os

from cnnfc.measure import quiet


def test_spinning_is_tamed_where_the_user_said_nothing(monkeypatch):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    quiet.prepare()
    assert os.environ["GOMP_SPINCOUNT"] == "1000"


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "77")
    quiet.prepare()
    assert os.environ["GOMP_SPINCOUNT"] == "77"


def test_the_limit_on_openblas_ends_when_numpy_is_loaded(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "5")
    quiet.prepare()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "5"
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    quiet.prepare()
    assert "OPENBLAS_NUM_THREADS" not in os.environ
