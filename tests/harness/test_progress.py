import io

import pytest

from cnnfc.harness.progress import LOG_SECONDS, Progress, line
from testkit.clocks import Clock
from testkit.terminals import Terminal


@pytest.fixture
def clock():
    return Clock(now=1000.0)


def test_the_line_says_commit_count_time_left_and_what_is_measured():
    text = line("3f2a1b9c", "dense.1024-512 cpu-2", done=12, total=340, seconds_left=128, width=80)
    assert text == "3f2a1b9c   12/340  2 min 08 s left  dense.1024-512 cpu-2"


def test_the_line_leaves_out_what_is_not_known():
    text = line("3f2a1b9c", "building", done=0, total=0, seconds_left=None, width=80)
    assert text == "3f2a1b9c  building"


def test_the_line_never_wraps():
    text = line("3f2a1b9c", "x" * 100, done=1, total=2, seconds_left=1, width=40)
    assert len(text) == 40
    assert text.endswith("…")


def test_a_terminal_gets_one_line_that_is_rewritten(clock):
    out = Terminal()
    progress = Progress(out, clock)
    progress.commit = "c"
    progress.show("one")
    clock.now += 0.2
    progress.show("two")
    assert out.getvalue() == "\r\x1b[Kc  one\r\x1b[Kc  two"


def test_a_terminal_is_not_rewritten_more_often_than_an_eye_can_follow(clock):
    out = Terminal()
    progress = Progress(out, clock)
    for _ in range(100):
        progress.show("x")
        clock.now += 0.001
    assert out.getvalue().count("\r") == 1


def test_what_stays_takes_the_place_of_the_progress_line(clock):
    out = Terminal()
    progress = Progress(out, clock)
    progress.show("one")
    progress.say("done")
    progress.say("more")
    assert out.getvalue() == "\r\x1b[Kone\r\x1b[Kdone\nmore\n"


def test_a_log_gets_whole_lines_now_and_then(clock):
    out = io.StringIO()
    progress = Progress(out, clock)
    progress.total = 10
    for done in range(10):
        progress.done = done
        progress.show("x", 5.0)
        clock.now += LOG_SECONDS / 4
    assert out.getvalue() == " 0/10  5 s left  x\n 4/10  5 s left  x\n 8/10  5 s left  x\n"
    assert "\r" not in out.getvalue()


def test_a_log_gets_a_line_at_once_where_it_matters(clock):
    out = io.StringIO()
    progress = Progress(out, clock)
    progress.show("one")
    progress.show("two", now=True)
    assert out.getvalue() == "one\ntwo\n"
