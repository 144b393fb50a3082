"""Asks the gate on which side of a change a commit is.

Both ends of a change are known: the quicker one is the baseline of every gate, the commit in
question its contender.  If that is slower by half of the change or more, it belongs to the slower
end.  The end stays the same all the way, so that a change that came in small parts is laid to the
commit at which half of it was reached, and not missed because each part is small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from cnnfc.commands.bisect.search import Answer, Side
from cnnfc.commands.gate import GateOptions, Listed, open_gate
from cnnfc.errors import UsageError
from cnnfc.history.parameters import parse_parameter
from cnnfc.timeline.changes import Change
from cnnfc.verdicts import BenchmarkResult, GateReport, Verdict

#: What the gate may be asked for (fractions): below the first even quiet pairs do not decide, and
#: above the last it takes none.
LEAST_THRESHOLD: Final = 0.005
MOST_THRESHOLD: Final = 1.0
#: Values that are no times have few pairs and no test: their ratio must be clearly nearer to one
#: end than to the other, with a third of the way between as the part that decides nothing.
_NEAR: Final = 1 / 3


class Interrupted(Exception):
    """A gate was ended early, by somebody or by a machine that failed; not an error of its own."""


@dataclass(frozen=True)
class Trial:
    """How the commits of one change are judged.

    Attributes:
        benchmark: Name of the benchmark.
        parameters: Its parameters, as a history has them.
        good: The end before the change.
        bad: The end after it.
        factor: How many times slower (or worse) one end is than the other, above 1; None if levels
            that are not positive have no ratio.
        slower_after: Whether the end after the change is the slower one.
        folder: Where the outputs of the gates go.
        budget: Seconds that each gate may measure; None as the project's policy says.
        here: Measure with this interpreter whatever the commits require.
        start: Where the project is looked for.
    """

    benchmark: str
    parameters: tuple[str, ...]
    good: str
    bad: str
    factor: float | None
    slower_after: bool
    folder: Path
    budget: float | None = None
    here: bool = False
    start: Path | None = None

    @property
    def threshold(self) -> float:
        """Half of the change, as a fraction of the quicker end."""
        half = ((self.factor or 1.0) - 1) / 2
        return min(max(half, LEAST_THRESHOLD), MOST_THRESHOLD)

    @property
    def quicker_end(self) -> str:
        return self.good if self.slower_after else self.bad

    @property
    def slower_end(self) -> str:
        return self.bad if self.slower_after else self.good

    def ask(self, commit: str, out: TextIO) -> Answer:
        """On which side of the change `commit` is, by a gate that compares it with the quicker end.

        Args:
            commit: Full hash, not that of the quicker end.
            out: Where the gate shows how far it is.

        Raises:
            UsageError: It cannot be built or listed, or the gate cannot run at all.
            Interrupted: The gate was ended early.
            KeyboardInterrupt: The same, before it measured.
        """
        options = GateOptions(
            base=self.quicker_end,
            head=commit,
            bench=(f"^{_escaped(self.benchmark)}($|\\[)",),
            budget=self.budget,
            threshold=self.threshold,
            here=self.here,
            out=self.folder / f"{self.quicker_end[:8]}-{commit[:8]}",
            command=f"cnnfc gate {self.quicker_end[:8]} {commit[:8]}",
        )
        with open_gate(options, out, start=self.start) as gate:
            wanted = [one for one in gate.listed if self._is_it(one)]
            if not wanted:
                return Answer(Side.BROKEN, f"it has no {self.benchmark} with these parameters")
            report = gate.run(only={wanted[0].id})
        return self._answer(report)

    def _is_it(self, listed: Listed) -> bool:
        """Whether the gate's benchmark is that of the change; the gate has asv's own parameters."""
        if listed.name != self.benchmark or len(listed.params) != len(self.parameters):
            return False
        pairs = zip(listed.params, self.parameters, strict=True)
        return all(own in (written, parse_parameter(written)) for written, own in pairs)

    def _answer(self, report: GateReport) -> Answer:
        if report.finished_at is None:
            raise Interrupted(next(reversed(report.notes), ""))
        if not report.benchmarks:
            reasons = (one.reason for one in report.skipped)
            return Answer(Side.BROKEN, next(reasons, "the gate measured nothing of it"))
        return self._judged(report.benchmarks[0])

    def _judged(self, result: BenchmarkResult) -> Answer:
        slower = self._is_slower(result)
        if slower is not None:
            side = Side.AFTER if slower is self.slower_after else Side.BEFORE
        elif result.verdict in (Verdict.BROKEN, Verdict.MISSING, Verdict.NEW):
            side = Side.BROKEN
        else:
            side = Side.UNCLEAR
        if result.effect is None:
            return Answer(side, result.reason)
        effect = result.effect
        return Answer(side, result.reason, effect.ratio, effect.low, effect.high)

    def _is_slower(self, result: BenchmarkResult) -> bool | None:
        """Whether the commit is as slow as the slower end; None if that cannot be told."""
        if result.kind != "time" and result.effect is not None and self.factor is not None:
            if result.verdict in (Verdict.BROKEN, Verdict.MACHINE_MOVED):
                return None
            share = math.log(result.effect.ratio) / math.log(self.factor)
            return None if _NEAR <= share <= 1 - _NEAR else share > 0.5
        if result.verdict is Verdict.REGRESSION:
            return True
        return False if result.verdict in (Verdict.PASS, Verdict.IMPROVEMENT) else None


def trial_of(change: Change, folder: Path) -> Trial:
    """How the commits of `change` are judged, between the ends that it surely lies within.

    Raises:
        UsageError: It is of a benchmark whose name cannot be one.
    """
    key = change.series_key
    if not key.benchmark.isprintable():
        raise UsageError(f"benchmark {key.benchmark!r} is no name that a suite can have")
    has_factor = 0 < change.ratio < math.inf and change.ratio != 1
    return Trial(
        benchmark=key.benchmark,
        parameters=key.parameters,
        good=change.surely_good.commit,
        bad=change.latest.commit,
        factor=max(change.ratio, 1 / change.ratio) if has_factor else None,
        slower_after=change.is_worse,
        folder=folder,
    )


def _escaped(name: str) -> str:
    return "".join(f"\\{letter}" if letter in ".[]()+*?^$|\\{}" else letter for letter in name)
