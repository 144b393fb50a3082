"""What came of a check: results, and the exit code that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cnnfc.analysis.against_history import FAMILY_ERROR, Judgement, Standing
from cnnfc.commands.check.items import Item, Key
from cnnfc.commands.check.plan import Plan
from cnnfc.commands.check.state import Difference

#: The machine moved: something is slower than in its history.
MOVED: Final = 4
#: There is nothing that could be judged.
NOTHING_JUDGED: Final = 5


@dataclass(frozen=True)
class Result:
    """What came of one item.

    Attributes:
        item: Which one.
        judgement: By the value measured last; None where there is none.
        first: The judgement that called for a second measurement; None where none did.
        why_not: Why there is no verdict; empty if there is.
    """

    item: Item
    judgement: Judgement | None = None
    first: Judgement | None = None
    why_not: str = ""

    @property
    def is_slower(self) -> bool:
        """Whether it was slower than its history, and again when it was measured again."""
        return self.standing is Standing.SLOWER

    @property
    def standing(self) -> Standing:
        """`Standing.CANNOT_TELL` without a judgement."""
        return Standing.CANNOT_TELL if self.judgement is None else self.judgement.standing

    @property
    def is_judged(self) -> bool:
        return self.standing is not Standing.CANNOT_TELL


@dataclass(frozen=True)
class Checked:
    """A finished check.

    Attributes:
        plan: What it was about.
        results: One for each item asked for, worst first: slower ones, then by ratio, then those
            without a verdict.
        differences: What else is different about the machine; None where no record says how it
            is or was.
        level: The probability of a false call of one item.
        notes: What has to be known of the numbers, a sentence each.
    """

    plan: Plan
    results: tuple[Result, ...]
    differences: tuple[Difference, ...] | None = None
    level: float = FAMILY_ERROR
    notes: tuple[str, ...] = ()

    @property
    def slower(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.is_slower)

    @property
    def judged(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.is_judged)

    @property
    def exit_code(self) -> int:
        """0 as in its history, 4 something is slower, 5 nothing could be judged."""
        if self.slower:
            return MOVED
        return 0 if self.judged else NOTHING_JUDGED

    def of(self, key: Key) -> Result:
        """What came of the item with that key."""
        return next(result for result in self.results if result.item.key == key)
