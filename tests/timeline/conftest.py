import importlib.util
from datetime import UTC, datetime
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


@pytest.fixture(scope="session")
def edges():
    """Detectors of change points for values without noise."""
    path = Path(__file__).with_name("edges.py")
    spec = importlib.util.spec_from_file_location("timeline_edges", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def grow(make):
    """A history of commits 1 to `count`, in which series go by functions of the commit's number."""

    def build(levels, count=12, hardware=(), skip=(), **fields):
        runs = [
            make.run(
                *(
                    make.point(*key, value=level(number), spread=0.0)
                    for key, level in levels.items()
                    if level(number) is not None
                ),
                number=number,
                at=datetime(2026, 3, number, 13, tzinfo=UTC),
                **fields,
            )
            for number in range(1, count + 1)
            if number not in skip
        ]
        return make.history(*runs, hardware=hardware)

    return build


@pytest.fixture(scope="session")
def step():
    """A level that is multiplied by `factor` from commit `at` on."""

    def build(factor, at=7, level=1e-3, back=99):
        return lambda number: level * (factor if at <= number < back else 1.0)

    return build
