import io
import subprocess
import sys

import pytest

from cnnfc.commands.export.file import new_file, new_text, text_sink
from cnnfc.errors import DataError
from testkit.terminals import Terminal


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "table.csv"
    with new_text(path) as sink:
        sink.write("ä\r\n")
        assert not path.exists()
    assert path.read_bytes() == "ä\r\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "table.csv"
    path.write_text("old")

    def fail():
        with new_text(path) as sink:
            sink.write("new")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f".table.csv.{gone.pid}-0123abcd.tmp"
    left.write_text("half")
    with new_text(tmp_path / "table.csv"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    path.chmod(0o640)
    with new_file(path) as part:
        part.write_text("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o640)


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DataError, match=r"cannot write .*: .*; make its folder writable or choose"),
        new_text(tmp_path / "file" / "table.csv"),
    ):
        pass


def test_a_stream_gets_utf8_whatever_its_own_encoding_and_line_ends_are():
    below = io.BytesIO()
    out = io.TextIOWrapper(below, encoding="ascii", newline="\r\n", write_through=False)
    out.write("before\n")
    text_sink(out).write("ä\r\nb\n")
    assert below.getvalue() == b"before\r\n" + "ä\r\nb\n".encode()


def test_a_stream_in_memory_gets_text_as_it_is():
    out = io.StringIO()
    text_sink(out).write("ä\r\n")
    assert out.getvalue() == "ä\r\n"


def test_a_terminal_gets_nothing_that_steers_it():
    out = Terminal()
    text_sink(out).write("oak\x1b[31m,1\r\n")
    assert out.getvalue() == "oak\ufffd[31m,1\n"
