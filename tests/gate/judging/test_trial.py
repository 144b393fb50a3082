import math

import pytest

from cnnfc.analysis.paired import Rule
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.trial import Rules, State, Trial
from cnnfc.gate.measuring.legs import Block, Leg
from cnnfc.gate.measuring.losses import Loss

#: Five pairs that agree decide: their p-value is 1 of 32.
RULE = Rule(0.03, 1 / 32, 1 / 32)
#: Looks are at 5, 6, 7 and 8 of them.
RULES = Rules(RULE, RULE, RULE, RULE, largest_pairs=8, tail_pairs=7)
NEVER = Rule(0.03, 0.0, 0.0)


def pair(typical, mean=None, threads=(1, 1)):
    """A pair with those logarithms of ratios: of typical calls, and of the mean (not below it)."""
    low, high = math.exp(typical), math.exp(typical if mean is None else mean)
    a = Leg((1e-3,) * 10, 1, threads[0], None)
    b = Leg(tuple(1e-3 * v for v in (*(low,) * 9, 10 * high - 9 * low)), 1, threads[1], None)
    return [Block("ABBA", (a, b, b, a))]


def trial(**rules):
    fields = {name: getattr(RULES, name) for name in RULES.__dataclass_fields__}
    return Trial(GatedCase("a.time_b", "a.time_b", (), 0), Rules(**{**fields, **rules}))


def feed(one, *pairs):
    """The states after each pair."""
    states = []
    for blocks in pairs:
        one.add(blocks)
        states.append(one.state)
    return states


def test_identical_pairs_pass_at_the_first_look():
    one = trial()
    assert feed(one, *[pair(0.0)] * 5) == [State.OPEN] * 4 + [State.PASSED]
    assert one.typical == pytest.approx([0.0] * 5)
    assert (one.pairs, one.suspected) == (5, False)


def test_a_slowdown_is_suspected_and_then_confirmed_by_fresh_pairs():
    one = trial()
    states = feed(one, *[pair(0.1)] * 10)
    assert states == [State.OPEN] * 4 + [State.CONFIRMING] * 5 + [State.SLOWER]
    assert (len(one.typical), len(one.fresh), one.pairs) == (5, 5, 10)
    assert one.fresh == pytest.approx([0.1] * 5)
    assert (one.suspected, one.by_tail, one.quicker) == (True, False, False)


def test_fresh_pairs_know_nothing_of_the_first():
    """Five slow pairs by chance, then none: all ten together would still look slower."""
    one = trial()
    feed(one, *[pair(0.1)] * 5, *[pair(0.0)] * 5)
    assert one.state is State.NOT_CONFIRMED


def test_fresh_pairs_that_say_nothing_end_undecided_at_the_cap():
    one = trial(confirm=NEVER)
    states = feed(one, *[pair(0.1)] * 13)
    assert states[4:] == [State.CONFIRMING] * 8 + [State.UNDECIDED]


def test_first_pairs_that_say_nothing_end_undecided_at_the_cap():
    one = trial(typical=NEVER, tail=NEVER)
    assert feed(one, *[pair(0.1)] * 8) == [State.OPEN] * 7 + [State.UNDECIDED]
    assert not one.suspected


def test_calls_that_are_slow_now_and_then_are_suspected_by_the_mean():
    one = trial()
    states = feed(one, *[pair(0.0, 0.1)] * 10)
    assert states[4] is State.CONFIRMING
    assert one.state is State.SLOWER
    assert one.by_tail
    assert one.fresh == pytest.approx([0.1] * 5)


def test_a_suspicion_of_the_mean_is_confirmed_by_means_under_their_own_rule():
    one = trial(confirm=NEVER)
    feed(one, *[pair(0.0, 0.1)] * 10)
    assert one.state is State.SLOWER
    one = trial()
    feed(one, *[pair(0.0, 0.1)] * 5, *[pair(0.0)] * 5)
    assert one.state is State.NOT_CONFIRMED


def test_typical_calls_come_first_if_both_seem_slower():
    one = trial()
    feed(one, *[pair(0.1, 0.2)] * 5)
    assert (one.state, one.by_tail) == (State.CONFIRMING, False)


