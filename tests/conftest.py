"""Puts back what measuring changes in the whole process; an empty home folder for who asks."""

import signal
import sys

import pytest


def pytest_configure():
    # A shell that starts pytest in the background lets it ignore Ctrl-C, and every program that it
    # starts: tests of interrupts would wait for ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _measuring_leaves_nothing_behind():
    yield
    # Only where a test has loaded it: most need no torch.
    layers = sys.modules.get("cnnfc.measure.layers")
    if layers is not None:
        layers._inference(enabled=False)
        layers.disturb()
        # Otherwise hypothesis finds that small numbers are zero.
        sys.modules["torch"].set_flush_denormal(False)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's home folder, which is empty."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder
