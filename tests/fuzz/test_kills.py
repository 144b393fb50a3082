"""Commands that are killed at random moments: results stay as they are, the next command works."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLED = Path(__file__).with_name("killed.py")
#: 210 kills in all.
KILLS = {"index": 80, "merge": 80, "report": 50}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks, which this system has none of")
@pytest.mark.parametrize("command", KILLS)
def test_a_command_that_is_killed_at_any_moment_leaves_all_results_whole(tmp_path, command):
    done = subprocess.run(
        [sys.executable, "-W", "error", KILLED, command, str(KILLS[command]), "1", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        # A program with threads of numpy's had better not fork.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout)["killed"] == KILLS[command]
