"""Builds the package of a source tree into a folder that can be put on ``sys.path``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import requirements
from cnnfc.gate.preparing.pip import PipFailed, run_pip

#: What pip builds with where nothing is said (PEP 517 and 518).
_LEGACY: Final = ("setuptools>=40.8.0",)
#: Ends of the names of compiled modules and of libraries that packages bring.
_COMPILED: Final = (".so", ".pyd", ".dylib", ".dll")
#: pip's words where a build needs something that its requirements do not name.
_MISSING: Final = re.compile(
    r"BackendUnavailable|ModuleNotFoundError|No module named|Cannot import"
)


def is_package(folder: Path) -> bool:
    """Whether there is something to build in `folder`: else the folder itself is imported from."""
    return (folder / "setup.py").is_file() or bool({"build-system", "project"} & set(_toml(folder)))


def has_compiled_files(folder: Path) -> bool:
    """Whether there are libraries below `folder`, which run where they were built for alone."""
    return any(path.suffix in _COMPILED for path in folder.rglob("*.*"))


def build_package(
    source: Path,
    into: Path,
    log: Path,
    failure: str,
    *,
    variables: Mapping[str, str],
    patience: float,
) -> None:
    """Build the package in `source` and unpack it, without its dependencies, into `into`.

    Where this interpreter has what the build needs it is built with that, which needs no network;
    otherwise pip fetches it for this build alone.

    Args:
        source: the package's folder; the build may write there.
        into: empty folder.
        log: file for what pip says.
        failure: how the error begins.
        variables: environment of the build.
        patience: longest time, in seconds.

    Raises:
        UsageError: it cannot be built.
    """
    arguments = ["install", "--no-deps", "--no-compile", "--no-warn-script-location"]
    arguments += ["--target", str(into), str(source)]
    needed = build_requirements(source)
    log.unlink(missing_ok=True)

    def attempt(*more: str) -> None:
        run_pip([*arguments, *more], log, failure, variables=variables, patience=patience)

    if not requirements.unmet(needed):
        try:
            attempt("--no-build-isolation")
        except PipFailed as error:
            if not needed or not _MISSING.search(error.text):
                raise
        else:
            return
    attempt()


def build_requirements(source: Path) -> Sequence[str]:
    """What building the package in `source` requires (PEP 518), in one spelling."""
    table = _toml(source).get("build-system", {})
    needed = table.get("requires", _LEGACY) if isinstance(table, dict) else _LEGACY
    try:
        return requirements.read_requirements(needed, f"{source}/pyproject.toml")
    except (UsageError, TypeError):
        # pip says better what is wrong with it.
        return ()


def _toml(folder: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        # As above.
        return {"project": {}}
