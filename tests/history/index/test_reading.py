import json
from datetime import UTC, datetime

import pytest

from cnnfc.history.index.reading import Head, read_content
from cnnfc.history.index.times import from_ms, to_ms


def content(box, **changes):
    return json.dumps(box.content(**changes)).encode()


def test_a_head_is_the_same_after_it_was_text(box):
    rows = {"s.time_a": [[1.5, None, float("nan")], [["1", "2", "3"]], "1", 1_772_438_400_250]}
    found = read_content(
        content(box, results=rows, requirements={"numpy": "1.9", "\u00e9": None}), "results/x.json"
    )
    assert (found.head.measured, found.head.skipped, found.head.failed) == (1, 1, 1)
    assert found.head.started_at == datetime(2026, 3, 2, 8, 0, 0, 250_000, tzinfo=UTC)
    text = found.head.to_text()
    assert text.isascii()
    assert Head.parse(text, "results/x.json") == found.head


def test_a_file_without_times_has_a_head_without_a_start(box):
    found = read_content(content(box), "x")
    assert found.head.started_at is None
    assert Head.parse(found.head.to_text(), "x") == found.head


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b'{"commit_hash": 1, "results": {}}'])
def test_a_damaged_file_has_a_reason_alone(damaged):
    found = read_content(damaged, "x")
    assert (found.head, found.columns) == (None, None)
    assert len(found.problems) == 1


def test_an_odd_file_is_read_by_the_tolerant_reader_with_its_problems(box):
    rows = {"s.time_a": [[1.5, -1.0], [["1", "2"]]], "s.time_b": [[1.0], [["1", "2"]]]}
    found = read_content(content(box, results=rows), "x")
    assert found.columns.value.tolist() == [1.5]
    assert found.problems == (
        "benchmark s.time_a: the value -1.0 of (2), which is negative, is left out",
        "benchmark s.time_b is left out: its result has 1 entries for 2 combinations of parameters",
    )
    assert found.head.measured == 1


def test_a_key_that_is_there_twice_is_named_by_both_ways(box):
    text = json.dumps(box.content()).replace('"python"', '"python": "2.7", "python"')
    assert read_content(text.encode(), "x").problems == (
        "'python' is in it twice: the last one counts",
    )


@pytest.mark.parametrize("ms", [0, 1, 999, 1_772_438_400_250, 7_258_118_399_999])
def test_moments_are_whole_milliseconds(ms):
    assert to_ms(from_ms(ms)) == ms


def test_the_beginning_of_time_is_that_of_unix():
    assert from_ms(1_500) == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert to_ms(datetime(1970, 1, 1, 0, 0, 1, 500_999, tzinfo=UTC)) == 1_500
