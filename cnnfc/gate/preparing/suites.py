"""Finds the benchmarks of a version."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from cnnfc.errors import DataError, UsageError
from cnnfc.gate.preparing.bytecode import compile_ahead
from cnnfc.gate.preparing.kept import keep
from cnnfc.gate.preparing.recipe import read_recipe
from cnnfc.gate.preparing.versions import Opened


def own_suite(project: Opened, tree: Path) -> Path | None:
    """The folder of benchmarks in the unpacked `tree`, compiled; None if it has none.

    Benchmarks that lie outside of the repository belong to no version: of these there is one copy
    for all.
    """
    suite = project.inside(project.source.benchmarks)
    if suite is None:
        return _copied(project)
    found = tree / suite
    config = project.inside(project.source.config_path)
    if config is not None and (tree / config).is_file():
        with contextlib.suppress(DataError):
            # An older commit may have had them elsewhere.
            found = (tree / config).parent / read_recipe(tree / config).suite
    if not found.is_dir():
        return None
    compile_ahead(found)
    return found


def suite_of_both(project: Opened, contender: Path) -> Path:
    """The folder of the benchmarks that both sides run: those in the tree of the contender.

    Raises:
        UsageError: it has none.
    """
    suite = own_suite(project, contender)
    if suite is None:
        raise UsageError(
            f"the contender has no folder {project.source.benchmarks.name} with benchmarks: name "
            f"a commit that has it, or correct benchmark_dir in {project.source.config_path}"
        )
    return suite


def _copied(project: Opened) -> Path:
    users = project.source.benchmarks
    if not users.is_dir():
        raise UsageError(
            f"there is no folder {users}, which is benchmark_dir in {project.source.config_path}"
        )
    digest = hashlib.sha256()
    for path in sorted(users.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(os.fsencode(path.relative_to(users)) + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())

    def make(made: Path) -> None:
        shutil.copytree(users, made / users.name, ignore=shutil.ignore_patterns("__pycache__"))

    copy = keep(project.scratch / "suites" / digest.hexdigest()[:40], make) / users.name
    compile_ahead(copy)
    return copy
