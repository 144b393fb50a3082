"""Words a search for a commit: what begins, what a commit is found to be, what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cnnfc.commands.bisect.memory import Question
from cnnfc.commands.bisect.search import Answer, Side
from cnnfc.report.text import clean, percent, plural
from cnnfc.timeline.changes import Cause, Change


def introduction(change: Change, question: Question) -> Iterator[str]:
    """What is searched for, and why it may not be found."""
    inside = len(question.commits) - 2
    what = " ".join(clean(" ".join((question.benchmark, *question.parameters))).split())
    yield (
        f"change {change.id}: {what}, "
        f"{plural(inside, 'commit')} between {question.commits[0][:8]} and "
        f"{question.commits[-1][:8]}; gates look for {percent(question.threshold)}"
    )
    if change.cause in (Cause.MACHINE, Cause.SOFTWARE):
        yield f"note: it was laid to the {change.cause}, so commits may not differ at all"
    if change.series_key.machine != question.machine:
        yield (
            f"note: it was seen on {clean(change.series_key.machine)}, and this is "
            f"{question.machine}"
        )


def not_there(ends: Answer, question: Question) -> Iterator[str]:
    """That the two ends of the range do not differ, or cannot be compared."""
    first, last = question.commits[0][:8], question.commits[-1][:8]
    if ends.side in (Side.UNCLEAR, Side.BROKEN):
        yield f"{first} and {last} cannot be compared: {ends.reason}"
    else:
        yield (
            f"{first} and {last} do not differ by {percent(question.threshold)} here and now"
            f"{by_how_much(ends)}: the machine or its software was the cause, or another machine "
            f"is needed to see it"
        )


def not_parted(suspects: Sequence[str], answers: Mapping[str, Answer]) -> Iterator[str]:
    """That several commits are left, and why."""
    yield (
        f"one of {len(suspects)} commits made the change, which measuring cannot part; the same "
        f"command tries those without an answer again:"
    )
    for commit in suspects:
        if commit in answers and answers[commit].side in (Side.UNCLEAR, Side.BROKEN):
            yield f"  {commit[:8]} is {which_side(answers[commit])}"


def which_side(answer: Answer) -> str:
    """What a commit is found to be, after its name and ``is``."""
    words = {
        Side.BEFORE: "before the change",
        Side.AFTER: "after it",
        Side.UNCLEAR: "undecided",
        Side.BROKEN: "passed over",
    }
    # The numbers say more than the gate's sentence about them, where they decide.
    if answer.ratio is not None and answer.side in (Side.BEFORE, Side.AFTER):
        return words[answer.side] + by_how_much(answer)
    return f"{words[answer.side]}: {answer.reason}"


def by_how_much(answer: Answer) -> str:
    """The ratio with its interval, after a comma; nothing where there is none."""
    if answer.ratio is None:
        return ""
    bounds = (
        f" ({answer.low:.3f} to {answer.high:.3f})"
        if answer.low is not None and answer.high is not None
        else ""
    )
    return f", ratio {answer.ratio:.3f}{bounds} to the quicker end"
