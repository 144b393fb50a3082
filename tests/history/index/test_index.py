"""An index says what the reader of whole histories says, whatever has become of it meanwhile."""

import contextlib
import math
import os
import shutil
import time
from datetime import UTC, datetime

import duckdb
import numpy as np
import pytest

from cnnfc.errors import DataError
from cnnfc.history.index import identity
from cnnfc.history.index.columns import MEASURED, OUTCOMES, PlainValues
from cnnfc.history.index.index import open_index
from cnnfc.history.index.place import index_file
from cnnfc.history.results import read_history
from cnnfc.machine.locked_files import locked
from cnnfc.records import Outcome

LONG_AGO = 1_700_000_000


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


def age(results):
    """Files that were changed just now are read again; these are as old as any in a history."""
    for path in results.rglob("*.json"):
        os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.fixture
def results(real, format1, tmp_path):
    """Sound and odd files of two formats and several machines."""
    results = tmp_path / "whole" / "results"
    shutil.copytree(real, results)
    shutil.copytree(format1 / "yew", results / "yew")
    (results / "oak" / "1234abcd-cut.json").write_text('{"commit_hash": "ab')
    (results / "oak" / "folder.json").mkdir()
    shutil.copy(next((results / "elm").glob("*-*.json")), results / "oak" / "5678-moved.json")
    age(results)
    return results


@contextlib.contextmanager
def opened(results, folder, **options):
    with open_index(results, folder=folder, patience=0.1, **options) as index:
        yield index


def points_of(index):
    """Every point as plain values, by machine, commit, benchmark and parameters."""
    found = {}
    for group in index.groups:
        series = index.series(group)
        for one in series:
            for place in range(len(one)):
                run = group.runs[one.run[place]].head.run
                number = one.version[place]
                key = (run.path, one.benchmark, one.parameters)
                assert key not in found
                found[key] = (
                    OUTCOMES[one.outcome[place]],
                    one.value[place],
                    (one.low[place], one.high[place]),
                    int(one.n[place]),
                    None if number < 0 else series.versions[number],
                    int(one.started_at[place]),
                )
    return found


def points_of_history(history):
    nan = math.nan
    return {
        (run.path, point.benchmark, point.parameters): (
            point.outcome,
            nan if point.value is None else point.value,
            point.interval or (nan, nan),
            point.repeat or 0,
            point.version,
            -1 if point.started_at is None else round(point.started_at.timestamp() * 1000),
        )
        for run in history.runs
        for point in run.points
    }


def check(index, results, **options):
    """The index says what `read_history` says."""
    history = read_history(results, **options)
    assert index.problems == history.problems
    assert index.benchmarks == history.benchmarks
    assert index.hardware == history.hardware
    heads = [run.head for run in index.runs]
    assert [vars(head.run) for head in heads] == [
        {**vars(run), "points": ()} for run in history.runs
    ]
    for head, run in zip(heads, history.runs, strict=True):
        assert (head.measured, head.failed) == (run.measured, run.failed)
        assert head.skipped == len(run.points) - run.measured - run.failed
        assert head.started_at == run.started_at
    found, expected = points_of(index), points_of_history(history)
    assert found.keys() == expected.keys()
    for key, values in found.items():
        np.testing.assert_equal(values, expected[key])


def test_it_says_what_the_reader_says(results, folder):
    with opened(results, folder) as index:
        check(index, results)
        assert index.refreshed.read == 7
        assert index.notes == ()


def test_opened_again_it_reads_nothing_and_says_the_same(results, folder):
    with opened(results, folder):
        pass
    with opened(results, folder) as index:
        assert (index.refreshed.read, index.refreshed.unchanged) == (0, 7)
        check(index, results)


def test_in_memory_it_says_the_same_and_leaves_nothing_behind(results, tmp_path, monkeypatch):
    monkeypatch.chdir(results.parent)
    with opened(results, None) as index:
        check(index, results)
    assert [path.name for path in results.parent.iterdir()] == ["results"]


