"""A slowdown on a GPU must be there in clock cycles; whatever else is known of the GPU is said."""

import math
from dataclasses import replace

import pytest

from cnnfc.gate import whole
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.judge import result
from cnnfc.gate.judging.rules import rules_for
from cnnfc.gate.judging.trial import Trial
from cnnfc.gate.measuring.legs import Block, Leg, cycles_value
from cnnfc.gate.measuring.survey import Survey, _common_clock
from cnnfc.gate.policy.policy import Policy
from cnnfc.gate.schedule import groups
from cnnfc.verdicts import Verdict

CASE = GatedCase("a", "a", (), 0, device="cuda", gpu="1", timed_by="events")
GIB = 2**30
POWER = "software-power-cap"


def block(a, b, clocks=(1e9, 1e9), reasons=((), ())):
    """ABBA of three values each: seconds, clock and reasons of A and of B."""
    sides = {
        letter: Leg((seconds,) * 3, 1, None, clock, why)
        for letter, seconds, clock, why in zip("AB", (a, b), clocks, reasons, strict=True)
    }
    return Block("ABBA", tuple(sides[letter] for letter in "ABBA"))


def judged(*blocks, **policy):
    """The result of a trial that is fed with `blocks`, each a pair, again and again."""
    policy = Policy(**policy)
    trial = Trial(CASE, rules_for(CASE, policy, 1))
    place = 0
    while not trial.state.is_final:
        trial.add([blocks[place % len(blocks)]])
        place += 1
    return result(trial, policy, (), "cnnfc gate")


def test_a_slowdown_at_the_same_clock_is_a_regression():
    found = judged(block(1e-3, 1.04e-3))
    assert found.verdict is Verdict.REGRESSION
    assert found.in_cycles.ratio == pytest.approx(1.04)


def test_a_slowdown_of_the_clock_alone_is_laid_to_the_machine():
    found = judged(block(1e-3, 1.04e-3, clocks=(1.04e9, 1e9)))
    assert found.verdict is Verdict.MACHINE_MOVED
    assert "not in clock cycles (ratio 1.000)" in found.reason
    assert found.in_cycles.ratio == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("in_cycles", "verdict"), [(1.009, Verdict.MACHINE_MOVED), (1.011, Verdict.REGRESSION)]
)
def test_half_the_threshold_must_be_left_in_cycles(in_cycles, verdict):
    # The threshold of GPUs is 2%.
    assert judged(block(1e-3, 1.04e-3, clocks=(1e9, 1e9 * in_cycles / 1.04))).verdict is verdict


def test_a_clock_that_was_never_read_leaves_the_verdict_to_time():
    found = judged(block(1e-3, 1.04e-3, clocks=(None, None)))
    assert found.verdict is Verdict.REGRESSION
    assert found.in_cycles is None


def test_a_clock_that_was_missed_now_and_then_is_still_looked_at():
    lower = block(1e-3, 1.04e-3, clocks=(1.04e9, 1e9))
    unread = block(1e-3, 1.04e-3, clocks=(1.04e9, None))
    assert judged(lower, lower, lower, unread).verdict is Verdict.MACHINE_MOVED


def test_a_slower_mean_is_looked_at_in_cycles_of_the_mean():
    """Its typical calls are as quick as before, in time and in cycles."""
    quick = Leg((1e-3,) * 10, 1, None, 1e9)
    slow = Leg((1e-3,) * 9 + (3e-3,), 1, None, 1e9)
    found = judged(Block("ABBA", (quick, slow, slow, quick)))
    assert found.verdict is Verdict.REGRESSION
    assert "the mean of its calls" in found.reason
    assert found.in_cycles.ratio == pytest.approx(1.2)


def test_each_leg_is_converted_by_its_own_clock():
    """A slow clock in one leg of the contender: the low quantile of times is that of the other."""
    legs = [Leg((1e-3,) * 5, 1, None, 1e9)] * 4
    legs[2] = Leg((2e-3,) * 5, 1, None, 5e8)
    assert cycles_value([Block("ABBA", tuple(legs))], "low") == pytest.approx(0.0)


def test_a_leg_cut_short_keeps_its_clock_and_reasons():
    leg = Leg((1.0, 1.0), 1, 4, 1e9, (POWER,))
    assert leg.first(0.5) == Leg((1.0,), 1, 4, 1e9, (POWER,))


def test_throttling_of_one_side_is_part_of_the_reason():
    found = judged(block(1e-3, 1.04e-3, clocks=(1.04e9, 1e9), reasons=((), (POWER,))))
    assert found.verdict is Verdict.MACHINE_MOVED
    assert found.reason.endswith(
        "the GPU was held back unequally: software-power-cap in 100% of the contender's legs and "
        "0% of the baseline's"
    )
    assert POWER not in judged(block(1e-3, 1e-3, reasons=((POWER,), (POWER,)))).reason


def test_sides_are_timed_by_a_clock_that_suits_both():
    def common(*clocks):
        return _common_clock({str(i): {"timed_by": clock} for i, clock in enumerate(clocks)})

    assert common("events", "events") == "events"
    assert common("events", "waiting") == "waiting"
    assert common("own", "events") == "own"
    assert _common_clock({"baseline": {}, "contender": {}}) == "own"


def trial(name, memory=0, device_memory=0, gpu="1"):
    case = replace(CASE, id=name, memory=memory, device_memory=device_memory, gpu=gpu)
    return Trial(case, rules_for(case, Policy(), 1))


def test_cases_that_do_not_fit_on_a_gpu_together_are_measured_apart():
    trials = [trial(name, device_memory=2 * GIB) for name in "abcd"]
    trials.insert(1, trial("other gpu", device_memory=2 * GIB, gpu="2"))
    found = groups(trials, 100 * GIB, {"1": 8 * GIB})
    assert [[one.id for one in group] for group in found] == [["a", "other gpu", "b"], ["c", "d"]]
    assert len(groups(trials, 100 * GIB)) == 1


class FakeGpus:
    def __init__(self, **free):
        self.free = free

    def free_memory(self, gpu):
        return self.free.get(gpu)


def test_a_case_too_big_for_both_sides_on_the_gpu_is_named_before_any_pair(tmp_path):
    cases = [
        replace(CASE, id="fits", name="fits", device_memory=3 * GIB),
        replace(CASE, id="big", name="big", device_memory=4 * GIB),
        replace(CASE, id="unknown", name="unknown", device_memory=99 * GIB, gpu="2"),
        replace(CASE, id="cpu", name="cpu", device="cpu", gpu=None),
    ]
    found = Survey(None, list(cases))
    # 11 GiB are free; less 1 GiB for each process that is 9 GiB, of which 80% may be taken.
    limits = whole._free_on_gpus(FakeGpus(**{"1": 11 * GIB}), found)
    assert limits == {"1": math.floor(0.8 * 9 * GIB)}
    left_out = []
    whole._leave_out_the_too_big(found, 100 * GIB, limits, left_out)
    assert [case.id for case in found.cases] == ["fits", "unknown", "cpu"]
    assert left_out[0].verdict is Verdict.INCONCLUSIVE
    assert left_out[0].reason == (
        "not gated: both sides together need 8.0 GiB of the GPU's memory for it, of which 7.2 GiB "
        "can be had"
    )


def test_a_gpu_with_less_than_two_processes_take_has_no_room_at_all():
    assert whole._free_on_gpus(FakeGpus(**{"1": GIB}), Survey(None, [CASE])) == {"1": 0}
