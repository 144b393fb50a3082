"""Starts `worker` for a side and talks with it: the parent's half of the conversation."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import psutil

from cnnfc.errors import CnnfcError, UsageError
from cnnfc.gate.sides import Side

_PROGRAM: Final = Path(__file__).with_name("worker.py")
#: Bytes of standard error that are worth showing.
_SAID: Final = 4096
#: How often (s) a worker that holds its answers open is checked to be alive: a process that it
#: left behind may hold them too.
_TICK: Final = 0.25
#: How long (s) an idle worker may take to tear its cases down.
_PATIENCE: Final = 2.0
#: Nothing of these may reach a worker: another package, another run's record or commit.
_UNWANTED: Final = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "CNNFC_RECORD", "ASV_COMMIT")
#: Where a process can be suspended, and ended with all that it started.
_SYSTEMS: Final = ("Linux", "Darwin")


def check_system() -> None:
    """Refuse a system on which no worker can run.

    Raises:
        UsageError: this is neither Linux nor macOS.
    """
    system = platform.system()
    if system not in _SYSTEMS:
        raise UsageError(
            f"the gate runs on Linux and macOS alone, and this is {system or 'another system'}: "
            "run it there, in a container or a virtual machine if need be"
        )


class WorkerLost(CnnfcError):
    """A worker is gone: it died, or was killed because it did not answer.

    Attributes:
        reason: What happened, in a sentence.
        said: The end of what it wrote to standard error.
    """

    def __init__(self, reason: str, said: str) -> None:
        last = said.strip().splitlines()
        super().__init__(f"{reason}; its last words: {last[-1]}" if last else reason)
        self.reason = reason
        self.said = said


class Worker:
    """A running `worker`, to be used as a context manager; its process group ends with it.

    Start it from a thread that lives as long as it does: on Linux the kernel kills it when that
    thread ends.  One that cannot be started, for want of memory say, is lost from the beginning.

    Args:
        side: What it runs.
        folder: Its working folder, made if need be; benchmarks may leave files there.
        caches: Pickled result of each setup_cache by its key.
        environment: Variables on top of those of the caller and of the side.
    """

    def __init__(
        self,
        side: Side,
        folder: Path,
        *,
        caches: Mapping[str, Path] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.role = side.role
        self._asked: list[tuple[int, str]] = []
        self._next_id = 0
        self._received = b""
        self._lost: WorkerLost | None = None
        arguments = {
            "suite": str(side.suite),
            "path": [str(part) for part in side.path],
            "parent": os.getpid(),
            "caches": {key: str(file) for key, file in (caches or {}).items()},
        }
        #: Once all of it is ended, its number may become another process's.
        self._is_over = True
        self._open = contextlib.ExitStack()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # A file and not a pipe: nobody reads while it measures, and a full pipe would stop it.
            self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
            self._open.callback(self._complaints.close)
            self._process = subprocess.Popen(
                [str(side.python), str(_PROGRAM), json.dumps(arguments)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                bufsize=0,
                cwd=folder,
                env=_environment(side, environment or {}),
                close_fds=True,
                # A group of its own: all of it is ended together, and Ctrl-C does not reach it.
                start_new_session=True,
            )
        except OSError as error:
            self._open.close()
            self._lost = WorkerLost(f"no worker of the {self.role} could be started: {error}", "")
            return
        except BaseException:
            self._open.close()
            raise
        self._is_over = False
        self.pid = self._process.pid
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                self._open.callback(pipe.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(at_once=error is not None)

    def ask(self, op: str, timeout: float, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """The answer to a request.

        Args:
            op: What is asked for; see `worker`.
            timeout: Seconds after which the worker is killed.
            **fields: What the request says.

        Raises:
            WorkerLost: it died, did not answer in time, or could not be started.
        """
        self.send(op, **fields)
        return self.receive(timeout)

    def send(self, op: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """Ask, and do not wait.  Requests are answered in their order.

        Raises:
            WorkerLost: it died.
        """
        self._check()
        self._next_id += 1
        request = {"id": self._next_id, "op": op, **fields}
        self._asked.append((self._next_id, op))
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - it was asked for
        data = json.dumps(request).encode() + b"\n"
        try:
            while data:
                data = data[pipe.write(data) or 0 :]
        except OSError:
            raise self._loss(self._how_it_ended()) from None

    def receive(self, timeout: float) -> dict[str, Any]:
        """The answer to the oldest request that has none yet.

        Raises:
            WorkerLost: it died, or did not answer within `timeout` seconds and was killed.
        """
        self._check()
        expected, op = self._asked[0]
        end = time.monotonic() + timeout
        while True:
            line = self._line(end, op, timeout)
            with contextlib.suppress(ValueError):
                answer = json.loads(line)
                if isinstance(answer, dict) and answer.pop("id", None) == expected:
                    self._asked.pop(0)
                    return answer

    def suspend(self) -> None:
        """Stop it and what it started until `resume`, so that no thread of it takes a core."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def said(self, size: int = _SAID) -> str:
        """The end, `size` bytes at most, of what it wrote to standard error (and output)."""
        if self._lost is not None:
            return self._lost.said
        if self._complaints.closed:
            return ""
        descriptor = self._complaints.fileno()
        length = os.fstat(descriptor).st_size
        # pread leaves alone the position, which is the worker's too.
        found = os.pread(descriptor, size, max(0, length - size))
        return found.decode(errors="replace")

    def stop(self, *, at_once: bool = False) -> None:
        """End it and everything in its group; a second call does nothing.

        An idle worker gets two seconds to tear its cases down, unless `at_once`.
        """
        with self._open:
            if self._is_over:
                return
            # Now: once it has ended, nobody knows what it had started.
            family = self._family()
            try:
                if not at_once and not self._asked and self._process.poll() is None:
                    self.resume()
                    if self._process.stdin is not None:
                        self._process.stdin.close()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(_PATIENCE)
            finally:
                self._kill(family)

    def _line(self, end: float, op: str, timeout: float) -> bytes:
        """The next line of its answers, or `WorkerLost`."""
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - it was asked for
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while b"\n" not in self._received:
                left = end - time.monotonic()
                if left <= 0:
                    reason = f"did not answer {op!r} within {timeout:g} s and was killed"
                    raise self._loss(reason)
                # Asked before reading: what it wrote before it died is there then.
                is_dead = self._process.poll() is not None
                if selector.select(0 if is_dead else min(left, _TICK)):
                    data = os.read(pipe.fileno(), 2**16)
                    if not data:
                        raise self._loss(self._how_it_ended())
                    self._received += data
                elif is_dead:
                    raise self._loss(self._how_it_ended())
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _check(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _loss(self, what: str) -> WorkerLost:
        """Kill what is left, and remember."""
        self._kill(())
        reason = f"the worker of the {self.role} (process {self.pid}) {what}"
        self._lost = WorkerLost(reason, self.said())
        return self._lost

    def _how_it_ended(self) -> str:
        # It closed its answers: it has ended or is about to, unless a benchmark closed them.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_TICK)
        code = self._process.poll()
        op = f" while it was asked for {self._asked[0][1]!r}" if self._asked else ""
        if code is None:
            return f"stopped answering{op}"
        if code >= 0:
            return f"ended with exit code {code}{op}"
        with contextlib.suppress(ValueError):
            name = signal.Signals(-code).name
            hint = " (perhaps the machine ran out of memory)" if name == "SIGKILL" else ""
            return f"was ended by {name}{op}{hint}"
        return f"was ended by signal {-code}{op}"

    def _family(self) -> list[psutil.Process]:
        """Processes that it started, and that they started; none if it has ended."""
        if self._process.poll() is None:
            with contextlib.suppress(psutil.Error):
                return psutil.Process(self.pid).children(recursive=True)
        return []

    def _kill(self, family: Iterable[psutil.Process]) -> None:
        """End its group, and of its `family`, then and now, those with a session of their own."""
        family = [*family, *self._family()]
        self._signal(signal.SIGKILL)
        for member in family:
            with contextlib.suppress(psutil.Error):
                member.kill()
        self._process.wait()
        self._is_over = True

    def _signal(self, signum: signal.Signals) -> None:
        if self._is_over:
            return
        # macOS refuses to signal a group of which only a zombie is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signum)


def _environment(side: Side, more: Mapping[str, str]) -> dict[str, str]:
    """Variables of a worker: the same on both sides but for what the side says itself."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    kept.update(ASV="true", ASV_CONF_DIR=str(side.config), PYTHONDONTWRITEBYTECODE="1")
    # As long on one side as on the other: the environment lies on the stack of a process.
    kept["ASV_COMMIT"] = side.commit or side.tree
    return {**kept, **side.environment, **more}
