"""Workers on the small suites of this folder, each in a scratch folder of its own."""

import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from cnnfc.gate.measuring.setting import Protocol, Setting
from cnnfc.gate.measuring.worker_process import Worker
from cnnfc.gate.sides import Side, Sides

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


#: Legs so short that a pair of tiny benchmarks takes little more than starting its workers.
QUICK = Protocol(leg_seconds=0.001, blocks=1, warm_calls=1, canary_seconds=0.001)


def _write(folder, files):
    for name, text in {"__init__.py": "", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


@pytest.fixture
def make_setting(tmp_path):
    """Makes two sides of one suite, given as texts by file name or as the text of ``it.py``.

    Benchmarks tell the sides apart by ``tiny.ROLE``.  `own` is the baseline's own suite, if it is
    another one, or None if it has none.  After the test no process is left.
    """
    before = {process.pid for process in psutil.Process().children(recursive=True)}

    def files(suite):
        return {"it.py": suite} if isinstance(suite, str) else suite

    def make(suite, *, own="the same", **settings):
        folder = tmp_path / "contender" / "benchmarks"
        shared = _write(folder, files(suite))
        if own is not None:
            own = shared if own == "the same" else _write(tmp_path / "own" / "suite", files(own))
        sides = []
        for role in ("baseline", "contender"):
            package = _write(tmp_path / role, {"tiny.py": f"ROLE = {role!r}\n"})
            about = {"role": role, "label": role, "own_suite": own}
            sides.append(side_of(shared, tmp_path, path=(package,), **about))
        place = tmp_path / "scratch"
        place.mkdir(exist_ok=True)
        return Setting(Sides(*sides), place, **{"protocol": QUICK, **settings})

    yield make
    left = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    assert not left