def test_aliases_and_hardware_records_are_those_of_the_moment(results, folder, tmp_path):
    aliases = {"elm": "oak", "oak": "oak"}
    hardware = tmp_path / "hardware"
    (hardware / "oak").mkdir(parents=True)
    (hardware / "oak" / "bad.json").write_text("{")
    with opened(results, folder) as index:
        check(index, results)
    with opened(results, folder, hardware=hardware, aliases=aliases) as index:
        assert index.refreshed.read == 0
        check(index, results, hardware=hardware, aliases=aliases)
        assert {group.machine for group in index.groups} == {"oak", "yew"}


def test_a_new_file_a_changed_one_and_one_that_is_gone(results, folder, box):
    with opened(results, folder) as index:
        before = {group.machine: group.fingerprint for group in index.groups}
    (old,) = (results / "elm").glob("*-*.json")
    old.unlink()
    changed = min((results / "oak").glob("*-virtualenv*.json"))
    changed.write_text(changed.read_text().replace("0.086949", "0.1"))
    params = {"machine": "fir"}
    path = box.write("bbbbbbbb-e.json", params=params, results={"suite.time_new": [[2.5], []]})
    (results / "fir").mkdir()
    shutil.copy(path, results / "fir")
    age(results / "fir")
    with opened(results, folder) as index:
        assert (index.refreshed.read, index.refreshed.unchanged) == (2, 5)
        assert index.refreshed.gone == 1
        check(index, results)
        after = {group.machine: group.fingerprint for group in index.groups}
    assert after.keys() == {"fir", "oak", "yew"}
    assert after["yew"] == before["yew"]
    assert after["oak"] != before["oak"]


def test_a_file_that_was_only_touched_is_read_but_nothing_changes(results, folder):
    with opened(results, folder) as index:
        before = [group.fingerprint for group in index.groups]
    for path in (results / "oak").glob("*-virtualenv*.json"):
        os.utime(path, (LONG_AGO + 60, LONG_AGO + 60))
    with opened(results, folder) as index:
        assert (index.refreshed.read, index.refreshed.unchanged) == (0, 7)
        assert [group.fingerprint for group in index.groups] == before
        check(index, results)
    with opened(results, folder) as index:
        check(index, results)


