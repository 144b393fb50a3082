"""Shows how far a gate is: pair, benchmark, how many are decided, time left, verdicts so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TextIO

from cnnfc.gate.judging.trial import State, Trial
from cnnfc.harness.progress import Progress

#: What is counted while a gate runs, in the order in which it is said.
_COUNTED = (
    (State.SLOWER, "slower"),
    (State.CONFIRMING, "being confirmed"),
    (State.PASSED, "passed"),
    (State.NOT_CONFIRMED, "not confirmed"),
    (State.UNDECIDED, "undecided"),
    (State.BROKEN, "broken"),
)


class GateProgress:
    """One line on a terminal, rewritten; in a log a new line now and then."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = Progress(out, clock)
        self._progress.commit = "start"
        self._counts = ""
        self._left: float | None = None

    def say(self, text: str) -> None:
        """Write `text` on a line of its own."""
        self._progress.say(text)

    def clear(self) -> None:
        """Take the progress line off the terminal."""
        self._progress.clear()

    def begin(self, phase: str) -> None:
        """From here on it is at `phase`: ``survey``, ``pair 3``, ``values``, ``explaining``."""
        if not phase.startswith("pair "):
            # What was left to the pairs is not the time that this takes.
            self._left = None
        self._progress.commit = phase

    def case(self, case: str) -> None:
        """`case` is measured next."""
        self._progress.show("  ".join(part for part in (self._counts, case) if part), self._left)

    def pair(self, trials: Sequence[Trial], pairs: int, seconds_left: float) -> None:
        """A pair is done, of `pairs` so far."""
        self._progress.commit = f"pair {pairs}"
        self._progress.done = sum(trial.state.is_final for trial in trials)
        self._progress.total = len(trials)
        counts = {state: sum(trial.state is state for trial in trials) for state, _ in _COUNTED}
        self._counts = ", ".join(
            f"{counts[state]} {name}" for state, name in _COUNTED if counts[state]
        )
        self._left = seconds_left
        self._progress.show(self._counts or "nothing decided yet", seconds_left)
