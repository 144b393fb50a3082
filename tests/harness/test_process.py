import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cnnfc.harness import process as module
from cnnfc.harness.events import EnvironmentNamed, Message
from cnnfc.harness.process import Asv, stop

SEND = "import os, sys, time\ndef send(t): os.write(int(os.environ['CNNFC_EVENTS']), t.encode())\n"


def program(text):
    return (sys.executable, "-S", "-E", "-c", SEND + text)


@pytest.fixture
def asv(tmp_path):
    def make(text, **options):
        return Asv(tmp_path, tmp_path / "logs" / "a.log", program=program(text), **options)

    return make


def named(name):
    return f'{{"kind": "environment", "name": "{name}"}}\\n'


def test_events_are_heard_in_order_even_if_they_come_in_pieces(asv):
    heard = []
    text = f"send('{named('one')}{{'); time.sleep(0.05); send('{named('two')[1:]}')"
    status = asv(text).run([], heard.append)
    assert heard == [EnvironmentNamed("one"), EnvironmentNamed("two")]
    assert status == 0


def test_an_event_that_makes_no_sense_is_heard_as_nothing(asv):
    heard = []
    asv("send('nonsense\\n')").run([], heard.append)
    assert heard == [None]


def test_the_exit_status_is_asvs(asv):
    assert asv("sys.exit(2)").run([], print) == 2


def test_what_asv_prints_goes_to_the_log_behind_the_command(asv):
    runs = asv("print('to out', flush=True); print('to err', file=sys.stderr)")
    runs.run(["run", "--bench", "^a b$"], print)
    runs.run(["again"], print)
    assert runs.log.read_text() == (
        "\n$ asv run --bench '^a b$'\nto out\nto err\n\n$ asv again\nto out\nto err\n"
    )


def test_a_prompt_ends_at_once(asv):
    runs = asv("input('who are you?')")
    assert runs.run([], print) == 1
    assert "EOFError" in runs.log.read_text()


def test_there_is_no_terminal_to_ask_at(asv):
    text = "try: os.open('/dev/tty', os.O_RDWR)\nexcept OSError: sys.exit(7)"
    assert asv(text).run([], print) == 7


def test_standard_input_is_handed_over(asv):
    assert asv("sys.exit(int(sys.stdin.read()))").run([], print, standard_input="9\n") == 9


def test_an_asv_that_reads_nothing_is_no_problem(asv):
    assert asv("os.close(0)").run([], print, standard_input="x" * 200_000) == 0


def test_variables_are_added_and_taken_away(asv, monkeypatch):
    monkeypatch.setenv("CNNFC_COMMIT", "stale")
    text = "sys.exit('CNNFC_COMMIT' in os.environ or os.environ['A'] + os.environ['B'] != '12')"
    runs = asv(text, variables={"A": "1", "B": "0"})
    assert runs.run([], print, variables={"B": "2", "CNNFC_COMMIT": None}) == 0


def test_descriptors_to_keep_open_are_inherited(asv, tmp_path):
    with (tmp_path / "kept").open("w") as kept:
        runs = asv(f"os.write({kept.fileno()}, b'here')", kept_open=(kept.fileno(),))
        assert runs.run([], print) == 0
    assert (tmp_path / "kept").read_text() == "here"


def test_asv_works_in_the_projects_folder(asv, tmp_path):
    assert asv(f"sys.exit(os.getcwd() != {str(tmp_path)!r})").run([], print) == 0


def test_silence_is_heard_now_and_then(asv, monkeypatch):
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.05)
    heard = []
    asv("time.sleep(0.3)").run([], heard.append)
    assert heard
    assert set(heard) == {None}


def test_an_interrupt_reaches_asv_and_goes_on_when_asv_has_ended(asv, tmp_path):
    text = f"""
import signal
def last(*_):
    open({str(tmp_path / "cleaned")!r}, "w").close()
    sys.exit(1)
signal.signal(signal.SIGINT, last)
send('{named(1)}')
time.sleep(60)
"""

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asv(text).run([], interrupt)
    assert (tmp_path / "cleaned").exists()


def test_whatever_ends_the_listening_ends_asv_too(asv):
    pids = []

    def fail(event):
        pids.append(int(event.name))
        raise ValueError("listener")

    with pytest.raises(ValueError, match="listener"):
        asv('send(\'{"kind": "environment", "name": %d}\\n\' % os.getpid()); time.sleep(60)').run(
            [], fail
        )
    assert not psutil.pid_exists(pids[0])


def test_an_asv_that_does_not_listen_is_ended_with_all_that_it_started(monkeypatch):
    monkeypatch.setattr(
        module, "STOPS", ((signal.SIGINT, 0.05), (signal.SIGTERM, 0.05), (signal.SIGKILL, 5.0))
    )
    child = "import time; print('up', flush=True); time.sleep(60)"
    text = f"""
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(
    [sys.executable, "-c", {child!r}], start_new_session=True, stdout=subprocess.PIPE
)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", text], stdout=subprocess.PIPE, start_new_session=True
    )
    with process:
        child_pid = int(process.stdout.readline())
        stop(process)
        assert process.returncode == -signal.SIGKILL
    for _ in range(200):
        if not psutil.pid_exists(child_pid) or psutil.Process(child_pid).status() == "zombie":
            break
        time.sleep(0.01)
    else:
        pytest.fail("what asv started is still running")


def test_a_program_that_is_not_there_leaves_no_descriptor_open(tmp_path):
    before = sorted(Path("/dev/fd").iterdir())
    with pytest.raises(FileNotFoundError):
        Asv(tmp_path, tmp_path / "log", program=("/no/such/program",)).run([], print)
    assert sorted(Path("/dev/fd").iterdir()) == before


def test_messages_carry_text_of_any_kind(asv):
    heard = []
    event = {"kind": "message", "level": "ERROR", "text": "a\nµ"}
    asv(f"import json; send(json.dumps({event!r}) + chr(10))").run([], heard.append)
    assert heard == [Message("ERROR", "a\nµ")]
