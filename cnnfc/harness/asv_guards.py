"""Keeps what goes wrong in one benchmark, or with its caller, from costing asv more than that.

A part of ``asv_main.py``, which loads it by path into asv's process: like it, this imports nothing
of cnnfc.  `install` puts these guards into asv:

- a benchmark that prints megabytes fills neither the log nor anybody's memory;
- a benchmark that ends the server which asv forks its processes from (by ending its process
  group, or as the one that the system picks when memory runs out) fails alone;
- a benchmark that returns samples which are no numbers fails alone;
- a benchmark that hangs is waited for once and not in every round;
- when the caller is killed, asv stops within a moment and not after the running benchmark.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import asv.runner
import asv.util

#: Of a longer text, this many characters of its beginning and of its end are kept.
HEAD, TAIL = 2000, 8000
#: The same of one of asv's messages, which may hold what hundreds of benchmarks printed.
LONGEST_MESSAGE = 2**22
#: How often a caller is looked for (s) whose end was not told.
LOOK_SECONDS = 1.0
#: How long a server whose socket is closed may take to end (s).
PATIENCE = 5.0


def install() -> None:
    """Guard every benchmark that asv runs and every message that it logs."""
    logging.getLogger().addFilter(_shorten_message)
    original = asv.runner._run_benchmark_single_param  # noqa: SLF001  # all go through this one
    hung: dict[tuple[str, int], Any] = {}

    def run(benchmark: Any, spawner: Any, param_idx: int, **options: Any) -> Any:  # noqa: ANN401
        point = (benchmark["name"], param_idx)
        if point in hung:
            return hung[point]
        try:
            outcome = original(benchmark, spawner, param_idx, **options)
        except Exception:
            status = None if spawner.interrupted else _status_of_server(spawner)
            if status is None:
                raise
            _start_anew(spawner)
            outcome = failure(f"it ended the process that starts benchmarks (status {status})")
        if not all(map(_are_numbers, outcome.samples)):
            outcome = failure("its samples are not all numbers")
        outcome = outcome._replace(stderr=shorten(outcome.stderr))
        if outcome.errcode == asv.util.TIMEOUT_RETCODE:
            hung[point] = outcome
        return outcome

    asv.runner._run_benchmark_single_param = run  # noqa: SLF001


def shorten(text: str, tail: int = TAIL) -> str:
    """`text` with its middle left out if it is long; tracebacks have their point at the end.

    >>> shorten("a" * 2000 + "b" * 90_000 + "c" * 8000).count("b")
    0
    """
    left_out = len(text) - HEAD - tail
    if left_out <= 0:
        return text
    return f"{text[:HEAD]}\n[... {left_out:,} characters left out ...]\n{text[-tail:]}"


def _shorten_message(record: logging.LogRecord) -> bool:
    if isinstance(record.msg, str):
        record.msg = shorten(record.msg, LONGEST_MESSAGE)
    return True


def failure(reason: str) -> Any:  # noqa: ANN401  # asv's record of an outcome
    """The outcome of one benchmark with one set of parameters that failed for `reason`."""
    return asv.runner.BenchmarkResult(
        result=[None], samples=[None], number=[None], errcode=1, stderr=reason, profile=None
    )


def _are_numbers(samples: object) -> bool:
    if samples is None:
        return True
    return isinstance(samples, list) and all(type(value) in (int, float) for value in samples)


def _status_of_server(spawner: Any) -> int | None:  # noqa: ANN401  # one of asv's spawners
    """The exit status of a server that has ended, else ``None``."""
    server = getattr(spawner, "server_proc", None)
    if server is None:
        return None
    try:
        # Its socket closes a moment before its end can be seen.
        return int(server.wait(PATIENCE))
    except subprocess.TimeoutExpired:
        return None


def _start_anew(spawner: Any) -> None:  # noqa: ANN401  # asv's ForkServer
    """Give `spawner` a new server, and end what the old one had started."""
    asv.util._killpg_safe(spawner.server_proc.pid, signal.SIGKILL)  # noqa: SLF001
    spawner.close()
    spawner.__init__(spawner.env, spawner.benchmark_dir)
    success, output = spawner.preimport()
    if not success:
        raise asv.util.UserError(output)


def watch_caller(descriptor: int, lost: Callable[[], None]) -> None:
    """Call `lost` and interrupt asv as soon as nobody reads the pipe `descriptor` any more.

    The system tells that, but not every one does for the writing end of a pipe; so also when the
    process that started this one has ended, which is looked for once in `LOOK_SECONDS`.
    """
    caller = os.getppid()
    poll = select.poll()
    # Linux tells both unasked; macOS tells nothing of a descriptor that is asked for nothing.
    poll.register(descriptor, select.POLLHUP | select.POLLERR)

    def wait() -> None:
        while not poll.poll(LOOK_SECONDS * 1000) and os.getppid() == caller:
            pass
        lost()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()
