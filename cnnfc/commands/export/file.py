"""Opens what a table is written to: a file that appears whole or not at all, or a stream."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from cnnfc.commands.export.text import Sink
from cnnfc.errors import DataError
from cnnfc.machine.locked_files import remedy, sweep
from cnnfc.report.text import clean


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, whose file takes the name `path` when all went well.

    The same pattern and the same hidden names as `cnnfc.machine.locked_files`, for content that
    is never in memory as a whole.  What a killed process left of the same file is removed.

    Raises:
        DataError: The folder cannot be written to, or is full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent, path.name)
        yield part
        if path.exists():
            part.chmod(path.stat().st_mode & 0o7777)
        part.replace(path)
    except BaseException as error:
        # An interrupt too must not leave half a file behind.
        with contextlib.suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            raise DataError(
                f"cannot write {path}: {error.strerror or error}; "
                + remedy(error, "make its folder writable or choose another")
            ) from error
        raise


@contextlib.contextmanager
def new_text(path: Path) -> Iterator[TextIO]:
    """A text stream in UTF-8, without translated line ends, that becomes `path`.

    Raises:
        DataError: as `new_file`.
    """
    with new_file(path) as part, part.open("x", encoding="utf-8", newline="") as file:
        yield file


class Stream:
    """Text in UTF-8 on the bytes of `out`, whatever encoding and line ends it has itself.

    A terminal gets nothing that could steer it: names in result files are hostile until shown
    otherwise.  A stream without bytes below, such as one in memory, takes the text as it is.
    """

    def __init__(self, out: TextIO) -> None:
        out.flush()  # what was printed before comes before
        self._out = out
        self._bytes = getattr(out, "buffer", None)
        self._terminal = out.isatty()

    def write(self, text: str, /) -> object:
        """Write `text`."""
        if self._terminal:
            return self._out.write(clean(text.replace("\r\n", "\n")))
        if self._bytes is None:
            return self._out.write(text)
        return self._bytes.write(text.encode())


def text_sink(out: TextIO) -> Sink:
    """What a table can be written to so that it goes to `out`."""
    return Stream(out)
