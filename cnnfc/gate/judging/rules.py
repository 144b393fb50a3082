"""Turns the error rates that a policy promises into the rules that each benchmark is judged by."""

from __future__ import annotations

from typing import Final

from cnnfc.analysis.paired import Rule
from cnnfc.analysis.sequential import LOOKS, level
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.trial import Rules
from cnnfc.gate.policy.policy import Policy

#: Share of false suspicions that the fresh pairs let through.  A false red takes both: the first
#: pairs may therefore err this many times more often than the policy promises, and find a real
#: slowdown sooner.
CONFIRM: Final = 0.1
#: Share of the false reds that typical calls may cause; the rest is left to the means.
TYPICAL_SHARE: Final = 0.75
#: Probability that the first pairs, or the fresh ones, pass a mean that rose by its threshold.
TAIL_MISS: Final = 0.05
#: Share of the missed slowdowns that the first pairs may pass; the rest is left to the fresh ones,
#: which few benchmarks ever need, and which can pass one at 12 pairs with it.
FIRST_MISS: Final = 0.89
#: Pairs that a pass waits for the means to pass as well; noisier means are not waited for.
TAIL_PAIRS: Final = 12


def _suspect(policy: Policy, family: int) -> float:
    """Probability with which the first pairs of one benchmark may suspect it falsely."""
    return min(0.4, policy.false_red / CONFIRM) / family


def _typical(threshold: float, policy: Policy, family: int) -> Rule:
    """The rule of typical calls; if both directions fail, each has half of their errors."""
    directions = 2 if policy.direction == "both" else 1
    suspect = _suspect(policy, family) * TYPICAL_SHARE / directions
    return Rule.of(threshold, false_slower=suspect, missed=FIRST_MISS * policy.miss)


def levels(policy: Policy, family: int) -> tuple[float, float]:
    """p-values that typical calls must reach: to be called slower and confirmed, and to pass."""
    rule = _typical(policy.threshold, policy, family)
    return min(rule.slower_level, level(CONFIRM)), rule.not_slower_level


def rules_for(case: GatedCase, policy: Policy, family: int) -> Rules:
    """The rules of `case`, one of `family` benchmarks that share the policy's false reds.

    With all promises kept, a run on identical code is red with probability ``false_red`` at most:
    over the family the first pairs suspect falsely with ``false_red / CONFIRM`` (Bonferroni; with
    0.4 at most), and of these suspicions the fresh pairs confirm the share `CONFIRM`.  ``miss`` is
    shared out by `FIRST_MISS`: a slowdown may be missed by the first pairs or the fresh ones, and
    passes by the answer of one of them to the question about typical calls, whatever was suspected.
    """
    tail_suspect = _suspect(policy, family) * (1 - TYPICAL_SHARE)
    threshold = policy.threshold_for(case.id, case.kind, case.device)
    tail_threshold = max(threshold, policy.tail_threshold_for(case.id))
    looks = [look for look in LOOKS if look <= policy.largest_pairs]
    return Rules(
        typical=_typical(threshold, policy, family),
        tail=Rule.of(tail_threshold, false_slower=tail_suspect, missed=TAIL_MISS),
        confirm=Rule.of(threshold, false_slower=CONFIRM, missed=(1 - FIRST_MISS) * policy.miss),
        confirm_tail=Rule.of(tail_threshold, false_slower=CONFIRM, missed=TAIL_MISS),
        largest_pairs=looks[-1] if looks else policy.largest_pairs,
        tail_pairs=TAIL_PAIRS,
        both_directions=policy.direction == "both",
    )
