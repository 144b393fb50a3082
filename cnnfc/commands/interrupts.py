"""Lets commands that measure end in good order, whoever asks them to."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Final, NoReturn

#: Exit code of an interrupted command, as shells count it: 128 + SIGINT.
INTERRUPTED: Final = 130
_NAMES: Final = ("SIGTERM", "SIGHUP")


@contextlib.contextmanager
def terminations_interrupt() -> Iterator[None]:
    """Treat a request to end, and a closed terminal, like Ctrl-C: keep what is finished.

    A signal that is ignored stays so: `nohup` says by that to go on when the terminal is closed.
    """

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.getsignal(s) for s in _terminations()}
    try:
        for signum in before:
            signal.signal(signum, interrupt)
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _terminations() -> list[signal.Signals]:
    """The signals that ask this process to end; Windows has no terminal that is closed."""
    known = [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__]
    # None is a handler of somebody else's compiled code, which could not be put back.
    return [signum for signum in known if signal.getsignal(signum) not in (signal.SIG_IGN, None)]
