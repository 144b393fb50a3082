"""An index that is damaged, or that many use at once, says what the result files say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs forks, which this system has none of"
)


def run(program, *arguments):
    done = subprocess.run(
        [sys.executable, "-W", "error", HERE / program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        # A program with threads of numpy's had better not fork.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_a_damaged_index_says_what_the_files_say(tmp_path):
    found = json.loads(run("damaged_index.py", 40, 1, tmp_path))
    assert found["damaged"] == 40
    # Many a bit lies where nothing is; but not all do.
    assert found["made again"] >= 10


def test_several_processes_at_once_all_get_the_right_answer(tmp_path):
    run("at_once.py", 10, tmp_path)
