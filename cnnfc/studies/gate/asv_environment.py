"""An environment of asv in which every commit is the same installation: this interpreter.

asv loads it as a plugin (``"plugins": [".cnnfc.studies.gate.asv_environment"]``).  With asv's own
``existing`` environment ``asv continuous`` compares nothing, with any other it builds the project
twice.  Here the commit is only noted, in ``ASV_COMMIT`` as asv does, so both sides run the same
code; everything else of ``asv continuous`` is its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from asv.environment import Environment


class SameEnvironment(Environment):  # type: ignore[misc]  # asv has no type information
    """See the module; asv finds it by its `tool_name`."""

    tool_name = "same"

    def __init__(self, conf: Any, python: str, requirements: Any, variables: Any) -> None:  # noqa: ANN401 - asv's
        self._commit: str | None = None
        # Its base class asks for the name before it sets them.
        self._requirements = requirements
        super().__init__(conf, python, requirements, variables)

    @classmethod
    def matches(cls, python: str) -> bool:  # noqa: ARG003 - asv's
        return True

    @property
    def installed_commit_hash(self) -> str | None:
        return self._commit

    def check_presence(self) -> bool:
        return True

    def create(self) -> None:
        Path(self._path).mkdir(parents=True, exist_ok=True)

    def install_project(self, conf: Any, repo: Any, commit_hash: str) -> None:  # noqa: ANN401, ARG002 - asv's
        self._commit = commit_hash
        self._set_commit_hash(commit_hash)

    def find_executable(self, executable: str) -> str:  # noqa: ARG002 - there is one alone
        return sys.executable

    def run(self, args: list[str], **options: Any) -> Any:  # noqa: ANN401 - asv's
        return self.run_executable("python", args, **options)
