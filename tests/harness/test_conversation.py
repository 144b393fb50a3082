"""Programs of a few lines that answer, die, hang or leave something behind."""

import json
import os
import signal
import sys
import time

import psutil
import pytest

from cnnfc.harness.conversation import Conversation

TIMEOUT = 60.0
ECHO = "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)\n"


@pytest.fixture
def talk_to():
    """Starts programs, given as text, and ends them after the test."""
    talks = []

    def start(text, **options):
        options = {"environment": dict(os.environ), **options}
        talks.append(Conversation([sys.executable, "-c", text], **options))
        return talks[-1]

    yield start
    for talk in talks:
        talk.stop()


def answer(talk, seconds=TIMEOUT):
    return talk.receive(time.monotonic() + seconds)


def ends_soon(pid):
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_each_line_is_answered_in_its_order(talk_to):
    talk = talk_to(ECHO)
    talk.send("one")
    talk.send("two")
    assert [answer(talk), answer(talk)] == [b"ONE", b"TWO"]


def test_lines_that_come_together_or_in_pieces_are_whole(talk_to):
    talk = talk_to(
        "import os, time\nos.write(1, b'a\\nb\\nc')\ntime.sleep(0.05)\nos.write(1, b'c\\n')\n"
    )
    assert [answer(talk) for _ in range(3)] == [b"a", b"b", b"cc"]


def test_it_runs_in_its_folder_with_the_variables_it_is_given_alone(talk_to, tmp_path):
    text = "import json, os; print(json.dumps([os.getcwd(), dict(os.environ)]))"
    folder, variables = json.loads(answer(talk_to(text, environment={"A": "1"}, folder=tmp_path)))
    assert folder == str(tmp_path.resolve())
    assert variables.pop("A") == "1"
    assert "PATH" not in variables


def test_no_answer_in_time_is_a_time_out_and_the_program_goes_on(talk_to):
    talk = talk_to(ECHO)
    with pytest.raises(TimeoutError):
        answer(talk, 0.01)
    talk.send("late")
    assert answer(talk) == b"LATE"


def test_what_was_written_before_the_end_is_read_first(talk_to):
    talk = talk_to("print('last'); raise SystemExit('these are my last words')")
    assert answer(talk) == b"last"
    with pytest.raises(EOFError):
        answer(talk)
    assert talk.how_it_ended("while it was asked") == "ended with exit code 1 while it was asked"
    assert talk.said() == "these are my last words\n"
    assert talk.said(6) == "words\n"


def test_an_end_is_noticed_although_a_child_holds_the_answers_open(talk_to):
    child = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    talk = talk_to(child)
    pid = int(answer(talk))
    with pytest.raises(EOFError):
        answer(talk)
    talk.kill()
    assert ends_soon(pid)


def test_a_program_that_closes_its_answers_and_goes_on_is_said(talk_to):
    talk = talk_to("import os, time; os.close(1); time.sleep(600)")
    with pytest.raises(EOFError):
        answer(talk)
    assert talk.how_it_ended() == "stopped answering"


@pytest.mark.parametrize(
    ("signum", "said"),
    [
        (signal.SIGKILL, "was ended by SIGKILL (perhaps the machine ran out of memory)"),
        (signal.SIGTERM, "was ended by SIGTERM"),
    ],
)
def test_a_signal_that_ended_it_is_named(talk_to, signum, said):
    talk = talk_to(ECHO)
    talk.send_signal(signum)
    with pytest.raises(EOFError):
        answer(talk)
    assert talk.how_it_ended() == said
    assert talk.returncode == -signum


def test_nobody_reads_what_is_sent_to_a_program_that_has_ended(talk_to):
    talk = talk_to("")
    with pytest.raises(EOFError):
        answer(talk)
    talk.how_it_ended()
    with pytest.raises(BrokenPipeError):
        talk.send("hello")


def test_with_patience_its_input_ends_and_it_ends_by_itself_though_suspended(talk_to, tmp_path):
    text = ECHO + f"open({str(tmp_path / 'tidy')!r}, 'w').close()\n"
    for patience, is_tidy in ((0.0, False), (TIMEOUT, True)):
        talk = talk_to(text)
        talk.send("ready")
        answer(talk)
        talk.send_signal(signal.SIGSTOP)
        talk.stop(patience)
        assert (tmp_path / "tidy").exists() is is_tidy
        assert talk.returncode == (0 if is_tidy else -signal.SIGKILL)


def test_what_it_started_ends_with_it_though_its_session_is_another(talk_to):
    text = (
        "import subprocess, sys\n"
        "print(subprocess.Popen(['sleep', '600'], start_new_session=True).pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    for end in (lambda talk: talk.stop(TIMEOUT), lambda talk: talk.kill()):
        talk = talk_to(text)
        stranger = int(answer(talk))
        end(talk)
        assert ends_soon(stranger)


def test_once_stopped_it_says_nothing_gets_no_signal_and_holds_nothing_open(talk_to, monkeypatch):
    before = psutil.Process().num_fds()
    talk = talk_to(ECHO)
    talk.stop()
    monkeypatch.setattr(os, "killpg", lambda *_: pytest.fail("a number of another by now"))
    talk.stop()
    talk.send_signal(signal.SIGCONT)
    assert talk.said() == ""
    assert psutil.Process().num_fds() == before


def test_a_program_that_cannot_be_started_leaves_nothing_open():
    before = psutil.Process().num_fds()
    with pytest.raises(FileNotFoundError, match="no/such/program"):
        Conversation(["/no/such/program"], {})
    assert psutil.Process().num_fds() == before
