import os
import subprocess
import sys

import pytest

from cnnfc.harness.leftovers import sweep


@pytest.fixture
def dead():
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait(timeout=30)
    return process.pid


def test_what_a_killed_run_left_goes_and_nothing_else(tmp_path, dead):
    parts = [
        "benchmarks.json.tmp",
        "oak/1234abcd-here.json.tmp",
        "oak/machine.json.tmp",
        f"oak/.r.json.{dead}-0123abcd.tmp",
        f"oak/.r.json.{os.getpid()}-0123abcd.tmp",  # of a dead process that had our number
        "oak/.r.json.lock.tmp",
    ]
    kept = [
        "benchmarks.json",
        "oak/1234abcd-here.json",
        f"oak/.r.json.{os.getppid()}-0123abcd.tmp",  # its process is running
        f"oak/.r.json.{dead}-0123ABCD.tmp",
        "oak/notes.tmp",
        "oak/.mine.json.tmp",
        "elm/1234abcd-here.json.tmp",  # another machine's, in a folder that machines share
    ]
    for name in (*parts, *kept):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    sweep(tmp_path, "oak")
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(kept)


def test_folders_that_are_not_there_are_fine(tmp_path):
    sweep(tmp_path / "nothing", "oak")
