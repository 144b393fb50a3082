"""Runs pip, and says why it failed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cnnfc.errors import UsageError
from cnnfc.harness.process import stop
from cnnfc.machine.locked_files import remedy

#: Set by users for their own installations, or by git for a hook; here they would lead elsewhere.
_UNWANTED: Final = (
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_ROOT",
    "PIP_TARGET",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
)
#: How many lines of a log are shown.
_SHOWN: Final = 15


class PipFailed(UsageError):
    """pip gave up; ``log`` is where it says why."""

    def __init__(self, what: str, log: Path) -> None:
        self.log = log
        self.text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        lines = [line.rstrip() for line in self.text.splitlines() if line.strip()]
        shown = "\n".join(f"    {line}" for line in lines[-_SHOWN:])
        super().__init__(f"{what}; the end of {log}:\n{shown}")


def run_pip(
    arguments: list[str],
    log: Path,
    failure: str,
    *,
    python: Path | None = None,
    variables: Mapping[str, str] | None = None,
    patience: float = 600.0,
) -> None:
    """Run pip with `arguments`; what it says goes to the end of the file `log`.

    On an interrupt pip and what it started have ended before the exception goes on.

    Args:
        arguments: ``["install", ...]``.
        log: its folder need not exist.
        failure: how the error sentence begins, ``"commit 1234 cannot be built"``.
        python: interpreter to install for; this one if left out.
        variables: added to the environment.
        patience: longest time it may take, in seconds.

    Raises:
        PipFailed: it gave up, or took too long.
        UsageError: this interpreter has no pip, or the log cannot be written.
    """
    if importlib.util.find_spec("pip") is None:
        raise UsageError(
            f"{sys.executable} has no pip, which the gate builds with: install it with "
            f"`{Path(sys.executable).name} -m ensurepip`, `uv pip install pip` or your system's "
            f"packages"
        )
    for_python = ["--python", str(python)] if python else []
    command = [sys.executable, "-P", "-m", "pip", *for_python, *arguments]
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        file = log.open("ab")
    except OSError as error:
        advice = remedy(error, "make its folder writable")
        raise UsageError(f"{log} cannot be written ({error.strerror}): {advice}") from None
    with file:
        file.write(f"$ {' '.join(command)}\n".encode(errors="replace"))
        file.flush()
        # A session of its own: Ctrl-C reaches it through us alone, and nothing asks at a terminal.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=_environment(variables or {}),
            start_new_session=True,
        )
        try:
            status = process.wait(patience)
        except subprocess.TimeoutExpired:
            stop(process)
            raise PipFailed(
                f"{failure} within {patience:g} s (asv's install_timeout)", log
            ) from None
        except BaseException:
            stop(process)
            raise
    if status:
        raise PipFailed(failure, log)


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    return {
        **kept,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_USER": "0",
        "GIT_TERMINAL_PROMPT": "0",
        **variables,
    }
