"""Asks a resident program for samples, under the environment of a condition."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from cnnfc.errors import CannotMeasure, CnnfcError


class ResidentEnded(CnnfcError):
    """The resident program is gone, so nothing more can be measured with it."""


#: A process that takes longer than this is stopped (s).
TIMEOUT: Final = 120.0


class Sampler:
    """A running `cnnfc.studies.resident`; use it as a context manager."""

    def __init__(
        self,
        benchmarks: Path,
        environment: Mapping[str, str],
        protocol: Mapping[str, float] | None = None,
    ) -> None:
        self._protocol = dict(protocol or {})
        # A file and not a pipe: nobody reads while the resident measures, and a full pipe stops it.
        self._complaints = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed with the rest
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cnnfc.studies.resident", str(benchmarks)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            env={**os.environ, **environment},
            # Its forks are stopped with it.
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        self._process.communicate()
        self._complaints.close()

    def take(self, benchmark: str, case: str, device: str) -> list[float]:
        """Seconds a call, the values of one process.

        Raises:
            CannotMeasure: the case is skipped here, or fails; says why.
            ResidentEnded: the program died, or was stopped because it did not answer.
        """
        request: dict[str, Any] = {"benchmark": benchmark, "case": case, "device": device}
        request["protocol"] = self._protocol
        answer = self._ask(json.dumps(request))
        if "values" not in answer:
            raise CannotMeasure(str(answer.get("skipped") or answer.get("failed")))
        return [float(value) for value in answer["values"]]

    def _ask(self, line: str) -> dict[str, Any]:
        process = self._process
        if process.stdin is None or process.stdout is None:  # never so: both were asked for
            raise ResidentEnded("the process that takes samples has no pipes")
        # A resident that hangs is killed, and the read below ends.
        watchdog = threading.Timer(TIMEOUT, self._stop)
        watchdog.start()
        try:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            watchdog.cancel()
        if not answer:
            process.wait()
            self._complaints.seek(0)
            said = self._complaints.read().strip().splitlines()
            raise ResidentEnded(
                f"the process that takes samples ended: {said[-1] if said else 'no last words'}"
            )
        found: dict[str, Any] = json.loads(answer)
        return found

    def _stop(self) -> None:
        # macOS refuses to signal a group of which only a zombie is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