def test_a_pass_waits_for_the_mean_up_to_its_number_of_pairs():
    assert feed(trial(tail=NEVER), *[pair(0.0)] * 7) == [State.OPEN] * 6 + [State.PASSED]


def test_a_pass_of_typical_calls_holds_whatever_they_do_later():
    """They passed at five pairs; while the mean is waited for, eight pairs say slower."""
    one = trial(tail=NEVER, typical=Rule(0.03, 0.25, 1 / 32), tail_pairs=8)
    feed(one, *[pair(0.001)] * 5, *[pair(0.2)] * 3)
    assert one.state is State.PASSED


def test_a_pass_of_the_mean_holds_whatever_it_does_later():
    one = trial(typical=NEVER, tail=Rule(0.03, 0.25, 1 / 32))
    states = feed(one, *[pair(0.001)] * 5, *[pair(0.0, 0.2)] * 3)
    assert State.CONFIRMING not in states
    assert one.state is State.UNDECIDED


def test_giving_up_leaves_what_is_open_undecided():
    one = trial()
    feed(one, *[pair(0.0)] * 4)
    one.give_up()
    assert one.state is State.UNDECIDED


def test_giving_up_keeps_a_pass_that_waits_for_the_mean_only():
    one = trial(tail=NEVER)
    feed(one, *[pair(0.0)] * 5)
    assert one.state is State.OPEN
    one.give_up()
    assert one.state is State.PASSED


@pytest.mark.parametrize("fresh", [0, 1])
def test_giving_up_never_passes_what_seemed_slower(fresh):
    """Not even if typical calls had passed, and not before the first fresh pair."""
    one = trial()
    feed(one, *[pair(0.0, 0.1)] * (5 + fresh))
    assert one.state is State.CONFIRMING
    one.give_up()
    assert one.state is State.UNDECIDED


def test_giving_up_changes_nothing_that_is_decided():
    one = trial()
    feed(one, *[pair(0.1)] * 10)
    one.give_up()
    assert one.state is State.SLOWER


def test_two_failures_of_one_side_break_a_benchmark():
    one = trial()
    one.lose(Loss("contender", "died"))
    assert one.state is State.OPEN
    one.lose(Loss("contender", "died again"))
    assert one.state is State.BROKEN
    assert [loss.reason for loss in one.losses] == ["died", "died again"]


def test_one_failure_of_each_side_is_no_reason_to_blame_either():
    one = trial()
    one.lose(Loss("baseline", "died"))
    one.lose(Loss("contender", "died"))
    assert one.state is State.OPEN
    one.lose(Loss("baseline", "died"))
    assert one.state is State.BROKEN


def test_quicker_calls_pass_where_slower_ones_alone_fail():
    one = trial()
    feed(one, *[pair(-0.2)] * 5)
    assert (one.state, one.suspected) == (State.PASSED, False)


def test_quicker_calls_are_suspected_and_confirmed_where_both_directions_fail():
    one = trial(both_directions=True)
    states = feed(one, *[pair(-0.2)] * 10)
    assert states == [State.OPEN] * 4 + [State.CONFIRMING] * 5 + [State.SLOWER]
    assert (one.suspected, one.quicker, one.by_tail) == (True, True, False)
    assert one.fresh == pytest.approx([-0.2] * 5)


def test_quicker_calls_need_fresh_pairs_too():
    one = trial(both_directions=True)
    feed(one, *[pair(-0.2)] * 5, *[pair(0.0)] * 5)
    assert one.state is State.NOT_CONFIRMED


def test_where_both_directions_fail_a_pass_takes_both():
    # Slower by the threshold is excluded at five pairs, quicker only at six: one of them, the
    # nearest to -3%, is beyond it, so 2 of 2**5 or of 2**6 patterns are as rare.
    rule = Rule(0.03, 0.0, 1 / 32)
    pairs = [pair(-0.04), *[pair(0.0)] * 5]
    assert feed(trial(typical=rule), *pairs[:5])[-1] is State.PASSED
    states = feed(trial(typical=rule, both_directions=True), *pairs)
    assert states[4:] == [State.OPEN, State.PASSED]


