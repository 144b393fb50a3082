"""Workers on the small suites of this folder, each in a scratch folder of its own."""

import sys
from pathlib import Path

import pytest

from cnnfc.gate.sides import Side
from cnnfc.gate.worker_process import Worker

SUITES = Path(__file__).parent / "suites"


def side_of(suite, folder, **fields):
    """A baseline that runs `suite` with this interpreter; `folder` holds its asv.conf.json."""
    found = {
        "role": "baseline",
        "label": "HEAD",
        "commit": "c" * 40,
        "tree": "t" * 40,
        "suite": SUITES / suite,
        "own_suite": None,
        "path": (SUITES / "fakes",),
        "python": Path(sys.executable),
        "config": folder,
    }
    return Side(**{**found, **fields})


@pytest.fixture
def start(tmp_path):
    """Starts workers, which run in ``tmp_path / "work"`` and are gone after the test."""
    (tmp_path / "work").mkdir()
    workers = []

    def start_one(suite, *, side=None, **options):
        worker = Worker(side_of(suite, tmp_path, **(side or {})), tmp_path / "work", **options)
        workers.append(worker)
        return worker

    yield start_one
    for worker in workers:
        worker.stop(at_once=True)
