"""Pairs of real workers on benchmarks that take no time, and of fakes for what is asked when."""

# Coins, not secrets.
# ruff: noqa: S311

import random
from collections import Counter
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
    assert sorted(heard) == ["it.time_a"] * 3 + ["it.time_b"] * 3
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
        return answer(self.role, fields.get("benchmark")) if callable(answer) else answer

    def suspend(self):
        self.notes.append(("suspend", self.role))

    def resume(self):
        self.notes.append(("resume", self.role))

    def said(self):
        return "last words"


@pytest.fixture
def fake(make_setting, monkeypatch):
    """Measures a pair with fakes; gives the outcome and everything they were asked."""

    def measure(*cases, seed=1, answers=None, blocks=None, **settings):
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


def course(found):
    """What was measured, block after block, as a pass over all cases each."""
    asked = [fields["benchmark"] for _, fields in legs(found)]
    blocks = asked[::4]
    # The four legs of a block follow one another.
    assert asked == [name for name in blocks for _ in range(4)]
    count = len(set(blocks))
    return ["".join(blocks[place : place + count]) for place in range(0, len(blocks), count)]


def counts(found):
    return {name: len(blocks) for name, blocks in found.outcome.blocks.items()}


def test_every_case_has_had_one_block_before_any_has_its_second(fake):
    found = fake(case("a"), case("b"), case("c"), protocol=Protocol(blocks=5))
    passes = course(found)
    assert len(passes) == 5
    assert {"".join(sorted(one)) for one in passes} == {"abc"}
    assert counts(found) == {"a": 5, "b": 5, "c": 5}


def test_each_pass_over_the_cases_has_an_order_of_its_own(fake):
    pairs_of_passes = [
        course(fake(case("a"), case("b"), blocks=2, seed=seed)) for seed in range(24)
    ]
    # One in four each, were the coins perfect: what comes last need not come first again.
    assert {tuple(one) for one in pairs_of_passes} == {
        ("ab", "ab"),
        ("ab", "ba"),
        ("ba", "ab"),
        ("ba", "ba"),
    }


def test_the_blocks_that_are_given_override_those_of_the_protocol(fake):
    protocol = Protocol(blocks=5)
    assert counts(fake(case("a"), case("b"), blocks=2, protocol=protocol)) == {"a": 2, "b": 2}
    assert counts(fake(case("a"), case("b"), blocks=7, protocol=protocol)) == {"a": 7, "b": 7}
    assert counts(fake(case("a"), case("b"), protocol=protocol)) == {"a": 5, "b": 5}
    # Four where nobody says otherwise.
    assert counts(fake(case("a"), protocol=Protocol())) == {"a": 4}


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_what_blocks_show_never_changes_how_many_there_are(fake, ratio):
    def leg(role, _case):
        return {"values": [ratio if role == "contender" else 1.0] * 3}

    found = fake(case("a"), case("b"), answers={"leg": leg}, protocol=Protocol())
    assert counts(found) == {"a": 4, "b": 4}


def test_who_watches_hears_each_block(fake):
    found = fake(case("a"), case("b"), case("c"), blocks=3)
    assert "".join(found.heard) == "".join(course(found))
    assert len(found.heard) == 9


def at_its_leg(name, number, answer):
    """Legs that give values, but for the `number`-th of the case `name`, counted from 1."""
    asked = Counter()

    def leg(_role, case):
        asked[case] += 1
        if (case, asked[case]) != (name, number):
            return {"values": [1.0] * 3}
        if isinstance(answer, Exception):
            raise answer
        return answer

    return leg


@pytest.mark.parametrize(("leg", "blocks"), [(1, 1), (3, 1), (5, 2), (8, 2), (16, 4)])
@pytest.mark.parametrize(
    ("answer", "reason"), [({"failed": "E: no"}, "E: no"), ({"skipped": "not today"}, "not today")]
)
def test_a_case_that_fails_is_measured_no_more_and_what_it_gave_is_gone(
    fake, leg, blocks, answer, reason
):
    answers = {"leg": at_its_leg("a", leg, answer)}
    found = fake(case("a"), case("b"), case("c"), answers=answers, protocol=Protocol(blocks=4))
    assert counts(found) == {"b": 4, "c": 4}
    assert {name: loss.reason for name, loss in found.outcome.losses.items()} == {"a": reason}
    # It is neither asked nor announced after that, and the workers go on.
    asked = Counter(fields["benchmark"] for _, fields in legs(found))
    assert asked == {"a": leg, "b": 16, "c": 16}
    assert Counter(found.heard) == {"a": blocks, "b": 4, "c": 4}
    assert len(found.started) == 2


