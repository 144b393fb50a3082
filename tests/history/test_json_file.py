import json
import math
import os

import pytest

from cnnfc.errors import DataError
from cnnfc.history import json_file
from cnnfc.history.json_file import load_object


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.json"


def reason(path):
    with pytest.raises(DataError) as caught:
        load_object(path)
    return str(caught.value)


def test_bare_not_a_number_and_infinity_are_read_as_asv_writes_them(path):
    path.write_text('{"a": [NaN, Infinity, -Infinity, 1]}')
    data, twice = load_object(path)
    assert math.isnan(data["a"][0])
    assert data["a"][1:] == [math.inf, -math.inf, 1]
    assert twice == ()


def test_of_a_key_that_is_there_twice_the_last_one_counts_and_it_is_named(path):
    path.write_text('{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}')
    assert load_object(path) == ({"a": 3, "b": {"c": 2}}, ("c", "a"))


def test_a_byte_order_mark_does_no_harm(path):
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert load_object(path)[0] == {"a": 1}


def test_half_characters_are_replaced_and_whole_ones_and_backslashes_are_kept(path):
    path.write_text(r'{"a": "\ud800", "b": "\ud83d\ude00", "c": "\\ud800", "d": "\uDC00\ud83d"}')
    data, _ = load_object(path)
    assert data == {"a": "\ufffd", "b": "\U0001f600", "c": r"\ud800", "d": "\ufffd\ufffd"}
    json.dumps(data, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "it is empty: restore it with git, or delete it and measure again"),
        (b" \n", "it is empty: restore it with git, or delete it and measure again"),
        (b'{"a": "\xe9"}', "it is not UTF-8 text (byte 7)"),
        (b"\xff\xfe{\x00", "it is not UTF-8 text (byte 0)"),
        (b'{"a": [1, 2', "it is damaged or cut off (Expecting ',' delimiter at line 1, column 12)"),
        (b"[1]", "it holds a JSON list and not an object"),
        (b"3", "it holds a JSON number and not an object"),
        (b"null", "it holds a JSON constant and not an object"),
        (b'"x"', "it holds a JSON text and not an object"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number in it has thousands of digits"),
        (b"version https://git-lfs.github.com/spec/v1\n", "run `git lfs pull`"),
        (b'{\n<<<<<<< HEAD\n"a": 1\n=======', "it has merge conflict markers: resolve"),
    ],
)
def test_what_is_no_json_object_is_refused_with_the_reason(path, content, expected):
    path.write_bytes(content)
    assert expected in reason(path)


def test_a_missing_file_is_refused(path):
    assert (
        reason(path)
        == "it cannot be read (No such file or directory): make it readable or remove it"
    )


def test_a_file_without_permission_is_refused(path, monkeypatch):
    path.write_text("{}")

    def forbidden(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", forbidden)
    assert reason(path) == "it cannot be read (Permission denied): make it readable or remove it"


def test_a_folder_is_refused(path):
    path.mkdir()
    assert reason(path) == "it is a folder, not a file: rename it"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(path):
    os.mkfifo(path)
    assert reason(path) == "it is a device or a pipe, not a file: remove it"


def test_a_file_that_is_too_large_is_refused_without_being_read(path, monkeypatch):
    with path.open("wb") as file:
        file.truncate(json_file.MAX_BYTES + 1)  # sparse: takes no space

    monkeypatch.setattr(type(path), "open", lambda *_: pytest.fail("the file was opened"))
    assert reason(path) == "it is larger than 64 MiB: split or remove it"


def test_a_file_that_grows_while_it_is_read_is_refused(path, monkeypatch):
    path.write_text('{"a": 1}')
    monkeypatch.setattr(json_file, "MAX_BYTES", 8)
    assert load_object(path)[0] == {"a": 1}
    small = path.stat()
    path.write_text('{"a": 12}')
    monkeypatch.setattr(type(path), "stat", lambda *_: small)
    assert reason(path).startswith("it is larger than")
