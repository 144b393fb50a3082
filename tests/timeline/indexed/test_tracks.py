"""Series from the columns of an index are those that are made of objects."""

import itertools
import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from cnnfc.history.index.index import open_index
from cnnfc.history.results import read_history
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.indexed.centres import Summaries
from cnnfc.timeline.indexed.tracks import Tracks
from testkit.results_on_disk import file_content

DATA = Path(__file__).parents[2] / "data" / "results"
COLUMNS = ["result", "params", "version", "started_at", "samples"]


def write(results, machine, commit, rows, *, date):
    folder = results / machine
    folder.mkdir(parents=True, exist_ok=True)
    about = {"commit_hash": commit * 40, "date": date, "params": {"machine": machine}}
    content = file_content(rows, env_name="e", result_columns=COLUMNS, **about)
    (folder / f"{commit * 8}-e.json").write_text(json.dumps(content))


def expected(history):
    """Each series that was measured or tried, as `arrange` has it, in plain values."""
    found = {}
    for group in arrange(history):
        for one in group.all_series():
            values = [
                (
                    group.runs.index(reading.run),
                    reading.summary.centre,
                    np.nan if reading.summary.low is None else reading.summary.low,
                    np.nan if reading.summary.high is None else reading.summary.high,
                    reading.summary.n,
                )
                for reading in one.measured
            ]
            key = (group.machine, group.environment, one.info.name, one.parameters)
            found[key] = (values, one.other_versions)
    return found


def by_columns(results, aliases=None):
    found = {}
    with open_index(results, aliases=aliases, folder=None, summarise=Summaries()) as index:
        for group in index.groups:
            for one in Tracks(index.series(group)):
                columns = (one.commit, one.centre, one.low, one.high, one.n)
                values = list(zip(*(column.tolist() for column in columns), strict=True))
                key = (group.machine, group.environment, one.benchmark, one.parameters)
                found[key] = (values, one.other_versions)
    return found


def check(results, aliases=None):
    history = read_history(results, aliases=aliases)
    found, wanted = by_columns(results, aliases), expected(history)
    assert found.keys() == wanted.keys()
    for key, (values, others) in found.items():
        assert others == wanted[key][1], key
        np.testing.assert_array_equal(values, wanted[key][0], err_msg=str(key))
    return found


@pytest.mark.parametrize("folder", ["real", "format1"])
def test_files_of_asv_give_the_same_series(folder, tmp_path):
    shutil.copytree(DATA / folder, tmp_path / "results")
    assert check(tmp_path / "results")


def test_what_this_project_has_measured_gives_the_same_series():
    check(Path(__file__).parents[3] / "reports" / "results")


def test_only_the_version_that_was_measured_last_counts(tmp_path):
    # The newest commit was measured first; today's suite measured the oldest one.
    for commit, version, start in (("a", "new", 3000), ("b", "old", 2000), ("c", "old", 1000)):
        row = [[1.0], [], version, start]
        write(tmp_path / "r", "box", commit, {"s.time_a": row}, date=1000 * ord(commit))
    write(tmp_path / "r", "box", "d", {"s.time_a": [[4.0], []]}, date=1000 * ord("d"))
    ((values, others),) = check(tmp_path / "r").values()
    assert [(commit, centre) for commit, centre, *_ in values] == [(0, 1.0), (3, 4.0)]
    assert others == 2


def test_of_two_files_of_a_commit_the_value_measured_last_counts(tmp_path):
    first = {"s.time_a": [[1.0], [], "1", 1000], "s.time_b": [[5.0], [], "1", 1000]}
    second = {"s.time_a": [[2.0], [], "1", 2000], "s.time_b": [[None], [], "1", 2000]}
    write(tmp_path / "r", "one", "a", second, date=1000)
    write(tmp_path / "r", "two", "a", first, date=1000)
    found = check(tmp_path / "r", {"one": "box", "two": "box"})
    assert {key[2]: values[0][1] for key, (values, _) in found.items()} == {
        "s.time_a": 2.0,
        "s.time_b": 5.0,
    }


def test_a_series_that_was_never_measured_has_no_values(tmp_path):
    write(tmp_path / "r", "box", "a", {"s.time_a": [[None], []]}, date=1000)
    assert check(tmp_path / "r") == {("box", "e", "s.time_a", ()): ([], 0)}


def test_random_histories_give_the_same_series(tmp_path):
    chance = random.Random(3)  # noqa: S311
    for number in range(12):
        results = tmp_path / str(number) / "results"
        for machine, commit in itertools.product(("one", "two"), "abcd"):
            rows = {}
            for name in ("s.time_a", "s.track_b"):
                size = chance.choice([1, 5, 6, 13, 20])
                sample = [chance.uniform(1, 2) for _ in range(size)]
                value = chance.choice([None, float("nan"), 1.5, 1.5, 1.5])
                samples = sample if value == 1.5 and chance.random() < 0.7 else None
                version = chance.choice([None, "1", "1", "2"])
                start = chance.choice([None, 1000, 2000, 3000])
                rows[name] = [[value], [], version, start, [samples]]
            if chance.random() < 0.8:
                write(
                    results, machine, commit, rows, date=1000 * chance.choice([1, 2, ord(commit)])
                )
        aliases = {"one": "box", "two": "box"} if number % 2 else None
        check(results, aliases)
