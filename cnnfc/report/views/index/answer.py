"""What the first page says to its question: everything that is wrong, or that nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cnnfc.history.results import History
from cnnfc.report import text
from cnnfc.report.model import Notice
from cnnfc.report.past import Past
from cnnfc.report.views import common
from cnnfc.report.views.changes import page as changes
from cnnfc.report.views.common import Context
from cnnfc.report.views.machine.card import is_stale
from cnnfc.timeline.series import Group

#: Machines that a sentence names one by one.
_MOST_NAMED: Final = 3


def answer(
    history: History, groups: Sequence[Group], past: Past, context: Context
) -> tuple[Notice, ...]:
    """Everything that is wrong, a sentence each; or that nothing is."""
    if not groups:
        said = "Nothing is measured yet: run `cnnfc run` or `asv run`, then report again."
        return (Notice(said, "bad"), *_unread(history))
    changed = changes.still_there(past.found.changes)
    wrong = [
        *_failures(groups),
        *([changed] if changed.tone == "bad" else []),
        *_staleness(groups, context),
        *_unread(history),
    ]
    if wrong:
        return tuple(wrong)
    newest = text.ago(groups[0].last_run_at, context.now)
    told = past.found.series - past.found.too_short
    looked = (
        f"no change for the worse is still there in {text.plural(told, 'series', 'series')}"
        if told
        else "no series has enough values yet to find a change in"
    )
    return (
        Notice(
            f"Nothing failed, every file could be read, the newest run is from {newest}, and "
            f"{looked}.",
            "good",
        ),
    )


def _failures(groups: Sequence[Group]) -> Iterator[Notice]:
    found = [(group, failed) for group in groups if (failed := group.counts(group.current).failed)]
    if len(found) > _MOST_NAMED:
        names = _names([group for group, _ in found], groups)
        total = text.plural(sum(failed for _, failed in found), "combination")
        yield Notice(f"{total} failed in the newest runs of {names}.", "bad")
        return
    for group, failed in found:
        label = common.group_label(group, groups)
        combinations = text.plural(failed, "combination")
        yield Notice(f"{combinations} failed on {label} in its newest run.", "bad")


def _staleness(groups: Sequence[Group], context: Context) -> Iterator[Notice]:
    found = [group for group in groups if is_stale(group, context)]
    if len(found) > _MOST_NAMED:
        oldest = text.ago(min(group.last_run_at for group in found), context.now)
        names = _names(found, groups)
        yield Notice(f"Not measured for long, the first of them {oldest}: {names}.", "warn")
        return
    for group in found:
        when = text.ago(group.last_run_at, context.now)
        label = common.group_label(group, groups)
        yield Notice(f"{label} was last measured {when}.", "warn")


def _unread(history: History) -> Iterator[Notice]:
    files = len({problem.path for problem in history.problems})
    if files:
        yield Notice(f"{text.plural(files, 'file')} could not be read whole.", "warn")


def _names(found: Sequence[Group], groups: Sequence[Group]) -> str:
    """The first few machines, and how many more."""
    labels = [common.group_label(group, groups) for group in found]
    rest = len(labels) - _MOST_NAMED
    return text.listing([*labels[:_MOST_NAMED], *([f"{rest} more"] if rest > 0 else [])])
