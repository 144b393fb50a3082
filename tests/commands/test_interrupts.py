import enum
import signal
from types import SimpleNamespace

import pytest

from cnnfc.commands import interrupts
from cnnfc.commands.interrupts import terminations_interrupt

HANGUP = getattr(signal, "SIGHUP", None)
needs_hangup = pytest.mark.skipif(HANGUP is None, reason="this system has no SIGHUP")


@pytest.fixture
def handle():
    """Sets what a signal does until the test ends."""
    before = {}

    def do(signum, handler):
        before.setdefault(signum, signal.getsignal(signum))
        signal.signal(signum, handler)

    yield do
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=needs_hangup)])
def test_a_request_to_end_interrupts_and_later_does_what_it_did_before(handle, name):
    signum, heard = signal.Signals[name], []
    handle(signum, lambda *_: heard.append(name))
    with pytest.raises(KeyboardInterrupt), terminations_interrupt():
        signal.raise_signal(signum)
    assert heard == []
    signal.raise_signal(signum)
    assert heard == [name]


@needs_hangup
def test_under_nohup_a_closed_terminal_interrupts_nothing(handle):
    handle(HANGUP, signal.SIG_IGN)
    with terminations_interrupt():
        assert signal.getsignal(HANGUP) is signal.SIG_IGN
        signal.raise_signal(HANGUP)
    assert signal.getsignal(HANGUP) is signal.SIG_IGN


def test_a_system_without_sighup_is_served_for_the_others(handle, monkeypatch):
    handle(signal.SIGTERM, signal.SIG_DFL)
    windows = SimpleNamespace(
        Signals=enum.IntEnum("Signals", {"SIGTERM": signal.SIGTERM}),
        SIGTERM=signal.SIGTERM,
        SIG_IGN=signal.SIG_IGN,
        getsignal=signal.getsignal,
        signal=signal.signal,
    )
    monkeypatch.setattr(interrupts, "signal", windows)
    with pytest.raises(KeyboardInterrupt), terminations_interrupt():
        signal.raise_signal(signal.SIGTERM)
