"""Lets commands that measure end in good order, whoever asks them to."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Final, NoReturn

#: Exit code of an interrupted command.
INTERRUPTED: Final = 130


@contextlib.contextmanager
def terminations_interrupt() -> Iterator[None]:
    """Treat a request to end, and a closed terminal, like Ctrl-C: keep what is finished."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.signal(s, interrupt) for s in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
