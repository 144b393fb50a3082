"""An index knows of a folder what is seen by looking through its files."""

import json

import pytest

from cnnfc.errors import DataError
from cnnfc.history.index.index import open_index
from cnnfc.timeline.indexed.centres import Summaries
from cnnfc.timeline.indexed.source import source_of
from cnnfc.timeline.table.points import rows_of
from cnnfc.timeline.table.source import look_through
from testkit import odd_results


def by_index(*place):
    with open_index(*place, folder=None, summarise=Summaries()) as index:
        return source_of(index)


def table(source):
    return [row for head in source.heads for row in rows_of(source.load(head), source)]


@pytest.mark.parametrize("aliases", [{}, {"elm": "oak"}])
@pytest.mark.parametrize("seed", [4, 5])
def test_it_says_what_the_files_say(tmp_path, seed, aliases):
    place = (*odd_results.write(tmp_path, seed), aliases)
    found, expected = by_index(*place), look_through(*place)
    assert found.heads == expected.heads
    assert found.benchmarks == expected.benchmarks
    assert found.problems == expected.problems
    assert dict(found.hardware) == dict(expected.hardware)
    # Not-a-number equals nothing, but is written alike.
    assert repr(table(found)) == repr(table(expected))
    assert {head.machine for head in found.heads} >= {"oak"}


def test_without_a_result_the_first_problem_is_named_in_the_same_words(tmp_path):
    (tmp_path / "results" / "oak").mkdir(parents=True)
    (tmp_path / "hardware" / "oak").mkdir(parents=True)
    (tmp_path / "hardware" / "oak" / "a.json").write_text("{")
    place = (tmp_path / "results", tmp_path / "hardware")

    def said(look):
        with pytest.raises(DataError) as caught:
            look(*place)
        return str(caught.value)

    assert said(by_index) == said(look_through)
    (tmp_path / "results" / "oak" / "12345678-py.json").write_text("{")
    (tmp_path / "results" / "oak" / "02345678-py.json").write_text(json.dumps([]))
    assert said(by_index) == said(look_through)
    assert "results/oak/02345678-py.json: " in said(by_index)
