"""One gate of everything that can come out of one, and what happens around it with fakes."""

from dataclasses import replace

import pytest

from cnnfc.analysis.paired import Rule
from cnnfc.gate import schedule, whole
from cnnfc.gate.cases import GatedCase, Injection
from cnnfc.gate.measuring import pairs
from cnnfc.gate.measuring.legs import Block, Leg
from cnnfc.gate.measuring.listing import Listed, list_both
from cnnfc.gate.measuring.losses import Loss
from cnnfc.gate.measuring.pairs import PairOutcome
from cnnfc.gate.measuring.survey import Survey
from cnnfc.gate.measuring.worker_process import WorkerLost
from cnnfc.gate.policy.policy import Policy
from cnnfc.gate.whole import Request, judge
from cnnfc.verdicts import SkippedBenchmark, Verdict

#: Coarse, so that a few short pairs decide.
COARSE = Policy(
    threshold=0.5,
    tail_threshold=1.0,
    canary_tolerance=1.0,
    false_red=0.4,
    miss=0.4,
    largest_pairs=8,
)

#: Whatever is HERE is done by the contender alone; LATER is after the survey, whose seed is 0.
SUITE = """
import os, sys, tiny
from asv_runner.benchmarks.mark import SkipNotImplemented

HERE = tiny.ROLE == "contender"
LATER = os.environ["PYTHONHASHSEED"] != "0"

def time_same():
    print("garbage")

def time_slower():
    for _ in range(2000 if HERE else 100):
        pass

def time_quicker():
    for _ in range(100 if HERE else 2000):
        pass

def time_breaks():
    if HERE:
        raise ValueError("no such kernel")

def time_breaks_on_the_baseline():
    if not HERE:
        raise ValueError("no such kernel")

def time_breaks_everywhere():
    raise ValueError("no such kernel")

def time_crashes_later():
    if HERE and LATER:
        print("out of cheese")
        os._exit(1)

def time_skips_now():
    if HERE:
        raise SkipNotImplemented("no such device")

def time_skips():
    raise SkipNotImplemented("no such device")

def track_same():
    return 7

def mem_same():
    return [1, 2, 3]

def time_young():
    pass
"""
OLD = SUITE.replace("time_young", "time_old")


class Quiet:
    """Hears everything; `stop` raises after so many pairs, or at a case."""

    def __init__(self, stop=None):
        self.pairs, self.cases, self.phases, self.stop = [], [], [], stop

    def begin(self, phase):
        self.phases.append(phase)

    def case(self, case):
        self.cases.append(case)
        if case == self.stop:
            raise KeyboardInterrupt

    def pair(self, trials, pairs, seconds_left):
        self.pairs.append((pairs, seconds_left))
        if pairs == self.stop:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def _pairs_are_short(monkeypatch):
    monkeypatch.setattr(schedule, "WORTHWHILE", 0.0)
    monkeypatch.setattr(pairs, "CANARIES", ("loop",))


def request_of(setting, chosen, **settings):
    fields = {"policy": COARSE, "seed": 1, "protocol": setting.protocol, "command": "cnnfc gate x"}
    return Request(setting.sides, chosen, folder=setting.folder, **{**fields, **settings})


def test_every_verdict_of_one_gate(make_setting):
    setting = make_setting(SUITE, own=OLD)
    answer = judge(request_of(setting, list_both(setting)), watch := Quiet())
    found = {one.name.removeprefix("it."): one for one in answer.results}
    assert {name: str(one.verdict) for name, one in found.items()} == {
        "time_same": "pass",
        "time_slower": "regression",
        "time_quicker": "improvement",
        "time_breaks": "broken",
        "time_breaks_on_the_baseline": "broken",
        "time_breaks_everywhere": "broken",
        "time_crashes_later": "broken",
        "time_skips_now": "missing",
        "time_young": "new",
        "time_old": "missing",
        "track_same": "pass",
        "mem_same": "pass",
    }
    assert {name for name, one in found.items() if one.fails} == {
        "time_slower",
        "time_breaks",
        "time_crashes_later",
    }
    assert answer.skipped == (SkippedBenchmark("it.time_skips", (), "no such device"),)
    slower = found["time_slower"]
    assert slower.effect.ratio > 5
    assert slower.contender > slower.baseline > 0
    assert slower.confirmed.pairs >= 5
    # The suite's own functions are the same on both sides, wherever each has its package.
    assert not any("time_slower" in said for said in slower.explanation["differences"])
    assert found["time_breaks"].reason == "fails on the contender: ValueError: no such kernel"
    assert "in time_breaks" in found["time_breaks"].failure
    assert found["time_breaks_on_the_baseline"].failed_on == ("baseline",)
    assert found["time_breaks_everywhere"].failed_on == ("baseline", "contender")
    assert found["time_crashes_later"].failed_on == ("contender",)
    assert "out of cheese" in found["time_crashes_later"].failure
    assert found["time_skips_now"].reason == "the contender skips it: no such device"
    # In the order of the suite, what is missing at the end.
    assert [one.name for one in answer.results][-1] == "it.time_old"
    assert {one.file for one in answer.results} == {"it.py"}
    assert slower.command == "cnnfc gate x --bench '^it\\.time_slower$'"
    assert found["time_breaks"].command == "cnnfc gate x --bench '^it\\.time_breaks$'"
    assert answer.pairs == watch.pairs[-1][0] >= 10
    assert answer.seconds > 0
    numbers = [f"pair {number + 1}" for number in range(answer.pairs)]
    assert watch.phases == ["survey", *numbers, "values", "explaining"]
    assert {canary.name for canary in answer.canaries} == {"loop"}
    assert not answer.interrupted


