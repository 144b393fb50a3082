"""Runs one step, a program with a limit of time, and leaves nothing of it running."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Self

from carried import say

#: How long a step may take to end (s) after each of these signals.
STOPS = ((signal.SIGINT, 40.0), (signal.SIGTERM, 10.0))
#: How long the system may take to remove what was killed (s).
LAST = 5.0
#: All that stopping a step may take (s).
STOPPING = sum(patience for _, patience in STOPS) + LAST
#: Seconds between two signs of life, and between two looks at what happened.
PULSE = 30.0
POLL = 0.1

INTERRUPTED = "interrupted"
TIME_UP = "stopped, time was up"


class Interrupts:
    """Requests to end, by Ctrl-C, SIGTERM or a terminal that was closed, while the block runs.

    The first is a `KeyboardInterrupt`, or only counted in ``seen`` while they are `held`.  Later
    ones are counted alone: nothing may come between the end of a step and the archive.
    """

    def __init__(self) -> None:
        self.seen = 0
        self._held = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            before = signal.getsignal(signum)
            if before is not signal.SIG_IGN:
                self._before[signum] = signal.signal(signum, self._handle)
            elif signum == signal.SIGINT:
                # A shell's background job.  Steps would inherit the ignorance, which a handler
                # does not pass on, and could not be interrupted.
                self._before[signum] = signal.signal(signum, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        for signum, before in self._before.items():
            signal.signal(signum, before)

    def _handle(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - signal's
        self.seen += 1
        if not self._held and self.seen == 1:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Count requests while the block runs, and do nothing else."""
        self._held = True
        try:
            yield
        finally:
            self._held = False


@dataclass(frozen=True)
class Ending:
    """How a step ended: its exit code (None: not started), after how long (s), in words."""

    exit_code: int | None
    seconds: float
    ended: str


def run_step(
    command: Sequence[str],
    limit: float,
    log: Path,
    interrupts: Interrupts,
    *,
    tree: Path,
    environment: Mapping[str, str],
) -> Ending:
    """Run Python with `command` in the folder `tree` for `limit` seconds at most.

    `interrupts` must be held.  The first ends the step as the limit does; a later one while the
    step is being stopped goes on to the next, less polite signal.  In any case its whole group is
    gone afterwards.
    """
    start = time.monotonic()
    with log.open("wb") as file:
        process: subprocess.Popen[bytes] | None = None
        has_ended = False
        try:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=tree,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                # Its own group, so that a signal reaches all that it has started.
                start_new_session=True,
            )
            has_ended = wait(process, log, limit, interrupts)
        finally:
            if process is not None:
                stop(process, interrupts, politely=not has_ended)
    code, seconds = process.returncode, round(time.monotonic() - start, 1)
    if has_ended:
        return Ending(code, seconds, f"exit code {code}")
    return Ending(code, seconds, INTERRUPTED if interrupts.seen else TIME_UP)


def wait(process: subprocess.Popen[bytes], log: Path, limit: float, interrupts: Interrupts) -> bool:
    """Whether `process` has ended within `limit` seconds; says meanwhile what it does."""
    end = time.monotonic() + limit
    pulse = time.monotonic() + PULSE
    while not interrupts.seen and (left := end - time.monotonic()) > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(min(POLL, left))
            return True
        if time.monotonic() >= pulse:
            pulse += PULSE
            say(f"  {max(0.0, end - time.monotonic()):5.0f} s left: {''.join(tail(log, 1))}")
    return process.poll() is not None


def stop(process: subprocess.Popen[bytes], interrupts: Interrupts, *, politely: bool) -> None:
    """End `process` and its group, first `politely`: what it has measured is to be kept."""
    try:
        for signum, patience in STOPS if politely else ():
            seen = interrupts.seen
            _signal(process, signum)
            end = time.monotonic() + patience
            while (left := end - time.monotonic()) > 0 and interrupts.seen == seen:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(min(POLL, left))
                    return
    finally:
        # What it has started may outlive it, and would disturb the next step.
        _signal(process, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LAST)


def _signal(process: subprocess.Popen[bytes], signum: int) -> None:
    # macOS says PermissionError of a group in which everybody has ended.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signum)


def tail(log: Path, lines: int) -> list[str]:
    """The last `lines` of `log`, shortened.  Of a line that is rewritten its last state counts."""
    text = log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n")
    return [line[:200] for line in text.splitlines() if line.strip()][-lines:]