def test_a_file_that_changes_within_a_step_of_the_clock_is_not_overlooked(folder, box):
    path = box.write(results={"suite.time_a": [[1.5], []]})
    with opened(box.folder, folder):
        pass
    status = path.stat()
    path.write_text(path.read_text().replace("1.5", "2.5"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    with opened(box.folder, folder) as index:
        assert [values[1] for values in points_of(index).values()] == [2.5]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_can_be_read_again_is_read(folder, box):
    path = box.write()
    age(box.folder)
    path.chmod(0)
    with opened(box.folder, folder) as index:
        assert index.runs == ()
        assert "cannot be read" in index.problems[0].reason
    path.chmod(0o644)
    with opened(box.folder, folder) as index:
        assert len(index.runs) == 1
        assert index.problems == ()


def test_refreshing_an_open_index_finds_what_is_new(folder, box):
    with opened(box.folder, folder) as index:
        assert index.runs == ()
        box.write(results={"suite.track_b": [[1.5], []]})
        assert index.refresh().read == 1
        check(index, box.folder)
        assert list(index.benchmarks) == ["suite.track_b"]


def test_names_that_no_database_would_like(folder, box):
    name = "suite.time_\x00'\"; DROP TABLE points; --\ud83d\ude00"
    rows = {name: [[1.5, 2.5], [["'\x00'", "'; --'"]], "v\x00'"]}
    box.write("aaaaaaaa-'; DROP TABLE files; --.json", results=rows)
    for _ in range(2):
        with opened(box.folder, folder) as index:
            check(index, box.folder)


def test_a_name_of_a_file_that_is_no_text_does_no_harm(folder, box):
    path = box.write()
    try:
        path.rename(path.with_name(os.fsdecode(b"\xff\xfe.json")))
    except OSError:
        pytest.skip("this file system takes no such names")
    for _ in range(2):
        with opened(box.folder, folder) as index:
            assert len(index.runs) == 1


def test_two_runs_of_one_commit_stand_in_the_order_of_their_starts(folder, box):
    for start, machine in ((2_000_000, "one"), (1_000_000, "two")):
        rows = {"suite.time_a": [[start / 1e6], [], "1", start]}
        box.write(machine=machine, params={"machine": machine}, results=rows)
    with opened(box.folder, folder, aliases={"one": "box", "two": "box"}) as index:
        (group,) = index.groups
        assert [run.head.started_at for run in group.runs] == [
            datetime(1970, 1, 1, 0, 16, 40, tzinfo=UTC),
            datetime(1970, 1, 1, 0, 33, 20, tzinfo=UTC),
        ]
        (series,) = index.series(group)
        assert series.value.tolist() == [1.0, 2.0]
        assert series.run.tolist() == [0, 1]


def test_a_summariser_decides_the_centres_and_another_one_makes_them_anew(folder, box):
    class Twice(PlainValues):
        name = "twice 1"

        def __call__(self, columns):
            found = super().__call__(columns)
            return type(found)(2 * found.centre, found.low, found.high, found.n)

    box.write()
    for rule, expected in ((PlainValues(), 1.5), (Twice(), 3.0), (PlainValues(), 1.5)):
        with opened(box.folder, folder, summarise=rule) as index:
            (series,) = index.series(index.groups[0])
            assert (series.value.tolist(), series.centre.tolist()) == ([1.5], [expected])
            assert index.refreshed.read == 1


def test_what_is_kept_is_found_again_and_replaced_by_what_is_kept_next(folder, box):
    box.write()
    with opened(box.folder, folder) as index:
        assert index.kept("a") == {}
        index.keep("a", {"one": b"\x00\xff", "two": b""})
        index.keep("b", {"one": b"other"})
    with opened(box.folder, folder) as index:
        assert index.kept("a") == {"one": b"\x00\xff", "two": b""}
        index.keep("a", {"three": b"3"})
        assert index.kept("a") == {"three": b"3"}
        assert index.kept("b") == {"one": b"other"}
        index.keep("a", {})
        assert index.kept("a") == {}


def test_progress_is_told(folder, box):
    heard = []
    box.write()
    box.write("bbbbbbbb-env.json")
    with opened(box.folder, folder, progress=lambda done, total: heard.append((done, total))):
        assert heard == [(1, 2), (2, 2)]


def test_no_results_at_all_is_the_readers_own_error_and_leaves_nothing_behind(tmp_path, folder):
    with (
        pytest.raises(DataError, match="is not there: measure something first"),
        opened(tmp_path / "none", folder),
    ):
        pass
    assert not folder.exists()


def test_git_ignores_it_and_the_results_are_left_alone(results, folder):
    before = {path: path.stat() for path in results.rglob("*")}
    with opened(results, folder):
        pass
    assert (folder / ".gitignore").read_text() == "*\n"
    assert {path.name for path in folder.iterdir()} == {
        ".gitignore",
        index_file(folder, results).name,
    }
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == {
        path: status.st_mtime_ns for path, status in before.items()
    }


def damage_cut(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def damage_other_database(file):
    file.unlink()
    with duckdb.connect(file) as database:
        database.execute("CREATE TABLE points (a INTEGER)")


def damage_version(file):
    with duckdb.connect(file) as database:
        database.execute("UPDATE about SET version = '0'")


def damage_tables(file):
    with duckdb.connect(file) as database:
        database.execute("UPDATE files SET path = 'no JSON'")


def damage_points(file):
    with duckdb.connect(file) as database:
        database.execute("DROP TABLE points")


def damage_log(file):
    file.with_name(f"{file.name}.wal").write_bytes(b"no log" * 100)


DAMAGES = [
    lambda file: file.write_bytes(b""),
    lambda file: file.write_bytes(b"something else" * 1000),
    damage_cut,
    damage_other_database,
    damage_version,
    damage_tables,
    damage_points,
    damage_log,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_index_is_made_again(results, folder, damage):
    with opened(results, folder) as index:
        index.keep("a", {"b": b"c"})
    damage(index_file(folder, results))
    with opened(results, folder) as index:
        check(index, results)
        said = index.notes
    assert len(said) <= 1
    assert all("it was made again" in note for note in said)
    with opened(results, folder) as index:
        assert index.refreshed.read == 0
        assert index.notes == ()
        check(index, results)


def test_an_index_of_another_version_of_the_program_is_made_again_without_a_word(results, folder):
    with opened(results, folder):
        pass
    damage_version(index_file(folder, results))
    for read in (True, False):
        with opened(results, folder) as index:
            assert bool(index.refreshed.read) is read
            assert index.notes == ()
            check(index, results)


def test_an_index_that_breaks_while_it_is_asked_is_made_again(results, folder):
    with opened(results, folder) as index:
        index._store._store._database.run("DROP TABLE points")
        check(index, results)
        assert "it was made again" in index.notes[0]
    with opened(results, folder) as index:
        assert index.refreshed.read == 0


def test_where_nothing_can_be_written_it_is_made_in_memory(results, tmp_path):
    (tmp_path / "file").write_text("")
    with opened(results, tmp_path / "file" / "index") as index:
        check(index, results)
        (note,) = index.notes
    assert "there is no index (cannot write" in note
    assert note.endswith("the result files are read instead")


def test_a_folder_in_the_place_of_the_index_is_done_without(results, folder):
    (index_file(folder, results) / "inside").mkdir(parents=True)
    with opened(results, folder) as index:
        check(index, results)
        (note,) = index.notes
    assert "it cannot be removed" in note


def test_while_another_process_has_it_the_files_are_read_instead(results, folder):
    with opened(results, folder), opened(results, folder) as second:
        check(second, results)
        assert second.notes == (
            "another process uses the index: the result files are read instead",
        )
    with opened(results, folder) as index:
        assert index.notes == ()


def test_who_has_patience_waits_for_the_other(results, folder):
    file = index_file(folder, results)
    with locked(file):
        started = time.monotonic()
        with opened(results, folder) as index:
            assert index.notes != ()
    assert time.monotonic() - started >= 0.1


def test_a_file_that_is_gone_meanwhile_has_no_points(folder, box):
    path = box.write()
    box.write("bbbbbbbb-env.json", commit_hash="b" * 40)
    with opened(box.folder, folder) as index:
        path.unlink()
        # Made again in the middle, it knows one file less than the groups.
        index._store._store._database.run("DROP TABLE points")
        (series,) = index.series(index.groups[0])
        assert series.outcome.tolist() == [MEASURED]
        assert OUTCOMES[series.outcome[0]] is Outcome.MEASURED


def test_identity_says_nothing_of_what_changed_just_now(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("a")
    assert identity.identity_of(path) == ""
    assert identity.identity_of(tmp_path / "none") == ""
    assert identity.identity_of(tmp_path) == ""
    os.utime(path, (LONG_AGO, LONG_AGO))
    status = path.stat()
    assert identity.identity_of(path) == (
        f"1 {LONG_AGO}000000000 {status.st_ctime_ns} {status.st_ino}"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows does not keep that time")
def test_a_file_whose_time_was_set_back_after_a_change_of_equal_length_is_another(tmp_path):
    path = tmp_path / "a"
    path.write_text("1.2")
    os.utime(path, (LONG_AGO, LONG_AGO))
    before = path.stat()
    known = identity.identity_of(path)
    while path.stat().st_ctime_ns == before.st_ctime_ns:  # until the clock of the system ticks
        path.write_text("1.3")
        os.utime(path, (LONG_AGO, LONG_AGO))
    after = path.stat()
    same = ("st_size", "st_mtime_ns", "st_ino")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert identity.identity_of(path) != known


def test_a_kept_value_that_has_changed_is_never_given_out(results, folder):
    with opened(results, folder) as index:
        index.keep("a", {"b": b"yyyyyyyy"})
        database = index._store._store._database
        # As if a disk had lost a run of equal words, which DuckDB's own checksum does not see.
        database.run("UPDATE kept SET value = value[:8] || '\\x00\\x00\\x00\\x00'::BLOB")
        assert index.kept("a") == {}
        assert "has changed): it was made again" in index.notes[0]
        check(index, results)


def test_what_was_kept_of_a_group_is_forgotten_with_its_last_file(results, folder):
    with opened(results, folder) as index:
        scopes = {group.machine: group.scope("found") for group in index.groups}
        for scope in (*scopes.values(), "of no group"):
            index.keep(scope, {"a": b"b"})
    shutil.rmtree(results / "elm")
    with opened(results, folder) as index:
        assert index.kept(scopes["elm"]) == {}
        assert index.kept(scopes["oak"]) == index.kept("of no group") == {"a": b"b"}
