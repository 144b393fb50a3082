import math
from dataclasses import replace

import pytest

from cnnfc.analysis.paired import Rule
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.judge import changed_by, percent, repeat_command, result
from cnnfc.gate.judging.rules import rules_for
from cnnfc.gate.judging.trial import Rules, State, Trial
from cnnfc.gate.measuring.legs import Block, Leg
from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.policy.policy import Policy
from cnnfc.verdicts import CanaryResult, Effect, Verdict

RULE = Rule(0.03, 1 / 32, 1 / 32)
NEVER = Rule(0.03, 0.0, 0.0)
RULES = Rules(RULE, RULE, RULE, RULE, largest_pairs=8, tail_pairs=7)
#: Six pairs pass and are enough for an interval.
AT_SIX = Rules(Rule(0.03, 1 / 64, 1 / 64), RULE, RULE, RULE, largest_pairs=8, tail_pairs=7)
CASE = GatedCase("conv.F.time_x[a-1]", "conv.F.time_x", ("'a'", "1"), 0)
STEADY = CanaryResult("loop", Effect(1.0, 0.99, 1.01, 0.95, 0.01, 9), 0.02, moved=False)
MOVED = CanaryResult(
    "copy", Effect(1.2, 1.1, 1.3, 0.95, 0.01, 9), 0.02, moved=True, reason="the copy kernel differs"
)
QUICKER = replace(MOVED, effect=Effect(0.9, 0.85, 0.95, 0.95, 0.01, 9))
BLAMED = "it may be the process of the contender, or the machine"
DRIFTED = CanaryResult("gemm", STEADY.effect, 0.25, moved=False)


def leg(seconds, threads=1, last=None):
    return Leg((*(seconds,) * 9, last or seconds), 1, threads, None)


def pair(ratio, last=None, threads=(1, 1)):
    """ABBA; the last call of a leg of the contender may take longer."""
    a, b = leg(1e-3, threads[0]), leg(1e-3 * ratio, threads[1], last and 1e-3 * last)
    return [Block("ABBA", (a, b, b, a))]


def judged(*pairs, rules=RULES, canaries=(), policy=None, losses=(), stop=False):
    trial = Trial(CASE, rules)
    for blocks in pairs:
        trial.add(blocks)
    for loss in losses:
        trial.lose(loss)
    if stop:
        trial.give_up()
    return result(trial, policy or Policy(), canaries, "cnnfc gate HEAD~1")


def test_a_confirmed_slowdown_is_a_regression_with_its_numbers():
    found = judged(*[pair(1.1)] * 10)
    assert found.verdict is Verdict.REGRESSION
    assert found.reason == (
        "a typical call is slower by 10% (threshold 3%), confirmed by 5 fresh pairs"
    )
    assert (found.name, found.params) == ("conv.F.time_x", ("'a'", "1"))
    assert (found.kind, found.unit, found.threshold) == ("time", "seconds", 0.03)
    assert (found.baseline, found.contender) == pytest.approx((1e-3, 1.1e-3))
    assert found.effect.ratio == found.confirmed.ratio == pytest.approx(1.1)
    assert (found.effect.pairs, found.confirmed.pairs) == (5, 5)
    assert found.pair_values == pytest.approx([math.log(1.1)] * 5)
    # What it excludes lies above what it found: no size that was missed.
    assert found.detectable is None
    assert found.fails


def test_the_interval_of_the_fresh_pairs_is_part_of_the_reason():
    first, fresh = [pair(1.1)] * 5, [pair(1 + n / 100) for n in (8, 9, 10, 11, 12, 13)]
    assert "slower by 10% (8 to 13%)" in judged(*first, *fresh, rules=_confirmed_at_six()).reason


def _confirmed_at_six():
    return Rules(RULE, RULE, Rule(0.03, 1 / 64, 1 / 64), RULE, largest_pairs=8, tail_pairs=7)


def test_a_large_slowdown_is_written_in_full():
    assert "slower by 250% (threshold 3%)" in judged(*[pair(3.5)] * 10).reason


def test_a_slower_mean_is_named_as_such_with_its_own_threshold():
    tail = Rule(0.125, 1 / 32, 1 / 32)
    rules = Rules(RULE, tail, RULE, tail, largest_pairs=8, tail_pairs=7)
    found = judged(*[pair(1.0, last=3.0)] * 10, rules=rules)
    assert found.verdict is Verdict.REGRESSION
    assert found.reason == (
        "the mean of its calls is slower by 20% (threshold 12.5%), confirmed by 5 fresh pairs"
    )
    assert found.effect.ratio == pytest.approx(1.0)
    assert found.tail.ratio == pytest.approx(1.2)
    assert found.tail_values == pytest.approx([math.log(1.2)] * 5)


