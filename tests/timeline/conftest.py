from datetime import UTC, datetime

import pytest

from testkit import histories as make


@pytest.fixture(scope="session")
def grow():
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
