"""Shows how far a run is, on a terminal and in a log."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import Final, TextIO

from cnnfc.units import format_duration

#: How often the line may change on a terminal, and how often a log gets a new one (s).
TERMINAL_SECONDS: Final = 0.1
LOG_SECONDS: Final = 15.0

Clock = Callable[[], float]


def line(
    commit: str, label: str, *, done: int, total: int, seconds_left: float | None, width: int
) -> str:
    """One line: commit, done of total, time left, what is measured; cut to `width` characters.

    >>> line("3f2a1b9c", "dense.1024-512 cpu-2", done=12, total=340, seconds_left=128, width=60)
    '3f2a1b9c   12/340  2 min 08 s left  dense.1024-512 cpu-2'
    """
    count = f"{done:>{len(str(total))}}/{total}" if total else ""
    left = "" if seconds_left is None else f"{format_duration(seconds_left)} left"
    text = "  ".join(part for part in (commit, count, left, label) if part)
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


class Progress:
    """One line that is rewritten on a terminal, and now and then a new line in a log.

    `clock` is monotonic (s).  `say` writes what stays.  State that callers set: ``commit`` (short),
    ``done`` and ``total`` points.
    """

    def __init__(self, out: TextIO, clock: Clock = time.monotonic) -> None:
        self.out = out
        self.clock = clock
        self.terminal = out.isatty()
        self.commit = ""
        self.done = 0
        self.total = 0
        self._shown_at: float | None = None
        self._on_line = False

    def show(self, label: str, seconds_left: float | None = None, *, now: bool = False) -> None:
        """Show `label`, unless something was shown a moment ago; `now` shows it in any case."""
        interval = TERMINAL_SECONDS if self.terminal else LOG_SECONDS
        time_now = self.clock()
        if not now and self._shown_at is not None and time_now - self._shown_at < interval:
            return
        self._shown_at = time_now
        if self.terminal:
            width = shutil.get_terminal_size().columns - 1
            text = self._line(label, seconds_left, width)
            # Back to the start of the line, and clear what is longer than the new text.
            self.out.write(f"\r\x1b[K{text}")
            self._on_line = True
        else:
            self.out.write(f"{self._line(label, seconds_left, 1000)}\n")
        self.out.flush()

    def say(self, text: str) -> None:
        """Write `text` on lines of its own, in the place of the progress line."""
        self.clear()
        self.out.write(f"{text}\n")
        self.out.flush()

    def _line(self, label: str, seconds_left: float | None, width: int) -> str:
        return line(
            self.commit,
            label,
            done=self.done,
            total=self.total,
            seconds_left=seconds_left,
            width=width,
        )

    def clear(self) -> None:
        """Take the progress line off the terminal."""
        if self._on_line:
            self.out.write("\r\x1b[K")
            self._on_line = False
