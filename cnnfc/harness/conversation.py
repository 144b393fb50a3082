"""Talks in lines with a program that it has started, and ends it with all that that started."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

import psutil

#: Bytes of standard error that are worth showing.
_SAID: Final = 4096
#: How often (s) a program that holds its answers open is checked to be alive: a process that it
#: left behind may hold them too.
_TICK: Final = 0.25


class Conversation:
    """A running program that answers lines of its standard input on its standard output.

    It gets a session, and so a process group, of its own: all of it is ended together, and Ctrl-C
    does not reach it.

    Args:
        command: The program and its arguments.
        environment: All of its variables.
        folder: Its working folder; that of this process if it is None.

    Raises:
        OSError: It cannot be started; nothing of it is left.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path | None = None,
    ) -> None:
        self._received = b""
        with contextlib.ExitStack() as opened:
            # A file and not a pipe: nobody reads while it measures, and a full pipe would stop it.
            self._complaints = opened.enter_context(tempfile.TemporaryFile())
            self._process = subprocess.Popen(
                [*command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                bufsize=0,
                cwd=folder,
                env=environment,
                close_fds=True,
                start_new_session=True,
            )
            self._requests = opened.enter_context(_piped(self._process.stdin))
            self._answers = opened.enter_context(_piped(self._process.stdout))
            self._open = opened.pop_all()
        #: Once all of it is ended, its number may become another process's.
        self._is_over = False
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, below zero for a signal; None while nobody has seen it end."""
        return self._process.returncode

    def send(self, line: str) -> None:
        """Write `line` to its standard input, and do not wait for what it answers.

        Raises:
            OSError: It does not read any more.
        """
        data = line.encode() + b"\n"
        while data:
            data = data[self._requests.write(data) or 0 :]

    def receive(self, end: float) -> bytes:
        """Its next line, without what ends it.

        Args:
            end: Until when to wait, by the monotonic clock (s).

        Raises:
            TimeoutError: There is none until then.
            EOFError: It has ended, or closed its answers.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\n" not in self._received:
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                # Asked before reading: what it wrote before it died is there then.
                is_dead = self._process.poll() is not None
                if selector.select(0 if is_dead else min(left, _TICK)):
                    data = os.read(self._answers.fileno(), 2**16)
                    if not data:
                        raise EOFError
                    self._received += data
                elif is_dead:
                    raise EOFError
        line, _, self._received = self._received.partition(b"\n")
        return line

    def how_it_ended(self, meanwhile: str = "") -> str:
        """Why there is no answer, such as ``was ended by SIGSEGV while it was asked``.

        Args:
            meanwhile: What it was doing, such as ``while it was asked``; empty if that is unknown.
        """
        # It closed its answers: it has ended or is about to, unless it goes on without them.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_TICK)
        code = self._process.poll()
        doing = f" {meanwhile}" if meanwhile else ""
        if code is None:
            return f"stopped answering{doing}"
        if code >= 0:
            return f"ended with exit code {code}{doing}"
        with contextlib.suppress(ValueError):
            name = signal.Signals(-code).name
            hint = " (perhaps the machine ran out of memory)" if name == "SIGKILL" else ""
            return f"was ended by {name}{doing}{hint}"
        return f"was ended by signal {-code}{doing}"

    def said(self, size: int = _SAID) -> str:
        """The end, `size` bytes at most, of what it wrote to standard error; empty once stopped."""
        if self._complaints.closed:
            return ""
        descriptor = self._complaints.fileno()
        length = os.fstat(descriptor).st_size
        # pread leaves alone the position, which is the program's too.
        found = os.pread(descriptor, size, max(0, length - size))
        return found.decode(errors="replace")

    def send_signal(self, signum: signal.Signals) -> None:
        """Send a signal to all of its group, unless it has ended."""
        if self._is_over:
            return
        # macOS refuses to signal a group of which only a zombie is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signum)

    def kill(self, family: Iterable[psutil.Process] = ()) -> None:
        """End its group, and what it started that has a session of its own; `said` remains.

        Args:
            family: What it had started before, as far as that is known.
        """
        family = [*family, *self._family()]
        self.send_signal(signal.SIGKILL)
        for member in family:
            with contextlib.suppress(psutil.Error):
                member.kill()
        self._process.wait()
        self._is_over = True

    def stop(self, patience: float = 0.0) -> None:
        """End it and everything it started, and forget what it said; a second call does nothing.

        Args:
            patience: Seconds for it to end by itself once its standard input has ended; suspended
                or not, it runs meanwhile.
        """
        with self._open:
            if self._is_over:
                return
            # Now: once it has ended, nobody knows what it had started.
            family = self._family()
            try:
                if patience > 0 and self._process.poll() is None:
                    self.send_signal(signal.SIGCONT)
                    self._requests.close()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(patience)
            finally:
                self.kill(family)

    def _family(self) -> list[psutil.Process]:
        """Processes that it started, and that they started; none if it has ended."""
        if self._process.poll() is None:
            with contextlib.suppress(psutil.Error):
                return psutil.Process(self.pid).children(recursive=True)
        return []


def _piped(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - a pipe was asked for
    return stream
