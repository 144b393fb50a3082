"""How a gate's page names benchmarks, verdicts, ratios and intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from cnnfc.report import text
from cnnfc.verdicts import BenchmarkResult, Effect, GateReport, Verdict

#: Probability that either step passes a mean that rose by its threshold; as
#: `cnnfc.gate.judging.rules` has it.
MEAN_MISS: Final = 0.05


@dataclass(frozen=True)
class Word:
    """A verdict for people: ``many`` heads its group, ``means`` explains it."""

    many: str
    means: str


#: Worst first; this is the order of the groups.
WORDS: Final = {
    Verdict.BROKEN: Word("Broken", "Fails on one side or on both."),
    Verdict.REGRESSION: Word("Slower", "A slowdown was shown that is no accident."),
    Verdict.MACHINE_MOVED: Word(
        "The machine moved",
        "The reference kernels differ, or a GPU's clock did, so nothing can be laid to the code.",
    ),
    Verdict.INCONCLUSIVE: Word(
        "Undecided",
        "Neither a slowdown nor its absence could be shown with these pairs.",
    ),
    Verdict.MISSING: Word("Missing", "Only the baseline has it."),
    Verdict.NEW: Word("New", "Only the contender has it."),
    Verdict.IMPROVEMENT: Word("Faster", "An improvement was shown."),
    Verdict.PASS: Word("Passed", "Shown not to be slower by the threshold."),
}


def is_moved(report: GateReport) -> bool:
    """Whether reference kernels differ between the sides, or a GPU's clock did."""
    kernels = any(canary.moved for canary in report.canaries)
    return kernels or report.count(Verdict.MACHINE_MOVED) > 0


def parameters(result: BenchmarkResult) -> str:
    """The parameters, ``dense.64-64 · cpu-1``; without any, the last part of the name."""
    plain = [unquoted(one) for one in result.params]
    return " · ".join(plain) if plain else result.name.rpartition(".")[2]


def deciding(result: BenchmarkResult) -> tuple[Effect | None, bool]:
    """The effect to show for `result`, and whether it is that of the mean of all calls.

    That one is shown for a slowdown that typical calls do not have: calls that are slow now and
    then.
    """
    effect, tail = result.effect, result.tail
    if result.verdict is Verdict.REGRESSION and effect is not None and tail is not None:
        rare = effect.ratio < 1 + result.threshold / 2 and tail.ratio > effect.ratio
        if rare and tail.low > 1:
            return tail, True
    return effect, False


def unquoted(param: str) -> str:
    """A text among parameters without the quotes of its ``repr``."""
    for quote in "'\"":
        if len(param) >= 2 and param[0] == param[-1] == quote:
            return param[1:-1]
    return param


def change(ratio: float) -> str:
    """`cnnfc.report.text.change`, with powers of ten for ratios that nobody would count."""
    return f"×{ratio:.0e}" if 1e6 < ratio < math.inf else text.change(ratio)


def interval(effect: Effect) -> str:
    """``95% interval +2.1% to +4.0%``; an end that nothing bounds is named so."""
    level = f"{effect.confidence * 100:.3g}%" if math.isfinite(effect.confidence) else "n/a"
    return f"{level} interval {ends(effect)}"


def ends(effect: Effect) -> str:
    """``+2.1% to +4.0%``, ``over +2.1%``, ``under +4.0%`` or ``not bounded``."""
    low = effect.low > 0 and math.isfinite(effect.low)
    high = math.isfinite(effect.high)
    if low and high:
        return f"{change(effect.low)} to {change(effect.high)}"
    if low:
        return f"over {change(effect.low)}"
    return f"under {change(effect.high)}" if high else "not bounded"
