"""Decides what is held still while a machine is checked: environment and commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cnnfc.commands.project import Project
from cnnfc.errors import NothingMeasured, UsageError
from cnnfc.harness import here_name
from cnnfc.harness.repository import Commit, open_repository
from cnnfc.records import Run
from cnnfc.timeline.moments import moment_of
from cnnfc.timeline.series import Group, newest_first

#: How the names of environments begin that are an interpreter and not made by asv.
_HERE = "here-"


@dataclass(frozen=True)
class Ground:
    """What a check measures with, the same as in the newest run, so that only the machine differs.

    Attributes:
        group: The history that is judged by.
        commit: The code: the commit that was measured last.
        here: Whether the running interpreter measures, with what is installed in it.
        date: When the commit was written, where asv need not ask git; None else.
        notes: What is not as in the newest run after all, a sentence each.
    """

    group: Group
    commit: Commit
    here: bool = False
    date: datetime | None = None
    notes: tuple[str, ...] = ()

    @property
    def environment(self) -> str:
        return self.group.environment


def find_ground(groups: Sequence[Group], project: Project) -> Ground:
    """The environment that measured last and that this interpreter or asv can measure with.

    Args:
        groups: The history of this machine, one group an environment, at least one.
        project: Where its repository is asked for the commit.

    Raises:
        NothingMeasured: every environment is an interpreter other than the running one.
    """
    torch = here_name.torch_version()
    own = None if torch is None else here_name.environment_name(torch)
    ordered = newest_first(groups)
    for group in ordered:
        run = _last(group)
        if group.environment == own:
            # Nothing is filed under the commit, so its date can be taken from the history.
            return Ground(group, Commit(run.commit), here=True, date=moment_of(run.commit_date))
        if not group.environment.startswith(_HERE):
            return _managed(group, run, project)
    known = ", ".join(group.environment for group in ordered)
    raise NothingMeasured(
        f"the history of this machine is of {known}, and this interpreter is "
        f"{own or 'one without torch'}: start cnnfc with the interpreter that measured, or measure "
        f"a history with this one (`cnnfc run --here`)"
    )


def _last(group: Group) -> Run:
    """The run that was made last, whatever commit it is of."""
    return max(group.runs, key=lambda run: moment_of(run.started_at or run.commit_date))


def _managed(group: Group, run: Run, project: Project) -> Ground:
    """The ground in an environment of asv's, which builds the commit from git."""
    repository = open_repository(project.root, project.repository)
    try:
        (commit,) = repository.resolve(run.commit)
    except UsageError:
        head = repository.head()
        note = (
            f"git does not know {run.commit[:8]}, which was measured last: {head.short} is "
            f"measured instead, whose code may differ"
        )
        return Ground(group, head, notes=(note,))
    return Ground(group, commit)
