"""Judges what was taken of benchmarks whose values are not times, and says why.

Most such values are exact: a count, an accuracy with a fixed seed.  They are compared as they are.
Values that differ between processes of one side are compared only where a threshold says how much
worse is too much.
"""

from __future__ import annotations

import math
from statistics import median
from typing import Any, Final

from cnnfc.analysis.paired import effect
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.judge import repeat_command
from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.measuring.value_processes import Taken
from cnnfc.gate.sides import ROLES
from cnnfc.verdicts import BenchmarkResult, Verdict

#: Kinds of benchmarks whose values are not times.
KINDS: Final = ("track", "peakmem", "mem")


def result(case: GatedCase, taken: Taken, threshold: float, command: str) -> BenchmarkResult:
    """The result of a benchmark after its last value.

    Args:
        case: the benchmark.
        taken: what both sides said of it; put into the order of the sides.
        threshold: worsening that fails, as a fraction; 0 is any.
        command: the gate's command line, without a selection of benchmarks.
    """
    for said in (taken.losses, taken.skipped, taken.numberless):
        # They were asked in an order that a coin has decided.
        _in_order(said)
    if list(taken.numberless) == ["contender"] and not taken.losses and not taken.skipped:
        given = taken.numberless["contender"]
        taken.losses["contender"] = Loss("contender", f"it gives no number ({given}) any more")
    verdict, reason = _verdict(taken, case, threshold)
    sides = taken.values
    logs = _logs(taken, case) if taken.whole else []
    return BenchmarkResult(
        name=case.name,
        params=case.params,
        kind=case.kind,
        unit=case.unit,
        verdict=verdict,
        reason=reason,
        threshold=threshold,
        baseline=median(sides["baseline"]) if sides["baseline"] else None,
        contender=median(sides["contender"]) if sides["contender"] else None,
        effect=effect(logs) if logs else None,
        failed_on=tuple(taken.losses),
        failure=next((loss.said for loss in taken.losses.values()), None),
        command=repeat_command(command, case.id),
        pair_values=tuple(logs),
    )


def _in_order(said: dict[str, Any]) -> None:
    for role in [role for role in ROLES if role in said]:
        said[role] = said.pop(role)


def not_taken(case: GatedCase, threshold: float, command: str) -> BenchmarkResult:
    """The result of a benchmark that no time was left for; arguments as of `result`."""
    return BenchmarkResult(
        name=case.name,
        params=case.params,
        kind=case.kind,
        unit=case.unit,
        verdict=Verdict.INCONCLUSIVE,
        reason="no value was taken before the time budget ended",
        threshold=threshold,
        command=repeat_command(command, case.id),
    )


def is_worse(taken: Taken, case: GatedCase, threshold: float) -> bool:
    """Whether every value of the contender is worse than every one of the baseline, and by enough.

    Of identical code with values that vary, 6 processes a side are so by chance once in 924 times.
    Where any worsening fails, one side at least must be exact.
    """
    baseline, contender = taken.values["baseline"], taken.values["contender"]
    if not baseline or not contender:
        return False
    if threshold == 0 and min(len({*baseline}), len({*contender})) > 1:
        return False
    change = _change(median(baseline), median(contender), case)
    return _apart(taken, case, better=False) and change > threshold


def _verdict(taken: Taken, case: GatedCase, threshold: float) -> tuple[Verdict, str]:
    if taken.losses:
        sides = " and the ".join(taken.losses)
        reason = next(iter(taken.losses.values())).reason
        return Verdict.BROKEN, f"fails on the {sides}: {reason}"
    if taken.skipped:
        role, reason = next(iter(taken.skipped.items()))
        verdict = Verdict.NEW if role == "baseline" else Verdict.MISSING
        return verdict, f"the {role} skips it: {reason}"
    if not taken.whole:
        role, given = next(iter(taken.numberless.items()))
        sides = "either side" if len(taken.numberless) == len(ROLES) else f"the {role}"
        return Verdict.INCONCLUSIVE, f"it gives no number ({given}) on {sides}"
    return _compared(taken, case, threshold)


def _compared(taken: Taken, case: GatedCase, threshold: float) -> tuple[Verdict, str]:
    """What is said of values of both sides."""
    baseline, contender = taken.values["baseline"], taken.values["contender"]
    word = "worse" if case.kind == "track" else "more memory"
    middles = median(baseline), median(contender)
    change = _change(*middles, case)
    # Nothing is a part of zero.
    size = (
        f"by {_percent(abs(change))}"
        if math.isfinite(change)
        else "({:g} to {:g})".format(*middles)
    )
    if is_worse(taken, case, threshold):
        return Verdict.REGRESSION, (
            f"{word} {size} in every one of {len(contender)} processes a side "
            f"(threshold {_percent(threshold)})"
        )
    if threshold == 0 and len({*baseline}) + len({*contender}) > 2:
        return Verdict.INCONCLUSIVE, (
            "its value differs between processes of one commit: set a threshold for it in "
            "[[tool.cnnfc.gate.overrides]]"
        )
    if _apart(taken, case, better=True) and -change > threshold:
        return Verdict.IMPROVEMENT, f"better {size}"
    if change > threshold:
        return Verdict.INCONCLUSIVE, (f"{word} {size} on the whole, but not in every process")
    same = change == 0 and len({*baseline, *contender}) == 1
    return Verdict.PASS, "the same value" if same else f"not worse by {_percent(threshold)}"


def _apart(taken: Taken, case: GatedCase, *, better: bool) -> bool:
    baseline, contender = taken.values["baseline"], taken.values["contender"]
    if case.higher_is_better is better:
        return min(contender) > max(baseline)
    return max(contender) < min(baseline)


def _change(baseline: float, contender: float, case: GatedCase) -> float:
    """How much worse the contender is, as a fraction of the baseline; infinity from zero."""
    worsening = (baseline - contender) if case.higher_is_better else (contender - baseline)
    if worsening == 0:
        return 0.0
    return worsening / abs(baseline) if baseline else math.copysign(math.inf, worsening)


def _logs(taken: Taken, case: GatedCase) -> list[float]:
    """Logarithms of the ratios of the pairs, above 0 is worse; empty if a value is not positive."""
    pairs = list(zip(taken.values["baseline"], taken.values["contender"], strict=False))
    if not pairs or min(min(pair) for pair in pairs) <= 0:
        return []
    turn = -1 if case.higher_is_better else 1
    return [turn * math.log(contender / baseline) for baseline, contender in pairs]


def _percent(fraction: float) -> str:
    return "any amount" if fraction == 0 else f"{100 * fraction:.3g}%"
