"""Pairs of real workers on benchmarks that take no time, and of fakes for what is asked when."""

# Coins, not secrets.
# ruff: noqa: S311

import random
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest

from cnnfc.gate.cases import GatedCase, Injection
from cnnfc.gate.measuring import pairs, workers
from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.measuring.pairs import measure_pair
from cnnfc.gate.measuring.setting import Protocol
from cnnfc.gate.measuring.worker_process import WorkerLost

CONTENDER = "import os, signal, sys, time, tiny\nHERE = tiny.ROLE == 'contender'\n"
#: A suite that works until its folder says otherwise: pairs come after the survey.
LATER = CONTENDER + "LATER = os.path.exists('../later')\n"


def case(name, **settings):
    return GatedCase(name, name, (), 0, **settings)


def measured(setting, *names, seed=1, **options):
    return measure_pair(setting, [case(name) for name in names], random.Random(seed), **options)


def test_a_pair_has_blocks_of_four_legs_of_each_case(make_setting):
    setting = make_setting("def time_a(): pass\ndef time_b(): pass\n")
    heard = []
    outcome = measured(setting, "it.time_a", "it.time_b", blocks=3, watch=heard.append)
    assert sorted(heard) == ["it.time_a", "it.time_b"]
    assert not outcome.losses
    assert outcome.seconds > 0
    # asv_runner brings numpy along, which has a matrix product.
    assert outcome.canaries.keys() == {"loop", "copy", "gemm"}
    assert all(len(blocks) == 1 for blocks in outcome.canaries.values())
    assert outcome.blocks.keys() == {"it.time_a", "it.time_b"}
    for blocks in outcome.blocks.values():
        assert len(blocks) == 3
        for block in blocks:
            assert block.order in ("ABBA", "BAAB")
            assert len(block.legs) == 4
            assert all(min(leg.values) > 0 and leg.number == 1 for leg in block.legs)


def test_each_side_runs_its_own_package(make_setting):
    # Only the durations can tell: the contender takes 2 ms longer.
    setting = make_setting(CONTENDER + "def time_a():\n    time.sleep(0.002 * HERE)\n")
    (block,) = measured(setting, "it.time_a").blocks["it.time_a"]
    assert min(min(leg.values) for leg in block.side("B")) > 0.002
    assert min(min(leg.values) for leg in block.side("A")) < 0.001


def test_a_failure_costs_its_case_and_no_other(make_setting):
    suite = (
        CONTENDER
        + """
def time_a():
    raise ValueError(tiny.ROLE)

def time_b():
    pass

def time_c():
    if HERE:
        raise SystemExit(1)

def time_d():
    pass
"""
    )
    outcome = measured(make_setting(suite), *(f"it.time_{letter}" for letter in "abcd"))
    assert outcome.blocks.keys() == {"it.time_b", "it.time_d"}
    loss = outcome.losses["it.time_a"]
    assert loss.reason == f"ValueError: {loss.role}"
    assert "raise ValueError(tiny.ROLE)" in loss.said
    assert outcome.losses["it.time_c"].role == "contender"
    assert outcome.losses["it.time_c"].reason == "SystemExit: 1"


def test_a_worker_that_dies_costs_its_case_and_the_rest_is_measured(make_setting, monkeypatch):
    monkeypatch.setattr(pairs, "_GRACE", 1.0)
    suite = (
        CONTENDER
        + """
def time_crash():
    if HERE:
        print("out of cheese", file=sys.stderr)
        os.abort()

def time_killed():
    os.kill(os.getpid(), signal.SIGKILL) if HERE else None

def time_endless():
    while HERE:
        pass

def time_fine():
    pass

def time_fork():
    if os.fork() == 0:
        return
    os.wait()
"""
    )
    names = [f"it.time_{name}" for name in ("crash", "killed", "endless", "fine", "fork")]
    cases = [replace(case(name), timeout=0.2) for name in names]
    outcome = measure_pair(make_setting(suite), cases, random.Random(3))
    assert outcome.blocks.keys() == {"it.time_fine", "it.time_fork"}
    assert {loss.role for loss in outcome.losses.values()} == {"contender"}
    assert "SIGABRT" in outcome.losses["it.time_crash"].reason
    assert "out of cheese" in outcome.losses["it.time_crash"].said
    assert "ran out of memory" in outcome.losses["it.time_killed"].reason
    assert "did not answer 'leg' within 1.2 s" in outcome.losses["it.time_endless"].reason
    # The reference kernels belong to the first workers of the pair.
    assert all(len(blocks) == 1 for blocks in outcome.canaries.values())


