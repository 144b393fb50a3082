"""The two things cnnfc asks of asv: to list a suite, and to measure a chunk of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cnnfc.harness.plan import Chunk
from cnnfc.harness.process import Listener
from cnnfc.harness.repository import Commit

#: asv's own word for "write benchmarks.json and measure nothing".
_DISCOVER = "just-discover"


class RunsAsv(Protocol):
    """What `cnnfc.harness.process.Asv` offers; tests put something faster in its place."""

    @property
    def root(self) -> Path: ...

    @property
    def log(self) -> Path: ...

    def run(
        self,
        arguments: Sequence[str],
        listen: Listener,
        *,
        variables: Mapping[str, str | None] | None = None,
        standard_input: str = "",
    ) -> int: ...


@dataclass(frozen=True)
class Caller:
    """asv with what all calls of one run have in common.

    ``machine`` is the name in asv's machine file; ``here`` the name of the environment that stands
    for the running interpreter, ``None`` for asv's own environments; ``commit_date`` the date of
    the commit where there is no git that asv could ask.
    """

    asv: RunsAsv
    machine: str
    profile: str
    here: str | None = None
    commit_date: datetime | None = None

    def discover(self, commit: Commit, listen: Listener) -> int:
        """Build `commit`, install it, and let asv write ``benchmarks.json``; asv's exit status."""
        return self._run(commit, ["--bench", _DISCOVER], listen, self.here, {})

    def measure(
        self,
        commit: Commit,
        environment: str,
        chunk: Chunk,
        record: Path,
        listen: Listener,
        *,
        listed: bool = False,
    ) -> int:
        """Measure `chunk` and add it to the result file; asv's exit status.

        `listed` says that ``benchmarks.json`` is still right, which saves asv an import of the
        suite and of torch (2.5 s).

        0 is success; with 2 some benchmark failed and the rest is stored; anything else stored
        nothing.
        """
        arguments = ["--record-samples", "--show-stderr"]
        if chunk.canaries:
            # Their earlier readings stay.  The other points have none, so for them this changes
            # nothing.
            arguments.append("--append-samples")
        for expression in chunk.expressions:
            arguments += ["--bench", expression]
        variables = {"CNNFC_RECORD": str(record), "CNNFC_LISTED": "1" if listed else None}
        return self._run(commit, arguments, listen, environment, variables)

    def _run(
        self,
        commit: Commit,
        arguments: Sequence[str],
        listen: Listener,
        environment: str | None,
        variables: Mapping[str, str | None],
    ) -> int:
        # By its full hash, which no branch or tag of the same name can be taken for.
        which = ["HASHFILE:-"] if self.here is None else ["--set-commit-hash", commit.hash]
        where = "here" if self.here else environment
        return self.asv.run(
            [
                *("run", *which, "--machine", self.machine),
                *(("-E", where) if where else ()),
                # Apple's Metal and Accelerate do not survive the fork of asv's quicker way.
                *(("--launch-method", "spawn") if sys.platform == "darwin" else ()),
                *arguments,
            ],
            listen,
            variables={
                "CNNFC_PROFILE": self.profile,
                # asv tells benchmarks in its own environments what they measure.
                "CNNFC_COMMIT": commit.hash if self.here else None,
                "CNNFC_ENV_NAME": self.here,
                **(self._here_variables() if self.here else {}),
                **variables,
            },
            standard_input="" if self.here else f"{commit.hash}\n",
        )

    def _here_variables(self) -> dict[str, str | None]:
        date = self.commit_date
        return {
            "ASV_CONF_DIR": str(self.asv.root),
            # Without its own variable, asv takes PYTHONPATH away from benchmarks.
            "ASV_PYTHONPATH": os.environ.get("ASV_PYTHONPATH", os.environ.get("PYTHONPATH")),
            "CNNFC_COMMIT_DATE": None if date is None else str(round(1000 * date.timestamp())),
        }
