import json
from dataclasses import replace

import pytest

from cnnfc.commands.bisect.memory import Memory, Question, keep, recall
from cnnfc.commands.bisect.search import Answer, Side
from cnnfc.errors import DataError

QUESTION = Question("k4vt2m7q", "oak", "b", ("x", "cpu-1"), 0.05, ("good", "c1", "c2", "bad"))
SLOWER = Answer(Side.AFTER, "slower", 1.1, 1.05, 1.15)
MEMORY = Memory(
    ends=SLOWER,
    answers={"c1": Answer(Side.BEFORE, "as it was"), "c2": SLOWER},
    parent=SLOWER,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bisect-k4vt2m7q" / "bisect.json"


def test_what_is_kept_comes_back(path):
    keep(path, QUESTION, MEMORY, ("c2",))
    assert recall(path, QUESTION) == MEMORY
    data = json.loads(path.read_text())
    assert (data["schema_version"], data["suspects"]) == (1, ["c2"])
    assert data["answers"]["c2"] == {
        "side": "after",
        "reason": "slower",
        "ratio": 1.1,
        "low": 1.05,
        "high": 1.15,
    }


def test_nothing_is_known_at_first(path):
    assert recall(path, QUESTION) == Memory()


@pytest.mark.parametrize(
    "other",
    [
        {"threshold": 0.04},
        {"commits": ("good", "c2", "bad")},
        {"machine": "elm"},
        {"benchmark": "c"},
    ],
)
def test_answers_to_another_question_are_not_taken(path, other):
    keep(path, QUESTION, MEMORY, ("c2",))
    assert recall(path, replace(QUESTION, **other)) == Memory()


def test_what_was_unclear_or_broken_is_tried_again(path):
    answers = {"c1": Answer(Side.UNCLEAR, ""), "c2": Answer(Side.BROKEN, "")}
    keep(path, QUESTION, Memory(SLOWER, answers), ("c1", "c2", "bad"))
    assert recall(path, QUESTION) == Memory(SLOWER)


def test_an_interval_without_a_bound_is_kept_as_not_known(path):
    wide = Answer(Side.UNCLEAR, "", 1.1, 0.0, float("inf"))
    keep(path, QUESTION, Memory(wide), ())
    assert recall(path, QUESTION).ends == replace(wide, high=None)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"schema_version": 2}', "[" * 100_000, "\xff"]
)
def test_a_damaged_file_counts_as_none(path, text):
    path.parent.mkdir()
    path.write_text(text, encoding="latin-1")
    assert recall(path, QUESTION) == Memory()


@pytest.mark.parametrize("name", ["answers", "ends", "parent"])
@pytest.mark.parametrize("value", [7, "x", [1], {"side": "left"}, {"c1": {"side": 3}}])
def test_a_field_that_is_not_what_it_should_be_makes_a_file_damaged(path, name, value):
    keep(path, QUESTION, MEMORY, ())
    data = json.loads(path.read_text())
    data[name] = value
    path.write_text(json.dumps(data))
    assert recall(path, QUESTION) == Memory()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot write"):
        keep(tmp_path / "file" / "bisect.json", QUESTION, MEMORY, ())
