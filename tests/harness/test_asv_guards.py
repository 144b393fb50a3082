"""Single guards; what they make of a hostile suite is in tests/faults/test_benchmarks.py."""

import functools
import importlib.util
import logging
import os
import queue
import select
import signal
import threading
from types import SimpleNamespace

import asv.runner
import asv.util
import pytest

from cnnfc.harness.process import PROGRAM


@pytest.fixture
def guards():
    """The module as ``asv_main.py`` loads it."""
    path = PROGRAM[-1].replace("asv_main", "asv_guards")
    spec = importlib.util.spec_from_file_location("guards", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_long_text_keeps_its_beginning_and_its_end(guards):
    text = guards.shorten("a" * 2000 + "b" * 1_500_000 + "c" * 8000)
    assert text == "a" * 2000 + "\n[... 1,500,000 characters left out ...]\n" + "c" * 8000
    assert guards.shorten("d" * 10_000) == "d" * 10_000


@pytest.mark.parametrize(
    ("samples", "fine"),
    [
        (None, True),
        ([1, 2.5], True),
        ([float("inf")], True),  # asv stores it, and the reader names it
        ([], True),
        (["1"], False),
        ([None], False),
        ([True], False),
        ({"a": 1}, False),
    ],
)
def test_samples_are_numbers_or_a_failure(guards, samples, fine):
    assert guards._are_numbers(samples) is fine


def test_one_of_asvs_messages_may_be_longer_than_what_one_benchmark_prints(guards):
    record = logging.LogRecord("asv", logging.ERROR, "", 0, "m" * 5 * 2**20, (), None)
    assert guards._shorten_message(record)
    assert len(record.msg) < guards.LONGEST_MESSAGE + 3000
    short = logging.LogRecord("asv", logging.ERROR, "", 0, "m" * 2**20, (), None)
    guards._shorten_message(short)
    assert short.msg == "m" * 2**20


@pytest.fixture
def guarded(guards, monkeypatch):
    """asv's runner with guards, around a benchmark that ends as the test says."""
    root = logging.getLogger()
    filters = list(root.filters)

    def install(benchmark):
        monkeypatch.setattr(asv.runner, "_run_benchmark_single_param", benchmark)
        guards.install()
        return asv.runner._run_benchmark_single_param

    yield install
    root.filters[:] = filters


def outcome(**changes):
    fields = {"result": [1.0], "samples": [None], "number": [None], "errcode": 0, "stderr": ""}
    return asv.runner.BenchmarkResult(**{**fields, "profile": None, **changes})


def test_a_fault_of_asv_itself_is_not_taken_for_one_of_the_benchmark(guarded):
    def fail(*_, **__):
        raise ZeroDivisionError

    run = guarded(fail)
    for spawner in (
        SimpleNamespace(interrupted=False),  # the way of spawn, which has no server
        SimpleNamespace(interrupted=True, server_proc=SimpleNamespace(wait=lambda _: -9)),
    ):
        with pytest.raises(ZeroDivisionError):
            run({"name": "b"}, spawner, 0)


def test_only_a_benchmark_that_hung_is_not_run_again(guarded):
    calls = []

    def hang(benchmark, spawner, index):
        calls.append(index)
        status = asv.util.TIMEOUT_RETCODE if index == 0 else 1
        return outcome(result=[None], errcode=status, stderr="too long")

    run = guarded(hang)
    answers = [run({"name": "b"}, None, index) for index in (0, 1, 0, 1)]
    assert calls == [0, 1, 1]
    assert answers[2] == answers[0]


@pytest.fixture
def kills(guards, monkeypatch):
    """Signals that were sent, as (process, signal)."""
    sent = queue.SimpleQueue()
    monkeypatch.setattr(guards.os, "kill", lambda *what: sent.put(what))
    return sent


def test_the_end_of_the_caller_interrupts_asv(guards, kills):
    reader, writer = os.pipe()
    lost = threading.Event()
    guards.watch_caller(writer, lost.set)
    os.write(writer, b"news")
    os.read(reader, 100)
    assert not lost.is_set()
    assert kills.empty()
    os.close(reader)
    assert kills.get(timeout=30) == (os.getpid(), signal.SIGINT)
    assert lost.is_set()
    os.close(writer)


class MacPoll:
    """A poll that says nothing of a descriptor which it is asked nothing of."""

    def __init__(self, asked):
        self.asked = asked

    def register(self, descriptor, events):
        self.asked.append((descriptor, events))

    def poll(self, milliseconds=None):
        ((descriptor, events),) = self.asked
        if not events & select.POLLHUP:
            raise SystemExit  # for ever silent
        return [(descriptor, select.POLLHUP)]


def test_a_system_that_tells_only_what_it_is_asked_is_asked_for_the_end(guards, kills, monkeypatch):
    monkeypatch.setattr(guards.select, "poll", functools.partial(MacPoll, asked := []))
    guards.watch_caller(7, lambda: None)
    assert asked == [(7, select.POLLHUP | select.POLLERR)]
    assert kills.get(timeout=30) == (os.getpid(), signal.SIGINT)


def test_where_no_end_of_a_pipe_is_told_the_caller_is_looked_for(guards, kills, monkeypatch):
    looks = []
    parents = iter([50, 50, 50, 1])
    silent = SimpleNamespace(register=lambda *_: None, poll=looks.append)
    monkeypatch.setattr(guards.select, "poll", lambda: silent)
    monkeypatch.setattr(guards.os, "getppid", lambda: next(parents))
    guards.watch_caller(7, lambda: None)
    assert kills.get(timeout=30) == (os.getpid(), signal.SIGINT)
    assert looks == [1000, 1000, 1000]