def test_seconds_and_threads_of_both_sides_are_kept():
    one = trial()
    feed(one, pair(math.log(2), threads=(1, 2)), pair(math.log(3), threads=(1, 1)))
    assert one.seconds["A"] == pytest.approx([1e-3, 1e-3])
    assert one.seconds["B"] == pytest.approx([2e-3, 3e-3])
    assert one.threads == {"A": {1}, "B": {1, 2}}


def test_a_mean_that_is_not_confirmed_is_no_pass_of_typical_calls():
    """They never passed: the first pairs stopped asking when the mean seemed slower."""
    one = trial(typical=NEVER, confirm=NEVER)
    states = feed(one, *[pair(0.0, 0.1)] * 5, *[pair(0.01)] * 8)
    assert states[4:] == [State.CONFIRMING] * 8 + [State.UNDECIDED]
    assert (one.by_tail, one.refuted) == (True, True)


def test_typical_calls_may_pass_by_the_fresh_pairs_that_refute_the_mean():
    one = trial(typical=NEVER)
    feed(one, *[pair(0.0, 0.1)] * 5, *[pair(0.0)] * 5)
    assert one.state is State.NOT_CONFIRMED
    # Later than the mean: the first fresh pair is beyond the threshold, which takes six more.
    one = trial(typical=NEVER, confirm=Rule(0.03, 0.0, 2 / 64), confirm_tail=Rule(0.05, 0, 1 / 32))
    states = feed(one, *[pair(0.0, 0.1)] * 5, pair(0.031), *[pair(0.0)] * 5)
    assert states[9:] == [State.CONFIRMING, State.NOT_CONFIRMED]


def test_what_fresh_pairs_refute_stays_refuted_while_typical_calls_are_waited_for():
    one = trial(typical=NEVER, confirm=NEVER, confirm_tail=Rule(0.03, 0.25, 1 / 32))
    fresh = [pair(0.0, 0.001)] * 5 + [pair(0.0, 0.2)] * 3
    states = feed(one, *[pair(0.0, 0.1)] * 5, *fresh)
    assert State.SLOWER not in states
    assert one.state is State.UNDECIDED


def test_typical_calls_that_are_not_confirmed_wait_for_the_mean_as_a_pass_does():
    one = trial(confirm_tail=NEVER)
    states = feed(one, *[pair(0.1)] * 5, *[pair(0.0)] * 7)
    assert states[5:] == [State.CONFIRMING] * 6 + [State.NOT_CONFIRMED]
    assert one.mean_is_open
    closed = trial()
    feed(closed, *[pair(0.1)] * 5, *[pair(0.0)] * 5)
    assert (closed.state, closed.mean_is_open) == (State.NOT_CONFIRMED, False)


def test_giving_up_passes_what_was_refuted_only_if_typical_calls_have_passed():
    one = trial(confirm_tail=NEVER)
    feed(one, *[pair(0.1)] * 5, *[pair(0.0)] * 5)
    assert one.state is State.CONFIRMING
    one.give_up()
    assert one.state is State.NOT_CONFIRMED
    one = trial(typical=NEVER, confirm=NEVER)
    feed(one, *[pair(0.0, 0.1)] * 5, *[pair(0.0)] * 5)
    one.give_up()
    assert one.state is State.UNDECIDED


def test_fresh_pairs_pass_both_directions_where_both_fail():
    """Slower was suspected and is refuted; whether calls are quicker was never passed."""
    first, fresh = Rule(0.03, 1 / 32, 0.0), Rule(0.03, 0.0, 1 / 32)
    one = trial(both_directions=True, typical=first, confirm=fresh)
    states = feed(one, *[pair(0.1)] * 5, *[pair(-0.1)] * 8)
    assert states[5:] == [State.CONFIRMING] * 7 + [State.UNDECIDED]


def test_a_pass_says_whether_the_mean_was_decided():
    one = trial(tail=NEVER)
    feed(one, *[pair(0.0)] * 7)
    assert (one.state, one.mean_is_open) == (State.PASSED, True)
    one = trial()
    feed(one, *[pair(0.0)] * 5)
    assert not one.mean_is_open
