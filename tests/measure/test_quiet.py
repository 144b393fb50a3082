"""Settings that must be in force before torch loads."""

import os

from cnnfc.measure import quiet


def test_spinning_is_tamed_where_the_user_said_nothing(monkeypatch):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    quiet.prepare()
    assert os.environ["GOMP_SPINCOUNT"] == "1000"


def test_a_wait_policy_of_the_user_is_not_overridden_by_a_spin_count(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("KMP_BLOCKTIME", raising=False)
    quiet.prepare()
    assert "GOMP_SPINCOUNT" not in os.environ
    assert "KMP_BLOCKTIME" not in os.environ


def test_devices_are_counted_without_starting_cuda(monkeypatch):
    monkeypatch.delenv("PYTORCH_NVML_BASED_CUDA_CHECK", raising=False)
    quiet.prepare()
    assert os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] == "1"


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