def test_a_broken_module_of_the_contender_is_red(make_setting):
    suite = "import tiny\nif tiny.ROLE == 'contender': 1 / 0\ndef time_a(): pass\n"
    setting = make_setting(suite)
    (broken,) = judge(request_of(setting, list_both(setting)), Quiet()).results
    assert broken.verdict is Verdict.BROKEN
    assert broken.fails
    assert broken.reason == "fails on the contender: ZeroDivisionError: division by zero"


def test_an_interrupt_of_the_survey_leaves_nothing_decided(make_setting):
    setting = make_setting("def time_a(): pass\ndef time_b(): pass\n")
    answer = judge(request_of(setting, list_both(setting)), Quiet(stop="it.time_b"))
    assert answer.interrupted
    assert {(one.verdict, one.reason) for one in answer.results} == {
        (Verdict.INCONCLUSIVE, "not measured before the gate was stopped")
    }


LISTED = Listed("it.time_a", "it.time_a", (), 0, "both", "time", "seconds", 60.0)
CASE = GatedCase("it.time_a", "it.time_a", (), 0, seconds=1e-3)


@pytest.fixture
def faked(make_setting, monkeypatch):
    """Judges with a survey that found `cases`; gives the answer and what was to be measured."""

    def answer(
        *cases,
        chosen=(LISTED,),
        losses=None,
        free=2**30,
        then=None,
        watch=None,
        notes=(),
        **settings,
    ):
        heard = []

        def run(course, setting, draw, **limits):
            heard.append((course, setting, limits))
            if then is not None:
                then(course, setting, draw, **limits)

        setting = make_setting("")
        monkeypatch.setattr(
            whole,
            "survey",
            lambda used, *_: Survey(used, list(cases), losses or {}, notes=list(notes)),
        )
        monkeypatch.setattr(whole, "run", run)
        request = request_of(setting, chosen, **settings)
        return judge(request, watch or Quiet(), free=free), heard

    return answer


def test_a_benchmark_that_does_not_fit_twice_is_not_measured(faked):
    answer, heard = faked(replace(CASE, memory=2**29), free=2**30)
    (result,) = answer.results
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason == (
        "not gated: both sides together need 1.0 GiB for it, of which 0.8 GiB are free"
    )
    assert heard[0][0].trials == []


def test_a_benchmark_that_fits_twice_is_measured_in_what_is_free(faked):
    _, heard = faked(replace(CASE, memory=2**28), free=2**30)
    ((course, _, limits),) = heard
    assert [trial.id for trial in course.trials] == ["it.time_a"]
    assert limits["memory"] == int(0.8 * 2**30)
    assert limits["budget"] <= COARSE.budget


def test_benchmarks_of_a_type_that_nobody_compares_are_named(faked):
    odd = replace(LISTED, kind="other")
    answer, _ = faked(replace(CASE, kind="other"), chosen=(odd,))
    assert answer.results[0].reason == ("not gated: benchmarks of the type other are not compared")


def test_slowdowns_are_chosen_from_what_can_be_measured(faked):
    offered = []

    def choose(cases):
        offered.extend(case.id for case in cases)
        return {"it.time_a": Injection(0.1)}

    broken = replace(LISTED, id="it.time_b", name="it.time_b")
    answer, heard = faked(
        CASE,
        replace(CASE, id="it.track_c", name="it.track_c", kind="other"),
        chosen=(LISTED, broken),
        losses={"it.time_b": [Loss("contender", "no")]},
        slow_down=choose,
        injections={"it.time_z": Injection(0.2)},
    )
    assert offered == ["it.time_a"]
    assert answer.slowed_down == ("it.time_a",)
    assert heard[0][1].injections == {"it.time_a": Injection(0.1), "it.time_z": Injection(0.2)}


