"""``cnnfc changes --bisect``: finds the commit that made a change by gates on those between."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from cnnfc.analysis.changepoints.steps import find_steps
from cnnfc.commands.bisect.hunt import Ask, Hunt
from cnnfc.commands.bisect.memory import FILE_NAME, Question, recall
from cnnfc.commands.bisect.text import introduction
from cnnfc.commands.bisect.trial import Interrupted, Trial, trial_of
from cnnfc.commands.changes.command import open_results
from cnnfc.commands.changes.commits import Commits, find_repository
from cnnfc.commands.interrupts import INTERRUPTED, terminations_interrupt
from cnnfc.commands.project import find_project
from cnnfc.errors import UsageError
from cnnfc.gate.preparing.git import Git
from cnnfc.machine.identity import identify
from cnnfc.timeline.changes import Change, join
from cnnfc.timeline.courses import Detect
from cnnfc.timeline.indexed.changes import changes_by_group


@dataclass(frozen=True)
class BisectOptions:
    """What ``cnnfc changes --bisect`` was asked for; see its ``--help``.

    ``budget`` is in seconds, of each gate; None as the project's policy says.
    """

    id: str
    budget: float | None = None
    here: bool = False
    as_json: bool = False
    results: Path | None = None
    hardware: Path | None = None


def bisect(
    options: BisectOptions,
    out: TextIO,
    *,
    start: Path | None = None,
    detect: Detect = find_steps,
    ask: Ask = Trial.ask,
) -> int:
    """Measure the commits inside a change until one is left, and name it.

    First the ends of its range are compared, to see that the change is there at all; then commits
    between them, halving what is left; at last the commit that was found with the one before it.
    Every answer is kept at once, and the same command goes on where it was stopped.

    Args:
        options: Which change, and how its commits are measured.
        out: Where to say what was found.
        start: Where the project is looked for; the current folder if left out.
        detect: Finds the steps of a series.
        ask: Measures one commit.

    Returns:
        The exit code: 0 if one commit is named, 3 if not, 130 if it was interrupted.

    Raises:
        UsageError: There is no such change, git does not know its commits, or the gate cannot run.
        DataError: There are no results, or what was found cannot be written.
    """
    with open_results(options.results, options.hardware, start) as (_, opened):
        found = join(changes_by_group(opened.index, detect=detect, helpers=opened.helpers))
    change = choose(options.id, found.changes)
    project = find_project(start)
    folder = project.root / "reports" / "gate" / f"bisect-{change.id}"
    trial = replace(trial_of(change, folder), budget=options.budget, here=options.here, start=start)
    repository = find_repository(project.root, project.repository)
    between = Commits(repository).between(trial.good, trial.bad)
    if repository is None or between is None:
        raise UsageError(
            f"git cannot say which commits lie between {trial.good[:8]} and {trial.bad[:8]} in "
            f"{project.root}: they must be on one line of first parents in a repository that has "
            f"both (a shallow clone gets them with `git fetch --unshallow`)"
        )
    progress = sys.stderr if options.as_json else out
    question = Question(
        change=change.id,
        machine=identify().name,
        benchmark=trial.benchmark,
        parameters=trial.parameters,
        threshold=trial.threshold,
        commits=(trial.good, *between, trial.bad),
    )
    hunt = Hunt(
        question=question,
        trial=trial,
        memory=recall(folder / FILE_NAME, question),
        path=folder / FILE_NAME,
        lock=project.scratch / "run.lock",
        subject=lambda commit: repository.commit(commit).subject,
        files=lambda commit: Git(repository.path).line("rev-parse", f"{commit}^{{tree}}"),
        out=progress,
        ask=ask,
    )
    hunt.say(*introduction(change, question))
    try:
        with terminations_interrupt():
            code = hunt.run()
    except (KeyboardInterrupt, Interrupted) as stopped:
        reason = f" ({stopped})" if str(stopped) else ""
        hunt.say(f"interrupted{reason}: the same command goes on where this one was stopped")
        code = INTERRUPTED
    if options.as_json:
        json.dump({**hunt.as_object(), "exit_code": code}, out, indent=1, allow_nan=False)
        out.write("\n")
    return code


def choose(word: str, changes: Sequence[Change]) -> Change:
    """The change whose id is, or alone begins with, `word`.

    Raises:
        UsageError: There is none, or several.
    """
    found = [change for change in changes if change.id.startswith(word)] if word else []
    if len(found) != 1:
        problem = "several changes have ids that begin with" if found else "no change has the id"
        there = ", ".join(change.id for change in (found or changes)[:5]) or "none at all"
        raise UsageError(
            f"{problem} {word!r}: `cnnfc changes` lists them (the first are {there}); an id may "
            f"change when more is measured"
        )
    return found[0]
