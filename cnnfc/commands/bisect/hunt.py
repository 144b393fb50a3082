"""Narrows a change down to one commit, and keeps every answer on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TextIO

from cnnfc.commands.bisect.memory import Memory, Question, as_object, keep
from cnnfc.commands.bisect.search import Answer, Search, Side
from cnnfc.commands.bisect.text import by_how_much, not_parted, not_there, which_side
from cnnfc.commands.bisect.trial import Trial
from cnnfc.errors import UsageError
from cnnfc.harness.lock import hold
from cnnfc.report.text import clean, percent, plural, shorten

#: Exit code if the search ends without one commit, as of a gate that is inconclusive.
UNDECIDED: Final = 3
#: Asks which side of a change a commit is on; `Trial.ask`.
Ask = Callable[[Trial, str, TextIO], Answer]


@dataclass
class Hunt:
    """One search with everything that it needs.

    Attributes:
        question: What is searched for.
        trial: How a commit is judged.
        memory: What is known already.
        path: File that keeps it.
        lock: File that whoever measures in the project holds.
        subject: The first line of the message of a commit.
        files: The tree of a commit, which names its files as they are.
        out: Where to say how far it is.
        ask: Judges a commit.
    """

    question: Question
    trial: Trial
    memory: Memory
    path: Path
    lock: Path
    subject: Callable[[str], str]
    files: Callable[[str], str]
    out: TextIO
    ask: Ask

    @property
    def search(self) -> Search:
        return Search(self.question.commits, self.memory.answers)

    def run(self) -> int:
        """Search to the end; gives the exit code, 0 or `UNDECIDED`."""
        if len(self.question.commits) == 2:
            only = self.question.commits[1]
            self.say(f"{self._name(only)} is the only commit in the range: nothing to measure")
            return 0
        ends = self.memory.ends
        # That they did not differ may be otherwise today.
        if ends is None or not self._differ(ends):
            self.say("first the ends of the range: is the change there?")
            ends = self._measured(self.trial, self.trial.slower_end)
            self.memory.ends = ends
            self._keep()
        if not self._differ(ends):
            self.say(*not_there(ends, self.question))
            return UNDECIDED
        self.say(f"the ends differ{by_how_much(ends)}")
        while (commit := self.search.next_commit()) is not None:
            left = plural(self.search.steps_left(), "step")
            self.say(f"about {left} left; next {self._name(commit)}")
            self.memory.answers[commit] = answer = self._asked(commit)
            self._keep()
            self.say(f"{commit[:8]} is {which_side(answer)}")
        suspects = self.search.suspects()
        if len(suspects) > 1:
            self.say(*not_parted(suspects, self.memory.answers))
            self.say(*map(self._name, suspects))
            return UNDECIDED
        return self._conclude(suspects[0])

    def as_object(self) -> dict[str, object]:
        """What is known, JSON-ready; see `cnnfc.commands.bisect.memory.as_object`."""
        return as_object(self.question, self.memory, self.search.suspects())

    def say(self, *lines: str) -> None:
        """Write `lines`."""
        self.out.writelines(f"{line}\n" for line in lines)
        self.out.flush()

    def _keep(self) -> None:
        keep(self.path, self.question, self.memory, self.search.suspects())

    def _name(self, commit: str) -> str:
        subject = " ".join(clean(self.subject(commit)).split())
        return f"{commit[:8]} {shorten(subject, 60)}".strip()

    def _differ(self, answer: Answer) -> bool:
        """Whether `answer`, of the slower of two ends, says that it is slower."""
        return answer.side is (Side.AFTER if self.trial.slower_after else Side.BEFORE)

    def _measured(self, trial: Trial, commit: str) -> Answer:
        quicker = trial.quicker_end
        if self.files(commit) == self.files(quicker):
            side = Side.BEFORE if trial.slower_after else Side.AFTER
            return Answer(side, f"it has the same files as {quicker[:8]}")
        return self.ask(trial, commit, self.out)

    def _asked(self, commit: str) -> Answer:
        try:
            return self._measured(self.trial, commit)
        except UsageError as error:
            # Of the two ends nothing is wrong, so it is this commit; unless somebody else has begun
            # to measure here, or the disk is full, which would make every commit look broken.
            if isinstance(error.__cause__ or error.__context__, OSError):
                raise
            with hold(self.lock):
                return Answer(Side.BROKEN, str(error))

    def _conclude(self, found: str) -> int:
        """Name the commit that was found, after comparing it with the one before it."""
        parent = self.question.commits[self.question.commits.index(found) - 1]
        answer = self._against_parent(found, parent)
        self.say(f"the first commit after the change is {self._name(found)}")
        if self._differ(answer):
            self.say(f"it differs from the one before it{by_how_much(answer)}")
            return 0
        size = percent(self.trial.threshold)
        self.say(
            f"but between it and {parent[:8]} alone no change of {size} is seen ({answer.reason}): "
            f"it may have come in several parts"
        )
        return UNDECIDED

    def _against_parent(self, found: str, parent: str) -> Answer:
        """How `found` compares with the commit before it."""
        trial, memory = self.trial, self.memory
        # Where one of the two is the quicker end, that has been measured already.
        if trial.quicker_end in (parent, found):
            other = found if trial.quicker_end == parent else parent
            known = memory.ends if other == trial.slower_end else memory.answers[other]
            if known is not None:
                return known
        answer = memory.parent
        if answer is None or not self._differ(answer):
            self.say(f"at last {found[:8]} against {parent[:8]}, the commit before it")
            pair = replace(trial, good=parent, bad=found)
            answer = self._measured(pair, pair.slower_end)
            memory.parent = answer
            self._keep()
        return answer
