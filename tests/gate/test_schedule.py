import random
from types import SimpleNamespace

import pytest

from cnnfc.analysis.paired import Rule
from cnnfc.gate import schedule
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.judging.trial import Rules, State, Trial
from cnnfc.gate.measuring.legs import Block, Leg
from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.measuring.pairs import PairOutcome
from cnnfc.gate.measuring.setting import Protocol, Setting
from cnnfc.gate.schedule import (
    MOST_BLOCKS,
    Course,
    blocks_for,
    groups,
    noise_factor,
    run,
)

#: Five pairs that agree decide.
RULE = Rule(0.03, 1 / 32, 1 / 32)
NEVER = Rule(0.03, 0.0, 0.0)
DRAW = random.Random(1)  # noqa: S311 - coins, not secrets


def block(ratio):
    a, b = (Leg((1e-3 * side,) * 3, 1, None, None) for side in (1.0, ratio))
    return (Block("ABBA", (a, b, b, a)),)


def case(name, seconds=1e-4, number=10, **fields):
    return GatedCase(name, name, (), 0, number=number, seconds=seconds, **fields)


def trial(name, rule=RULE, largest=48, **fields):
    return Trial(case(name, **fields), Rules(rule, rule, rule, rule, largest, tail_pairs=5))


class Watch:
    def __init__(self):
        self.cases, self.pairs, self.phases = [], [], []

    def begin(self, phase):
        self.phases.append(phase)

    def case(self, case):
        self.cases.append(case)

    def pair(self, trials, pairs, seconds_left):
        self.pairs.append((pairs, seconds_left))


class Machine:
    """Stands in for the measuring of a pair, with a clock of its own.

    `block_seconds` are those of the blocks of a case, in order, and from the first one again.
    """

    def __init__(self, seconds=2.0):
        self.now, self.seconds = 100.0, seconds
        self.calls = []
        self.ratios, self.losses, self.block_seconds = {}, {}, {}
        self.interrupt_at = None

    def clock(self):
        return self.now

    def measure(self, setting, cases, draw, *, blocks, watch):
        if len(self.calls) == self.interrupt_at:
            raise KeyboardInterrupt
        ids = [one.id for one in cases]
        self.calls.append(SimpleNamespace(ids=ids, blocks=blocks))
        self.now += self.seconds
        outcome = PairOutcome(canaries={"loop": block(1.0)})
        for number in range(blocks):
            for one in cases:
                watch(one.id)
                taken = self.block_seconds.get(one.id, (0.0,))
                self.now += taken[number % len(taken)]
        for one in cases:
            if one.id in self.losses:
                outcome.losses[one.id] = self.losses[one.id]
            else:
                outcome.blocks[one.id] = block(self.ratios.get(one.id, 1.0))
        return outcome


@pytest.fixture
def machine(monkeypatch):
    machine = Machine()
    monkeypatch.setattr(schedule, "measure_pair", machine.measure)
    return machine


@pytest.fixture
def go(machine):
    def go(*trials, budget=1e6, memory=10**12, watch=None):
        course = Course(list(trials))
        setting = Setting(None, None, protocol=Protocol())
        watch = watch or Watch()
        run(
            course,
            setting,
            DRAW,
            budget=budget,
            memory=memory,
            watch=watch,
            clock=machine.clock,
        )
        return course

    return go


def test_pairs_go_on_until_everything_is_decided(machine, go):
    machine.ratios["slow"] = 1.1
    course = go(trial("same"), trial("slow"))
    assert [one.state for one in course.trials] == [State.PASSED, State.SLOWER]
    # What is decided is measured no more; the slow one is confirmed.
    assert [call.ids for call in machine.calls] == [["same", "slow"]] * 5 + [["slow"]] * 5
    assert (course.pairs, course.seconds, course.out_of_time) == (10, 20.0, False)
    assert len(course.canaries["loop"]) == 10


def test_nothing_to_measure_takes_no_pair(machine, go):
    assert go().pairs == 0
    assert machine.calls == []


