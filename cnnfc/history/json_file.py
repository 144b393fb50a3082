"""Loads one JSON object from a file, or says in one sentence why that cannot be done.

Result folders are shared between machines and people, so a file in one may be anything: cut off,
merged by hand, stored by Git LFS, or not a file at all.  Every `DataError` raised here holds the
reason without the path, which the caller knows and may want to shorten.
"""

from __future__ import annotations

import json
import re
import stat
from collections import Counter
from pathlib import Path
from typing import Final

from cnnfc.errors import DataError

#: Larger files are left alone: parsed, JSON takes up to twenty times its size in memory.  A result
#: file with a million recorded values has about 20 MB.
MAX_BYTES: Final = 64 * 2**20

#: Group 1 is an escape to keep: a pair of halves that make one character, or any without ``u``
#: (so that the second of two backslashes is not taken for the start of one).  The rest is alone.
_SURROGATE: Final = re.compile(
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[^u])"
    r"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)

_REPAIR: Final = "restore it with git, or delete it and measure again"


def load_object(path: Path) -> tuple[dict[str, object], tuple[str, ...]]:
    """The JSON object in the file at `path`, and the keys that it holds twice.

    ``NaN``, ``Infinity`` and ``-Infinity`` are accepted, as asv writes them.  Of a key that is
    there twice the last one counts, as in asv's own reader; the keys are returned so that they
    can be named.  No text in the result has lone surrogates, so all of it can be written as UTF-8.

    Raises:
        DataError: the file is missing, unreadable, larger than `MAX_BYTES`, no regular file, not
            UTF-8, not JSON or no object.  The message is the reason alone.
    """
    return parse_object(read_bytes(path))


def parse_object(content: bytes) -> tuple[dict[str, object], tuple[str, ...]]:
    """The JSON object in `content`, as `load_object` gives that of a file.

    Raises:
        DataError: it is empty, not UTF-8, not JSON or no object.  The message is the reason alone.
    """
    text = _decode(content)
    twice: list[str] = []

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice.extend(key for key, count in counts.items() if count > 1)
        return found

    try:
        data = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise DataError(_not_json(text, error)) from None
    except RecursionError:
        raise DataError(f"it is nested too deeply to be a result of asv: {_REPAIR}") from None
    except ValueError:  # the only other one: an integer longer than Python converts
        raise DataError(f"a number in it has thousands of digits: {_REPAIR}") from None
    if not isinstance(data, dict):
        raise DataError(f"it holds a JSON {_kind(data)} and not an object: it is not asv's")
    return data, tuple(dict.fromkeys(twice))


def is_there(path: Path) -> bool:
    """Whether there is something at `path`; False too where nobody may look.

    `Path.exists` raises PermissionError in a folder that may be listed but not entered.
    """
    try:
        return path.exists()
    except OSError:
        return False


def read_bytes(path: Path) -> bytes:
    """What is in the file at `path`.

    Raises:
        DataError: the file is missing, unreadable, larger than `MAX_BYTES` or no regular file.  The
            message is the reason alone.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError("it is a folder, not a file: rename it")
        if not stat.S_ISREG(status.st_mode):
            raise DataError("it is a device or a pipe, not a file: remove it")
        size, content = status.st_size, b""
        if size <= MAX_BYTES:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)  # it may have grown meanwhile
            size = len(content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"it cannot be read ({reason}): make it readable or remove it") from None
    if size > MAX_BYTES:
        raise DataError(f"it is larger than {MAX_BYTES // 2**20} MiB: split or remove it")
    return content


def _decode(content: bytes) -> str:
    if not content.strip():
        raise DataError(f"it is empty: {_REPAIR}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"it is not UTF-8 text (byte {error.start}): {_REPAIR}") from None
    if "\\u" not in text:
        return text
    return _SURROGATE.sub(lambda match: match[1] or "\\ufffd", text)


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    if text.startswith("version https://git-lfs"):
        return "it is a Git LFS pointer, not the file itself: run `git lfs pull`"
    if "\n<<<<<<< " in text or text.startswith("<<<<<<< "):
        return "it has merge conflict markers: resolve the conflict"
    where = f"line {error.lineno}, column {error.colno}"
    return f"it is damaged or cut off ({error.msg} at {where}): {_REPAIR}"


def _kind(data: object) -> str:
    names = {list: "list", str: "text", bool: "constant", type(None): "constant"}
    return names.get(type(data), "number")
