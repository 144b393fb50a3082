"""Runs whole gates whose right answer is known: on identical code, slowed code, changed code."""

from __future__ import annotations

import random
import tempfile
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cnnfc.analysis.sequential import LOOKS
from cnnfc.errors import CannotMeasure
from cnnfc.gate.cases import Injection
from cnnfc.gate.judging.trial import Trial
from cnnfc.gate.measuring.legs import TAIL, TYPICAL
from cnnfc.gate.measuring.setting import Protocol, Setting
from cnnfc.gate.policy.policy import Policy
from cnnfc.gate.schedule import MOST_BLOCKS, NOISY, WORTHWHILE
from cnnfc.gate.whole import Answer, Request, judge
from cnnfc.studies.gate.others import Others, condition
from cnnfc.studies.gate.recorded import as_text
from cnnfc.studies.gate.recording import digits
from cnnfc.studies.gate.resample import family_rules
from cnnfc.studies.gate.suite import CASES, DEVICES, Change, Suite, under
from cnnfc.studies.study import Point
from cnnfc.verdicts import BenchmarkResult

#: Slowdowns, each of a run put into another benchmark; half of the benchmarks stay identical.
INJECTIONS: Final[Mapping[str, Injection]] = {
    "1%": Injection(0.01),
    "2%": Injection(0.02),
    "3%": Injection(0.03),
    "5%": Injection(0.05),
    "10%": Injection(0.10),
    "20%": Injection(0.20),
    "half": Injection(0.05, 2),
    "tenth": Injection(0.05, 10),
}
#: What a gate of the study is held to: the defaults, but for its time (s).  On identical code 60 of
#: them fit into two hours.
POLICY: Final = Policy(budget=120.0)
#: The same where something is slower: that takes fresh pairs as well.
PATIENT: Final = Policy(budget=240.0)


def made_by(protocol: Protocol | None = None, policy: Policy | None = None) -> str:
    """What verdicts depend on, in a line: runs of another gate than today's are measured anew."""
    legs, rules = protocol or Protocol(), policy or POLICY
    # Levels, looks and the like, too many to write out: only that they are others is of interest.
    family = family_rules(len(CASES) * len(DEVICES), rules)
    parts = (family, LOOKS, WORTHWHILE, MOST_BLOCKS, NOISY, legs)
    return (
        f"{legs.blocks} x {1000 * legs.leg_seconds:g} ms, {TYPICAL} + {TAIL}, "
        f"{100 * rules.threshold:g}% / {100 * rules.tail_threshold:g}%, "
        f"red {100 * rules.false_red:g}%, miss {100 * rules.miss:g}%, {rules.largest_pairs} pairs, "
        f"{rules.budget:g} s, "
        f"rules {zlib.crc32(repr(parts).encode()):08x}"
    )


def draw_injections(
    names: Sequence[str], seed: int, kinds: Sequence[str] = tuple(INJECTIONS)
) -> dict[str, str]:
    """Which slowdown of `kinds` each of some `names` gets: each another one, half of them at most.

    Which kinds are left out of few names is drawn as well.
    """
    draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
    count = min(len(kinds), max(1, len(names) // 2))
    return dict(zip(draw.sample(list(names), count), draw.sample(list(kinds), count), strict=True))


def run_gate(
    suite: Suite,
    load: str,
    seed: int,
    *,
    change: Change | None = None,
    injected: bool = False,
    policy: Policy | None = None,
) -> Point:
    """One whole gate with everything that it decided.

    Args:
        suite: what is gated.
        load: ``quiet`` or ``busy``; it counts as run under what `condition` says.
        seed: of every coin, and of what is injected.
        change: what the contender has that the baseline has not.
        injected: whether half of the benchmarks are slowed down.
        policy: what is in force; `POLICY` if left out, or `PATIENT` where code is slower.

    Raises:
        CannotMeasure: nothing could be measured.
    """
    in_force = policy or (PATIENT if injected or change is not None else POLICY)
    others = Others()
    with tempfile.TemporaryDirectory(prefix="cnnfc-gate-") as place, under(load, seed):
        folder = Path(place)
        sides = suite.sides(folder, change)
        # Looking for benchmarks is part of a gate, as it is of what other tools take.
        started = time.perf_counter()
        chosen = suite.chosen(Setting(sides, folder))
        kinds = draw_injections([one.id for one in chosen], seed) if injected else {}
        answer = judge(
            Request(
                sides,
                chosen,
                in_force,
                seed,
                folder,
                injections={case: INJECTIONS[kind] for case, kind in kinds.items()},
            ),
            _Silence(),
        )
        wall = time.perf_counter() - started
    # Its own load has ended by now, and is no other's.
    cpus = others.cpus()
    if answer.interrupted:
        raise KeyboardInterrupt
    if not any(result.effect for result in answer.results):
        reasons = [result.reason for result in answer.results]
        reasons += [one.reason for one in answer.skipped]
        raise CannotMeasure(reasons[0] if reasons else "there is no case")
    return {
        **_point(answer, condition(load, cpus), wall, kinds),
        "others": digits(cpus, 3),
    }


def _point(answer: Answer, load: str, wall: float, kinds: Mapping[str, str]) -> Point:
    return {
        "load": load,
        "seconds": digits(wall),
        "pairs": answer.pairs,
        # Exit code 1.
        "red": any(one.fails for one in answer.results),
        "cases": {one.id: _case(one, kinds.get(one.id)) for one in answer.results},
        "canaries": {
            one.name: [digits(one.effect.ratio), digits(one.drift, 3), one.moved]
            for one in answer.canaries
        },
        **({"skipped_cases": len(answer.skipped)} if answer.skipped else {}),
    }


def _case(result: BenchmarkResult, kind: str | None) -> dict[str, Any]:
    """What is kept: verdict, pair values, confirmation, and what was injected."""
    kept: dict[str, Any] = {"verdict": str(result.verdict)}
    if result.effect is None:
        return {**kept, "reason": result.reason}
    kept["values"] = as_text(result.pair_values)
    kept["tail"] = as_text(result.tail_values)
    if result.confirmed is not None:
        kept["confirmed"] = [digits(result.confirmed.ratio), result.confirmed.pairs]
    if kind is not None:
        kept["injected"] = kind
    return kept


class _Silence:
    """Nobody watches a gate of the study: the study says where it is."""

    def begin(self, phase: str) -> None:
        """Nothing is shown."""

    def case(self, case: str) -> None:
        """Nothing."""

    def pair(self, trials: Sequence[Trial], pairs: int, seconds_left: float) -> None:
        """Nothing."""
