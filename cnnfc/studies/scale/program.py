"""A program that does with a results folder what a report needs, and says what each part took.

``python -m cnnfc.studies.scale.program RESULTS INDEX OUT`` reads what is new in RESULTS into the
index in the folder INDEX, finds the change points of what has changed, and writes report data to
OUT.  It prints JSON: counts, seconds by part, and peak memory in bytes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cnnfc.history.index.groups import IndexedGroup
from cnnfc.history.index.index import Index, open_index
from cnnfc.machine.helpers import Helpers
from cnnfc.studies.scale.memory import peak
from cnnfc.studies.scale.report_data import documents
from cnnfc.timeline.indexed.centres import Summaries
from cnnfc.timeline.indexed.courses import find_courses
from cnnfc.timeline.indexed.tracks import Tracks

#: What is kept of a group says by its fingerprint whether its report data are still right.
_STAMP = "fingerprint"


class Clock:
    """Seconds by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the time of the block to the part `name`."""
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def bring_up_to_date(results: Path, folder: Path, out: Path) -> dict[str, object]:
    """Do all of it, and give what is printed."""
    clock = Clock()
    changed = steps = values = 0
    with ExitStack() as stack:
        helpers = stack.enter_context(Helpers())
        with clock.part("index"):
            index = stack.enter_context(
                open_index(results, folder=folder, summarise=Summaries(), helpers=helpers)
            )
        for group in index.groups:
            if not _is_written(index, group):
                found = _write(index, group, helpers, out, clock)
                changed, values, steps = changed + 1, values + found[0], steps + found[1]
        with clock.part("suite"):
            benchmarks, problems = len(index.benchmarks), len(index.problems)
        answer = {
            "files": {"read": index.refreshed.read, "known": len(index.runs)},
            "groups": {"written": changed, "known": len(index.groups)},
            "written": {"values": values, "steps": steps},
            "benchmarks": benchmarks,
            "problems": problems,
            "notes": list(index.notes),
        }
    return {**answer, "seconds": clock.seconds, "peak_bytes": peak()}


def _is_written(index: Index, group: IndexedGroup) -> bool:
    return index.kept(group.scope("data")).get(_STAMP) == group.fingerprint.encode()


def _write(
    index: Index, group: IndexedGroup, helpers: Helpers, out: Path, clock: Clock
) -> tuple[int, int]:
    """Write the report data of `group`; gives how many values and steps it has."""
    with clock.part("columns"):
        tracks = list(Tracks(index.series(group)))
    with clock.part("change points"):
        scope = group.scope("courses")
        courses, kept = find_courses(tracks, index.kept(scope), helpers)
        index.keep(scope, kept)
    with clock.part("report data"):
        folder = out / group.machine / group.environment
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in documents(tracks, courses).items():
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
        index.keep(group.scope("data"), {_STAMP: group.fingerprint.encode()})
    values = sum(len(track.centre) for track in tracks)
    return values, sum(len(course.steps) for course in courses)


if __name__ == "__main__":
    print(json.dumps(bring_up_to_date(*map(Path, sys.argv[1:4]))))  # noqa: T201 - its answer
