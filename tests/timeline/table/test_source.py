import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cnnfc.errors import DataError
from cnnfc.history.results import read_history
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.table.source import Versions, look_through
from testkit import histories as make
from testkit import results_on_disk as disk

REAL = Path(__file__).parents[2] / "data" / "results" / "real"


@pytest.fixture
def results(tmp_path):
    return disk.small(tmp_path / "results")


def test_what_it_loads_is_what_the_history_reads():
    source = look_through(REAL)
    history = read_history(REAL)
    key = lambda run: (run.machine, run.commit, run.environment)  # noqa: E731
    assert sorted(map(source.load, source.heads), key=key) == sorted(history.runs, key=key)
    assert source.benchmarks == history.benchmarks
    assert source.problems == history.problems


def test_a_head_says_what_a_run_is_of(results):
    first, *_ = look_through(results).heads
    assert (first.machine, first.environment, first.commit) == ("oak", "py3.11", disk.commit(1))
    assert first.commit_date == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert first.started_at == datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert first.measured == 5
    assert first.devices == {"cpu-1", "cpu-2"}
    assert first.place.shown == "results/oak/00000001-py3.11.json"


def test_only_devices_with_a_value_count(results):
    elm = next(head for head in look_through(results).heads if head.machine == "elm")
    assert elm.devices == {"cpu-1"}


def test_heads_are_in_the_order_of_commits(results):
    heads = look_through(results).heads
    assert [(h.commit_date.day, h.machine) for h in heads] == [(1, "oak"), (2, "elm"), (2, "oak")]


def test_the_current_version_is_the_one_that_series_are_made_of(results):
    source = look_through(results)
    (oak,) = (group for group in arrange(read_history(results)) if group.machine == "oak")
    (series,) = oak.series["other.time_old"]
    assert [reading is not None for reading in series.readings] == [False, True]
    runs = [source.load(head) for head in source.heads if head.machine == "oak"]
    assert [source.versions.is_current(run, "other.time_old", str(n + 1)) for n, run in
            enumerate(runs)] == [False, True]  # fmt: skip


def test_of_versions_the_one_measured_last_is_current_whatever_the_commit():
    late, early = (datetime(2026, 3, day, tzinfo=UTC) for day in (9, 8))
    versions = Versions()
    for number, version, at in ((5, "2", early), (3, "1", late)):
        versions.see(make.run(replace(make.point("b", at=at), version=version), number=number))
    run = make.run()
    assert [versions.is_current(run, "b", v) for v in ("1", "2", None)] == [True, False, True]
    assert not versions.is_current(make.run(machine="elm"), "b", "1")


def test_without_times_the_newest_commit_decides_on_the_version():
    versions = Versions()
    for number, version in ((5, "2"), (3, "1")):
        versions.see(make.run(replace(make.point("b"), version=version), number=number))
    assert versions.is_current(make.run(), "b", "2")


def test_what_is_damaged_is_named_and_left_out(results):
    (results / "oak" / "0badf00d-py3.11.json").write_text("{")
    source = look_through(results)
    assert len(source.heads) == 3
    (problem,) = source.problems
    assert problem.path == "results/oak/0badf00d-py3.11.json"


def test_a_folder_of_another_name_is_the_machine_of_its_alias(results):
    (results / "oak").rename(results / "host")
    found = look_through(results, aliases={"host": "ash"})
    assert {head.machine for head in found.heads} == {"ash", "elm"}
    assert found.load(found.heads[0]).machine == "ash"


def test_a_record_belongs_to_its_run(results, tmp_path):
    folder = tmp_path / "hardware" / "oak"
    folder.mkdir(parents=True)
    record = replace(make.record(1), commit=disk.commit(1))
    (folder / "one.json").write_text(json.dumps(record.as_dict()))
    (folder / "two.json").write_text("{")
    source = look_through(results, tmp_path / "hardware")
    assert [source.record_for(source.load(head)) for head in source.heads] == [record, None, None]
    assert [problem.path for problem in source.problems] == ["hardware/oak/two.json"]


def test_a_file_that_changes_in_between_is_said(results):
    source = look_through(results)
    (results / "oak" / "00000001-py3.11.json").unlink()
    with pytest.raises(DataError, match=r"results/oak/00000001-py3.11.json was changed while"):
        source.load(source.heads[0])


def test_without_a_folder_or_a_result_the_next_step_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent is not there: measure something first"):
        look_through(tmp_path / "absent")
    (tmp_path / "oak").mkdir()
    (tmp_path / "oak" / "12345678-py.json").write_text("{")
    with pytest.raises(
        DataError, match=r"no results in .* can be read \(.*/oak/12345678-py.json: "
    ):
        look_through(tmp_path)