@pytest.mark.parametrize("ratio", [1.1, 0.8])
def test_no_change_is_laid_to_the_code_if_a_reference_kernel_moved(ratio):
    moved = MOVED if ratio > 1 else replace(QUICKER, effect=Effect(0.8, 0.7, 0.9, 0.95, 0.01, 9))
    found = judged(*[pair(ratio)] * 11, rules=AT_SIX, canaries=[STEADY, moved])
    assert found.verdict is Verdict.MACHINE_MOVED
    size = "slower by 10%" if ratio > 1 else "quicker by 20% (20 to 20%)"
    assert found.reason == f"{size}, but the copy kernel differs: {BLAMED}"


@pytest.mark.parametrize(
    ("ratio", "canary", "verdict"),
    [
        # 1.2 with a tolerance of 3% is 1.236.
        (1.23, MOVED, Verdict.MACHINE_MOVED),
        (1.24, MOVED, Verdict.REGRESSION),
        # A kernel that got quicker explains no slowdown ...
        (1.1, QUICKER, Verdict.REGRESSION),
        # ... and an improvement down to 0.9 / 1.03 = 0.874.
        (0.88, QUICKER, Verdict.MACHINE_MOVED),
        (0.87, QUICKER, Verdict.IMPROVEMENT),
        (0.97, MOVED, Verdict.IMPROVEMENT),
    ],
)
def test_a_kernel_that_moved_takes_the_blame_up_to_its_own_size(ratio, canary, verdict):
    six = AT_SIX.typical
    rules = Rules(six, six, six, six, largest_pairs=8, tail_pairs=7)
    found = judged(*[pair(ratio)] * 12, rules=rules, canaries=[STEADY, canary])
    assert found.verdict is verdict
    if verdict is Verdict.REGRESSION:
        assert found.reason.endswith("; the copy kernel differs, but too little to explain it")


def test_a_kernel_that_only_drifted_leaves_what_is_decided_alone():
    assert judged(*[pair(1.1)] * 10, canaries=[DRIFTED]).verdict is Verdict.REGRESSION
    assert judged(*[pair(1.0)] * 5, canaries=[DRIFTED]).verdict is Verdict.PASS


def test_a_pass_says_what_it_excludes():
    found = judged(*[pair(ratio) for ratio in (0.99, 1.0, 1.0, 1.0, 1.01)], canaries=[MOVED])
    assert found.verdict is Verdict.PASS
    assert found.reason == "not slower by 3% or more"
    # The largest of five, at 1 of 32.
    assert found.detectable == pytest.approx(0.01)
    assert found.confirmed is None
    assert not found.fails


def test_a_pass_whose_mean_is_open_claims_no_more_than_was_tested():
    rules = replace(RULES, tail=Rule(0.05, 0.0, 1 / 64))
    ratios = (0.99, 1.0, 1.0, 1.0, 1.0, 1.0, 1.01)
    # Means are higher by 8%, once by 8.9%: of the two largest, 8.4% is the middle.
    found = judged(*(pair(ratio, last=1.8) for ratio in ratios), rules=rules)
    assert found.verdict is Verdict.PASS
    assert found.reason == (
        "a typical call is not slower by 3%; its mean was not decided (a rise of 8.4% is excluded)"
    )
    assert found.mean_undecided
    assert not judged(*[pair(1.0)] * 5).mean_undecided


def test_an_open_mean_of_too_few_pairs_claims_nothing():
    rules = replace(RULES, tail=NEVER)
    found = judged(*[pair(1.0)] * 5, rules=replace(rules, tail=Rule(0.03, 0, 1 / 64)), stop=True)
    assert found.reason == "a typical call is not slower by 3%; its mean was not decided"


def test_a_suspicion_of_the_mean_that_leaves_typical_calls_open_says_so():
    rules = replace(RULES, typical=NEVER, confirm=NEVER, largest_pairs=5)
    found = judged(*[pair(1.0, last=3.0)] * 5, *[pair(1.01)] * 5, rules=rules)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == (
        "5 pairs seemed slower in the mean, 5 fresh ones did not confirm it, but whether a typical "
        "call is slower is not decided: slower by 1%"
    )
    assert not found.mean_undecided


