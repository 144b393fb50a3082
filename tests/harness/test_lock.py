import errno
import fcntl
import os
import subprocess
import sys

import pytest

from cnnfc.errors import UsageError
from cnnfc.harness import lock
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


def test_the_asv_of_a_killed_run_is_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "run.lock"
    waits = []
    with hold(path):
        path.write_text("999999999\n")  # no process has a number that high

        def wait(seconds):
            waits.append(seconds)
            if len(waits) == 3:
                monkeypatch.setattr(fcntl, "flock", lambda *_: None)

        monkeypatch.setattr(lock.time, "sleep", wait)
        with hold(path):
            assert path.read_text() == f"{os.getpid()}\n"
    assert len(waits) == 3


def test_the_asv_of_a_killed_run_that_does_not_end_is_named(tmp_path, monkeypatch):
    path = tmp_path / "run.lock"
    monkeypatch.setattr(lock, "LAST_WORDS", 0.0)
    with hold(path):
        path.write_text("999999999\n")
        with (
            pytest.raises(UsageError, match=r"was killed \(process 999999999\) and its asv still"),
            hold(path),
        ):
            pass


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(lock.os, "pwrite", refuse)
    with pytest.raises(UsageError, match=r"No space left on device.*: free some space"):
        hold(tmp_path / "run.lock").__enter__()
