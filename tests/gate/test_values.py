"""Workers that say what they are told to; one test asks real ones."""

import contextlib
import math
import random
from dataclasses import replace
from types import SimpleNamespace

import pytest

from cnnfc.gate import values
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.measuring import value_processes
from cnnfc.gate.measuring.listing import list_both
from cnnfc.gate.measuring.survey import survey
from cnnfc.gate.measuring.worker_process import WorkerLost
from cnnfc.verdicts import Verdict

CASE = GatedCase("it.track_it", "it.track_it", (), 0, kind="track", unit="apples")
HIGHER = GatedCase("it.track_it", "it.track_it", (), 0, kind="track", higher_is_better=True)
PEAK = GatedCase("it.peakmem_it", "it.peakmem_it", (), 0, kind="peakmem", unit="bytes")


@pytest.fixture
def told(make_setting, monkeypatch):
    """Judges one case whose sides answer as told, in turn; the last answer is said again."""

    def judge(case, baseline, contender, threshold=0.0, cases=None, **limits):
        answers = {"baseline": list(baseline), "contender": list(contender)}
        workers, slots = [], set()

        class Fake:
            def __init__(self, role, slot):
                self.role = role
                slots.add((role, slot))

            def __enter__(self):
                workers.append(self.role)
                return self

            def __exit__(self, *_):
                pass

            def ask(self, op, timeout, **place):
                assert (op, place["benchmark"]) == ("value", case.name)
                assert timeout > case.timeout
                left = answers[self.role]
                answer = left.pop(0) if len(left) > 1 else left[0]
                if isinstance(answer, Exception):
                    raise answer
                return answer if isinstance(answer, dict) else {"value": answer}

        monkeypatch.setattr(
            value_processes, "start", lambda _, side, slot, *__: Fake(side.role, slot)
        )
        judged = values.Judged()
        found = SimpleNamespace(judged=judged, workers=workers, slots=slots)
        with contextlib.suppress(KeyboardInterrupt):
            values.judge(
                make_setting(""),
                cases or [case],
                lambda _: threshold,
                "cnnfc gate main",
                random.Random(1),  # noqa: S311 - coins, not secrets
                judged=judged,
                **limits,
            )
        found.result = judged.results[0] if judged.results else None
        found.skipped = judged.skipped
        return found

    return judge


BOTH = {"baseline", "contender"}


def rounds(workers):
    return [{*pair} for pair in zip(workers[::2], workers[1::2], strict=True)]


def test_the_same_exact_value_passes(told):
    found = told(CASE, [3], [3])
    assert found.result.verdict is Verdict.PASS
    assert found.result.reason == "the same value"
    assert (found.result.baseline, found.result.contender) == (3, 3)
    assert found.result.effect.ratio == 1
    assert found.result.unit == "apples"
    # In rounds, each value by a process of its own.
    assert rounds(found.workers) == [BOTH] * 3


@pytest.mark.parametrize(
    ("case", "baseline", "contender", "verdict"),
    [
        (CASE, 100, 101, Verdict.REGRESSION),
        (CASE, 100, 99, Verdict.IMPROVEMENT),
        (HIGHER, 100, 99, Verdict.REGRESSION),
        (HIGHER, 100, 101, Verdict.IMPROVEMENT),
    ],
)
def test_an_exact_value_fails_by_any_worsening(told, case, baseline, contender, verdict):
    result = told(case, [baseline], [contender]).result
    assert result.verdict is verdict
    # Above 1 is worse, whichever way is up.
    assert (result.effect.ratio > 1) == (verdict is Verdict.REGRESSION)
    assert math.isclose(abs(math.log(result.effect.ratio)), abs(math.log(contender / baseline)))
    assert " by 1%" in result.reason
    assert result.fails == (verdict is Verdict.REGRESSION)
    assert result.command == "cnnfc gate main --bench '^it\\.track_it$'"


def test_what_seems_worse_is_asked_for_again(told):
    found = told(CASE, [100], [101])
    assert rounds(found.workers) == [BOTH] * 6
    assert found.result.reason == (
        "worse by 1% in every one of 6 processes a side (threshold any amount)"
    )
    assert len(found.result.pair_values) == 6


