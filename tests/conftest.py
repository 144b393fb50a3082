"""Puts back what measuring changes in the whole process, for every test that may have measured."""

import sys

import pytest


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
