"""Runs a gate on two sides that are ready: survey, pairs, values, canaries, verdicts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import psutil

from cnnfc.gate import canaries, values
from cnnfc.gate.cases import GatedCase, Injection
from cnnfc.gate.explain import explain
from cnnfc.gate.gpu_clocks import GpuClocks
from cnnfc.gate.judge import repeat_command, result
from cnnfc.gate.listing import Listed
from cnnfc.gate.pairs import Loss, Protocol, Setting
from cnnfc.gate.policy import Policy
from cnnfc.gate.rules import rules_for
from cnnfc.gate.schedule import Course, Watch, run
from cnnfc.gate.sides import Sides
from cnnfc.gate.survey import Survey, survey
from cnnfc.gate.trial import Trial
from cnnfc.verdicts import BenchmarkResult, CanaryResult, SkippedBenchmark, Verdict

#: Share of the memory that is free which the cases of both workers may take.
_MEMORY_SHARE: Final = 0.8
#: Bytes that the driver takes on a GPU for each process that uses it, besides what it allocates:
#: 0.3 to 0.7 GB with the kernels of cuDNN and cuBLAS loaded.
_GPU_CONTEXT: Final = 2**30
#: What is said of a benchmark that one side alone has, by its presence.
_LACKING: Final = {
    "new": (Verdict.NEW, "the baseline does not have it"),
    "missing": (Verdict.MISSING, "the contender does not have it"),
}
#: Regressions that are explained: each takes seconds, and many have one cause.
_EXPLAINED: Final = 10


@dataclass(frozen=True)
class Request:
    """What is to be gated, and how.

    Attributes:
        sides: What is compared.
        chosen: What is judged, new and missing ones too.
        policy: Thresholds, error rates, budget.
        seed: Of every coin.
        folder: Scratch folder.
        command: The gate's command line, without a selection of benchmarks.
        protocol: How long and how often.
        injections: Slowdowns of the contender by id, as fractions of a call.
        slow_down: More of them, chosen from the cases that turn out to be measurable.
        gpus: Reads clocks and free memory of GPUs; closed at the end.
    """

    sides: Sides
    chosen: Sequence[Listed]
    policy: Policy
    seed: int
    folder: Path
    command: str = "cnnfc gate"
    protocol: Protocol = field(default_factory=Protocol)
    injections: Mapping[str, Injection] = field(default_factory=dict)
    slow_down: Callable[[Sequence[GatedCase]], Mapping[str, Injection]] = lambda _cases: {}
    gpus: GpuClocks = field(default_factory=GpuClocks)


@dataclass
class Answer:
    """What came out.

    Attributes:
        results: One a benchmark, in the order of the request.
        canaries: The reference kernels.
        skipped: What both sides skip.
        notes: What else a reader should know.
        pairs: Pairs of workers that were measured.
        seconds: Time that the pairs took.
        interrupted: Somebody stopped it; what was decided before stands.
        slowed_down: Ids that `Request.slow_down` has chosen.
    """

    results: tuple[BenchmarkResult, ...] = ()
    canaries: tuple[CanaryResult, ...] = ()
    skipped: tuple[SkippedBenchmark, ...] = ()
    notes: tuple[str, ...] = ()
    pairs: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    slowed_down: tuple[str, ...] = ()


def judge(request: Request, watch: Watch, *, free: int | None = None) -> Answer:
    """Measure and judge; an interrupt ends it early with what there is.

    Args:
        request: see there.
        watch: hears how far it is.
        free: bytes of free memory; asked for if left out.
    """
    draw = random.Random(request.seed)  # noqa: S311 - coins, not secrets
    begun = time.monotonic()
    answer = Answer()
    found = Survey(
        Setting(
            request.sides,
            request.folder,
            protocol=request.protocol,
            gpus=request.gpus,
        )
    )
    course = Course([])
    other: list[BenchmarkResult] = []
    skipped: list[SkippedBenchmark] = []
    available = psutil.virtual_memory().available if free is None else free
    memory = int(_MEMORY_SHARE * available)
    gpu_memory: dict[str | None, int] = {}
    try:
        both = [listed for listed in request.chosen if listed.presence == "both"]
        found = survey(found.setting, both, watch.case)
        # Its workers are gone, and those of the pairs are not there yet.
        gpu_memory.update(_free_on_gpus(request.gpus, found))
        _leave_out_the_too_big(found, memory, gpu_memory, other)
        course.trials = [
            Trial(case, rules_for(case, request.policy, _family(found)))
            for case in found.cases
            if case.kind == "time"
        ]
        chosen = request.slow_down([trial.case for trial in course.trials])
        answer.slowed_down = tuple(sorted(chosen))
        others, skipped = values.judge(
            found.setting,
            [case for case in found.cases if case.kind in values.KINDS],
            lambda case: request.policy.threshold_for(case.id, case.kind, case.device),
            request.command,
            watch.case,
        )
        other += others
        run(
            course,
            replace(found.setting, injections={**request.injections, **chosen}),
            draw,
            budget=request.policy.budget - (time.monotonic() - begun),
            memory=memory,
            watch=watch,
            gpu_memory=gpu_memory,
        )
    except KeyboardInterrupt:
        answer.interrupted = True
    finally:
        request.gpus.close()
    answer.pairs, answer.seconds = course.pairs, course.seconds
    comparable = canaries.comparable(course.canaries, request.sides)
    answer.canaries = canaries.judge(comparable, request.policy.canary_tolerance)
    judged = [result(t, request.policy, answer.canaries, request.command) for t in course.trials]
    if not answer.interrupted:
        judged = _explained(found, judged, watch)
    answer.results, answer.skipped = _in_order(request, found, [*judged, *other], skipped)
    if course.out_of_time:
        answer.notes = (
            "the time budget ended before every benchmark was decided: raise it with --budget",
        )
    on_gpu = [trial for trial in course.trials if trial.case.device == "cuda" and trial.typical]
    if any(value is None for trial in on_gpu for value in trial.cycles):
        answer.notes += (
            "not every pair could be checked in clock cycles: the GPU's clock could not be read",
        )
    return answer


def _explained(
    found: Survey, judged: Sequence[BenchmarkResult], watch: Watch
) -> list[BenchmarkResult]:
    """`judged` with what differs between the sides of the worst regressions."""
    slower = [one for one in judged if one.verdict is Verdict.REGRESSION and one.effect]
    slower.sort(key=lambda one: one.effect.ratio if one.effect else 0.0, reverse=True)
    wanted = {(one.name, one.params) for one in slower[:_EXPLAINED]}
    cases = [case for case in found.cases if (case.name, case.params) in wanted]
    if not cases:
        return list(judged)
    try:
        said = explain(found.setting, cases, watch.case)
    except KeyboardInterrupt:
        # Everything is judged: whoever stops here wants the answer now.
        return list(judged)
    by_name = {(case.name, case.params): said.get(case.id) for case in cases}
    return [replace(one, explanation=by_name.get((one.name, one.params))) for one in judged]


def _family(found: Survey) -> int:
    """How many benchmarks share the probability of a false red."""
    return max(1, sum(case.kind == "time" for case in found.cases))


def _free_on_gpus(gpus: GpuClocks, found: Survey) -> dict[str | None, int]:
    """Bytes that cases of both workers may take on each GPU, by its UUID, where that is known."""
    free = {case.gpu: gpus.free_memory(case.gpu) for case in found.cases if case.device == "cuda"}
    return {
        gpu: max(0, int(_MEMORY_SHARE * (count - 2 * _GPU_CONTEXT)))
        for gpu, count in free.items()
        if count is not None
    }


def _leave_out_the_too_big(
    found: Survey, memory: int, gpu_memory: Mapping[str | None, int], other: list[BenchmarkResult]
) -> None:
    for case in list(found.cases):
        on_gpu = gpu_memory.get(case.gpu) if case.device == "cuda" else None
        if on_gpu is not None and 2 * case.device_memory > on_gpu:
            found.cases.remove(case)
            reason = (
                f"not gated: both sides together need {2 * case.device_memory / 2**30:.1f} GiB of "
                f"the GPU's memory for it, of which {on_gpu / 2**30:.1f} GiB can be had"
            )
            other.append(_unmeasured(case, Verdict.INCONCLUSIVE, reason))
            continue
        if 2 * case.memory > memory:
            found.cases.remove(case)
            reason = (
                f"not gated: both sides together need {2 * case.memory / 2**30:.1f} GiB for it, "
                f"of which {memory / 2**30:.1f} GiB are free"
            )
            other.append(_unmeasured(case, Verdict.INCONCLUSIVE, reason))


def _in_order(
    request: Request,
    found: Survey,
    judged: Sequence[BenchmarkResult],
    values_skipped: Sequence[SkippedBenchmark],
) -> tuple[tuple[BenchmarkResult, ...], tuple[SkippedBenchmark, ...]]:
    """Results of everything that was chosen, and what both sides skip."""
    known = {(one.name, one.params): one for one in judged}
    nowhere = {(one.name, one.params): one for one in values_skipped}
    results: list[BenchmarkResult] = []
    skipped: list[SkippedBenchmark] = []
    for listed in request.chosen:
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
        results.append(replace(_not_compared(listed, found, request.command), file=listed.file))
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
        return _unmeasured(listed, verdict, f"the {role} skips it: {reason}")
    if listed.error is not None:
        return _broken(listed, [Loss("contender", listed.error)], command)
    if listed.presence in _LACKING:
        return _unmeasured(listed, *_LACKING[listed.presence])
    reason = "not measured before the gate was stopped"
    if listed.kind not in ("time", *values.KINDS):
        reason = f"not gated: benchmarks of the type {listed.kind} are not compared"
    return _unmeasured(listed, Verdict.INCONCLUSIVE, reason)


def _broken(listed: Listed, losses: Sequence[Loss], command: str) -> BenchmarkResult:
    sides = " and the ".join(loss.role for loss in losses)
    return replace(
        _unmeasured(listed, Verdict.BROKEN, f"fails on the {sides}: {losses[-1].reason}"),
        failed_on=tuple(loss.role for loss in losses),
        failure=losses[-1].said or None,
        command=repeat_command(command, listed.id),
    )


def _unmeasured(one: Listed | GatedCase, verdict: Verdict, reason: str) -> BenchmarkResult:
    return BenchmarkResult(
        name=one.name,
        params=one.params,
        kind=one.kind,
        unit=one.unit,
        verdict=verdict,
        reason=reason,
        threshold=0.0,
    )
