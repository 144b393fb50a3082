"""Runs a gate on two sides that are ready: survey, pairs, values, verdicts, explanations."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import psutil

from cnnfc.analysis.sequential import LOOKS, fewest_pairs
from cnnfc.gate import values
from cnnfc.gate.cases import GatedCase, Injection
from cnnfc.gate.explaining.explain import explain
from cnnfc.gate.judging import canaries
from cnnfc.gate.judging.judge import result
from cnnfc.gate.judging.rules import levels, rules_for
from cnnfc.gate.judging.trial import Trial
from cnnfc.gate.judging.uncompared import in_order, unmeasured
from cnnfc.gate.judging.value_verdicts import KINDS
from cnnfc.gate.measuring.gpu_clocks import GpuClocks
from cnnfc.gate.measuring.listing import Listed
from cnnfc.gate.measuring.setting import Protocol, Setting
from cnnfc.gate.measuring.survey import Survey, survey
from cnnfc.gate.measuring.worker_process import WorkerLost
from cnnfc.gate.policy.policy import Policy
from cnnfc.gate.schedule import Course, Watch, run
from cnnfc.gate.sides import Sides
from cnnfc.units import format_duration
from cnnfc.verdicts import BenchmarkResult, CanaryResult, SkippedBenchmark, Verdict

#: Share of the memory that is free which the cases of both workers may take.
_MEMORY_SHARE: Final = 0.8
#: Bytes that the driver takes on a GPU for each process that uses it, besides what it allocates:
#: 0.3 to 0.7 GB with the kernels of cuDNN and cuBLAS loaded.
_GPU_CONTEXT: Final = 2**30
#: Regressions that are explained: each takes seconds, and many have one cause.
_EXPLAINED: Final = 10
#: Share of the budget that the pairs leave to benchmarks that are not timed, if there are any.
_VALUES_SHARE: Final = 0.1
#: Benchmarks that a note names; of more it gives the number.
_NAMED: Final = 5


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
        interrupted: Somebody stopped it, or something that a note names; what was decided before
            stands.
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
    """Measure and judge; an interrupt, or a machine that fails, ends it early with what there is.

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
    course, taken = Course([]), values.Judged()
    other: list[BenchmarkResult] = []
    available = psutil.virtual_memory().available if free is None else free
    memory = int(_MEMORY_SHARE * available)
    gpu_memory: dict[str | None, int] = {}
    try:
        with _ending_early(answer):
            both = [listed for listed in request.chosen if listed.presence == "both"]
            watch.begin("survey")
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
            untimed = [case for case in found.cases if case.kind in KINDS]
            kept = _VALUES_SHARE * request.policy.budget if untimed else 0.0
            run(
                course,
                replace(found.setting, injections={**request.injections, **chosen}),
                draw,
                budget=request.policy.budget - (time.monotonic() - begun) - kept,
                memory=memory,
                watch=watch,
                gpu_memory=gpu_memory,
            )
            if untimed:
                watch.begin("values")
            values.judge(
                found.setting,
                untimed,
                lambda case: request.policy.threshold_for(case.id, case.kind, case.device),
                request.command,
                draw,
                judged=taken,
                seconds=max(kept, request.policy.budget - (time.monotonic() - begun)),
                watch=watch.case,
            )
    finally:
        request.gpus.close()
    answer.pairs, answer.seconds = course.pairs, course.seconds
    comparable = canaries.comparable(course.canaries, request.sides)
    answer.canaries = canaries.judge(comparable, request.policy.canary_tolerance)
    judged = [result(t, request.policy, answer.canaries, request.command) for t in course.trials]
    if not answer.interrupted:
        judged = _explained(found, judged, watch, answer)
    answer.results, answer.skipped = in_order(
        request.chosen,
        request.command,
        found=found,
        judged=[*judged, *other, *taken.results],
        values_skipped=taken.skipped,
    )
    answer.notes += (*found.notes, *_notes(request.policy, found, course, taken))
    return answer


@contextlib.contextmanager
def _ending_early(answer: Answer) -> Iterator[None]:
    """Let what stops a gate from outside end it with what there is, and say what it was.

    Minutes of measuring are not thrown away for a full disk or a worker that cannot be started.
    """
    try:
        yield
    except KeyboardInterrupt:
        answer.interrupted = True
    except (OSError, WorkerLost, MemoryError) as error:
        answer.interrupted = True
        said = str(error) or type(error).__name__
        answer.notes += (f"the gate ended early, what it had decided stands: {said}",)


def _notes(policy: Policy, found: Survey, course: Course, taken: values.Judged) -> Iterator[str]:
    """What a reader should know of the measuring."""
    if course.out_of_time:
        yield _out_of_time(policy, found, course)
    if taken.not_taken:
        first, more = taken.not_taken[:_NAMED], len(taken.not_taken) - _NAMED
        names = ", ".join(first) + (f" and {more} more" if more > 0 else "")
        yield (
            f"the time budget ended before the values of these were taken: {names}; raise it with "
            f"--budget"
        )
    on_gpu = [trial for trial in course.trials if trial.case.device == "cuda" and trial.typical]
    if any(value is None for trial in on_gpu for value in trial.cycles):
        yield "not every pair could be checked in clock cycles: the GPU's clock could not be read"


def _out_of_time(policy: Policy, found: Survey, course: Course) -> str:
    """That the budget was too short for some of the benchmarks, or for any decision."""
    fewest = min(fewest_pairs(level) for level in levels(policy, _family(found)))
    first = next((look for look in LOOKS if look >= fewest), LOOKS[-1])
    if course.pairs >= first:
        return "the time budget ended before every benchmark was decided: raise it with --budget"
    pair = format_duration(course.seconds / max(1, course.pairs))
    return (
        f"the budget of {format_duration(policy.budget)} is too short for any decision: the first "
        f"one takes {first} pairs of about {pair} each; raise it with --budget, or select fewer "
        f"benchmarks"
    )


def _explained(
    found: Survey, judged: Sequence[BenchmarkResult], watch: Watch, answer: Answer
) -> list[BenchmarkResult]:
    """`judged` with what differs between the sides of the worst regressions."""
    slower = [one for one in judged if one.verdict is Verdict.REGRESSION and one.effect]
    slower.sort(key=lambda one: one.effect.ratio if one.effect else 0.0, reverse=True)
    wanted = {(one.name, one.params) for one in slower[:_EXPLAINED]}
    cases = [case for case in found.cases if (case.name, case.params) in wanted]
    if not cases:
        return list(judged)
    watch.begin("explaining")
    try:
        said = explain(found.setting, cases, watch.case)
    except KeyboardInterrupt:
        # Everything is judged: whoever stops here wants the answer now.
        return list(judged)
    except (OSError, MemoryError) as error:
        answer.notes += (f"regressions could not be explained: {error}",)
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
            other.append(unmeasured(case, Verdict.INCONCLUSIVE, reason))
            continue
        if 2 * case.memory > memory:
            found.cases.remove(case)
            reason = (
                f"not gated: both sides together need {2 * case.memory / 2**30:.1f} GiB for it, "
                f"of which {memory / 2**30:.1f} GiB are free"
            )
            other.append(unmeasured(case, Verdict.INCONCLUSIVE, reason))
