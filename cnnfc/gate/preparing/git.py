"""Runs git on a repository that is only read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cnnfc.errors import UsageError

#: Set by git while a hook runs; they would turn every question to the hook's repository.
_HOOK_VARIABLES: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
#: Features that keep files of their own beside the index, in the user's ``.git``.
_SETTINGS: Final = ("core.splitIndex=false", "core.fsmonitor=false", "core.untrackedCache=false")
#: Longest time that one question may take (s); unpacking a large tree takes minutes.
_PATIENCE: Final = 900.0


@dataclass(frozen=True)
class Git:
    """Asks git in ``folder``, with ``variables`` on top of this process's environment."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def ask(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """What git answers to `arguments`, with `given` as its standard input.

        Raises:
            UsageError: there is no git, or it does not answer.
        """
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        try:
            return subprocess.run(
                ["git", "-C", str(self.folder), *settings, *arguments],
                input=given,
                capture_output=True,
                env=self._environment(),
                check=False,
                timeout=_PATIENCE,
            )
        except FileNotFoundError:
            raise UsageError("git was not found: install it, or put it on PATH") from None
        except subprocess.TimeoutExpired:
            raise UsageError(
                f"git {arguments[0]} did not end within {_PATIENCE / 60:.0f} minutes in "
                f"{self.folder}"
            ) from None

    def tell(self, *arguments: str, given: bytes = b"") -> bytes:
        """The same where git must succeed; gives its standard output.

        Raises:
            UsageError: git refused; the sentence has what it said.
        """
        answer = self.ask(*arguments, given=given)
        if answer.returncode:
            raise UsageError(f"git {arguments[0]} failed in {self.folder}: {said(answer)}")
        return answer.stdout

    def line(self, *arguments: str) -> str:
        """The first line of the same, as text."""
        return os.fsdecode(self.tell(*arguments)).partition("\n")[0]

    def having(self, **variables: str) -> Git:
        """The same git with more `variables`."""
        return replace(self, variables={**self.variables, **variables})

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if k not in _HOOK_VARIABLES}
        return {
            **inherited,
            # Messages are shown, and one of them is looked at.
            "LC_ALL": "C.UTF-8",
            "LANGUAGE": "",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            **self.variables,
        }


def said(answer: subprocess.CompletedProcess[bytes]) -> str:
    """What git said against it, in one line."""
    text = answer.stderr.decode(errors="replace").strip()
    lines = [line.strip() for line in text.splitlines() if not line.startswith("hint:")]
    return " ".join(filter(None, lines)) or f"exit status {answer.returncode}"


def open_work_tree(folder: Path) -> Git:
    """A `Git` at the top of the work tree that `folder` lies in.

    Raises:
        UsageError: it lies in none, or git does not trust it.
    """
    answer = Git(folder).ask("rev-parse", "--show-toplevel")
    if answer.returncode:
        reason = said(answer)
        if "not a git repository" in reason:
            raise UsageError(
                f"{folder} is not inside a git repository: the gate compares two commits, so run "
                f"`git init` and commit first"
            )
        raise UsageError(f"git cannot work with {folder}: {reason}")
    return Git(Path(os.fsdecode(answer.stdout).rstrip("\n")))
