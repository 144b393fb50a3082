import importlib.util
from pathlib import Path

import pytest


def load():
    """``points.py``; with pytest's importlib mode tests cannot import their neighbours."""
    path = Path(__file__).with_name("points.py")
    spec = importlib.util.spec_from_file_location("studies_gate_points", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def gate_points():
    """Builders of points of the gate's study."""
    return load()
