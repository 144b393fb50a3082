"""Turns what was measured of the timed benchmarks into results with a verdict and its reason."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from statistics import median
from typing import Final

from cnnfc.analysis.paired import effect, excluded
from cnnfc.gate.judging.trial import State, Trial
from cnnfc.gate.policy.policy import Policy
from cnnfc.verdicts import BenchmarkResult, CanaryResult, Effect, Verdict

#: An improvement is named if its whole interval is below 1 and it is at least so large a part of
#: the threshold; nothing fails by that.
_IMPROVED_SHARE: Final = 0.5
#: A change on a GPU must be there in clock cycles too, with this part of the threshold at least: a
#: lower clock takes longer for the same cycles, and no code is to blame for that.
_CYCLES_SHARE: Final = 0.5
#: What a reference kernel that moved says of the rest of the same process.
_BLAMED: Final = "it may be the process of the contender, or the machine"
#: From this drift of a reference kernel on it is named beside what stays undecided.  It is no
#: verdict: both sides of a pair drift together.
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
    throttled = trial.throttling.difference()
    verdict, reason = _verdict(trial, policy, canaries)
    reason = "; ".join(part for part in (reason, _threads(trial), throttled) if part)
    last = trial.losses[-1] if trial.losses else None
    cycles = _cycles(trial)
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
        effect=effect(trial.typical) if trial.typical else None,
        tail=effect(trial.tail) if trial.tail else None,
        confirmed=effect(trial.fresh) if trial.fresh else None,
        detectable=_detectable(trial),
        in_cycles=effect(cycles) if cycles else None,
        failed_on=(last.role,) if verdict is Verdict.BROKEN and last else (),
        failure=last.said if verdict is Verdict.BROKEN and last else None,
        command=repeat_command(base_command, trial.id),
        pair_values=tuple(trial.typical),
        tail_values=tuple(trial.tail),
        mean_undecided=(trial.state in (State.PASSED, State.NOT_CONFIRMED) and trial.mean_is_open),
    )


def repeat_command(base_command: str, case: str) -> str:
    """The command that gates the benchmark `case` alone."""
    return f"{base_command} --bench {shlex.quote('^' + _escaped(case) + '$')}"


def _escaped(case: str) -> str:
    return "".join(f"\\{letter}" if letter in ".[]()+*?^$|\\{}" else letter for letter in case)


def _verdict(trial: Trial, policy: Policy, canaries: Sequence[CanaryResult]) -> tuple[Verdict, str]:
    if trial.state is State.BROKEN:
        last = trial.losses[-1]
        return Verdict.BROKEN, f"fails on the {last.role}: {last.reason}"
    if not trial.typical:
        return Verdict.INCONCLUSIVE, "no pair was measured before the gate ended"
    if trial.state is State.SLOWER:
        return _changed(trial, policy, canaries)
    if not trial.state.is_final or trial.state is State.UNDECIDED:
        return _undecided(trial, canaries)
    return _passed(trial, policy, canaries)


def _changed(trial: Trial, policy: Policy, canaries: Sequence[CanaryResult]) -> tuple[Verdict, str]:
    """A slowdown that fresh pairs confirmed (or the opposite, where that fails too)."""
    confirmed = effect(trial.fresh)
    size = changed_by(confirmed)
    moved = _explains(canaries, confirmed, policy.canary_tolerance)
    if moved is not None:
        return Verdict.MACHINE_MOVED, f"{size}, but {moved.reason}: {_BLAMED}"
    limit = (trial.rules.tail if trial.by_tail else trial.rules.typical).threshold
    cycles = _cycles(trial)
    turn = -1 if trial.quicker else 1
    if cycles and turn * math.log(effect(cycles).ratio) < math.log1p(_CYCLES_SHARE * limit):
        clock = "higher" if trial.quicker else "lower"
        return Verdict.MACHINE_MOVED, (
            f"{size} in time but not in clock cycles (ratio {effect(cycles).ratio:.3f}): the GPU's "
            f"clock was {clock} on the contender"
        )
    what = "the mean of its calls" if trial.by_tail else "a typical call"
    reason = (
        f"{what} is {size} (threshold {100 * limit:.3g}%), confirmed by {confirmed.pairs} "
        f"fresh pairs"
    )
    if trial.quicker:
        reason += f"; the policy fails that too (direction = {policy.direction})"
    lesser = _moved(canaries)
    if lesser is not None:
        reason += f"; {lesser.reason}, but too little to explain it"
    return Verdict.REGRESSION, reason


def _passed(trial: Trial, policy: Policy, canaries: Sequence[CanaryResult]) -> tuple[Verdict, str]:
    shown, threshold = effect(trial.typical), trial.rules.typical.threshold
    mean = f"; {_open_mean(trial)}" if trial.mean_is_open else ""
    if shown.high < 1 and 1 - shown.ratio >= _IMPROVED_SHARE * threshold:
        moved = _explains(canaries, shown, policy.canary_tolerance)
        if moved is not None:
            return Verdict.MACHINE_MOVED, f"{changed_by(shown)}, but {moved.reason}: {_BLAMED}"
        return Verdict.IMPROVEMENT, f"a typical call is {changed_by(shown)}{mean}"
    if trial.state is State.NOT_CONFIRMED:
        return Verdict.PASS, (
            f"{_suspicion(trial)}, {len(trial.fresh)} fresh ones did not confirm it: "
            f"{changed_by(effect(trial.fresh))}{mean}"
        )
    if trial.mean_is_open:
        return Verdict.PASS, f"a typical call is not slower by {100 * threshold:.3g}%{mean}"
    return Verdict.PASS, f"not slower by {100 * threshold:.3g}% or more"


def _open_mean(trial: Trial) -> str:
    found = excluded(trial.tail, trial.rules.tail.not_slower_level)
    if not math.isfinite(found):
        return "its mean was not decided"
    return f"its mean was not decided (a rise of {_number(100 * max(0.0, found))}% is excluded)"


def _undecided(trial: Trial, canaries: Sequence[CanaryResult]) -> tuple[Verdict, str]:
    said = "1 pair does not decide it"
    if trial.pairs > 1:
        spread = _number(100 * effect(trial.typical).spread)
        said = f"{trial.pairs} pairs, which spread by {spread}%, do not decide it"
    moved = _moved(canaries)
    if moved is not None:
        return Verdict.MACHINE_MOVED, f"{said}, and {moved.reason}: {_BLAMED}"
    drifted = max(canaries, key=lambda canary: canary.drift, default=None)
    if drifted is not None and drifted.drift > DRIFT:
        drift = f"{drifted.name} drifted by {100 * drifted.drift:.0f}%"
        said += f" while the reference kernel {drift}"
    if trial.fresh and trial.refuted:
        return Verdict.INCONCLUSIVE, (
            f"{_suspicion(trial)}, {len(trial.fresh)} fresh ones did not confirm it, but whether a "
            f"typical call is slower is not decided: {changed_by(effect(trial.fresh_typical))}"
        )
    if trial.fresh:
        return Verdict.INCONCLUSIVE, (
            f"{_suspicion(trial)}, {len(trial.fresh)} fresh ones did not decide it: "
            f"{changed_by(effect(trial.fresh))}"
        )
    if trial.suspected:
        return Verdict.INCONCLUSIVE, (
            f"{_suspicion(trial)}, and no fresh ones were left to confirm it"
        )
    high = _detectable(trial)
    size = "" if high is None else f": a slowdown of {_number(100 * high)}% would have been seen"
    return Verdict.INCONCLUSIVE, f"{said}{size}"


def _moved(canaries: Sequence[CanaryResult]) -> CanaryResult | None:
    return next((canary for canary in canaries if canary.moved), None)


def _explains(
    canaries: Sequence[CanaryResult], found: Effect, tolerance: float
) -> CanaryResult | None:
    """A reference kernel that moved so far that `found` may be nothing else.

    A change whose whole interval is beyond the kernel's ratio, with the tolerance on top, is more
    than the process or the machine can account for.
    """
    for canary in canaries:
        ratio = canary.effect.ratio
        is_beyond = (
            found.low > ratio * (1 + tolerance)
            if found.ratio > 1
            else found.high < ratio / (1 + tolerance)
        )
        if canary.moved and not is_beyond:
            return canary
    return None


def _suspicion(trial: Trial) -> str:
    what = "quicker" if trial.quicker else "slower in the mean" if trial.by_tail else "slower"
    return f"{len(trial.typical)} pairs seemed {what}"


def _detectable(trial: Trial) -> float | None:
    """The smallest slowdown that the first pairs exclude; None if they are too few or show one."""
    if not trial.typical or trial.state is State.SLOWER:
        return None
    found = excluded(trial.typical, trial.rules.typical.not_slower_level)
    return max(0.0, found) if math.isfinite(found) else None


def _threads(trial: Trial) -> str | None:
    """That torch used other numbers of threads on the two sides; None if it did not, or unknown."""
    baseline, contender = (
        " or ".join(map(str, sorted(count for count in trial.threads[letter] if count)))
        for letter in "AB"
    )
    if not baseline or not contender or baseline == contender:
        return None
    return f"threads of torch: {baseline} on the baseline, {contender} on the contender"


def changed_by(found: Effect) -> str:
    """``slower by 3.4% (2.1 to 4.6%)`` or ``quicker by ...``."""
    return f"{'quicker' if found.ratio < 1 else 'slower'} by {percent(found)}"


def percent(found: Effect) -> str:
    """``3.4% (2.1 to 4.6%)``: the size of an effect, whichever its direction.

    Of one below 1 the ends count the other way: ``2% (-1 to 5%)`` is quicker by up to 5%.
    """
    turn = -1 if found.ratio < 1 else 1
    size, *ends = (100 * turn * (ratio - 1) for ratio in (found.ratio, found.low, found.high))
    if not all(map(math.isfinite, ends)) or found.low == 0:
        return f"{_number(size)}%"
    low, high = sorted(ends)
    return f"{_number(size)}% ({_number(low)} to {_number(high)}%)"


def _number(value: float) -> str:
    """Two digits, or all before the point, never as a power of ten: ``0.042``, ``3.4``, ``250``."""
    if abs(value) >= 10:
        return f"{value:.0f}"
    # Adding 0 turns -0 into 0.
    return f"{round(value, 3) + 0.0:.2g}"


def _cycles(trial: Trial) -> list[float]:
    """Ratios of the pairs in clock cycles, if most are known: NVML may fail to answer at times.

    Of a mean that is slower only those of the fresh pairs, which alone are about means.
    """
    values = trial.fresh_cycles if trial.by_tail else [*trial.cycles, *trial.fresh_cycles]
    found = [value for value in values if value is not None]
    return found if 2 * len(found) > len(values) else []
