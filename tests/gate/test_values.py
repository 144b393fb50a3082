"""Workers that say what they are told to; one test asks real ones."""

import math
from types import SimpleNamespace

import pytest

from cnnfc.gate import values
from cnnfc.gate.cases import GatedCase
from cnnfc.gate.listing import list_both
from cnnfc.gate.survey import survey
from cnnfc.gate.worker_process import WorkerLost
from cnnfc.verdicts import Verdict

CASE = GatedCase("it.track_it", "it.track_it", (), 0, kind="track", unit="apples")
HIGHER = GatedCase("it.track_it", "it.track_it", (), 0, kind="track", higher_is_better=True)
PEAK = GatedCase("it.peakmem_it", "it.peakmem_it", (), 0, kind="peakmem", unit="bytes")


@pytest.fixture
def told(make_setting, monkeypatch):
    """Judges one case whose sides answer as told, in turn; the last answer is said again."""

    def judge(case, baseline, contender, threshold=0.0):
        answers = {"baseline": list(baseline), "contender": list(contender)}
        workers = []

        class Fake:
            def __init__(self, role):
                self.role = role

            def __enter__(self):
                workers.append(self.role)
                return self

            def __exit__(self, *_):
                pass

            def ask(self, op, timeout, benchmark, index):
                assert (op, benchmark, index) == ("value", case.name, case.index)
                assert timeout > case.timeout
                left = answers[self.role]
                answer = left.pop(0) if len(left) > 1 else left[0]
                if isinstance(answer, Exception):
                    raise answer
                return answer if isinstance(answer, dict) else {"value": answer}

        monkeypatch.setattr(values, "start", lambda _, side, *__: Fake(side.role))
        results, skipped = values.judge(
            make_setting(""), [case], lambda _: threshold, "cnnfc gate main"
        )
        return SimpleNamespace(
            result=results[0] if results else None, skipped=skipped, workers=workers
        )

    return judge


def test_the_same_exact_value_passes(told):
    found = told(CASE, [3], [3])
    assert found.result.verdict is Verdict.PASS
    assert found.result.reason == "the same value"
    assert (found.result.baseline, found.result.contender) == (3, 3)
    assert found.result.effect.ratio == 1
    assert found.result.unit == "apples"
    # Alternated, each value by a process of its own.
    assert found.workers == ["baseline", "contender"] * 3


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
    assert found.workers == ["baseline", "contender"] * 6
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


def test_no_number_is_inconclusive(told):
    result = told(CASE, [3], [None]).result
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "it gives no number" in result.reason
    assert told(CASE, [math.inf], [3]).result.verdict is Verdict.INCONCLUSIVE


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
    assert found.workers == ["baseline", "contender"] * 3


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
    results, skipped = values.judge(
        found.setting, found.cases, lambda case: 0.05 if case.kind == "peakmem" else 0.0, "gate"
    )
    verdicts = {one.id: one.verdict for one in results}
    assert verdicts == {
        "it.S.track_calls[3]": Verdict.PASS,
        "it.peakmem_it": Verdict.REGRESSION,
        "it.track_ends": Verdict.BROKEN,
    }
    assert [one.params for one in skipped] == [("1",), ("2",)]
    (ends,) = (one for one in results if one.verdict is Verdict.BROKEN)
    assert ends.failed_on == ("baseline", "contender")
