import errno
import os
import stat
import threading

import pytest

from cnnfc.errors import DataError
from cnnfc.machine import locked_files
from cnnfc.machine.locked_files import (
    Held,
    locked,
    remedy,
    replacement,
    sweep,
    write_atomically,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_folders_and_nothing_else_stays(tmp_path):
    path = tmp_path / "a" / "b.json"
    write_atomically(path, "é\n")
    assert path.read_bytes() == "é\n".encode()
    assert names(path.parent) == ["b.json"]


def test_a_failing_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "b.json"
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(locked_files.Path, "replace", fail)
    with pytest.raises(DataError, match=r"cannot write .*b\.json: No space left on device; free"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["b.json"]


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        write_atomically(tmp_path / "file" / "x.json", "")
    with pytest.raises(DataError, match="cannot write"), locked(tmp_path / "file" / "x.json"):
        pass


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_mode_of_a_file_survives(tmp_path):
    path = tmp_path / "b.json"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_is_written_beside_a_file_takes_its_place_once_all_went_well(tmp_path):
    path = tmp_path / "b.json"
    path.write_text("old")
    with replacement(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
        assert part.parent == tmp_path
    assert path.read_text() == "new"


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "b.json"
    path.write_text("old")

    def fail():
        with replacement(path) as part:
            part.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["b.json"]


def test_the_lock_lets_one_at_a_time_in_and_goes_away(tmp_path):
    path, threads, turns = tmp_path / "counter", 4, 25
    path.write_text("0")
    start = threading.Barrier(threads)

    def count():
        start.wait(timeout=30)
        for _ in range(turns):
            with locked(path):
                number = int(path.read_text())
                os.sched_yield() if hasattr(os, "sched_yield") else None
                path.write_text(str(number + 1))

    workers = [threading.Thread(target=count) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert path.read_text() == str(threads * turns)
    assert names(tmp_path) == ["counter"]


def test_the_lock_is_given_free_by_an_error(tmp_path):
    path = tmp_path / "x"
    with pytest.raises(KeyError), locked(path):
        raise KeyError
    with locked(path):
        pass


def test_a_lock_that_a_dead_process_left_behind_is_taken(tmp_path):
    (tmp_path / ".x.lock.tmp").write_text("")
    with locked(tmp_path / "x"):
        pass
    assert names(tmp_path) == []


def test_a_lock_whose_file_was_removed_while_waiting_is_taken_anew(tmp_path, monkeypatch):
    lock = tmp_path / ".x.lock.tmp"
    waits = []
    plain = locked_files._wait

    def wait(descriptor):
        plain(descriptor)
        if not waits:
            lock.unlink()  # as its last owner does
        waits.append(descriptor)

    monkeypatch.setattr(locked_files, "_wait", wait)
    with locked(tmp_path / "x"):
        assert lock.exists()
    assert len(waits) == 2


@pytest.mark.skipif(os.name == "nt", reason="fcntl is not on Windows")
def test_a_file_system_without_locks_is_used_without(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(locked_files.fcntl, "flock", refuse)
    with locked(tmp_path / "x"):
        pass


def test_a_lock_that_is_held_is_not_swept_away(tmp_path):
    with locked(tmp_path / "x"):
        sweep(tmp_path)
        assert names(tmp_path) == [".x.lock.tmp"]
    (tmp_path / ".x.lock.tmp").write_text("")
    sweep(tmp_path)
    assert names(tmp_path) == []


def test_the_parts_of_one_file_can_be_swept_alone(tmp_path):
    # No process has a number that high.
    for name in (".a.json.999999999-0123abcd.tmp", ".b.json.999999999-0123abcd.tmp"):
        (tmp_path / name).write_text("{")
    sweep(tmp_path, "a.json")
    assert names(tmp_path) == [".b.json.999999999-0123abcd.tmp"]


def test_only_parts_of_another_process_that_is_running_are_spared(tmp_path, monkeypatch):
    # A container gives this process the number of the one that was killed in the last container.
    part = f".a.json.{os.getpid()}-0123abcd.tmp"
    (tmp_path / part).write_text("{")
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: 999_999_999)
        sweep(tmp_path)
        assert names(tmp_path) == [part]
    sweep(tmp_path)
    assert names(tmp_path) == []


def test_an_interrupt_leaves_no_part(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(locked_files.Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a.json", "new")
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_not_helped_by_another_advice(number):
    assert "choose another" not in remedy(OSError(number, ""), "choose another")
    assert remedy(OSError(errno.EACCES, ""), "choose another") == "choose another"


def test_who_has_limited_patience_gives_up_and_leaves_the_lock_alone(tmp_path):
    path = tmp_path / "a"
    with locked(path):
        for patience in (0, 0.01):
            with (
                pytest.raises(Held, match=r"another process works on .*a: wait"),
                locked(path, patience=patience),
            ):
                pass
        assert names(tmp_path) == [".a.lock.tmp"]
    with locked(path, patience=0):
        assert names(tmp_path) == [".a.lock.tmp"]
    assert names(tmp_path) == []


def test_who_has_enough_patience_gets_the_lock_once_it_is_free(tmp_path):
    path, has_it, order = tmp_path / "a", threading.Event(), []

    def hold():
        with locked(path):
            has_it.set()
            order.append("first")
            release.wait(30)
            order.append("released")

    release = threading.Event()
    other = threading.Thread(target=hold)
    other.start()
    assert has_it.wait(30)
    threading.Timer(0.1, release.set).start()
    with locked(path, patience=30):
        order.append("second")
    other.join()
    assert order == ["first", "released", "second"]
