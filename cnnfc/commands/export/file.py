"""Opens what a table is written to: a file that appears whole or not at all, or a stream."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from cnnfc.commands.export.text import Sink
from cnnfc.machine.locked_files import replacement, sweep
from cnnfc.report.text import clean


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """As `cnnfc.machine.locked_files.replacement`, without what a killed process left of the file.

    Raises:
        DataError: The folder cannot be written to, or is full.
    """
    sweep(path.parent, path.name)
    with replacement(path) as part:
        yield part


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
