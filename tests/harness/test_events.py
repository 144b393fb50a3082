import json

import pytest

from cnnfc.harness.events import EnvironmentNamed, Message, PointEnded, PointStarted, parse
from cnnfc.harness.suite import Point
from cnnfc.records import Outcome


def line(**fields):
    return json.dumps(fields).encode()


def test_each_kind_of_event_is_read():
    point = {"benchmark": "a.time_b", "parameters": ["'x'"]}
    assert parse(line(kind="environment", name="e")) == EnvironmentNamed("e")
    assert parse(line(kind="message", level="INFO", text="t")) == Message("INFO", "t")
    assert parse(line(kind="start", **point)) == PointStarted(Point("a.time_b", ("'x'",)))
    ended = line(kind="end", **point, outcome="skipped", seconds=2, output="o", status=-9)
    assert parse(ended) == PointEnded(Point("a.time_b", ("'x'",)), Outcome.SKIPPED, 2.0, "o", -9)


def test_errors_of_asv_are_told_from_the_rest():
    assert Message("ERROR", "x").is_error
    assert Message("CRITICAL", "x").is_error
    assert not Message("WARNING", "x").is_error


@pytest.mark.parametrize(
    "text",
    [b"", b'{"kind": "st', b"[]", b"3", b"{}", b'{"kind": "later"}', b'{"kind": "start"}', b"\xff"],
)
def test_what_cannot_be_read_is_passed_over(text):
    assert parse(text) is None


def test_an_outcome_of_a_newer_program_is_passed_over():
    fields = {"benchmark": "a", "parameters": [], "seconds": 1, "output": "", "status": 0}
    assert parse(line(kind="end", outcome="postponed", **fields)) is None


def test_a_file_that_asv_could_not_write_says_why():
    event = parse(b'{"kind": "unwritten", "path": "/r.json", "number": 28, "reason": "No space"}')
    assert event.path == "/r.json"
    assert (event.error.errno, event.error.strerror) == (28, "No space")
