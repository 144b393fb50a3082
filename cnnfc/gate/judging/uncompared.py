"""Says what became of benchmarks that were chosen and could not be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.judge import repeat_command
from cnnfc.gate.judging.value_verdicts import KINDS
from cnnfc.gate.measuring.listing import Listed
from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.measuring.survey import Survey
from cnnfc.verdicts import BenchmarkResult, SkippedBenchmark, Verdict

#: What is said of a benchmark that one side alone has, by its presence.
_LACKING: Final = {
    "new": (Verdict.NEW, "the baseline does not have it"),
    "missing": (Verdict.MISSING, "the contender does not have it"),
}


def in_order(
    chosen: Sequence[Listed],
    command: str,
    *,
    found: Survey,
    judged: Sequence[BenchmarkResult],
    values_skipped: Sequence[SkippedBenchmark],
) -> tuple[tuple[BenchmarkResult, ...], tuple[SkippedBenchmark, ...]]:
    """Results of everything that was chosen, and what both sides skip.

    Args:
        chosen: what was to be gated, in the order of the suite.
        command: the gate's command line, without a selection of benchmarks.
        found: what the survey says of it.
        judged: results of what was compared.
        values_skipped: what both sides skip when they are asked for a value.
    """
    known = {(one.name, one.params): one for one in judged}
    nowhere = {(one.name, one.params): one for one in values_skipped}
    results: list[BenchmarkResult] = []
    skipped: list[SkippedBenchmark] = []
    for listed in chosen:
        key = listed.name, listed.params
        if key in known:
            results.append(replace(known[key], file=listed.file))
            continue
        if key in nowhere:
            skipped.append(nowhere[key])
            continue
        reasons = found.skipped.get(listed.id)
        if reasons is not None and len(reasons) == 2:
            skipped.append(
                SkippedBenchmark(listed.name, listed.params, next(iter(reasons.values())))
            )
            continue
        results.append(replace(_not_compared(listed, found, command), file=listed.file))
    return tuple(results), tuple(skipped)


def _not_compared(listed: Listed, found: Survey, command: str) -> BenchmarkResult:
    """The result of a benchmark that one side alone has, or can run."""
    losses = found.losses.get(listed.id)
    reasons = found.skipped.get(listed.id)
    if losses:
        return _broken(listed, losses, command)
    if reasons is not None:
        role, reason = next(iter(reasons.items()))
        verdict = Verdict.NEW if role == "baseline" else Verdict.MISSING
        return unmeasured(listed, verdict, f"the {role} skips it: {reason}")
    if listed.error is not None:
        return _broken(listed, [Loss("contender", listed.error)], command)
    if listed.presence in _LACKING:
        return unmeasured(listed, *_LACKING[listed.presence])
    reason = "not measured before the gate was stopped"
    if listed.kind not in ("time", *KINDS):
        reason = f"not gated: benchmarks of the type {listed.kind} are not compared"
    return unmeasured(listed, Verdict.INCONCLUSIVE, reason)


def _broken(listed: Listed, losses: Sequence[Loss], command: str) -> BenchmarkResult:
    sides = " and the ".join(loss.role for loss in losses)
    return replace(
        unmeasured(listed, Verdict.BROKEN, f"fails on the {sides}: {losses[-1].reason}"),
        failed_on=tuple(loss.role for loss in losses),
        failure=losses[-1].said or None,
        command=repeat_command(command, listed.id),
    )


def unmeasured(one: Listed | GatedCase, verdict: Verdict, reason: str) -> BenchmarkResult:
    """The result of a benchmark that has no values."""
    return BenchmarkResult(
        name=one.name,
        params=one.params,
        kind=one.kind,
        unit=one.unit,
        verdict=verdict,
        reason=reason,
        threshold=0.0,
    )