def test_a_crash_in_a_later_pair_costs_that_pair(make_setting):
    suite = LATER + "def time_a():\n    os._exit(3) if LATER else None\ndef time_b(): pass\n"
    setting = make_setting(suite)
    assert not measured(setting, "it.time_a", "it.time_b").losses
    (setting.folder / "work" / "later").touch()
    outcome = measured(setting, "it.time_a", "it.time_b")
    assert outcome.losses.keys() == {"it.time_a"}
    assert outcome.blocks.keys() == {"it.time_b"}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_suite_that_can_no_longer_be_imported_costs_the_whole_pair(make_setting, seed):
    setting = make_setting(LATER + "if HERE and LATER: os._exit(9)\ndef time_a(): pass\n")
    (setting.folder / "work").mkdir()
    (setting.folder / "work" / "later").touch()
    outcome = measured(setting, "it.time_a", "it.time_b", seed=seed)
    assert not outcome.blocks
    assert outcome.losses.keys() == {"it.time_a", "it.time_b"}
    for loss in outcome.losses.values():
        assert loss.role == "contender"
        assert "exit code 9" in loss.reason


def test_a_case_that_skips_or_stands_still_is_a_loss_too(make_setting):
    suite = """
from asv_runner.benchmarks.mark import SkipNotImplemented

def time_skips():
    raise SkipNotImplemented("not today")

class Still:
    timer = staticmethod(lambda: 0.0)

    def time_it(self):
        pass
"""
    outcome = measured(make_setting(suite), "it.time_skips", "it.Still.time_it")
    assert outcome.losses["it.time_skips"].reason == "not today"
    assert "not above zero" in outcome.losses["it.Still.time_it"].reason


class FakeWorker:
    """Answers at once, and notes who was awake when."""

    def __init__(self, notes, side, environment, answers):
        self.notes, self.role, self.environment = notes, side.role, environment
        self.answers = answers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.notes.append(("stop", self.role))

    def send(self, op):
        self.notes.append((op, self.role))

    def receive(self, timeout):
        answer = self.answers.get("load", {})
        return answer() if callable(answer) else answer

    def ask(self, op, timeout, **fields):
        self.notes.append((op, self.role, fields, timeout))
        answer = self.answers.get(op, {"values": [1.0], "started": 0.0, "ended": 1.0})
        if isinstance(answer, Exception):
            raise answer
        return answer(self.role) if callable(answer) else answer

    def suspend(self):
        self.notes.append(("suspend", self.role))

    def resume(self):
        self.notes.append(("resume", self.role))

    def said(self):
        return "last words"


@pytest.fixture
def fake(make_setting, monkeypatch):
    """Measures a pair with fakes; gives the outcome and everything they were asked."""

    def measure(*cases, seed=1, answers=None, blocks=None, clear=(), **settings):
        notes, started, heard = [], [], []

        def start(_setting, side, slot, environment):
            started.append(SimpleNamespace(role=side.role, slot=slot, environment=environment))
            return FakeWorker(notes, side, environment, answers or {})

        monkeypatch.setattr(workers, "start", start)
        outcome = measure_pair(
            make_setting("", **settings),
            cases,
            random.Random(seed),
            blocks=blocks,
            clear=clear,
            watch=heard.append,
        )
        return SimpleNamespace(outcome=outcome, notes=notes, started=started, heard=heard)

    return measure


def legs(found, op="leg"):
    return [(note[1], note[2]) for note in found.notes if note[0] == op]


def test_legs_alternate_in_the_order_of_the_block_and_one_side_sleeps(fake):
    found = fake(case("a", number=7), protocol=Protocol(blocks=12))
    letters = "".join("A" if role == "baseline" else "B" for role, _ in legs(found))
    blocks = found.outcome.blocks["a"]
    assert letters == "".join(block.order for block in blocks)
    assert {block.order for block in blocks} == {"ABBA", "BAAB"}
    assert [leg.number for leg in blocks[0].legs] == [7] * 4
    # Every leg and every reference kernel is within its own worker's resume and suspend.
    after_loading = found.notes[4:-2]
    for before, now, after in zip(*(after_loading[i:] for i in range(3)), strict=False):
        if now[0] in ("leg", "canary"):
            assert before == ("resume", now[1])
            assert after == ("suspend", now[1])


def test_coins_are_drawn_from_the_seed(fake):
    def course(seed):
        found = fake(case("a"), case("b"), seed=seed)
        slots = [(one.role, one.slot, one.environment) for one in found.started]
        return slots, [(role, fields["benchmark"]) for role, fields in legs(found)]

    assert course(1) == course(1)
    courses = [course(seed) for seed in range(12)]
    assert any(one != other for one, other in pairwise(courses))
    # Each side comes first at times, each case too.
    assert {slots[0][0] for slots, _ in courses} == {"baseline", "contender"}
    assert {legs[0][1] for _, legs in courses} == {"a", "b"}
    # Orders of sets are those of the pair, on both sides.
    seeds = [{str(environment) for *_, environment in slots} for slots, _ in courses]
    assert all(len(one) == 1 for one in seeds)
    assert len(set.union(*seeds)) == 12


