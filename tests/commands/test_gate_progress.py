import io
from types import SimpleNamespace

import pytest

from cnnfc.commands.gate_progress import GateProgress
from cnnfc.gate.judging.trial import State
from testkit.clocks import Clock
from testkit.terminals import Terminal


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def out(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    return Terminal()


@pytest.fixture
def progress(out, clock):
    return GateProgress(out, clock)


def trials(*states):
    return [SimpleNamespace(state=state) for state in states]


def lines(out):
    return out.getvalue().replace("\r\x1b[K", "\n").split("\n")


def test_a_case_is_shown_with_the_phase_that_has_begun(progress, out, clock):
    progress.begin("survey")
    progress.case("a.time_b")
    assert lines(out)[-1] == "survey  a.time_b"
    clock.now = 1.0
    progress.begin("pair 1")
    progress.case("a.time_b")
    assert lines(out)[-1] == "pair 1  a.time_b"


def test_values_take_none_of_the_time_that_was_left_to_pairs(progress, out, clock):
    progress.pair(trials(State.PASSED), 5, 75.0)
    clock.now = 1.0
    progress.begin("pair 6")
    progress.case("a.time_b")
    assert lines(out)[-1] == "pair 6  1/1  1 min 15 s left  1 passed  a.time_b"
    clock.now = 2.0
    progress.begin("values")
    progress.case("a.track_c")
    assert lines(out)[-1] == "values  1/1  1 passed  a.track_c"


def test_a_pair_says_what_is_decided_and_the_time_left(progress, out):
    progress.pair(trials(State.PASSED, State.CONFIRMING, State.OPEN, State.SLOWER), 5, 75.0)
    assert lines(out)[-1] == ("pair 5  2/4  1 min 15 s left  1 slower, 1 being confirmed, 1 passed")


def test_every_state_but_open_has_a_word(progress, out):
    progress.pair(trials(*State), 1, 0.0)
    text = lines(out)[-1]
    for word in ("slower", "being confirmed", "passed", "not confirmed", "undecided", "broken"):
        assert f"1 {word}" in text
    assert "5/7" in text


def test_a_case_is_shown_beside_what_is_decided(progress, out, clock):
    progress.pair(trials(State.PASSED, State.OPEN), 9, 60.0)
    clock.now = 1.0
    progress.case("a.time_b")
    assert lines(out)[-1] == "pair 9  1/2  1 min 00 s left  1 passed  a.time_b"


def test_the_first_pairs_decide_nothing(progress, out):
    progress.pair(trials(State.OPEN, State.OPEN), 1, 10.0)
    assert lines(out)[-1] == "pair 1  0/2  10 s left  nothing decided yet"


def test_what_is_said_takes_the_place_of_the_progress(progress, out):
    progress.begin("survey")
    progress.case("a.time_b")
    progress.say("note: read this")
    assert out.getvalue() == "\r\x1b[Ksurvey  a.time_b\r\x1b[Knote: read this\n"
    progress.clear()
    assert out.getvalue().endswith("this\n")


def test_the_line_can_be_taken_off(progress, out):
    progress.case("a.time_b")
    progress.clear()
    assert out.getvalue().endswith("a.time_b\r\x1b[K")


def test_a_log_gets_a_line_now_and_then(clock):
    out = io.StringIO()
    progress = GateProgress(out, clock)
    for pair in range(1, 7):
        progress.pair(trials(State.OPEN), pair, 60.0)
        clock.now += 4.0
    assert [line.split("  ")[0] for line in out.getvalue().splitlines()] == ["pair 1", "pair 5"]
