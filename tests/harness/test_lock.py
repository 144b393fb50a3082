import errno
import fcntl
import os
import subprocess
import sys

import pytest

from cnnfc.errors import UsageError
from cnnfc.harness.lock import hold

HOLDER = """
import sys, time
from pathlib import Path
from cnnfc.harness.lock import hold
with hold(Path(sys.argv[1])) as descriptor:
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "run.lock")],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_refused_and_told_which_process_has_the_lock(tmp_path, holder):
    with (
        pytest.raises(UsageError, match=f"another run is measuring .*process {holder.pid}"),
        hold(tmp_path / "run.lock"),
    ):
        pass


def test_a_lock_ends_with_its_process_however_it_ended(tmp_path, holder):
    holder.kill()
    holder.wait(timeout=30)
    with hold(tmp_path / "run.lock"):
        assert (tmp_path / "run.lock").read_text() == f"{os.getpid()}\n"


def test_a_lock_is_free_after_use(tmp_path):
    for _ in range(2):
        with hold(tmp_path / "deep" / "run.lock"):
            pass


def test_a_lock_stays_while_a_process_that_inherited_it_runs(tmp_path):
    path = tmp_path / "run.lock"
    with hold(path) as descriptor:
        heir = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"],
            stdin=subprocess.PIPE,
            pass_fds=(descriptor,),
        )
    with heir:
        with pytest.raises(UsageError, match="another run"), hold(path):
            pass
        heir.stdin.close()
        heir.wait(timeout=30)
    with hold(path):
        pass


def test_a_place_where_no_lock_can_be_made_is_named(tmp_path):
    (tmp_path / "reports").write_text("a file")
    path = tmp_path / "reports" / "asv" / "run.lock"
    with (
        pytest.raises(UsageError, match=r"run\.lock cannot be locked \(.*\): make .* a folder"),
        hold(path),
    ):
        pass


def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch):
    def refuse(descriptor, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(UsageError, match="No locks available"), hold(tmp_path / "run.lock"):
        pass
