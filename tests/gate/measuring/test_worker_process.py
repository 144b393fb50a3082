"""The parent's half: what happens when a worker dies, hangs or is confused."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cnnfc.errors import UsageError
from cnnfc.gate.measuring.worker_process import PROGRAM, WorkerLost, check_system

TIMEOUT = 60.0
#: For a worker that never answers; shorter than what it takes to start would be a race.
SHORT = 3.0
LEG = {"index": 0, "number": 1, "seconds": 0.0, "warm_calls": 0}


def leg(worker, name, timeout=TIMEOUT):
    return worker.ask("leg", timeout, benchmark=f"faults.{name}", **LEG)


def is_running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def ends_soon(pid):
    end = time.monotonic() + TIMEOUT
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not is_running(pid)


@pytest.mark.parametrize(
    ("name", "failed"),
    [
        ("time_raises", "ValueError: on purpose"),
        ("time_exits", "SystemExit: 3"),
        ("time_interrupts", "KeyboardInterrupt"),
    ],
)
def test_whatever_a_benchmark_raises_is_an_answer_and_the_worker_goes_on(start, name, failed):
    worker = start("ends")
    assert leg(worker, name)["failed"] == failed
    assert len(leg(worker, "time_well")["values"]) == 1


def test_what_a_benchmark_prints_is_no_answer(start):
    worker = start("ends")
    assert leg(worker, "time_garbage")["values"] != [0.0]
    assert len(leg(worker, "time_well")["values"]) == 1
    assert worker.said().startswith('{"id": 1, "values": [0.0]}\n{"id": 2, "values": [0.0]}\n')


def test_lines_among_the_answers_that_answer_nothing_are_passed_over(start):
    worker = start("ends")
    assert leg(worker, "time_writes_everywhere")["values"] != [0.0]
    assert worker.ask("hello", TIMEOUT)["pid"] == worker.pid


def children_end_soon(worker):
    return all(ends_soon(child.pid) for child in psutil.Process(worker.pid).children())


def test_a_child_that_comes_back_from_a_benchmark_calls_it_no_more(start, tmp_path):
    worker = start("ends")
    request = {**LEG, "benchmark": "faults.time_forks", "warm_calls": 1}
    assert len(worker.ask("leg", TIMEOUT, **request)["values"]) == 1
    assert worker.ask("hello", TIMEOUT)["pid"] == worker.pid
    assert children_end_soon(worker)
    # The warm call and the value, and not once more in each child.
    assert (tmp_path / "work" / "forks").read_text() == "xx"


def test_a_child_that_comes_back_from_an_import_answers_nothing(start):
    worker = start("forking")
    assert worker.ask("load", TIMEOUT)["benchmarks"] == 1
    assert children_end_soon(worker)
    assert worker.ask("hello", TIMEOUT)["pid"] == worker.pid


def test_a_worker_that_ends_says_its_exit_code_and_last_words(start, monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    worker = start("ends")
    with pytest.raises(WorkerLost) as lost:
        leg(worker, "time_ends")
    assert str(lost.value) == (
        f"the worker of the baseline (process {worker.pid}) ended with exit code 7 while it was "
        "asked for 'leg'; its last words: these are my last words"
    )
    assert lost.value.said == "these are my last words\n"
    assert not is_running(worker.pid)


def test_a_worker_that_is_killed_says_by_which_signal(start):
    worker = start("ends")
    with pytest.raises(WorkerLost, match="was ended by SIGKILL while it was asked for 'leg'"):
        leg(worker, "time_killed")
    with pytest.raises(WorkerLost, match="SIGKILL"):  # and whoever asks again hears the same
        worker.ask("hello", TIMEOUT)
    with pytest.raises(WorkerLost, match="SIGKILL"):
        worker.receive(TIMEOUT)


def test_a_worker_that_is_killed_while_nobody_asks_is_found_lost(start):
    worker = start("ends")
    worker.ask("hello", TIMEOUT)
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerLost, match="was ended by SIGKILL"):
        worker.ask("hello", TIMEOUT)


def test_an_end_is_noticed_although_a_child_holds_the_answers_open(start, tmp_path):
    worker = start("ends")
    with pytest.raises(WorkerLost, match="ended with exit code 7"):
        leg(worker, "time_ends_and_leaves_a_child")
    assert ends_soon(int((tmp_path / "work" / "child").read_text()))


def test_a_worker_that_does_not_answer_is_killed_with_all_it_started(start, tmp_path):
    worker = start("ends")
    worker.ask("hello", TIMEOUT)
    with pytest.raises(WorkerLost, match="did not answer 'leg' within 3 s and was killed"):
        leg(worker, "time_hangs", timeout=SHORT)
    assert not is_running(worker.pid)
    assert ends_soon(int((tmp_path / "work" / "child").read_text()))
    assert ends_soon(int((tmp_path / "work" / "stranger").read_text()))


def test_two_workers_can_be_asked_before_either_answers(start):
    workers = [start("ends"), start("ends", side={"role": "contender"})]
    for worker in workers:
        worker.send("hello")
        worker.send("load")
    assert [worker.receive(TIMEOUT)["pid"] for worker in workers] == [w.pid for w in workers]
    assert all(worker.receive(TIMEOUT)["benchmarks"] > 10 for worker in workers)
    assert [worker.role for worker in workers] == ["baseline", "contender"]


def test_a_suspended_worker_waits_and_a_resumed_one_answers(start):
    worker = start("ends")
    worker.ask("hello", TIMEOUT)
    worker.suspend()
    worker.send("hello")
    process = psutil.Process(worker.pid)
    end = time.monotonic() + TIMEOUT
    while process.status() != psutil.STATUS_STOPPED and time.monotonic() < end:
        time.sleep(0.01)
    assert process.status() == psutil.STATUS_STOPPED
    worker.resume()
    assert worker.receive(TIMEOUT)["pid"] == worker.pid


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_no_process_is_left_when_the_block_ends_in_an_error(start, error):
    worker = start("ends")
    worker.ask("hello", TIMEOUT)
    worker.suspend()
    with pytest.raises(error), worker:
        raise error
    assert not psutil.pid_exists(worker.pid)


def test_a_stopped_worker_can_be_stopped_again_and_still_says_nothing(start):
    worker = start("ends")
    with worker:
        worker.ask("hello", TIMEOUT)
    worker.stop()
    assert not psutil.pid_exists(worker.pid)
    assert worker.said() == ""


def test_its_environment_is_the_callers_with_what_the_side_says(start, tmp_path, monkeypatch):
    for name in ("PYTHONPATH", "CNNFC_RECORD"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("FROM_CALLER", "1")
    side = {"environment": {"FROM_SIDE": "2", "PYTHONHASHSEED": "5"}}
    worker = start("ends", side=side, environment={"PYTHONHASHSEED": "7"})
    worker.ask("value", TIMEOUT, benchmark="faults.track_environment", index=0)
    found = json.loads((tmp_path / "work" / "environment").read_text())
    assert (found["FROM_CALLER"], found["FROM_SIDE"], found["PYTHONHASHSEED"]) == ("1", "2", "7")
    assert found["ASV_CONF_DIR"] == str(tmp_path)
    assert found["ASV_COMMIT"] == "c" * 40
    assert found["PYTHONDONTWRITEBYTECODE"] == "1"
    # Not the caller's: it leads what a benchmark starts to the side's package.
    assert found["PYTHONPATH"] == str(Path(__file__).parents[1] / "suites" / "fakes")
    assert "CNNFC_RECORD" not in found


def test_a_worker_that_cannot_be_started_is_lost_and_nothing_is_left_open(start):
    before = psutil.Process().num_fds()
    worker = start("ends", side={"python": Path("/no/such/python")})
    with worker:
        worker.suspend()
        for _ in range(2):
            with pytest.raises(
                WorkerLost, match=r"no worker of the baseline could be started.*such"
            ):
                worker.ask("hello", TIMEOUT)
    assert worker.said() == ""
    assert psutil.Process().num_fds() == before


def test_no_folder_to_work_in_is_a_lost_worker_too(start, tmp_path):
    (tmp_path / "work").rmdir()
    (tmp_path / "work").touch()
    worker = start("ends")
    with pytest.raises(WorkerLost, match="no worker of the baseline could be started"):
        worker.send("hello")


@pytest.mark.parametrize("at_once", [True, False])
def test_a_number_that_may_be_anothers_by_now_gets_no_signal(start, monkeypatch, at_once):
    worker = start("ends")
    worker.ask("hello", TIMEOUT)
    worker.stop(at_once=at_once)
    signals = []
    monkeypatch.setattr(os, "killpg", lambda *arguments: signals.append(arguments))
    worker.suspend()
    worker.resume()
    worker.stop()
    assert signals == []


def test_what_has_a_session_of_its_own_ends_with_an_idle_worker(start, tmp_path):
    worker = start("ends")
    leg(worker, "time_starts_a_stranger")
    stranger = int((tmp_path / "work" / "stranger").read_text())
    assert is_running(stranger)
    worker.stop()
    assert ends_soon(stranger)


def test_both_sides_have_environments_of_one_size(start, tmp_path, monkeypatch):
    monkeypatch.setenv("ASV_COMMIT", "of another run")
    seen = []
    for commit in ("c" * 40, None):
        worker = start("ends", side={"commit": commit})
        worker.ask("value", TIMEOUT, benchmark="faults.track_environment", index=0)
        seen.append(json.loads((tmp_path / "work" / "environment").read_text())["ASV_COMMIT"])
    assert seen == ["c" * 40, "t" * 40]


@pytest.mark.parametrize("system", ["Linux", "Darwin"])
def test_the_gate_runs_where_processes_can_be_suspended(monkeypatch, system):
    monkeypatch.setattr(platform, "system", lambda: system)
    check_system()


@pytest.mark.parametrize(("system", "named"), [("Windows", "Windows"), ("", "another system")])
def test_another_system_is_refused_in_a_sentence(monkeypatch, system, named):
    monkeypatch.setattr(platform, "system", lambda: system)
    with pytest.raises(UsageError, match=f"runs on Linux and macOS alone, and this is {named}: "):
        check_system()


_PARENT = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from conftest import Worker, side_of
folder = Path({folder!r})
worker = Worker(side_of("ends", folder), folder)
worker.ask("hello", 60)
worker.suspend()
print(worker.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a process with its parent")
def test_a_suspended_worker_ends_when_its_parent_is_killed(tmp_path):
    text = _PARENT.format(tests=str(Path(__file__).parents[1]), folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        try:
            assert is_running(pid)
        finally:
            parent.kill()
    assert ends_soon(pid)


def test_a_worker_whose_parent_is_gone_already_ends(tmp_path):
    arguments = {"suite": str(tmp_path), "path": [], "parent": 1 if os.getpid() != 1 else 2}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), json.dumps(arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT,
    )
    assert (done.returncode, done.stdout) == (1, b"")
