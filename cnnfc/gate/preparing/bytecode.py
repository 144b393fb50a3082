"""Compiles Python files ahead, so that neither side does it while it is measured."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import py_compile
import warnings
from pathlib import Path


def compile_ahead(folder: Path, final: Path | None = None) -> None:
    """Compile every ``.py`` file below `folder` that is not compiled for this Python yet.

    The compiled files are used unseen (PEP 552, unchecked hashes), whatever becomes of the times of
    their sources; so `folder` must be one that nobody edits.  Files that do not compile are left
    for whoever imports them to stumble over.

    Args:
        folder: where the sources are now.
        final: what the folder will be called; tracebacks then show that path.
    """
    for path in sorted(folder.rglob("*.py")):
        compiled = Path(importlib.util.cache_from_source(path))
        if compiled.exists() or not path.is_file():
            continue
        shown = (final or folder) / path.relative_to(folder)
        with contextlib.suppress(py_compile.PyCompileError, OSError, ValueError, RecursionError):
            _compile(path, shown)


def _compile(path: Path, shown: Path) -> None:
    with warnings.catch_warnings():
        # Of the compiled code, not of ours.
        warnings.simplefilter("ignore")
        py_compile.compile(
            os.fspath(path),
            dfile=os.fspath(shown),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
