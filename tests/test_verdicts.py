from dataclasses import replace

import pytest

from cnnfc.verdicts import (
    BenchmarkResult,
    Effect,
    GateReport,
    SideFacts,
    Verdict,
    benchmark_id,
)

EFFECT = Effect(1.1, 1.05, 1.15, 0.95, 0.01, 9)
UNMEASURED = (Verdict.BROKEN, Verdict.MISSING, Verdict.NEW)


def one(verdict, name="a.time_b", **fields):
    fields.setdefault("effect", None if verdict in UNMEASURED else EFFECT)
    return BenchmarkResult(name, (), "time", "seconds", verdict, "because", 0.03, **fields)


def report(*benchmarks, **fields):
    made = GateReport(
        baseline=SideFacts("main", "a" * 40, "b" * 40),
        contender=SideFacts("work tree", None, None),
        machine="box",
        hardware={},
        started_at="2026-01-02T03:04:05+00:00",
        finished_at="2026-01-02T03:05:05+00:00",
        seconds=60.0,
        seed=1,
        pairs=9,
        strict=False,
        policy={},
        command="cnnfc gate main",
        benchmarks=benchmarks,
    )
    return replace(made, **fields)


def test_a_regression_fails_unless_it_is_waived():
    assert one(Verdict.REGRESSION).fails
    assert not one(Verdict.REGRESSION, waived_by="a.*").fails


@pytest.mark.parametrize(
    ("sides", "fails"),
    [
        (("contender",), True),
        (("baseline",), False),
        (("baseline", "contender"), False),
        ((), False),
    ],
)
def test_a_broken_benchmark_fails_if_the_contender_alone_breaks_it(sides, fails):
    assert one(Verdict.BROKEN, failed_on=sides).fails is fails


@pytest.mark.parametrize(
    "verdict", [v for v in Verdict if v not in (Verdict.REGRESSION, Verdict.BROKEN)]
)
def test_no_other_verdict_fails(verdict):
    assert not one(verdict, failed_on=("contender",)).fails


def test_verdicts_are_counted():
    found = report(one(Verdict.PASS), one(Verdict.NEW), one(Verdict.PASS))
    assert [found.count(v) for v in (Verdict.PASS, Verdict.NEW, Verdict.BROKEN)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("verdicts", "code", "strict_code"),
    [
        ((Verdict.PASS,), 0, 0),
        ((Verdict.IMPROVEMENT, Verdict.NEW), 0, 0),
        ((Verdict.PASS, Verdict.INCONCLUSIVE), 0, 3),
        ((Verdict.PASS, Verdict.MISSING), 0, 3),
        ((Verdict.PASS, Verdict.BROKEN), 0, 0),
        ((Verdict.MACHINE_MOVED, Verdict.INCONCLUSIVE), 4, 4),
        ((Verdict.REGRESSION, Verdict.MACHINE_MOVED, Verdict.INCONCLUSIVE), 1, 1),
        ((Verdict.BROKEN, Verdict.NEW, Verdict.MACHINE_MOVED), 4, 4),
        # Nothing has an answer, however many pairs there are.
        ((Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE), 5, 5),
        ((), 5, 5),
        ((Verdict.BROKEN, Verdict.MISSING, Verdict.NEW), 5, 5),
    ],
)
def test_the_exit_code_is_the_first_that_applies(verdicts, code, strict_code):
    found = report(*map(one, verdicts))
    assert found.exit_code == code
    assert replace(found, strict=True).exit_code == strict_code


def test_a_gate_that_only_shows_what_the_contender_broke_is_red():
    assert report(one(Verdict.BROKEN, failed_on=("contender",))).exit_code == 1


def test_a_waived_regression_is_no_red():
    assert report(one(Verdict.REGRESSION, waived_by="a.*")).exit_code == 0


def test_benchmarks_that_were_chosen_and_not_measured_are_not_green():
    assert report(one(Verdict.INCONCLUSIVE, effect=None)).exit_code == 5


def test_a_self_test_that_breaks_something_on_the_contender_has_failed():
    slowed = one(Verdict.REGRESSION, "a")
    broken = one(Verdict.BROKEN, "b", failed_on=("contender",))
    assert not report(slowed, broken, selftest=("a",)).selftest_passed
    # What is broken on both sides is so without the gate.
    broken = one(Verdict.BROKEN, "b", failed_on=("baseline", "contender"))
    assert report(slowed, broken, selftest=("a",)).selftest_passed


def test_an_interrupted_gate_says_so_whatever_it_found():
    found = report(one(Verdict.REGRESSION), finished_at=None)
    assert found.exit_code == 130
    assert replace(found, selftest=("a.time_b",)).exit_code == 130


@pytest.mark.parametrize(
    ("slower", "slowed_down", "code"),
    [
        (("a", "b"), ("b", "a"), 0),
        (("a",), ("a", "b"), 1),
        (("a", "b"), ("a",), 1),
        ((), ("a",), 1),
        # Nothing was slowed down: nothing is shown by nothing being found.
        ((), (), 1),
    ],
)
def test_a_self_test_passes_if_exactly_what_was_slowed_down_is_found(slower, slowed_down, code):
    results = [one(Verdict.REGRESSION if n in slower else Verdict.PASS, n) for n in ("a", "b")]
    found = report(*results, selftest=slowed_down)
    assert found.selftest_passed is (code == 0)
    assert found.exit_code == code


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ((), "a.time_b"),
        (("'dense.64-64'", "'cpu-1'"), "a.time_b[dense.64-64-cpu-1]"),
        (("(1, 2)", "None"), "a.time_b[1--2-None]"),
        (("1",), "a.time_b[1]"),
        (("-1",), "a.time_b[-1]"),
        (("'-1'", "-0.5"), "a.time_b[-1--0.5]"),
        (("''",), "a.time_b[]"),
    ],
)
def test_an_id_is_made_of_letters_that_pytest_can_choose_by(params, expected):
    assert benchmark_id("a.time_b", params) == expected
    assert replace(one(Verdict.PASS), params=params).id == expected
