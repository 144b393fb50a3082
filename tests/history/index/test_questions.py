"""What an index knows of versions and of who measured what."""

from datetime import UTC, datetime

import pytest

from cnnfc.history.index.index import open_index
from cnnfc.history.index.questions import last_versions, measured_marks


@pytest.fixture
def asked(box):
    def ask(question, **options):
        with open_index(box.folder, folder=None, **options) as index:
            return question(index)

    return ask


def write(box, commit, rows, machine="box", **changes):
    fields = {"commit_hash": commit * 40, "params": {"machine": machine}, **changes}
    box.write(f"{commit * 8}-e.json", machine=machine, results=rows, **fields)


def test_the_run_that_measured_a_version_last_is_told(box, asked):
    write(box, "a", {"s.time_a": [[1.0, 2.0], [["1", "2"]], "new", 3000]}, date=1000)
    write(box, "b", {"s.time_a": [[1.0, 2.0], [["1", "2"]], "old", 2000]}, date=2000)
    write(box, "c", {"s.time_a": [[None, 2.0], [["1", "2"]], "old", 2500]}, date=3000)
    write(box, "d", {"s.time_a": [[4.0], []], "s.time_b": [[1.0], [], "x"]}, date=4000)
    found = {
        (one.run.head.run.commit[0], one.benchmark, one.version, one.started_at)
        for one in asked(last_versions)
    }
    at = [datetime.fromtimestamp(ms / 1000, UTC) for ms in (2000, 2500, 3000)]
    assert found == {
        ("a", "s.time_a", "new", at[2]),
        ("b", "s.time_a", "old", at[0]),  # of the combination that failed later
        ("c", "s.time_a", "old", at[1]),
        ("d", "s.time_b", "x", None),
    }


def test_of_runs_at_one_time_the_newest_commit_decides_and_groups_are_apart(box, asked):
    row = {"s.time_a": [[1.0], [], "v", 1000]}
    for commit, date in (("a", 3000), ("b", 2000)):
        write(box, commit, row, date=date)
    write(box, "c", row, date=4000, machine="other")
    found = [(one.run.head.run.machine, one.run.head.run.commit[0]) for one in asked(last_versions)]
    assert found == [("box", "a"), ("other", "c")]


def test_marks_are_those_of_what_was_measured(box, asked):
    rows = {"s.time_a": [[1.0, None], [["1", "2"]]], "s.time_b": [[2.0], []]}
    write(box, "a", rows)
    write(box, "b", {"s.time_a": [[None, 1.0], [["1", "2"]]]})
    write(box, "c", {"s.time_b": [[1.0], []]})

    def mark(key):
        return f"mark {key[1][0]}" if key[1] else None

    assert asked(lambda index: measured_marks(index, mark)) == {
        "box/aaaaaaaa-e.json": {"mark 1"},
        "box/bbbbbbbb-e.json": {"mark 2"},
    }
    assert asked(lambda index: measured_marks(index, lambda _: None)) == {}
