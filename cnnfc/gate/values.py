"""Judges ``track_``, ``peakmem_`` and ``mem_`` benchmarks: values that are not times.

Most such values are exact: a count, an accuracy with a fixed seed.  They are compared as they are.
Values that differ between processes of one side are compared only where a threshold says how much
worse is too much.
"""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final, Self

from cnnfc.analysis.paired import effect
from cnnfc.gate.cases import GatedCase, place_of
from cnnfc.gate.judge import repeat_command
from cnnfc.gate.pairs import LOAD_TIMEOUT, Loss, Setting, start
from cnnfc.gate.survey import ROLES
from cnnfc.gate.worker_process import Worker, WorkerLost
from cnnfc.verdicts import BenchmarkResult, SkippedBenchmark, Verdict

#: Processes a side, one of each in turn, in an order that a coin decides; if something seems worse,
#: as many again decide.
PROCESSES: Final = 3
#: Kinds that this module judges.
KINDS: Final = ("track", "peakmem", "mem")


@dataclass
class _Taken:
    values: dict[str, list[float]] = field(
        default_factory=lambda: {"baseline": [], "contender": []}
    )
    losses: dict[str, Loss] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    #: What was given in place of a number.
    numberless: dict[str, object] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether both sides have given values and nothing else so far."""
        others = self.losses or self.skipped or self.numberless
        return not others and all(self.values.values())


@dataclass
class Judged:
    """What came out so far; whoever stops `judge` keeps it."""

    results: list[BenchmarkResult] = field(default_factory=list)
    #: What both sides skip.
    skipped: list[SkippedBenchmark] = field(default_factory=list)
    #: Ids for which no time was left; their results are inconclusive.
    not_taken: list[str] = field(default_factory=list)


def judge(
    setting: Setting,
    cases: Sequence[GatedCase],
    threshold_of: Callable[[GatedCase], float],
    command: str,
    draw: random.Random,
    *,
    judged: Judged,
    seconds: float = math.inf,
    watch: Callable[[str], None] = lambda _id: None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Take the values of `cases` on both sides and add what they say to `judged`, one by one.

    Args:
        setting: what all pairs share.
        cases: benchmarks of one of `KINDS`.
        threshold_of: worsening that fails, as a fraction; 0 is any.
        command: the gate's command line, without a selection of benchmarks.
        draw: the source of every coin.
        judged: see above.
        seconds: what this may take; a case that has begun is finished.
        watch: hears ids.
        clock: monotonic (s).
    """
    end = clock() + seconds
    with _Processes(setting, draw) as processes:
        for case in cases:
            if clock() >= end:
                judged.not_taken.append(case.id)
                judged.results.append(_not_taken(case, threshold_of(case), command))
                continue
            watch(case.id)
            one, threshold = _Taken(), threshold_of(case)
            _take(processes, case, one, PROCESSES)
            if one.whole and _worse(one, case, threshold):
                _take(processes, case, one, PROCESSES)
            if len(one.skipped) == len(ROLES):
                reason = one.skipped["contender"]
                judged.skipped.append(SkippedBenchmark(case.name, case.params, reason))
            else:
                judged.results.append(_result(case, one, threshold, command))


def _not_taken(case: GatedCase, threshold: float, command: str) -> BenchmarkResult:
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


def _result(case: GatedCase, taken: _Taken, threshold: float, command: str) -> BenchmarkResult:
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


def _take(processes: _Processes, case: GatedCase, taken: _Taken, count: int) -> None:
    """Add `count` values of each side, or what keeps them from being taken."""
    for _ in range(count):
        for role in processes.order():
            processes.ask(role, case, taken)
        if not taken.whole:
            return


class _Processes:
    """Answers every question by a process that nothing has run in.

    Every value gets a process of its own, since what ran before may change it; but a process that
    has only skipped is as good as new, and a suite may skip hundreds of parameters.
    """

    def __init__(self, setting: Setting, draw: random.Random) -> None:
        self._setting = setting
        self._draw = draw
        # Neither side owns a folder.
        self._slots = {role: slot for slot, role in enumerate(self.order())}
        self._fresh: dict[str, tuple[contextlib.ExitStack, Worker]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stack, _worker in self._fresh.values():
            stack.close()

    def order(self) -> list[str]:
        """Both sides, in the order in which they are asked next."""
        return self._draw.sample(ROLES, len(ROLES))

    def ask(self, role: str, case: GatedCase, taken: _Taken) -> None:
        """Ask one side for one value, and note what it says."""
        stack, worker = self._fresh.pop(role) if role in self._fresh else self._started(role)
        with stack:
            if _ask(worker, role, case, taken):
                self._fresh[role] = stack.pop_all(), worker

    def _started(self, role: str) -> tuple[contextlib.ExitStack, Worker]:
        side, stack = getattr(self._setting.sides, role), contextlib.ExitStack()
        started = start(self._setting, side, self._slots[role], {"PYTHONHASHSEED": "0"})
        return stack, stack.enter_context(started)


def _ask(worker: Worker, role: str, case: GatedCase, taken: _Taken) -> bool:
    """Ask for one value; whether it was only skipped, so that the process is still fresh."""
    try:
        answer = worker.ask("value", case.timeout + LOAD_TIMEOUT, **place_of(case))
    except WorkerLost as lost:
        taken.losses[role] = Loss(role, str(lost), lost.said)
        return False
    if "failed" in answer:
        taken.losses[role] = Loss(role, str(answer["failed"]), str(answer.get("traceback", "")))
        return False
    if "skipped" in answer:
        taken.skipped[role] = str(answer["skipped"])
        return True
    value = answer.get("value")
    if isinstance(value, int | float) and math.isfinite(value):
        taken.values[role].append(float(value))
    else:
        taken.numberless[role] = value
    return False


def _verdict(taken: _Taken, case: GatedCase, threshold: float) -> tuple[Verdict, str]:
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


def _compared(taken: _Taken, case: GatedCase, threshold: float) -> tuple[Verdict, str]:
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
    if _worse(taken, case, threshold):
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


def _worse(taken: _Taken, case: GatedCase, threshold: float) -> bool:
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


def _apart(taken: _Taken, case: GatedCase, *, better: bool) -> bool:
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


def _logs(taken: _Taken, case: GatedCase) -> list[float]:
    """Logarithms of the ratios of the pairs, above 0 is worse; empty if a value is not positive."""
    pairs = list(zip(taken.values["baseline"], taken.values["contender"], strict=False))
    if not pairs or min(min(pair) for pair in pairs) <= 0:
        return []
    turn = -1 if case.higher_is_better else 1
    return [turn * math.log(contender / baseline) for baseline, contender in pairs]


def _percent(fraction: float) -> str:
    return "any amount" if fraction == 0 else f"{100 * fraction:.3g}%"