def test_a_leg_is_asked_for_as_the_protocol_says(fake):
    protocol = Protocol(leg_seconds=0.5, warm_calls=2, canary_seconds=0.25)
    one = case("a", number=3, timeout=10.0)
    found = fake(replace(one, index=4), protocol=protocol)
    assert legs(found)[0][1] == {
        "benchmark": "a",
        "index": 4,
        "params": [],
        "number": 3,
        "seconds": 0.5,
        "warm_calls": 2,
    }
    timeouts = {note[3] for note in found.notes if note[0] == "leg"}
    assert timeouts == {10.0 + pairs._GRACE}
    assert {fields["seconds"] for _, fields in legs(found, "canary")} == {0.25}


def test_only_the_contender_is_slowed_down(fake):
    slow = {"a": Injection(0.1, every=10)}
    found = fake(case("a", seconds=2.0), case("b"), injections=slow)
    injected = [(role, f["benchmark"], f["inject"]) for role, f in legs(found) if "inject" in f]
    assert len(injected) == 2
    size = {"fraction": 0.1, "every": 10, "seconds_per_call": 2.0}
    assert all(one == ("contender", "a", size) for one in injected)


def test_a_reference_kernel_that_kills_its_worker_costs_no_case(fake):
    found = fake(case("a"), answers={"canary": WorkerLost("died", "")})
    assert found.outcome.blocks.keys() == {"a"}
    assert not found.outcome.canaries
    assert not found.outcome.losses
    # Both sides are started anew, once.
    assert len(found.started) == 4


def test_the_kernels_of_a_gpu_are_measured_after_cases_that_used_it(fake):
    found = fake(case("a", device="cuda"))
    asked = [note[2]["name"] for note in found.notes if note[0] == "canary"]
    last_leg = max(place for place, note in enumerate(found.notes) if note[0] == "leg")
    after = [note[2]["name"] for note in found.notes[last_leg:] if note[0] == "canary"]
    assert dict.fromkeys(asked).keys() == {*pairs.CANARIES, *pairs.GPU_CANARIES}
    assert set(after) == set(pairs.GPU_CANARIES)


def test_without_a_gpu_its_kernels_are_not_asked_for(fake):
    found = fake(case("a"))
    asked = {note[2]["name"] for note in found.notes if note[0] == "canary"}
    assert asked == set(pairs.CANARIES)


def test_a_reference_kernel_that_a_side_lacks_is_left_out(fake):
    found = fake(case("a"), answers={"canary": {"skipped": "no torch"}})
    assert not found.outcome.canaries
    assert not found.outcome.losses


def test_a_suite_that_fails_to_load_says_why(fake):
    found = fake(case("a"), answers={"load": {"failed": "E: no", "traceback": "Traceback"}})
    (loss,) = found.outcome.losses.values()
    assert (loss.reason, loss.said) == ("E: no", "Traceback")


def test_a_failure_without_a_traceback_quotes_the_worker(fake):
    found = fake(case("a"), answers={"leg": {"failed": "E: no"}})
    (loss,) = found.outcome.losses.values()
    assert loss == Loss(loss.role, "E: no", "last words")


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [float("inf")], [float("nan")], [-1.0]])
def test_durations_that_cannot_be_are_a_loss(fake, values):
    found = fake(case("a"), answers={"leg": {"values": values, "started": 0.0, "ended": 1.0}})
    assert found.outcome.losses["a"].reason == ("its timer gave a duration that is not above zero")


def apart(ratio):
    """A contender that takes `ratio` times as long in every leg."""
    return {"leg": lambda role: {"values": [ratio if role == "contender" else 1.0] * 3}}


def counts(found):
    return {name: len(blocks) for name, blocks in found.outcome.blocks.items()}


@pytest.mark.parametrize("ratio", [2.0, 0.5])
def test_a_case_whose_sides_are_apart_is_measured_again_once_at_the_end_of_the_pair(fake, ratio):
    found = fake(case("a"), case("b"), answers=apart(ratio), protocol=Protocol())
    first, second = found.heard[:2]
    assert {first, second} == {"a", "b"}
    assert found.heard == [first, second, first, second]
    # One block of each, then five of each, all at once, although the sides stay apart.
    blocks = [fields["benchmark"] for _, fields in legs(found)][::4]
    assert blocks == [first, second] + [first] * 5 + [second] * 5
    assert counts(found) == {"a": 6, "b": 6}


@pytest.mark.parametrize(
    ("ratio", "blocks"),
    [(1.0, 1), (1.0149, 1), (1.0151, 6), (1 / 1.0149, 1), (1 / 1.0151, 6)],
)
def test_sides_are_apart_from_one_and_a_half_percent_on_in_either_direction(fake, ratio, blocks):
    assert counts(fake(case("a"), answers=apart(ratio), protocol=Protocol())) == {"a": blocks}


