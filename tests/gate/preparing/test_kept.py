"""Folders that take long to make are whole or not there."""

import os
import subprocess
import sys

import pytest

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import kept


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(timeout=60)
    return process.pid


def test_a_folder_is_made_once(tmp_path):
    made = []
    for _ in range(2):
        kept.keep(tmp_path / "x", lambda folder: made.append((folder / "file").write_text("whole")))
    assert len(made) == 1
    assert (tmp_path / "x" / "file").read_text() == "whole"
    assert names(tmp_path) == ["x"]


def test_a_folder_that_another_process_made_meanwhile_is_taken(tmp_path):
    def make(folder):
        (folder / "file").write_text("ours")
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "file").write_text("theirs")

    kept.keep(tmp_path / "x", make)
    assert (tmp_path / "x" / "file").read_text() == "theirs"
    assert names(tmp_path) == ["x"]


def test_what_fails_half_way_leaves_nothing(tmp_path):
    def make(folder):
        (folder / "half").mkdir()
        (folder / "half" / "file").touch()
        (folder / "half").chmod(0o500)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept.keep(tmp_path / "x", make)
    assert names(tmp_path) == []


def test_what_killed_processes_left_is_removed_and_what_living_ones_make_is_not(tmp_path):
    left = tmp_path / f".x.{dead_process():07d}-0123abcd.tmp"
    making = tmp_path / f".x.{os.getppid():07d}-0123abcd.tmp"
    other = tmp_path / ".x.tmp"
    for folder in (left, making, other):
        folder.mkdir()
    kept.sweep(tmp_path)
    assert names(tmp_path) == sorted([making.name, other.name])


def test_the_folders_used_last_are_kept(tmp_path):
    for age in range(8):
        folder = tmp_path / f"folder{age}"
        folder.mkdir()
        (folder / "file").touch()
        os.utime(folder, (1000 - age, 1000 - age))
    kept.keep(tmp_path / "folder7", lambda _: None)
    kept.tidy(tmp_path)
    assert names(tmp_path) == [f"folder{age}" for age in (0, 1, 2, 3, 4, 7)]


def test_a_kind_that_was_never_made_is_nothing_to_tidy(tmp_path):
    kept.tidy(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot be written \(Not a directory\): make its folder"):
        kept.keep(tmp_path / "file" / "x", lambda _: None)
