"""Follows one timed benchmark from pair to pair until it is decided.

Two questions are asked of the same pairs: are typical calls slower, and is the mean, in which calls
count that are slow now and then.  A third, whether typical calls are quicker, is asked where both
directions fail.  A yes to any is not yet a verdict: it is confirmed, or not, by pairs measured
afterwards, which know nothing of the first.  They answer the other questions too, because one that
was still open when a suspicion arose has not been passed by its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from cnnfc.analysis.paired import Decision, Rule, decide
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.measuring.gpu_clocks import Throttling
from cnnfc.gate.measuring.legs import TAIL, TYPICAL, Block, cycles_value, pair_value, typical
from cnnfc.gate.measuring.losses import Loss

#: A benchmark that failed in so many pairs on one side is broken; once may be an accident.
FAILURES: Final = 2


@dataclass(frozen=True)
class Rules:
    """What one benchmark is judged by.

    Attributes:
        typical: Rule of the typical calls.
        tail: Rule of the means.
        confirm: Rule of the fresh pairs, for typical calls.
        confirm_tail: The same for means.
        largest_pairs: Pairs after which it is inconclusive; as many again may confirm.
        tail_pairs: Pairs up to which a pass waits for the means to pass too; as many fresh ones
            where typical calls were suspected.
        both_directions: Whether typical calls that are quicker fail as slower ones do.
    """

    typical: Rule
    tail: Rule
    confirm: Rule
    confirm_tail: Rule
    largest_pairs: int
    tail_pairs: int
    both_directions: bool = False


class State(Enum):
    """How far the decision is."""

    OPEN = auto()
    CONFIRMING = auto()
    #: Confirmed by fresh pairs (or quicker, where both directions fail).
    SLOWER = auto()
    PASSED = auto()
    #: The first pairs said slower, the fresh ones say not slower, and typical calls have passed.
    NOT_CONFIRMED = auto()
    UNDECIDED = auto()
    BROKEN = auto()

    @property
    def is_final(self) -> bool:
        return self not in (State.OPEN, State.CONFIRMING)


@dataclass
class Trial:
    """One benchmark and everything that was measured of it.

    ``typical``, ``tail`` and ``cycles`` are the values of the first pairs, ``fresh_typical``,
    ``fresh_tail`` and ``fresh_cycles`` those of the pairs that confirm; ``seconds`` are typical
    calls of both sides.
    """

    case: GatedCase
    rules: Rules
    state: State = State.OPEN
    typical: list[float] = field(default_factory=list)
    tail: list[float] = field(default_factory=list)
    cycles: list[float | None] = field(default_factory=list)
    fresh_typical: list[float] = field(default_factory=list)
    fresh_tail: list[float] = field(default_factory=list)
    fresh_cycles: list[float | None] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"A": [], "B": []})
    threads: dict[str, set[int | None]] = field(default_factory=lambda: {"A": set(), "B": set()})
    throttling: Throttling = field(default_factory=Throttling)
    losses: list[Loss] = field(default_factory=list)
    #: Whether the first pairs said slower (or quicker), whatever became of it.
    suspected: bool = False
    #: Whether it is the mean and not the typical call that seems slower.
    by_tail: bool = False
    #: Whether typical calls seem quicker, where both directions fail.
    quicker: bool = False
    _not_slower: bool = False
    _not_quicker: bool = False
    _tail_passes: bool = False

    @property
    def id(self) -> str:
        return self.case.id

    @property
    def pairs(self) -> int:
        """Pairs measured so far, those that confirm too."""
        return len(self.typical) + len(self.fresh)

    @property
    def fresh(self) -> list[float]:
        """Values of the pairs that confirm, of the statistic in question."""
        return self.fresh_tail if self.by_tail else self.fresh_typical

    @property
    def refuted(self) -> bool:
        """Whether fresh pairs exclude what the first ones suspected."""
        if not self.suspected:
            return False
        if self.by_tail:
            return self._tail_passes
        return self._not_quicker if self.quicker else self._not_slower

    @property
    def mean_is_open(self) -> bool:
        """Whether a rise of the mean by its threshold is not excluded."""
        return not self._tail_passes

    def add(self, blocks: Sequence[Block]) -> None:
        """Take what one pair measured, and decide if that is possible."""
        for letter in "AB":
            self.seconds[letter].append(typical(blocks, letter, TYPICAL))
            self.threads[letter] |= {leg.threads for block in blocks for leg in block.side(letter)}
            legs = [leg.reasons for block in blocks for leg in block.side(letter)]
            self.throttling.add(letter, legs)
        # Of the statistic in question: typical calls of a slower mean need not be slower.
        cycles = cycles_value(blocks, TAIL if self.by_tail else TYPICAL)
        if self.state is State.CONFIRMING:
            self.fresh_typical.append(pair_value(blocks, TYPICAL))
            self.fresh_tail.append(pair_value(blocks, TAIL))
            self.fresh_cycles.append(cycles)
            self._confirm()
        elif self.state is State.OPEN:
            self.typical.append(pair_value(blocks, TYPICAL))
            self.tail.append(pair_value(blocks, TAIL))
            self.cycles.append(cycles)
            self._decide()

    def lose(self, loss: Loss) -> None:
        """Take note that a pair gave nothing because one side failed."""
        self.losses.append(loss)
        if sum(one.role == loss.role for one in self.losses) >= FAILURES:
            self.state = State.BROKEN

    def give_up(self) -> None:
        """No more pairs can be had.

        Typical calls that have passed are enough for a pass, unless the first pairs said slower and
        the fresh ones have not excluded it.
        """
        if self.state is State.OPEN and self._passes:
            self.state = State.PASSED
        elif self.state is State.CONFIRMING and self.refuted and self._passes:
            self.state = State.NOT_CONFIRMED
        elif not self.state.is_final:
            self.state = State.UNDECIDED

    @property
    def _passes(self) -> bool:
        """Whether typical calls have passed."""
        return self._not_slower and (self._not_quicker or not self.rules.both_directions)

    def _decide(self) -> None:
        typical_says = decide(self.typical, self.rules.typical)
        tail_says = decide(self.tail, self.rules.tail)
        turned_says = decide(_turned(self.typical), self.rules.typical)
        # A decision holds once it has fallen: later looks are made for the other questions alone.
        self._not_slower |= typical_says is Decision.NOT_SLOWER
        self._tail_passes |= tail_says is Decision.NOT_SLOWER
        self._not_quicker |= turned_says is Decision.NOT_SLOWER
        slower = typical_says is Decision.SLOWER and not self._not_slower
        tail_slower = tail_says is Decision.SLOWER and not self._tail_passes
        quicker = turned_says is Decision.SLOWER and not self._not_quicker
        if slower or tail_slower or (quicker and self.rules.both_directions):
            self.state, self.suspected = State.CONFIRMING, True
            self.by_tail = tail_slower and not slower
            self.quicker = not slower and not tail_slower
        elif self._passes and (self._tail_passes or len(self.tail) >= self.rules.tail_pairs):
            self.state = State.PASSED
        elif len(self.typical) >= self.rules.largest_pairs:
            self.give_up()

    def _confirm(self) -> None:
        rule = self.rules.confirm_tail if self.by_tail else self.rules.confirm
        says = decide(_turned(self.fresh) if self.quicker else self.fresh, rule)
        # What is refuted stays so while another question is waited for.
        if says is Decision.SLOWER and not self.refuted:
            self.state = State.SLOWER
            return
        typical, tail = self.fresh_typical, self.fresh_tail
        self._not_slower |= decide(typical, self.rules.confirm) is Decision.NOT_SLOWER
        self._not_quicker |= decide(_turned(typical), self.rules.confirm) is Decision.NOT_SLOWER
        self._tail_passes |= decide(tail, self.rules.confirm_tail) is Decision.NOT_SLOWER
        waited = self._tail_passes or len(tail) >= self.rules.tail_pairs
        if self.refuted and self._passes and waited:
            self.state = State.NOT_CONFIRMED
        elif len(tail) >= self.rules.largest_pairs:
            self.give_up()


def _turned(values: Sequence[float]) -> list[float]:
    """Logarithms of baseline / contender: what is quicker becomes slower."""
    return [-value for value in values]
