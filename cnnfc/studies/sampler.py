"""Asks a resident program for samples, under the environment of a condition."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from cnnfc.errors import CannotMeasure, CnnfcError
from cnnfc.harness.conversation import Conversation


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
        self._talk = Conversation(
            [sys.executable, "-m", "cnnfc.studies.resident", str(benchmarks)],
            {**os.environ, **environment},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._talk.stop()

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
        try:
            self._talk.send(line)
            answer = self._talk.receive(time.monotonic() + TIMEOUT)
        except (OSError, EOFError):  # a time-out is an OSError
            self._talk.kill()
            said = self._talk.said().strip().splitlines()
            raise ResidentEnded(
                f"the process that takes samples ended: {said[-1] if said else 'no last words'}"
            ) from None
        found: dict[str, Any] = json.loads(answer)
        return found