@pytest.mark.parametrize(
    ("contender", "verdict"),
    [
        (1.04, Verdict.PASS),
        (1.06, Verdict.REGRESSION),
        (0.94, Verdict.IMPROVEMENT),
        (0.96, Verdict.PASS),
    ],
)
def test_memory_fails_by_its_threshold(told, contender, verdict):
    result = told(PEAK, [2.0**30], [contender * 2.0**30], threshold=0.05).result
    assert result.verdict is verdict
    assert result.threshold == 0.05
    assert ("more memory by 6%" in result.reason) == (verdict is Verdict.REGRESSION)


def test_a_noisy_value_that_is_exact_by_the_policy_is_inconclusive(told):
    result = told(CASE, [100, 101, 100], [100, 99, 102]).result
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "differs between processes of one commit" in result.reason
    assert "[[tool.cnnfc.gate.overrides]]" in result.reason


def test_a_noisy_value_fails_only_if_every_process_is_worse(told):
    worse = told(CASE, [100, 101, 99], [110, 112, 111], threshold=0.05)
    assert worse.result.verdict is Verdict.REGRESSION
    assert "by 12.1%" in worse.result.reason
    mixed = told(CASE, [100, 101, 99], [110, 100, 111], threshold=0.05)
    assert mixed.result.verdict is Verdict.INCONCLUSIVE
    assert mixed.result.reason == "worse by 10% on the whole, but not in every process"
    # The second half takes the first back.
    back = told(CASE, [100], [110, 110, 110, 100], threshold=0.05)
    assert back.result.verdict is Verdict.PASS
    assert len(back.result.pair_values) == 6


@pytest.mark.parametrize(
    ("case", "baseline", "contender", "verdict", "words"),
    [
        (CASE, 0, 0, Verdict.PASS, "the same value"),
        (CASE, 0, 5, Verdict.REGRESSION, "worse (0 to 5) in every one"),
        (HIGHER, 0, 5, Verdict.IMPROVEMENT, "better (0 to 5)"),
        (CASE, -4, -2, Verdict.REGRESSION, "worse by 50% in every one"),
        (CASE, -4, -8, Verdict.IMPROVEMENT, "better by 100%"),
    ],
)
def test_values_that_are_not_above_zero_have_no_ratio_but_a_verdict(
    told, case, baseline, contender, verdict, words
):
    result = told(case, [baseline], [contender]).result
    assert result.verdict is verdict
    assert words in result.reason
    assert result.effect is None
    assert (result.baseline, result.contender) == (baseline, contender)


def test_no_number_on_the_baseline_is_inconclusive(told):
    result = told(CASE, [math.inf], [3]).result
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason == "it gives no number (inf) on the baseline"
    result = told(CASE, [None], [math.nan]).result
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason == "it gives no number (None) on either side"


@pytest.mark.parametrize("given", [None, math.nan, "many"])
def test_a_contender_that_gives_no_number_any_more_is_broken(told, given):
    for contender in ([given], [3, 3, given]):
        result = told(CASE, [3], contender).result
        assert result.verdict is Verdict.BROKEN
        assert result.reason == (f"fails on the contender: it gives no number ({given}) any more")
        assert result.failed_on == ("contender",)
        assert result.fails


def test_who_is_asked_first_is_drawn_for_every_round(told):
    order = told(CASE, [3], [4], cases=[CASE] * 10).workers
    first = order[::2]
    assert rounds(order) == [BOTH] * 60
    # 30 of 60 with a standard deviation of 4; the first value of a case is no exception.
    assert 15 < first.count("baseline") < 45
    assert {*order[::12]} == BOTH


def test_no_side_owns_a_folder_and_both_keep_theirs(told):
    found = told(CASE, [3], [4])
    assert sorted(slot for _, slot in found.slots) == [0, 1]


def test_where_any_worsening_fails_one_exact_side_is_enough(told):
    """The baseline says 100 in six processes, and not one of the contender is as good."""
    result = told(CASE, [100], [110, 111, 112]).result
    assert result.verdict is Verdict.REGRESSION
    assert "in every one of 6 processes a side" in result.reason
    assert told(CASE, [100, 101, 102], [110]).result.verdict is Verdict.REGRESSION
    assert told(CASE, [100, 101], [110, 111]).result.verdict is Verdict.INCONCLUSIVE
    # One of the contender is as good as the baseline.
    assert told(CASE, [100], [110, 111, 112, 100]).result.verdict is Verdict.INCONCLUSIVE


def test_what_is_judged_survives_an_interrupt(told):
    other = replace(CASE, id="it.track_other")

    def watch(case):
        if case == other.id:
            raise KeyboardInterrupt

    found = told(CASE, [3], [3], cases=[CASE, other], watch=watch)
    assert [one.verdict for one in found.judged.results] == [Verdict.PASS]


