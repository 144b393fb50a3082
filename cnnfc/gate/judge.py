"""Turns what was measured of the timed benchmarks into results with a verdict and its reason."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from statistics import median
from typing import Final

from cnnfc.analysis.paired import effect, excluded
from cnnfc.gate.policy import Policy
from cnnfc.gate.trial import State, Trial
from cnnfc.verdicts import BenchmarkResult, CanaryResult, Effect, Verdict

#: An improvement is named if its whole interval is below 1 and it is at least so large a part of
#: the threshold; nothing fails by it unless the policy wants so.
_IMPROVED_SHARE: Final = 0.5
#: A slowdown on a GPU must be there in clock cycles too, with this part of the threshold at least:
#: a lower clock takes longer for the same cycles, and no code is to blame for that.
_CYCLES_SHARE: Final = 0.5
#: From this drift of a reference kernel on, what stays undecided is laid to the machine.
DRIFT: Final = 0.1


def result(
    trial: Trial, policy: Policy, canaries: Sequence[CanaryResult], base_command: str
) -> BenchmarkResult:
    """The result of `trial` after its last pair.

    Args:
        trial: everything measured of the benchmark.
        policy: what the gate is held to.
        canaries: the reference kernels of the same gate.
        base_command: the gate's command line, without a selection of benchmarks.
    """
    threshold = trial.rules.typical.threshold
    shown = effect(trial.typical) if trial.typical else None
    tail = effect(trial.tail) if trial.tail else None
    confirmed = effect(trial.fresh) if trial.fresh else None
    verdict, reason = _verdict(trial, policy, canaries, shown, tail, confirmed)
    throttled = trial.throttling.difference()
    if throttled is not None:
        reason = f"{reason}; {throttled}"
    last = trial.losses[-1] if trial.losses else None
    cycles = _cycles(trial)
    detectable = (
        excluded(trial.typical, trial.rules.typical.not_slower_level) if trial.typical else math.inf
    )
    return BenchmarkResult(
        name=trial.case.name,
        params=trial.case.params,
        kind=trial.case.kind,
        unit=trial.case.unit,
        verdict=verdict,
        reason=reason,
        threshold=threshold,
        baseline=median(trial.seconds["A"]) if trial.seconds["A"] else None,
        contender=median(trial.seconds["B"]) if trial.seconds["B"] else None,
        effect=shown,
        tail=tail,
        confirmed=confirmed,
        detectable=detectable if math.isfinite(detectable) else None,
        in_cycles=effect(cycles) if cycles else None,
        failed_on=(last.role,) if verdict is Verdict.BROKEN and last else (),
        failure=last.said if verdict is Verdict.BROKEN and last else None,
        command=repeat_command(base_command, trial.id),
        pair_values=tuple(trial.typical),
        tail_values=tuple(trial.tail),
    )


def repeat_command(base_command: str, case: str) -> str:
    """The command that gates the benchmark `case` alone."""
    return f"{base_command} --bench {shlex.quote('^' + _escaped(case) + '$')}"


def _escaped(case: str) -> str:
    return "".join(f"\\{letter}" if letter in ".[]()+*?^$|\\{}" else letter for letter in case)


def _verdict(
    trial: Trial,
    policy: Policy,
    canaries: Sequence[CanaryResult],
    shown: Effect | None,
    tail: Effect | None,
    confirmed: Effect | None,
) -> tuple[Verdict, str]:
    if trial.state is State.BROKEN:
        last = trial.losses[-1]
        return Verdict.BROKEN, f"fails on the {last.role}: {last.reason}"
    if shown is None or tail is None:
        return Verdict.INCONCLUSIVE, "no pair was measured before the time was over"
    moved = next((canary for canary in canaries if canary.moved), None)
    if trial.state is State.SLOWER and confirmed is not None:
        if moved is not None:
            return Verdict.MACHINE_MOVED, f"slower by {percent(confirmed)}, but {moved.reason}"
        limit = (trial.rules.tail if trial.by_tail else trial.rules.typical).threshold
        cycles = _cycles(trial)
        if cycles and effect(cycles).ratio < 1 + _CYCLES_SHARE * limit:
            return Verdict.MACHINE_MOVED, (
                f"slower by {percent(confirmed)} in time but not in clock cycles "
                f"(ratio {effect(cycles).ratio:.3f}): the GPU's clock was lower on the contender"
            )
        what = "the mean of its calls" if trial.by_tail else "a typical call"
        return Verdict.REGRESSION, (
            f"{what} is slower by {percent(confirmed)} (threshold {limit:.3g}), "
            f"confirmed by {confirmed.pairs} fresh pairs"
        ).replace(f"threshold {limit:.3g}", f"threshold {100 * limit:.3g}%")
    if trial.state is State.UNDECIDED:
        return _undecided(trial, shown, canaries)
    if shown.high < 1 and 1 - shown.ratio >= _IMPROVED_SHARE * trial.rules.typical.threshold:
        if moved is not None:
            return Verdict.MACHINE_MOVED, f"quicker by {percent(shown)}, but {moved.reason}"
        if policy.direction == "both" and shown.high <= 1 / (1 + trial.rules.typical.threshold):
            return Verdict.REGRESSION, (
                f"a typical call is quicker by {percent(shown)}, and the policy wants every change "
                f"looked at (direction = both): wave it through with a waiver"
            )
        return Verdict.IMPROVEMENT, f"a typical call is quicker by {percent(shown)}"
    if trial.state is State.NOT_CONFIRMED and confirmed is not None:
        return Verdict.PASS, (
            f"{len(trial.typical)} pairs seemed slower, {confirmed.pairs} fresh ones did not "
            f"confirm it: {percent(confirmed)}"
        )
    return Verdict.PASS, f"not slower by {100 * trial.rules.typical.threshold:.3g}%"


def _undecided(
    trial: Trial, shown: Effect, canaries: Sequence[CanaryResult]
) -> tuple[Verdict, str]:
    drifted = next((c for c in canaries if c.moved or c.drift > DRIFT), None)
    pairs = f"{trial.pairs} pairs that spread by {100 * shown.spread:.2g}%"
    if drifted is not None:
        why = drifted.reason or f"{drifted.name} drifted by {100 * drifted.drift:.0f}%"
        return Verdict.MACHINE_MOVED, f"{pairs} do not decide it, and the machine moved: {why}"
    high = excluded(trial.typical, trial.rules.typical.not_slower_level)
    size = f": a slowdown of {100 * high:.2g}% would have been seen" if math.isfinite(high) else ""
    return Verdict.INCONCLUSIVE, f"{pairs} do not decide it{size}"


def percent(found: Effect) -> str:
    """``3.4% (2.1 to 4.6%)``: the size of an effect, whichever its direction."""
    turn = -1 if found.ratio < 1 else 1
    size, *ends = (100 * turn * (ratio - 1) for ratio in (found.ratio, found.low, found.high))
    if not all(map(math.isfinite, ends)) or found.low == 0:
        return f"{size:.2g}%"
    low, high = sorted(ends)
    return f"{size:.2g}% ({low:.2g} to {high:.2g}%)"


def _cycles(trial: Trial) -> list[float]:
    """Ratios of the pairs in clock cycles, if most are known: NVML may fail to answer at times.

    Of a mean that is slower only those of the fresh pairs, which alone are about means.
    """
    values = trial.fresh_cycles if trial.by_tail else [*trial.cycles, *trial.fresh_cycles]
    found = [value for value in values if value is not None]
    return found if 2 * len(found) > len(values) else []