def test_a_quicker_contender_would_have_shown_any_slowdown():
    assert judged(*[pair(0.8)] * 5).detectable == 0.0


def test_quicker_with_its_whole_interval_is_an_improvement():
    found = judged(*[pair(0.8 + n / 100) for n in range(6)], rules=AT_SIX)
    assert found.verdict is Verdict.IMPROVEMENT
    assert found.reason == "a typical call is quicker by 18% (15 to 20%)"
    assert not found.fails


@pytest.mark.parametrize(("ratio", "verdict"), [(0.984, "improvement"), (0.986, "pass")])
def test_an_improvement_is_half_the_threshold_at_least(ratio, verdict):
    assert judged(*[pair(ratio)] * 6, rules=AT_SIX).verdict == verdict


def test_pairs_on_both_sides_of_no_change_are_no_improvement():
    # Centre 0.9; the largest of six reaches beyond 1.
    found = judged(*map(pair, (0.85, 0.88, 0.9, 0.9, 0.92, 1.01)), rules=AT_SIX)
    assert found.verdict is Verdict.PASS


def test_an_improvement_fails_where_every_change_must_be_looked_at():
    policy = Policy(direction="both", false_red=0.04)
    rules = rules_for(CASE, policy, 1)
    found = judged(*[pair(0.8)] * 14, rules=rules, policy=policy)
    assert found.verdict is Verdict.REGRESSION
    assert found.reason == (
        "a typical call is quicker by 20% (20 to 20%) (threshold 3%), confirmed by 6 fresh pairs; "
        "the policy fails that too (direction = both)"
    )
    assert found.effect.ratio == pytest.approx(0.8)
    assert found.fails
    alike = judged(*[pair(0.8)] * 14, rules=rules_for(CASE, Policy(), 1))
    assert alike.verdict is Verdict.IMPROVEMENT


@pytest.mark.parametrize(
    ("clock", "verdict"), [(1e9, Verdict.REGRESSION), (1.25e9, Verdict.MACHINE_MOVED)]
)
def test_an_improvement_that_fails_must_be_there_in_clock_cycles_too(clock, verdict):
    policy = Policy(direction="both", false_red=0.04)
    a, b = Leg((1e-3,) * 3, 1, None, 1e9), Leg((0.8e-3,) * 3, 1, None, clock)
    pairs = [[Block("ABBA", (a, b, b, a))]] * 14
    found = judged(*pairs, rules=rules_for(CASE, policy, 1), policy=policy)
    assert found.verdict is verdict
    in_cycles = "(ratio 1.000): the GPU's clock was higher on the contender" in found.reason
    assert in_cycles is (verdict is Verdict.MACHINE_MOVED)


@pytest.mark.parametrize("ratio", [0.99, 1.0, 1.01])
def test_small_changes_pass_where_every_change_must_be_looked_at(ratio):
    policy = Policy(direction="both")
    found = judged(*[pair(ratio)] * 14, rules=rules_for(CASE, policy, 1), policy=policy)
    assert found.verdict is Verdict.PASS


def test_slowdowns_fail_as_ever_where_every_change_must_be_looked_at():
    policy = Policy(direction="both")
    found = judged(*[pair(1.1)] * 20, rules=rules_for(CASE, policy, 1), policy=policy)
    assert found.verdict is Verdict.REGRESSION
    assert found.reason.startswith("a typical call is slower by 10%")
    assert "direction" not in found.reason


def test_fresh_pairs_that_do_not_confirm_a_slowdown_make_it_pass():
    found = judged(*[pair(1.1)] * 5, *[pair(0.999)] * 5)
    assert found.verdict is Verdict.PASS
    assert found.reason == (
        "5 pairs seemed slower, 5 fresh ones did not confirm it: quicker by 0.1%"
    )
    assert found.confirmed.pairs == 5


def test_pairs_that_decide_nothing_say_what_they_would_have_shown():
    rules = Rules(RULE, NEVER, RULE, RULE, largest_pairs=5, tail_pairs=7)
    ratios = (0.9, 1.0, 1.0, 1.0, 1.1)
    found = judged(*map(pair, ratios), rules=rules)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == (
        "5 pairs, which spread by 0%, do not decide it: a slowdown of 10% would have been seen"
    )
    assert found.detectable == pytest.approx(0.1)


def test_too_few_pairs_claim_nothing():
    found = judged(pair(1.2), stop=True)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == "1 pair does not decide it"
    assert found.detectable is None
    assert (found.effect.low, found.effect.high) == (0.0, math.inf)


