"""Says what a history costs to read as it grows, beside ``asv publish`` on the same files.

For each size: ``asv publish``; then, in programs of their own, all that a report needs from nothing
(*cold*), again with *nothing new*, and with *one new* result file; and ``cnnfc changes``, as it is
typed, the same three times.  They take turns, so that what else the machine does meets all alike.
Files are in the system's cache for all of them.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from cnnfc.errors import CannotMeasure, UsageError
from cnnfc.history.index.place import FOLDER
from cnnfc.studies.programs import call
from cnnfc.studies.scale.generate import Project, generate
from cnnfc.studies.scale.sizes import SERIES, SIZES, Size
from cnnfc.studies.scale.table import tabulate
from cnnfc.studies.study import Point, Request, Step

__all__ = ["Scale", "tabulate"]

#: How often each size is measured.
ROUNDS: Final = {"1e5": 5, "1e6": 3, "1e7": 1}
#: Roughly, a round with the generation of its files (s).
_SECONDS: Final = {"1e5": 40.0, "1e6": 190.0, "1e7": 2200.0}
#: A file that was changed less than this long ago (s) is read again by whoever is careful.
_YOUNG: Final = 2.5


class Scale:
    """See the module."""

    question = "What does a history cost to read as it grows, beside asv publish?"

    def __init__(self, request: Request) -> None:
        if request.devices or request.cases:
            raise UsageError(
                "the scale study generates its own history: leave --device and --case out"
            )
        self._projects: dict[str, Project] = {}

    def settings(self) -> Mapping[str, Any]:
        return {"series": SERIES, "sizes": {name: asdict(size) for name, size in SIZES.items()}}

    def steps(self) -> Sequence[Step]:
        return [
            Step(f"{name} {turn}", f"{name} values, round {turn}", _SECONDS[name])
            for name, rounds in ROUNDS.items()
            for turn in range(1, rounds + 1)
        ]

    def measure(self, step: Step) -> Point:
        name, turn = step.key.split()
        project = self._project(SIZES[name])
        parts: list[Callable[[Project], Point]] = [_publish, _ours, _changes]
        if int(turn) % 2 == 0:
            parts.reverse()
        point: Point = {}
        for part in parts:
            point.update(part(project))
        return point

    def _project(self, size: Size) -> Project:
        """The project of a size, generated once; it is removed with this object."""
        if size.name not in self._projects:
            root = tempfile.mkdtemp(prefix="cnnfc-scale-")
            weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)
            self._projects[size.name] = generate(Path(root), size)
            time.sleep(_YOUNG)
        return self._projects[size.name]


def _publish(project: Project) -> Point:
    """Seconds and memory of ``asv publish``, or why there are none."""
    out = project.root / "asv.json"
    command = [sys.executable, "-m", "cnnfc.studies.scale.publish"]
    started = time.perf_counter()
    try:
        call("asv publish", [*command, str(project.root / "asv.conf.json"), str(out)], project.root)
    except CannotMeasure as error:
        return {"asv": {"skipped": str(error)}}
    seconds = time.perf_counter() - started
    return {"asv": {"wall_seconds": seconds, **json.loads(out.read_text())}}


def _ours(project: Project) -> Point:
    """What our program says, with its wall seconds, cold and twice again."""
    folder, out = project.root / "index", project.root / "data"
    for old in (folder, out):
        shutil.rmtree(old, ignore_errors=True)
    point = {"cold": _run(project, folder, out), "nothing new": _run(project, folder, out)}
    new = project.write_run(project.size.machines - 1, project.size.commits - 1)
    try:
        point["one new"] = _run(project, folder, out)
    finally:
        new.unlink()
    files = {name: part["files"]["read"] for name, part in point.items()}
    if files != {"cold": project.files, "nothing new": 0, "one new": 1}:
        raise CannotMeasure(f"the index has read other files than there were to read: {files}")
    return point


def _changes(project: Project) -> Point:
    """What ``cnnfc changes`` took cold, and twice again."""
    reports = project.root / "reports"
    reports.mkdir(exist_ok=True)
    shutil.rmtree(reports / FOLDER, ignore_errors=True)
    point = {"cold": _ask(project), "nothing new": _ask(project)}
    new = project.write_run(project.size.machines - 1, project.size.commits - 1)
    try:
        point["one new"] = _ask(project)
    finally:
        new.unlink()
    answers = [part.pop("answer") for part in point.values()]
    if answers[0] != answers[1]:
        raise CannotMeasure("cnnfc changes has given two answers about the same results")
    return {"changes": point}


def _ask(project: Project) -> dict[str, Any]:
    command = [sys.executable, "-m", "cnnfc.studies.scale.command", str(project.results)]
    found: dict[str, Any] = json.loads(call("the command", command))
    return found


def _run(project: Project, folder: Path, out: Path) -> Point:
    command = [sys.executable, "-m", "cnnfc.studies.scale.program"]
    started = time.perf_counter()
    said = call("the program", [*command, str(project.results), str(folder), str(out)])
    seconds = time.perf_counter() - started
    return {"wall_seconds": seconds, **json.loads(said)}
