import os
import sys
import time
from pathlib import Path

import pytest

from cnnfc.errors import DataError
from cnnfc.history.index import place
from cnnfc.history.index.place import index_file, index_folder, prepare, remove, sweep
from cnnfc.machine.locked_files import locked


def test_a_project_has_it_with_its_reports(tmp_path):
    assert index_folder(tmp_path / "reports") == tmp_path / "reports" / ".cnnfc-index"


@pytest.mark.skipif(sys.platform != "linux", reason="others have other folders")
def test_other_results_have_it_with_the_users_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert index_folder(None) == tmp_path / "cnnfc" / "index"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert index_folder(None) == tmp_path / ".cache" / "cnnfc" / "index"


@pytest.mark.skipif(sys.platform == "win32", reason="it has no HOME")
def test_a_home_that_is_no_whole_path_is_none(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "relative")
    assert index_folder(None) is None


def test_who_has_no_home_has_no_folder(monkeypatch):
    def fail(_):
        raise RuntimeError("Could not determine home directory.")

    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(place.Path, "expanduser", fail)
    assert index_folder(None) is None


def test_each_results_folder_has_a_file_of_its_own_that_moves_with_the_project(tmp_path):
    def file(root, results):
        return index_file(tmp_path / root / "reports", tmp_path / root / results).name

    assert file("a", "results") == file("b", "results")
    assert file("a", "results") != file("a", "other")
    assert file("a", "results").endswith(".duckdb")


def test_a_folder_that_nobody_may_write_to_is_a_clear_error(tmp_path, monkeypatch):
    prepare(tmp_path / "index")
    prepare(tmp_path / "index")
    monkeypatch.setattr(place.os, "access", lambda *_: False)
    with pytest.raises(DataError, match=r"cannot write to .*index: make it writable"):
        prepare(tmp_path / "index")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_looks_into_a_users_cache_and_a_project_is_as_open_as_it_was(tmp_path):
    reports = tmp_path / "reports"
    reports.mkdir()
    prepare(tmp_path / "caches" / "index")
    prepare(index_folder(reports))
    assert (tmp_path / "caches" / "index").stat().st_mode & 0o777 == 0o700
    assert index_folder(reports).stat().st_mode == reports.stat().st_mode


def test_all_that_a_database_leaves_is_removed(tmp_path):
    file = tmp_path / "a.duckdb"
    for path in (file, tmp_path / "a.duckdb.wal"):
        path.write_text("")
    spilled = tmp_path / "a.duckdb.tmp"
    spilled.mkdir()
    (spilled / "part").write_text("")
    remove(file)
    remove(file)
    assert list(tmp_path.iterdir()) == []


def test_indexes_that_nobody_has_opened_for_long_are_removed(tmp_path):
    names = ["own", "old", "young", "old-and-open"]
    files = {name: tmp_path / f"{name}.duckdb" for name in names}
    long_ago = time.time() - 61 * 86_400
    for name, file in files.items():
        file.write_text("")
        if name != "young":
            os.utime(file, (long_ago, long_ago))
    with locked(files["old-and-open"]):
        sweep(tmp_path, files["own"])
    left = {path.stem: path for path in tmp_path.glob("*.duckdb")}
    assert sorted(left) == ["old-and-open", "own", "young"]
    # Nothing is written into an index that has nothing new, so its opening is noted.
    assert left["own"].stat().st_mtime > long_ago + 86_400


def test_a_folder_that_is_not_there_is_swept_without_a_word():
    sweep(Path("/nowhere/at/all"), Path("/nowhere/at/all/own.duckdb"))
