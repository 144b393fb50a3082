"""Starts asv and listens to it."""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import psutil

from cnnfc.errors import UsageError
from cnnfc.harness.events import Event, parse
from cnnfc.machine.locked_files import remedy

#: The program that runs asv, started by path: see there.
PROGRAM = (sys.executable, "-P", str(Path(__file__).with_name("asv_main.py")))
#: How long asv may take to clean up (s) after each of these signals.
STOPS = ((signal.SIGINT, 10.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
#: Without news for so long (s), the listener is told that nothing happened.
QUIET_SECONDS = 5.0
#: A longer event (bytes) is passed over, so that no output of asv's can fill our memory.  The
#: program sends a hundredth of it at most.
LONGEST_EVENT = 2**20

Listener = Callable[[Event | None], None]


@dataclass(frozen=True)
class Asv:
    """asv for the project in ``root``; everything it prints is added to the file ``log``.

    ``kept_open`` are descriptors that asv inherits.  ``variables`` are added to this process's
    environment; ``None`` takes a variable away.
    """

    root: Path
    log: Path
    kept_open: tuple[int, ...] = ()
    variables: Mapping[str, str | None] = field(default_factory=dict)
    program: tuple[str, ...] = PROGRAM

    def run(
        self,
        arguments: Sequence[str],
        listen: Listener,
        *,
        variables: Mapping[str, str | None] | None = None,
        standard_input: str = "",
    ) -> int:
        """Run asv with `arguments` and hand each event to `listen`; gives asv's exit status.

        asv never waits for an answer: after `standard_input` its input has ended, and it has no
        terminal.  On an interrupt, or whatever else ends this call early, asv and everything it
        started have ended before the exception goes on.  The same if asv itself is killed.

        Raises:
            UsageError: the log cannot be written.
        """
        with self._open_log(f"\n$ asv {shlex.join(arguments)}\n") as log:
            reader, writer = os.pipe()
            try:
                process = subprocess.Popen(
                    [*self.program, *arguments],
                    cwd=self.root,
                    env=self._environment(variables or {}, writer),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=(writer, *self.kept_open),
                    # A group of its own, so that Ctrl-C reaches it through us alone; a session of
                    # its own, so that neither git nor pip finds a terminal to ask at.
                    start_new_session=True,
                )
            except BaseException:
                os.close(reader)
                raise
            finally:
                os.close(writer)
            with process, os.fdopen(reader, "rb", buffering=0) as events, _stopped(process):
                _feed(process, standard_input)
                for line in _lines(events.fileno()):
                    listen(parse(line) if line else None)
                status = process.wait()
            if status < 0:
                _end_session(process.pid)
            return status

    def _open_log(self, command: str) -> BinaryIO:
        """The log with `command` at its end, unbuffered."""
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            log = self.log.open("ab", buffering=0)
            try:
                log.write(command.encode())
            except OSError:
                log.close()
                raise
        except OSError as error:
            advice = remedy(error, f"make {self.log.parent} a folder that you may write to")
            raise UsageError(
                f"the log {self.log} cannot be written ({error.strerror}): {advice}"
            ) from None
        return log

    def _environment(self, variables: Mapping[str, str | None], writer: int) -> Mapping[str, str]:
        merged: dict[str, str | None] = {
            **os.environ,
            # asv cuts names to the width of the terminal; the log is read later.
            "COLUMNS": "160",
            "GIT_TERMINAL_PROMPT": "0",
            "PIP_NO_INPUT": "1",
            **self.variables,
            **variables,
            "CNNFC_EVENTS": str(writer),
        }
        return {name: value for name, value in merged.items() if value is not None}


def _feed(process: subprocess.Popen[bytes], text: str) -> None:
    if process.stdin is None:
        return
    # asv may end before it reads.
    with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(text.encode())


def _lines(descriptor: int) -> Iterator[bytes]:
    """Lines from `descriptor` until its other end closes; empty ones while nothing happens.

    A line longer than `LONGEST_EVENT` is cut short, and so is no event any more.
    """
    waiting = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(QUIET_SECONDS):
                yield b""
                continue
            read = os.read(descriptor, 65536)
            if not read:
                return
            *whole, waiting = (waiting + read).split(b"\n")
            waiting = waiting[:LONGEST_EVENT]
            yield from filter(None, whole)


@contextlib.contextmanager
def _stopped(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Make sure that `process` and what it started have ended when the block is left early."""
    try:
        yield
    except BaseException:
        stop(process)
        raise


def stop(process: subprocess.Popen[bytes]) -> None:
    """End `process` and what it started, politely first; an impatient second Ctrl-C hurries."""
    family = _family(process.pid)
    for signum, patience in STOPS:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signum)
        try:
            process.wait(patience)
            break
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            continue
    # asv's builds and servers have process groups of their own.  Most have ended with asv.
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.kill()


def _end_session(leader: int) -> None:
    """End what is left of asv's session: asv was killed and could not end what it had started.

    What it started would go on measuring beside the next call.
    """
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == leader:
                process.kill()


def _family(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
