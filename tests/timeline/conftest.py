import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def make():
    """Builders of histories, shared with the tests of the report."""
    path = Path(__file__).parents[1] / "report" / "histories.py"
    spec = importlib.util.spec_from_file_location("timeline_histories", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