@pytest.mark.parametrize(("leg", "blocks"), [(1, 1), (4, 1), (5, 2), (7, 2), (9, 3), (13, 4)])
@pytest.mark.parametrize("seed", range(3))
def test_a_worker_that_dies_in_any_pass_costs_its_case_and_no_block_of_another(
    fake, leg, blocks, seed
):
    answers = {"leg": at_its_leg("a", leg, WorkerLost("died", ""))}
    protocol = Protocol(blocks=4)
    cases = [case("a"), case("b"), case("c")]
    found = fake(*cases, seed=seed, answers=answers, protocol=protocol)
    assert counts(found) == {"b": 4, "c": 4}
    assert {name: loss.reason for name, loss in found.outcome.losses.items()} == {"a": "died"}
    # Nothing is measured twice: neither blocks of others nor the reference kernels.
    asked = Counter(fields["benchmark"] for _, fields in legs(found))
    assert asked == {"a": leg, "b": 16, "c": 16}
    assert Counter(found.heard) == {"a": blocks, "b": 4, "c": 4}
    assert len(legs(found, "canary")) == 4 * len(pairs.CANARIES)
    # Passes go on as they were drawn.
    heard = "".join(found.heard).replace("a", "")
    assert all(sorted(heard[place : place + 2]) == ["b", "c"] for place in range(0, 8, 2))


@pytest.mark.parametrize("seed", range(6))
def test_a_suite_that_no_longer_loads_costs_the_cases_with_blocks_to_come(fake, seed):
    """Of some blocks alone a pair would be one that was measured by another rule than the rest."""
    loads = iter([{}, {}, {"failed": "E: gone"}])
    # The second block of the case dies: those that had theirs before are complete.
    answers = {
        "leg": at_its_leg("b", 5, WorkerLost("died", "")),
        "load": lambda: next(loads),
    }
    found = fake(case("a"), case("b"), case("c"), seed=seed, answers=answers, blocks=2)
    complete = found.heard[3 : found.heard.index("b", 3)]
    assert counts(found) == dict.fromkeys(complete, 2)
    reasons = {name: loss.reason for name, loss in found.outcome.losses.items()}
    assert reasons == {
        name: "died" if name == "b" else "E: gone" for name in "abc" if name not in complete
    }
    assert found.heard[-1] == "b"


def test_in_the_first_pass_that_is_all_of_them(fake):
    loads = iter([{}, {}, {"failed": "E: gone"}])
    answers = {
        "leg": at_its_leg("a", 1, WorkerLost("died", "")),
        "load": lambda: next(loads),
    }
    found = fake(case("a"), case("b"), case("c"), answers=answers, blocks=2)
    assert not found.outcome.blocks
    assert found.outcome.losses.keys() == {"a", "b", "c"}
    assert found.outcome.losses["b"].reason == found.outcome.losses["c"].reason == "E: gone"


def test_no_worker_starts_for_blocks_of_what_is_lost(fake):
    answers = {"leg": at_its_leg("a", 1, WorkerLost("died", ""))}
    found = fake(case("a"), answers=answers, blocks=4)
    assert found.outcome.losses["a"].reason == "died"
    assert len(found.started) == 2


def test_what_killed_its_worker_keeps_its_reason_if_the_suite_no_longer_loads(fake):
    loads = iter([{}, {}, {"failed": "E: gone"}])
    answers = {
        "leg": at_its_leg("a", 1, WorkerLost("died", "")),
        "load": lambda: next(loads),
    }
    found = fake(case("a"), case("b"), answers=answers, blocks=4)
    reasons = {name: loss.reason for name, loss in found.outcome.losses.items()}
    assert reasons == {"a": "died", "b": "E: gone"}


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