def test_the_budget_ends_it_before_a_pair_that_would_not_fit(go):
    # Pairs of 2 s: after three there is 1 s left.
    course = go(trial("never", NEVER), trial("same"), budget=7.0)
    assert (course.pairs, course.out_of_time) == (3, True)
    assert [one.state for one in course.trials] == [State.UNDECIDED] * 2


def test_a_pair_that_fits_exactly_is_measured(go):
    assert go(trial("never", NEVER), budget=6.0).pairs == 3


@pytest.mark.parametrize("budget", [0.0, -5.0])
def test_one_pair_is_measured_whatever_the_budget(go, budget):
    course = go(trial("same"), budget=budget)
    assert (course.pairs, course.out_of_time) == (1, True)


def test_an_interrupt_keeps_what_is_there(machine):
    machine.interrupt_at = 7
    machine.ratios["slow"] = 1.1
    course = Course([trial("same"), trial("slow"), trial("never", NEVER)])
    with pytest.raises(KeyboardInterrupt):
        run(
            course,
            Setting(None, None),
            DRAW,
            budget=1e6,
            memory=10**12,
            watch=Watch(),
            clock=machine.clock,
        )
    assert [one.state for one in course.trials] == [
        State.PASSED,
        State.UNDECIDED,
        State.UNDECIDED,
    ]
    assert [one.pairs for one in course.trials] == [5, 7, 7]
    assert course.pairs == 7


def test_a_benchmark_that_fails_twice_holds_nobody_up(machine, go):
    machine.losses["bad"] = Loss("contender", "it died")
    course = go(trial("bad"), trial("same"))
    assert [one.state for one in course.trials] == [State.BROKEN, State.PASSED]
    assert [call.ids for call in machine.calls][:3] == [["bad", "same"]] * 2 + [["same"]]


def test_who_watches_hears_cases_pairs_and_the_time_left(machine, go):
    watch = Watch()
    go(trial("same"), watch=watch)
    # Four blocks in the first pair, and 1 s is filled by eight at most.
    assert watch.cases == ["same"] * (4 + 4 * 8)
    assert watch.phases == [f"pair {number}" for number in range(1, 6)]
    # Eight pairs of 2 s are expected at first.
    assert watch.pairs == [(1, 14.0), (2, 12.0), (3, 10.0), (4, 8.0), (5, 0.0)]


def test_the_time_left_is_never_more_than_the_budget_and_never_nothing_before_the_end(go):
    watch = Watch()
    go(trial("never", NEVER, largest=18), budget=25.0, watch=watch)
    assert [left for _, left in watch.pairs[:6]] == [14.0, 12.0, 10.0, 8.0, 6.0, 4.0]
    # After nine pairs four more are guessed, of which the budget has half.
    assert watch.pairs[8] == (9, 7.0)
    watch = Watch()
    go(trial("never", NEVER), budget=1e6, watch=watch)
    assert all(left > 0 for _, left in watch.pairs[:-1])
    assert watch.pairs[-1] == (48, 0.0)


def test_what_does_not_fit_into_the_memory_gets_workers_of_its_own(machine, go):
    course = go(*(trial(name, memory=30) for name in "abc"), memory=120)
    assert [call.ids for call in machine.calls][:2] == [["a", "b"], ["c"]]
    assert (course.pairs, len(machine.calls)) == (5, 10)
    # Each pair of workers measures the reference kernels.
    assert len(course.canaries["loop"]) == 10


def test_groups_keep_the_order_and_take_what_is_too_big_alone():
    trials = [trial(name, memory=size) for name, size in (("a", 10), ("b", 99), ("c", 10))]
    found = [[one.id for one in group] for group in groups(trials, 40)]
    assert found == [["a"], ["b"], ["c"]]
    assert [len(group) for group in groups(trials, 238)] == [3]
    assert [len(group) for group in groups(trials, 237)] == [2, 1]


