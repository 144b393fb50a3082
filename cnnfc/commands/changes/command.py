"""``cnnfc changes``: says what changed in a history, when, by how much, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from cnnfc.analysis.changepoints.steps import find_steps
from cnnfc.commands.changes.columns import COLUMNS, SCHEMA_VERSION, as_object, row
from cnnfc.commands.changes.commits import Commits, find_repository, parse_since
from cnnfc.commands.changes.text import table, width_of
from cnnfc.commands.export.text import write_csv
from cnnfc.commands.indexed import Indexed, indexed
from cnnfc.commands.place import Place, find_place
from cnnfc.errors import DataError, UsageError, unknown
from cnnfc.records import Run
from cnnfc.report.change_words import summary
from cnnfc.report.text import clean, plural
from cnnfc.timeline.changes import Cause, Change, Found, State, join
from cnnfc.timeline.courses import Detect
from cnnfc.timeline.indexed.changes import changes_by_group
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
    with open_results(options.results, options.hardware, start) as (place, opened):
        runs = [run.head.run for run in opened.index.runs]
        repository = find_repository(*place.root)
        since = None if options.since is None else parse_since(options.since, repository, runs)
        machines = _known(options.machines, runs)
        parts = list(changes_by_group(opened.index, machines, detect, opened.helpers))
    # Others may have the index while git is asked.
    commits = Commits(repository)
    found = join(parts, commits.between)
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
        out.writelines(f"{line}\n" for line in _text(found, shown, len(machines), options, out))
    if code:
        # Standard output may be a file that nobody looks at.
        sys.stderr.write(f"cnnfc changes: {len(failing)} new for the worse: {_ids(failing)}\n")
    return code


@contextmanager
def open_results(
    results: Path | None, hardware: Path | None, start: Path | None
) -> Iterator[tuple[Place, Indexed]]:
    """Where the results are that are asked about, and their index.

    What could not be read of them is counted on standard error.

    Args:
        results: As in `ChangesOptions`.
        hardware: The same.
        start: As of `show_changes`.

    Raises:
        UsageError: There is no project and no results.
        DataError: There are no results, or none that can be read.
    """
    place = find_place(results, hardware, start)
    with indexed(place, sys.stderr) as opened:
        if not opened.index.runs:
            raise DataError(
                f"no results in {place.results} can be read: measure with `cnnfc run` or `asv "
                f"run`, or name another folder with --results"
            )
        problems = len(opened.index.problems)
        if problems:
            left_out = plural(problems, "file or part of one", "files or parts of them")
            sys.stderr.write(f"cnnfc changes: left out {left_out}; `cnnfc report` names them\n")
        yield place, opened


def is_alarming(change: Change) -> bool:
    """Whether a nightly job is to fail: new, worse, still so, and not by machine or software."""
    return (
        change.new
        and change.is_worse
        and change.state is not State.RECOVERED
        and change.cause in _FAILING
    )


def _known(machines: Sequence[str], runs: Sequence[Run]) -> frozenset[str]:
    """The machines that are asked about, which must be some of those of `runs`; by default all."""
    known = sorted({run.machine for run in runs})
    for name in machines:
        if name not in known:
            raise unknown("machine", name, map(clean, known))
    return frozenset(machines or known)


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
    found: Found, shown: Sequence[Change], machines: int, options: ChangesOptions, out: TextIO
) -> Iterator[str]:
    yield summary(found, shown, machines)
    if shown:
        yield ""
        yield from table(shown, width_of(out), why=options.why)


def _ids(changes: Sequence[Change]) -> str:
    more = len(changes) - 5
    named = ", ".join(change.id for change in changes[:5])
    return f"{named} and {more} more" if more > 0 else named
