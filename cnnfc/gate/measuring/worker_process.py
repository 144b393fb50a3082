"""Starts `cnnfc.gate.worker` for a side and talks with it: the parent's half of the talk."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from cnnfc.errors import CnnfcError, UsageError
from cnnfc.gate.sides import Side
from cnnfc.harness.conversation import Conversation

#: Run by path, since the interpreter of a side need not have this cnnfc.
PROGRAM: Final = Path(__file__).parents[1] / "worker" / "main.py"
#: Bytes of standard error that are worth showing.
_SAID: Final = 4096
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
    """A running worker, to be used as a context manager; its process group ends with it.

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
        self._lost: WorkerLost | None = None
        #: None if it could not be started.
        self._talk: Conversation | None = None
        arguments = {
            "suite": str(side.suite),
            "path": [str(part) for part in side.path],
            "parent": os.getpid(),
            "caches": {key: str(file) for key, file in (caches or {}).items()},
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._talk = Conversation(
                [str(side.python), str(PROGRAM), json.dumps(arguments)],
                _environment(side, environment or {}),
                folder,
            )
        except OSError as error:
            self._lost = WorkerLost(f"no worker of the {self.role} could be started: {error}", "")
            return
        self.pid = self._talk.pid

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
            op: What is asked for; see `cnnfc.gate.worker.main`.
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
        talk = self._running()
        self._next_id += 1
        self._asked.append((self._next_id, op))
        try:
            talk.send(json.dumps({"id": self._next_id, "op": op, **fields}))
        except OSError:
            raise self._loss(talk, talk.how_it_ended(self._meanwhile())) from None

    def receive(self, timeout: float) -> dict[str, Any]:
        """The answer to the oldest request that has none yet.

        Raises:
            WorkerLost: it died, or did not answer within `timeout` seconds and was killed.
        """
        talk = self._running()
        expected, op = self._asked[0]
        end = time.monotonic() + timeout
        while True:
            try:
                line = talk.receive(end)
            except TimeoutError:
                reason = f"did not answer {op!r} within {timeout:g} s and was killed"
                raise self._loss(talk, reason) from None
            except EOFError:
                raise self._loss(talk, talk.how_it_ended(self._meanwhile())) from None
            with contextlib.suppress(ValueError):
                answer = json.loads(line)
                if isinstance(answer, dict) and answer.pop("id", None) == expected:
                    self._asked.pop(0)
                    return answer

    def suspend(self) -> None:
        """Stop it and what it started until `resume`, so that no thread of it takes a core."""
        if self._talk is not None:
            self._talk.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self._talk is not None:
            self._talk.send_signal(signal.SIGCONT)

    def said(self, size: int = _SAID) -> str:
        """The end, `size` bytes at most, of what it wrote to standard error (and output)."""
        if self._lost is not None:
            return self._lost.said
        return "" if self._talk is None else self._talk.said(size)

    def stop(self, *, at_once: bool = False) -> None:
        """End it and everything in its group; a second call does nothing.

        An idle worker gets two seconds to tear its cases down, unless `at_once`.
        """
        if self._talk is not None:
            self._talk.stop(0 if at_once or self._asked else _PATIENCE)

    def _running(self) -> Conversation:
        if self._lost is not None:
            raise self._lost
        assert self._talk is not None  # noqa: S101 - what could not be started is lost
        return self._talk

    def _loss(self, talk: Conversation, what: str) -> WorkerLost:
        """Kill what is left, and remember."""
        talk.kill()
        reason = f"the worker of the {self.role} (process {self.pid}) {what}"
        self._lost = WorkerLost(reason, talk.said())
        return self._lost

    def _meanwhile(self) -> str:
        return f"while it was asked for {self._asked[0][1]!r}" if self._asked else ""


def _environment(side: Side, more: Mapping[str, str]) -> dict[str, str]:
    """Variables of a worker: the same on both sides but for what the side says itself."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    kept.update(ASV="true", ASV_CONF_DIR=str(side.config), PYTHONDONTWRITEBYTECODE="1")
    # As long on one side as on the other: the environment lies on the stack of a process.
    kept["ASV_COMMIT"] = side.commit or side.tree
    return {**kept, **side.environment, **more}