def test_a_disturbance_of_the_first_block_is_outweighed_by_those_of_the_second_time(fake):
    values = iter([2.0] + [1.0] * 100)
    answers = {"leg": lambda _role: {"values": [next(values)]}}
    found = fake(case("a"), answers=answers, protocol=Protocol())
    blocks = found.outcome.blocks["a"]
    assert len(blocks) == 6
    # The first leg is kept too.
    assert sorted(leg.values for block in blocks for leg in block.legs)[-2:] == [(1.0,), (2.0,)]


def test_what_earlier_pairs_found_far_apart_is_not_measured_again(fake):
    found = fake(case("a"), case("b"), answers=apart(2.0), clear={"a"}, protocol=Protocol())
    assert counts(found) == {"a": 1, "b": 6}


def test_without_more_blocks_nothing_is_measured_again(fake):
    found = fake(case("a"), answers=apart(2.0), protocol=Protocol(more_blocks=0))
    assert counts(found) == {"a": 1}


@pytest.mark.parametrize(("first", "again"), [(2, 5), (5, 5), (8, 8)])
def test_the_second_time_has_at_least_as_many_blocks_as_the_first(fake, first, again):
    found = fake(case("a"), answers=apart(2.0), blocks=first, protocol=Protocol())
    assert counts(found) == {"a": first + again}
    of_the_protocol = fake(case("a"), answers=apart(2.0), protocol=Protocol(blocks=first))
    assert counts(of_the_protocol) == {"a": first + again}


def test_a_case_that_fails_when_it_is_measured_again_gives_nothing(fake):
    # Of either order of a block's legs, ABBA or BAAB.
    answers = iter(
        [{"values": [value]} for value in (1.0, 2.0, 2.0, 1.0)] + [{"failed": "E: later"}]
    )
    found = fake(case("a"), answers={"leg": lambda _role: next(answers)}, protocol=Protocol())
    assert not found.outcome.blocks
    assert found.outcome.losses["a"].reason == "E: later"
    assert found.heard == ["a", "a"]


def test_a_worker_that_dies_the_second_time_costs_its_case_and_no_other(fake):
    asked = []

    def leg(role):
        asked.append(role)
        # Two cases have four legs each, then the first one is measured again.
        if len(asked) == 9:
            raise WorkerLost("died", "")
        return {"values": [2.0 if role == "contender" else 1.0]}

    found = fake(case("a"), case("b"), answers={"leg": leg}, protocol=Protocol())
    first, second, *again = found.heard
    assert again == [first, second]
    assert counts(found) == {second: 6}
    assert {name: loss.reason for name, loss in found.outcome.losses.items()} == {first: "died"}
    assert len(found.started) == 4


@pytest.mark.parametrize("seed", range(4))
def test_what_waits_to_be_measured_again_is_lost_with_a_suite_that_no_longer_loads(fake, seed):
    """Its first block alone would be a pair that was measured by another rule than the others."""
    loads = iter([{}, {}, {"failed": "E: gone"}])
    asked = []

    def leg(role):
        asked.append(role)
        # Whichever case is the first has four legs; the next one kills its worker.
        if len(asked) > 4:
            raise WorkerLost("died", "")
        return {"values": [2.0 if role == "contender" else 1.0]}

    answers = {"leg": leg, "load": lambda: next(loads)}
    found = fake(case("a"), case("b"), seed=seed, answers=answers, protocol=Protocol())
    assert not found.outcome.blocks
    first, second = found.heard
    reasons = {name: loss.reason for name, loss in found.outcome.losses.items()}
    assert reasons == {first: "E: gone", second: "died"}


def test_a_leg_is_of_the_same_parameters_on_both_sides(make_setting):
    setting = make_setting(
        CONTENDER
        + """
class Kernels:
    params = [["new", "common"] if HERE else ["common", "old"]]

    def time_it(self, kernel):
        if kernel != "common":
            raise ValueError(kernel)
"""
    )
    common = GatedCase("common", "it.Kernels.time_it", ("'common'",), 1)
    new = GatedCase("new", "it.Kernels.time_it", ("'new'",), 0)
    outcome = measure_pair(setting, [common, new], random.Random(1))
    assert outcome.blocks.keys() == {"common"}
    assert set(outcome.losses) == {"new"}


def test_a_case_that_moved_to_another_device_is_not_watched_on_a_gpu(fake):
    found = fake(case("a", device="cuda", moved=True), gpus=None)
    assert not found.outcome.losses
    assert {leg.clock_hz for block in found.outcome.blocks["a"] for leg in block.legs} == {None}
