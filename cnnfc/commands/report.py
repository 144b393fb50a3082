"""``cnnfc report``: reads asv's results and writes the HTML site about them."""

from __future__ import annotations

import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from cnnfc.commands.changes.commits import Commits, find_repository
from cnnfc.commands.place import find_place
from cnnfc.errors import DataError
from cnnfc.history.results import History, read_history
from cnnfc.report.writer import write_site

#: Where the site goes when results outside any project are reported.
_DEFAULT_OUT = Path("cnnfc-site")
#: More problems than this would push what was read off the screen; the report has them all.
_SHOWN_PROBLEMS = 10


@dataclass(frozen=True)
class _Plan:
    """What is read, and where the report about it goes."""

    name: str
    results: Path
    hardware: Path | None
    out: Path
    show_commit_url: str | None
    aliases: Mapping[str, str]
    root: tuple[Path, str]


def write_report(
    *,
    results: Path | None = None,
    hardware: Path | None = None,
    out: Path | None = None,
    open_browser: bool = False,
    stream: TextIO,
    start: Path | None = None,
) -> int:
    """Write the report and print what was read, what was left out, and where the report is.

    Args:
        results: A folder of asv results; by default that of the project around `start`.
        hardware: The folder of hardware records; by default the project's, or ``hardware`` beside
            `results`.
        out: Where the site goes; by default ``reports/site`` of the project, or ``cnnfc-site`` in
            the current folder for results of no project.
        open_browser: Also open the report.
        stream: Where to print.
        start: Where the project is looked for; the current folder if left out.

    Returns:
        The exit code, 0.

    Raises:
        UsageError: There is neither a project nor `results`, or `out` cannot be written.
        DataError: There are no results, or none that can be read.
    """
    plan = _plan(results, hardware, out, start)
    history = read_history(plan.results, plan.hardware, plan.aliases)
    _describe(history, stream)
    if not history.runs:
        raise DataError(
            f"no results in {plan.results} can be read: measure with `cnnfc run` or `asv run`, or "
            f"name another folder with --results"
        )
    index = write_site(
        history,
        plan.out,
        project=plan.name,
        show_commit_url=plan.show_commit_url,
        between=Commits(find_repository(*plan.root)).between,
    )
    print(f"report: {index}", file=stream)
    if open_browser and not webbrowser.open(index.resolve().as_uri()):
        print("no browser could be started: open that file yourself", file=stream)
    return 0


def _plan(
    results: Path | None, hardware: Path | None, out: Path | None, start: Path | None
) -> _Plan:
    place = find_place(results, hardware, start)
    project = place.project
    return _Plan(
        name=project.name if project else place.results.resolve().parent.name or "results",
        results=results or place.results,
        hardware=place.hardware,
        out=out or (project.site if project else _DEFAULT_OUT),
        show_commit_url=project.show_commit_url if project else None,
        aliases=place.aliases,
        root=place.root,
    )


def _describe(history: History, stream: TextIO) -> None:
    machines = {run.machine for run in history.runs}
    commits = {run.commit for run in history.runs}
    values = sum(run.measured for run in history.runs)
    print(
        f"read {values:,} values of {_count(len(commits), 'commit')} "
        f"on {_count(len(machines), 'machine')}",
        file=stream,
    )
    for problem in history.problems[:_SHOWN_PROBLEMS]:
        print(f"left out {problem.path}: {problem.reason}", file=stream)
    more = len(history.problems) - _SHOWN_PROBLEMS
    if more > 0:
        print(f"left out {more} more; the report lists them", file=stream)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