def test_what_the_budget_leaves_no_time_for_is_inconclusive_and_named(told):
    now = iter([0.0, 0.0, 9.0, 10.0, 11.0])
    cases = [replace(CASE, id=f"it.track_{n}", params=(str(n),)) for n in range(4)]
    found = told(CASE, [3], [3], cases=cases, seconds=10.0, clock=lambda: next(now))
    assert [str(one.verdict) for one in found.judged.results] == [
        "pass",
        "pass",
        "inconclusive",
        "inconclusive",
    ]
    assert found.judged.not_taken == ["it.track_2", "it.track_3"]
    assert found.judged.results[2].reason == "no value was taken before the time budget ended"
    assert found.judged.results[2].params == ("2",)


def test_a_process_that_has_only_skipped_answers_the_next_question(told):
    skip = {"skipped": "no GPU"}
    found = told(CASE, [skip, skip, 3], [skip, skip, 3], cases=[CASE] * 3)
    assert len(found.skipped) == 2
    assert found.judged.results[0].verdict is Verdict.PASS
    # One process a side for two skips and the first value.
    assert rounds(found.workers) == [BOTH] * 3


def test_a_failure_on_the_contender_alone_is_red(told):
    result = told(CASE, [3], [{"failed": "E: no", "traceback": "Traceback ..."}]).result
    assert result.verdict is Verdict.BROKEN
    assert result.reason == "fails on the contender: E: no"
    assert result.failed_on == ("contender",)
    assert result.failure == "Traceback ..."
    assert result.fails


def test_a_failure_on_both_sides_is_not_red(told):
    result = told(CASE, [WorkerLost("died", "x")], [{"failed": "E: no"}]).result
    assert result.failed_on == ("baseline", "contender")
    assert result.reason == "fails on the baseline and the contender: died; its last words: x"
    assert not result.fails


def test_a_process_that_dies_later_breaks_the_benchmark(told):
    found = told(CASE, [3], [3, 3, WorkerLost("was killed", "no memory")])
    assert found.result.verdict is Verdict.BROKEN
    assert found.result.failure == "no memory"
    assert rounds(found.workers) == [BOTH] * 3


@pytest.mark.parametrize(
    ("role", "verdict"), [("baseline", Verdict.NEW), ("contender", Verdict.MISSING)]
)
def test_a_skip_on_one_side_is_new_or_missing(told, role, verdict):
    answers = {"baseline": [3], "contender": [3], role: [{"skipped": "no GPU"}]}
    result = told(CASE, answers["baseline"], answers["contender"]).result
    assert result.verdict is verdict
    assert result.reason == f"the {role} skips it: no GPU"


def test_a_skip_on_both_sides_is_skipped(told):
    found = told(CASE, [{"skipped": "no GPU"}], [{"skipped": "no GPU here"}])
    assert found.result is None
    assert [(one.name, one.reason) for one in found.skipped] == [("it.track_it", "no GPU here")]


def test_real_processes_are_fresh_for_every_value(make_setting, monkeypatch):
    monkeypatch.setattr(values, "PROCESSES", 2)
    suite = """
import os, sys, tiny

calls = 0

class S:
    params = [1, 2, 3]

    def setup(self, n):
        if n < 3:
            raise NotImplementedError("too small")

    def track_calls(self, n):
        global calls
        calls += 1
        return calls

def peakmem_it():
    if tiny.ROLE == "contender":
        bytearray(b"1") * 2**28

def track_ends():
    os._exit(0)
"""
    setting = make_setting(suite)
    found = survey(setting, list_both(setting))
    judged = values.Judged()
    values.judge(
        found.setting,
        found.cases,
        lambda case: 0.05 if case.kind == "peakmem" else 0.0,
        "gate",
        random.Random(1),  # noqa: S311 - coins, not secrets
        judged=judged,
    )
    verdicts = {one.id: one.verdict for one in judged.results}
    assert verdicts == {
        "it.S.track_calls[3]": Verdict.PASS,
        "it.peakmem_it": Verdict.REGRESSION,
        "it.track_ends": Verdict.BROKEN,
    }
    assert [one.params for one in judged.skipped] == [("1",), ("2",)]
    (ends,) = (one for one in judged.results if one.verdict is Verdict.BROKEN)
    assert ends.failed_on == ("baseline", "contender")
