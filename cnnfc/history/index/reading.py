"""Reads the content of one result file into what the index keeps of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from cnnfc.errors import DataError
from cnnfc.history.asv_json import run_of
from cnnfc.history.index.columns import FAILED, MEASURED, SKIPPED, FileColumns, of_points
from cnnfc.history.index.times import from_ms, to_ms
from cnnfc.history.index.well_formed import columns_of
from cnnfc.history.json_file import parse_object
from cnnfc.records import Run

#: Raised with every change of what is read from a file: an index of another version is rebuilt.
READER: Final = 2


@dataclass(frozen=True)
class Head:
    """What a result file says beside its points.

    Attributes:
        run: Its run without any points, under the machine that the file itself names.
        measured: How many points were measured.
        skipped: How many were skipped.
        failed: How many failed.
        started_at: When its first benchmark started; None if it does not say.
    """

    run: Run
    measured: int = 0
    skipped: int = 0
    failed: int = 0
    started_at: datetime | None = None

    def to_text(self) -> str:
        """As `parse` takes it."""
        run = self.run
        fields = {
            "machine": run.machine,
            "commit": run.commit,
            "commit_date": to_ms(run.commit_date),
            "environment": run.environment,
            "python": run.python,
            "facts": dict(run.machine_facts),
            "requirements": dict(run.requirements),
            "counts": [self.measured, self.skipped, self.failed],
            "started_at": None if self.started_at is None else to_ms(self.started_at),
        }
        return json.dumps(fields)

    @classmethod
    def parse(cls, text: str, path: str) -> Head:
        """The head of the file `path` that `to_text` has written."""
        fields = json.loads(text)
        run = Run(
            machine=fields["machine"],
            commit=fields["commit"],
            commit_date=from_ms(fields["commit_date"]),
            environment=fields["environment"],
            python=fields["python"],
            points=(),
            machine_facts=fields["facts"],
            requirements=fields["requirements"],
            path=path,
        )
        start = fields["started_at"]
        measured, skipped, failed = fields["counts"]
        started_at = None if start is None else from_ms(start)
        return cls(run, measured, skipped, failed, started_at)


@dataclass(frozen=True)
class Content:
    """What was read of a file.

    Attributes:
        head: None if the whole file was left out.
        columns: Its points; None with the head.
        problems: What was left out, in sentences without its path.
    """

    head: Head | None
    columns: FileColumns | None
    problems: tuple[str, ...] = ()


def read_content(content: bytes, path: str) -> Content:
    """What is in the file `path` with the given content; a damaged one has problems alone."""
    try:
        data, twice = parse_object(content)
        columns, run, problems = _read(data, twice, path)
    except DataError as error:
        return Content(None, None, (str(error),))
    counts = np.bincount(columns.outcome, minlength=3)
    starts = [row.started_at for row in columns.rows if row.started_at is not None]
    head = Head(
        run=run,
        measured=int(counts[MEASURED]),
        skipped=int(counts[SKIPPED]),
        failed=int(counts[FAILED]),
        started_at=from_ms(min(starts)) if starts else None,
    )
    return Content(head, columns, problems)


def _read(
    data: dict[str, Any], twice: tuple[str, ...], path: str
) -> tuple[FileColumns, Run, tuple[str, ...]]:
    """Columns, run without points, and problems; `DataError` if it is no result file."""
    # The head is judged by the tolerant reader in any case: it has next to nothing to do.
    run, problems = run_of(_without_results(data), twice, path)
    columns = columns_of(data)
    if columns is None:
        whole, problems = run_of(data, twice, path)
        columns = of_points(whole.points)
    return columns, run, problems


def _without_results(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**data, "results": {}} if isinstance(data.get("results"), dict) else data