def test_a_suspicion_that_nothing_confirms_or_refutes_is_told():
    rules = Rules(RULE, RULE, NEVER, RULE, largest_pairs=5, tail_pairs=7)
    found = judged(*[pair(1.1)] * 5, *[pair(1.02)] * 5, rules=rules)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == "5 pairs seemed slower, 5 fresh ones did not decide it: slower by 2%"


def test_a_suspicion_that_no_pair_could_confirm_is_told():
    found = judged(*[pair(1.0, last=3.0)] * 5, stop=True)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == (
        "5 pairs seemed slower in the mean, and no fresh ones were left to confirm it"
    )


def test_what_stays_undecided_while_the_machine_moves_is_laid_to_it():
    found = judged(*[pair(1.0)] * 4, canaries=[STEADY, MOVED], stop=True)
    assert found.verdict is Verdict.MACHINE_MOVED
    assert found.reason == (
        "4 pairs, which spread by 0%, do not decide it, and the copy kernel differs: " + BLAMED
    )


def test_a_drift_is_named_beside_what_stays_undecided():
    found = judged(*[pair(1.0)] * 4, canaries=[STEADY, DRIFTED], stop=True)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == (
        "4 pairs, which spread by 0%, do not decide it while the reference kernel gemm drifted by "
        "25%"
    )


def test_what_was_never_measured_is_inconclusive_whatever_the_machine_did():
    found = judged(canaries=[MOVED], stop=True)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == "no pair was measured before the gate ended"
    assert (found.effect, found.tail, found.baseline, found.detectable) == (None,) * 4


def test_a_benchmark_that_breaks_names_its_side_and_what_it_said():
    losses = [Loss("contender", "it died", "once"), Loss("contender", "it died again", "trace")]
    found = judged(*[pair(1.0)] * 2, losses=losses)
    assert found.verdict is Verdict.BROKEN
    assert found.reason == "fails on the contender: it died again"
    assert (found.failed_on, found.failure) == (("contender",), "trace")
    assert found.fails


def test_a_single_failure_leaves_no_trace_in_the_verdict():
    found = judged(*[pair(1.0)] * 5, losses=[])
    lost = Trial(CASE, RULES)
    lost.lose(Loss("contender", "it died"))
    for _ in range(5):
        lost.add(pair(1.0))
    assert lost.state is State.PASSED
    assert result(lost, Policy(), (), "cnnfc gate HEAD~1") == found
    assert (found.failed_on, found.failure) == ((), None)


def test_other_numbers_of_threads_are_part_of_the_reason():
    found = judged(*[pair(1.1, threads=(2, 1))] * 10)
    assert found.reason.endswith(
        "fresh pairs; threads of torch: 2 on the baseline, 1 on the contender"
    )
    assert "torch" not in judged(*[pair(1.1, threads=(None, 1))] * 10).reason
    assert "torch" not in judged(*[pair(1.1, threads=(2, 2))] * 10).reason


def test_the_command_repeats_this_benchmark_alone():
    assert repeat_command("cnnfc gate HEAD~1", "a.b[x-1.5]") == (
        r"cnnfc gate HEAD~1 --bench '^a\.b\[x-1\.5\]$'"
    )
    assert judged(pair(1.0)).command == (r"cnnfc gate HEAD~1 --bench '^conv\.F\.time_x\[a-1\]$'")


@pytest.mark.parametrize(
    ("ratio", "low", "high", "expected"),
    [
        (1.034, 1.021, 1.046, "slower by 3.4% (2.1 to 4.6%)"),
        (0.966, 0.954, 0.979, "quicker by 3.4% (2.1 to 4.6%)"),
        (0.98, 0.95, 1.01, "quicker by 2% (-1 to 5%)"),
        (3.5, 3.416, 3.581, "slower by 250% (242 to 258%)"),
        (1.996, 1.5, 2.5, "slower by 100% (50 to 150%)"),
        (1.124, 1.096, 1.131, "slower by 12% (9.6 to 13%)"),
        (1.00042, 0.999999, 1.001, "slower by 0.042% (0 to 0.1%)"),
        (1.0, 1.0, 1.0, "slower by 0% (0 to 0%)"),
        (1.1, 0.0, math.inf, "slower by 10%"),
        (1.1, 1.0, math.inf, "slower by 10%"),
    ],
)
def test_sizes_are_written_for_people(ratio, low, high, expected):
    found = Effect(ratio, low, high, 0.95, 0.01, 9)
    assert changed_by(found) == expected
    assert expected.endswith(percent(found))
