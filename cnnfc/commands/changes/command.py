"""``cnnfc changes``: says what changed in a history, when, by how much, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from cnnfc.analysis.changepoints.steps import find_steps
from cnnfc.commands.changes.columns import COLUMNS, SCHEMA_VERSION, as_object, row
from cnnfc.commands.changes.commits import Commits, find_repository, parse_since
from cnnfc.commands.changes.text import summary, table, width_of
from cnnfc.commands.export.text import write_csv
from cnnfc.commands.place import find_place
from cnnfc.errors import DataError, UsageError, unknown
from cnnfc.harness.repository import Repository
from cnnfc.history.results import History, read_history
from cnnfc.report.text import clean, plural
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.changes import Cause, Change, Found, State, look_for_changes
from cnnfc.timeline.courses import Detect
from cnnfc.timeline.table.schema import described

#: Exit code if ``--fail-on-new`` finds something; as of a gate with a regression.
FAILED: Final = 1
#: What nobody can be asked to mend in the code does not fail a job.
_FAILING: Final = (Cause.CODE, Cause.UNKNOWN)


@dataclass(frozen=True)
class ChangesOptions:
    """What ``cnnfc changes`` was asked for; see its ``--help``.

    ``min_size`` is a fraction, 0.05 is 5%.
    """

    since: str | None = None
    machines: tuple[str, ...] = ()
    min_size: float = 0.0
    as_json: bool = False
    as_csv: bool = False
    why: bool = False
    fail_on_new: bool = False
    results: Path | None = None
    hardware: Path | None = None


def show_changes(
    options: ChangesOptions,
    out: TextIO,
    *,
    start: Path | None = None,
    detect: Detect = find_steps,
) -> int:
    """Print the changes that were asked for, worst first.

    Args:
        options: Which, and how.
        out: Where to print.
        start: Where the project is looked for; the current folder if left out.
        detect: Finds the steps of a series.

    Returns:
        The exit code: 0, or with ``fail_on_new`` `FAILED` if one of them is new, for the worse and
        still there, and was not laid to the machine or the software.

    Raises:
        UsageError: There is no project and no results, no such machine, or ``since`` is nothing
            that is known.
        DataError: There are no results, or none that can be read.
    """
    if options.as_json and options.as_csv:
        raise UsageError("--json and --csv exclude each other: choose one")
    history, repository = load(options.results, options.hardware, start)
    commits = Commits(repository)
    since = (
        parse_since(options.since, repository, history.runs) if options.since is not None else None
    )
    found = look_for_changes(
        arrange(_of_machines(history, options.machines)), commits.between, detect
    )
    shown = [
        change
        for change in found.changes
        if change.size >= options.min_size
        and (since is None or since.includes(change.first_bad, commits))
    ]
    failing = [change for change in shown if is_alarming(change)]
    code = FAILED if options.fail_on_new and failing else 0
    if options.as_csv:
        write_csv(COLUMNS, map(row, shown), out)
    elif options.as_json:
        _write_json(found, shown, code, out)
    else:
        out.writelines(f"{line}\n" for line in _text(found, shown, history, options, out))
    if code:
        # Standard output may be a file that nobody looks at.
        sys.stderr.write(f"cnnfc changes: {len(failing)} new for the worse: {_ids(failing)}\n")
    return code


def load(
    results: Path | None, hardware: Path | None, start: Path | None
) -> tuple[History, Repository | None]:
    """The history that is asked about, and git where it can be asked about its commits.

    What could not be read of it is counted on standard error.

    Args:
        results: As in `ChangesOptions`.
        hardware: The same.
        start: As of `show_changes`.

    Raises:
        UsageError: There is no project and no results.
        DataError: There are no results, or none that can be read.
    """
    place = find_place(results, hardware, start)
    history = read_history(place.results, place.hardware, place.aliases)
    if not history.runs:
        raise DataError(
            f"no results in {place.results} can be read: measure with `cnnfc run` or `asv run`, or "
            f"name another folder with --results"
        )
    if history.problems:
        left_out = plural(len(history.problems), "file or part of one", "files or parts of them")
        sys.stderr.write(f"cnnfc changes: left out {left_out}; `cnnfc report` names them\n")
    return history, find_repository(*place.root)


def is_alarming(change: Change) -> bool:
    """Whether a nightly job is to fail: new, worse, still so, and not by machine or software."""
    return (
        change.new
        and change.is_worse
        and change.state is not State.RECOVERED
        and change.cause in _FAILING
    )


def _of_machines(history: History, machines: Sequence[str]) -> History:
    """The runs of these machines; of all if none is named."""
    known = sorted({run.machine for run in history.runs})
    for name in machines:
        if name not in known:
            raise unknown("machine", name, map(clean, known))
    if not machines:
        return history
    runs = tuple(run for run in history.runs if run.machine in machines)
    return History(runs, history.benchmarks, history.hardware, history.problems)


def _write_json(found: Found, shown: Sequence[Change], code: int, out: TextIO) -> None:
    """One object; what it holds is said by ``cnnfc changes --help`` and by itself."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "series": found.series,
        "too_short": found.too_short,
        "exit_code": code,
        "columns": described(COLUMNS),
        "changes": [as_object(change) for change in shown],
    }
    json.dump(data, out, indent=1, allow_nan=False)
    out.write("\n")


def _text(
    found: Found, shown: Sequence[Change], history: History, options: ChangesOptions, out: TextIO
) -> Iterator[str]:
    machines = options.machines or {run.machine for run in history.runs}
    yield summary(found, shown, len(machines))
    if shown:
        yield ""
        yield from table(shown, width_of(out), why=options.why)


def _ids(changes: Sequence[Change]) -> str:
    more = len(changes) - 5
    named = ", ".join(change.id for change in changes[:5])
    return f"{named} and {more} more" if more > 0 else named
