import os
import signal
import subprocess
import sys
import time

import psutil
import pytest


def is_gone(pid):
    """Whether the process has ended; who reaps it is not the script's business."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(pid):
    for _ in range(1000):
        if is_gone(pid):
            return True
        time.sleep(0.01)
    return False


def test_a_step_is_waited_for_until_its_time_is_up(script, tmp_path, monkeypatch, capsys):
    log = tmp_path / "log"
    log.write_text("one\rtwo\n")
    monkeypatch.setattr(script.step, "PULSE", 0.01)
    interrupts = script.step.Interrupts()
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as step:
        assert not script.step.wait(step, log, 0.05, interrupts)
        assert " s left: two\n" in capsys.readouterr().out
        step.stdin.close()
        assert script.step.wait(step, log, 60, interrupts)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_is_packed_too(bare, signum):
    kill = f"import os, time; os.kill({os.getpid()}, {int(signum)}); time.sleep(60)"
    bare.programs = {"suite": kill, "fidelity": ""}
    before = signal.getsignal(signum)
    assert bare.run() == 130
    (step,) = bare.summary["steps"]
    assert step["ended"] == "interrupted"
    assert bare.summary["finished_at"]
    assert bare.archive.is_file()
    assert signal.getsignal(signum) is before


def test_a_terminal_that_may_close_interrupts_nothing(script, monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with script.step.Interrupts():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_the_background_of_a_shell_steps_can_be_interrupted_still(bare):
    bare.programs = {
        "suite": "import signal; assert signal.getsignal(2) is signal.default_int_handler"
    }
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert bare.run() == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_second_interrupt_while_a_step_is_stopped_hurries_it_and_is_packed(bare):
    bare.programs = {
        # It answers the first signal with another Ctrl-C, and only gives way to the second.
        "suite": "import os, signal, time\n"
        f"signal.signal(2, lambda *_: os.kill({os.getpid()}, 2))\n"
        "signal.signal(15, lambda *_: os._exit(7))\n"
        f"os.kill({os.getpid()}, 15); time.sleep(60)"
    }
    assert bare.run() == 130
    (step,) = bare.summary["steps"]
    assert (step["ended"], step["exit_code"]) == ("interrupted", 7)
    assert bare.archive.is_file()


def test_a_step_that_ignores_all_requests_is_killed(bare, script, monkeypatch):
    monkeypatch.setattr(script.step, "STOPS", ((signal.SIGINT, 0.05), (signal.SIGTERM, 0.05)))
    bare.programs = {
        "suite": "import os, signal, time; signal.signal(2, signal.SIG_IGN); "
        f"signal.signal(15, signal.SIG_IGN); os.kill({os.getpid()}, 15); time.sleep(60)"
    }
    assert bare.run() == 130
    assert bare.summary["steps"][0]["exit_code"] == -signal.SIGKILL


def test_an_interrupt_in_the_moment_of_the_start_leaves_nothing_running(bare, script, monkeypatch):
    started = []

    class Popen(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            if options.get("start_new_session"):
                started.append(self.pid)
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    bare.programs = {"suite": "import time; time.sleep(60)"}
    assert bare.run() == 130
    assert [is_gone(pid) for pid in started] == [True]
    assert bare.archive.is_file()


def test_what_a_step_has_started_is_gone_when_it_has_ended(bare):
    bare.programs = {
        "suite": "import pathlib, subprocess, sys\n"
        "left = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        "pathlib.Path('reports/results/pid').write_text(str(left.pid)); left.returncode = 0"
    }
    assert bare.run() == 0
    assert wait_until_gone(int((bare.out / "results" / "pid").read_text()))


def test_measuring_goes_on_when_nobody_listens_any_more(script, monkeypatch):
    class Gone:
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    script.carried.say("something")