@pytest.mark.parametrize(
    ("cases", "seconds", "blocks"),
    [
        # A block is four legs of 12.5 ms: 1 s is 20 of them, and 8 the most.
        (1, 1e-6, 8),
        (3, 1e-6, 7),
        (4, 1e-6, 5),
        # Never fewer than the protocol's.
        (5, 1e-6, 4),
        (14, 1e-6, 4),
        (25, 1e-6, 4),
        # Legs of 10 values of 5 ms take 50 ms.
        (1, 5e-3, 5),
        (2, 5e-3, 4),
        # Three values of 1 s are 3 s a leg.
        (1, 1.0, 4),
    ],
)
def test_fewer_cases_get_more_blocks(cases, seconds, blocks):
    found = blocks_for([case(str(n), seconds, number=1) for n in range(cases)], Protocol())
    assert found == blocks


@pytest.mark.parametrize(("pairs", "factor"), [(0, 1), (7, 1), (8, 2), (17, 2), (90, 2)])
def test_what_stays_undecided_gets_twice_the_blocks(pairs, factor):
    cases = [case(str(n)) for n in range(25)]
    assert noise_factor(pairs) == factor
    # Four blocks of each take 5 s.
    assert blocks_for(cases, Protocol(), pairs) == 4 * factor
    # One block of each takes 1.25 s.
    assert blocks_for(cases, Protocol(blocks=1), pairs) == factor


def test_noise_never_asks_for_more_than_the_most_blocks():
    assert blocks_for([case("a")] * 4, Protocol(), 18) == MOST_BLOCKS
    assert blocks_for([case("a")] * 4, Protocol(blocks=10), 18) == 10


def test_blocks_grow_while_the_pairs_go_by(machine, go):
    go(*(trial(f"never {n}", NEVER, largest=24) for n in range(25)))
    assert [call.blocks for call in machine.calls] == [4] * 8 + [8] * 16


def test_a_setup_before_each_call_counts_from_the_second_pair_on(machine, go):
    """Calls alone would give 8 blocks; with a setup of seconds these make a pair of minutes."""
    machine.block_seconds["slow to set up"] = (5.0,)
    course = go(trial("slow to set up", NEVER, largest=6))
    assert [call.blocks for call in machine.calls] == [4] * 6
    assert course.block_seconds == {"slow to set up": pytest.approx(5.0)}


def test_what_a_block_takes_is_learned_by_the_first_pair(machine, go):
    machine.block_seconds |= {"quick": (0.05,), "other": (0.1,)}
    go(trial("quick", NEVER, largest=3), trial("other", NEVER, largest=3))
    # 1 s is 6.7 times 0.15 s.
    assert [call.blocks for call in machine.calls] == [4, 7, 7]


def test_a_block_that_took_less_in_an_earlier_pair_counts(machine, go):
    assert blocks_for([case("a")], Protocol(), 0, {}) == 4
    assert blocks_for([case("a")], Protocol(), 0, {"a": 0.2}) == 5
    machine.block_seconds["a"] = (1.0,)
    course = Course([trial("a", NEVER, largest=2)], block_seconds={"a": 0.2})
    run(
        course,
        Setting(None, None),
        DRAW,
        budget=1e6,
        memory=10**12,
        watch=Watch(),
        clock=machine.clock,
    )
    assert [call.blocks for call in machine.calls] == [5, 5]
    assert course.block_seconds == {"a": 0.2}


def test_the_least_of_the_blocks_of_a_pair_counts_whatever_is_measured_between_them(machine, go):
    machine.block_seconds |= {"a": (0.3, 0.2, 0.4, 0.3), "b": (0.6, 0.7, 0.7, 0.5)}
    course = go(trial("a", NEVER, largest=1), trial("b", NEVER, largest=1))
    assert [call.blocks for call in machine.calls] == [4]
    # The last block of all ends with the pair.
    assert course.block_seconds == pytest.approx({"a": 0.2, "b": 0.5})
