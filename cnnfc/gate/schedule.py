"""Measures pair after pair until every timed benchmark is decided or time is up."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.trial import Trial
from cnnfc.gate.measuring.legs import Block
from cnnfc.gate.measuring.pairs import measure_pair
from cnnfc.gate.measuring.setting import Protocol as LegProtocol
from cnnfc.gate.measuring.setting import Setting

#: A pair starts two workers, which takes seconds; fewer benchmarks get more blocks in it, so that
#: at least so much of it is spent on measuring (s).
WORTHWHILE: Final = 1.0
MOST_BLOCKS: Final = 8
#: What is undecided after so many pairs is noisy: more blocks make its pairs steadier, twice as
#: many from then on.
NOISY: Final = 8


class Watch(Protocol):
    """Hears how far a gate is."""

    def begin(self, phase: str) -> None:
        """From here on it is at `phase`: ``survey``, ``pair 3``, ``values``, ``explaining``."""

    def case(self, case: str) -> None:
        """`case` is measured next."""

    def pair(self, trials: Sequence[Trial], pairs: int, seconds_left: float) -> None:
        """A pair is done; `seconds_left` is an estimate for the rest."""


@dataclass
class Course:
    """Everything that a gate measured of its timed benchmarks."""

    trials: list[Trial]
    canaries: dict[str, list[tuple[Block, ...]]] = field(default_factory=dict)
    pairs: int = 0
    seconds: float = 0.0
    #: What a block of a case really took (s), the setup of every call too: the least, by id.
    block_seconds: dict[str, float] = field(default_factory=dict)
    #: The measuring stopped because its time was over.
    out_of_time: bool = False


def run(
    course: Course,
    setting: Setting,
    draw: random.Random,
    *,
    budget: float,
    memory: int,
    watch: Watch,
    gpu_memory: Mapping[str | None, int] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Fill `course` until its trials are decided; whatever interrupts, it keeps what is there.

    At least one pair is measured, whatever the budget.

    Args:
        course: what is measured, and where it is kept.
        setting: what all pairs share.
        draw: the source of every coin.
        budget: seconds that this may take; a pair that has begun is finished.
        memory: bytes that both workers together may keep for cases.
        watch: hears how far it is.
        gpu_memory: the same of each GPU, by UUID.
        clock: monotonic (s).
    """
    begun = clock()
    try:
        while open_trials := [trial for trial in course.trials if not trial.state.is_final]:
            if clock() - begun + _typical_pair(course) > budget and course.pairs:
                course.out_of_time = True
                break
            started = clock()
            watch.begin(f"pair {course.pairs + 1}")
            for group in groups(open_trials, memory, gpu_memory):
                _measure(course, setting, draw, group, watch=watch, clock=clock)
            course.pairs += 1
            course.seconds += clock() - started
            watch.pair(course.trials, course.pairs, _left(course, budget - (clock() - begun)))
    finally:
        for trial in course.trials:
            trial.give_up()


def _measure(
    course: Course,
    setting: Setting,
    draw: random.Random,
    group: Sequence[Trial],
    *,
    watch: Watch,
    clock: Callable[[], float],
) -> None:
    cases = [trial.case for trial in group]
    blocks = blocks_for(cases, setting.protocol, course.pairs, course.block_seconds)
    stopwatch = _Stopwatch(course.block_seconds, watch.case, clock)
    outcome = measure_pair(setting, cases, draw, blocks=blocks, watch=stopwatch.case)
    stopwatch.stop()
    for trial in group:
        if trial.id in outcome.blocks:
            trial.add(outcome.blocks[trial.id])
        elif trial.id in outcome.losses:
            trial.lose(outcome.losses[trial.id])
    for name, taken in outcome.canaries.items():
        course.canaries.setdefault(name, []).append(taken)


class _Stopwatch:
    """Notes in `seconds` what a block of each case takes, at the least: until the next begins."""

    def __init__(
        self,
        seconds: dict[str, float],
        watch: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._seconds = seconds
        self._watch = watch
        self._clock = clock
        self._running: tuple[str, float] | None = None

    def case(self, case: str) -> None:
        """`case` is measured next."""
        self.stop()
        self._running = case, self._clock()
        self._watch(case)

    def stop(self) -> None:
        """The last one is done."""
        if self._running is None:
            return
        case, begun = self._running
        taken = self._clock() - begun
        self._seconds[case] = min(taken, self._seconds.get(case, taken))


def blocks_for(
    cases: Sequence[GatedCase],
    protocol: LegProtocol,
    pairs: int = 0,
    block_seconds: Mapping[str, float] | None = None,
) -> int:
    """Blocks that each of `cases` gets in a pair, if `pairs` have left them undecided.

    More where fewer of them share two workers, and more where they are noisy.

    Args:
        cases: what shares the pair.
        protocol: how long and how often.
        pairs: how many there were.
        block_seconds: what a block of a case really took (s), by id: a setup before each call may
            take far longer than the calls.  As long as that is not known of all, no case gets more
            than the protocol's; None if nobody keeps it, and the calls alone count.
    """
    known = block_seconds or {}
    if block_seconds is not None and any(case.id not in known for case in cases):
        return protocol.blocks
    block = sum(
        max(
            4 * protocol.leg_for(case),
            12 * case.number * case.seconds,
            known.get(case.id, 0.0),
        )
        for case in cases
    )
    blocks = max(protocol.blocks, min(MOST_BLOCKS, round(WORTHWHILE / block)))
    return max(protocol.blocks, min(MOST_BLOCKS, blocks * noise_factor(pairs)))


def noise_factor(pairs: int) -> int:
    """How many times as many blocks a benchmark gets that `pairs` have left undecided: 1 or 2."""
    return 2 if pairs >= NOISY else 1


def groups(
    trials: Sequence[Trial], memory: int, gpu_memory: Mapping[str | None, int] | None = None
) -> list[list[Trial]]:
    """`trials` in as few groups as the memory (bytes, for both workers) asks for, in their order.

    `gpu_memory` is that of each GPU by UUID; of a GPU that is not in it nothing is known.
    """
    limits = gpu_memory or {}
    found: list[list[Trial]] = [[]]
    held = 0
    held_on: Counter[str | None] = Counter()
    for trial in trials:
        case = trial.case
        needed, needed_on_gpu = 2 * case.memory, 2 * case.device_memory
        is_too_much = held + needed > memory or (
            case.gpu in limits and held_on[case.gpu] + needed_on_gpu > limits[case.gpu]
        )
        if found[-1] and is_too_much:
            found.append([])
            held = 0
            held_on.clear()
        found[-1].append(trial)
        held += needed
        held_on[case.gpu] += needed_on_gpu
    return found


def _typical_pair(course: Course) -> float:
    return course.seconds / course.pairs if course.pairs else 0.0


def _left(course: Course, budget_left: float) -> float:
    """Seconds until the last trial is decided: a guess, never more than the budget leaves."""
    undecided = [trial for trial in course.trials if not trial.state.is_final]
    if not undecided:
        return 0.0
    # Most benchmarks of a quiet machine are decided at 8 pairs; after that nobody knows.
    expected = max(8, round(course.pairs * 1.4))
    return max(0.0, min(budget_left, (expected - course.pairs) * _typical_pair(course)))