def test_a_budget_that_ended_is_noted(faked):
    def end(pairs):
        def run(course, *_, **__):
            course.pairs, course.seconds, course.out_of_time = pairs, 20.0 * pairs, True

        return run

    # 2**-5 = 1/32 is enough for a decision of the coarse policy.
    answer, _ = faked(CASE, then=end(5))
    assert answer.notes == (
        "the time budget ended before every benchmark was decided: raise it with --budget",
    )
    answer, _ = faked(CASE, then=end(4), policy=replace(COARSE, budget=90.0))
    assert answer.notes == (
        (
            "the budget of 1 min 30 s is too short for any decision: the first one takes 5 pairs "
            "of about 20 s each; raise it with --budget, or select fewer benchmarks"
        ),
    )
    answer, _ = faked(CASE)
    assert answer.notes == ()


TRACK = replace(CASE, id="it.track_c", name="it.track_c", kind="track")


def test_values_come_after_the_pairs_and_leave_them_most_of_the_budget(faked, monkeypatch):
    given = []
    monkeypatch.setattr(whole.values, "judge", lambda *_, **limits: given.append(limits["seconds"]))
    policy = replace(COARSE, budget=100.0)
    _, heard = faked(CASE, TRACK, policy=policy, watch=(watch := Quiet()))
    # A tenth is kept for them; whatever the pairs leave is theirs too.
    assert 85 < heard[0][2]["budget"] <= 90
    assert 95 < given[0] <= 100
    assert watch.phases == ["survey", "values"]
    _, heard = faked(CASE, policy=policy)
    assert 95 < heard[0][2]["budget"] <= 100


def test_values_that_no_time_was_left_for_are_named(faked, monkeypatch):
    def judge(*_, judged, **__):
        judged.not_taken.extend(f"it.track_{number}" for number in range(7))

    monkeypatch.setattr(whole.values, "judge", judge)
    answer, _ = faked(TRACK)
    assert answer.notes == (
        (
            "the time budget ended before the values of these were taken: it.track_0, it.track_1, "
            "it.track_2, it.track_3, it.track_4 and 2 more; raise it with --budget"
        ),
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (WorkerLost("it did not start", ""), "it did not start"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_what_stops_a_gate_from_outside_leaves_what_was_decided(faked, monkeypatch, error, said):
    def pair(_setting, cases, _draw, **_):
        if len(done) == 7:
            raise error
        done.append(1)
        return PairOutcome({one.id: (block(1.0),) for one in cases})

    done = []
    monkeypatch.setattr(schedule, "measure_pair", pair)
    never = replace(CASE, id="it.time_z", name="it.time_z")
    chosen = [LISTED, replace(LISTED, id="it.time_z", name="it.time_z")]

    def run(course, *arguments, **limits):
        rule = Rule(0.5, 0.0, 0.0)
        course.trials[1].rules = replace(course.trials[1].rules, typical=rule, tail=rule)
        schedule.run(course, *arguments, **limits)

    answer, _ = faked(CASE, never, chosen=chosen, then=run)
    assert answer.interrupted
    assert [one.verdict for one in answer.results] == [Verdict.PASS, Verdict.INCONCLUSIVE]
    assert answer.notes == (f"the gate ended early, what it had decided stands: {said}",)


def test_what_the_survey_notes_is_passed_on(faked):
    answer, _ = faked(CASE, notes=["it ran elsewhere"])
    assert answer.notes == ("it ran elsewhere",)


def test_an_interrupt_keeps_what_is_decided(faked, monkeypatch):
    def pair(_setting, cases, _draw, **_):
        return PairOutcome({one.id: (block(1.0 if "same" in one.id else 9.0),) for one in cases})

    monkeypatch.setattr(schedule, "measure_pair", pair)
    names = ("it.time_same", "it.time_slower", "it.time_never")
    chosen = [replace(LISTED, id=name, name=name) for name in names]
    cases = [replace(CASE, id=name, name=name) for name in names[:2]]
    # Too late for what passes, too early for the fresh pairs that a slowdown takes.
    answer, _ = faked(*cases, chosen=chosen, watch=Quiet(stop=7), then=schedule.run)
    verdicts = {one.name: one.verdict for one in answer.results}
    assert answer.interrupted
    assert answer.pairs == 7
    assert verdicts == {
        "it.time_same": Verdict.PASS,
        "it.time_slower": Verdict.INCONCLUSIVE,
        "it.time_never": Verdict.INCONCLUSIVE,
    }
    assert answer.results[1].effect.ratio == pytest.approx(9.0)
    assert answer.results[2].reason == "not measured before the gate was stopped"


def block(ratio):
    """Four legs in which the contender takes `ratio` milliseconds a call, the baseline one."""
    legs = [Leg((1e-3 * turn,) * 3, 1, 1, None) for turn in (1.0, ratio, ratio, 1.0)]
    return Block("ABBA", tuple(legs))


def test_an_interrupt_of_the_first_pair_leaves_nothing_decided(faked):
    def stop(*_, **__):
        raise KeyboardInterrupt

    answer, _ = faked(CASE, then=stop)
    assert answer.interrupted
    assert answer.results[0].reason == "no pair was measured before the gate ended"
