"""Result folders for the tests of the history."""

import json
from pathlib import Path

import pytest

from testkit import results_on_disk

RESULTS = Path(__file__).parent.parent / "data" / "results"
BOX = {"machine": "box", "cpu": "Example", "num_cpu": "2", "ram": "8"}


def file_content(results=None, **changes):
    """The JSON object of a sound result file with one benchmark, or with `results`."""
    rows = {"suite.time_a": [[1.5], []]} if results is None else results
    about = {"env_name": "virtualenv-py3.11", "params": BOX}
    return results_on_disk.file_content(rows, **{**about, **changes})


@pytest.fixture
def real():
    """A results folder that asv itself has written; see tests/data/results/README.md."""
    return RESULTS / "real"


@pytest.fixture
def format1():
    """A results folder in asv's old format."""
    return RESULTS / "format1"


@pytest.fixture
def box(tmp_path):
    """A results folder with one machine, and a function that writes files into it."""

    class Box:
        folder = tmp_path / "results"
        content = staticmethod(file_content)

        def write(self, name="aaaaaaaa-env.json", content=None, machine="box", **changes):
            path = self.folder / machine / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            elif isinstance(content, str):
                path.write_text(content, encoding="utf-8")
            else:
                path.write_text(json.dumps(content or file_content(**changes)), encoding="utf-8")
            return path

    box = Box()
    box.folder.mkdir()
    return box
