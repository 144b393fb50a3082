from dataclasses import replace
from pathlib import Path

import pytest

from cnnfc.commands.bisect.search import Answer, Side
from cnnfc.commands.bisect.trial import Interrupted, Trial
from cnnfc.gate.measuring.listing import Listed
from cnnfc.verdicts import (
    BenchmarkResult,
    Effect,
    GateReport,
    SideFacts,
    SkippedBenchmark,
    Verdict,
)

TRIAL = Trial(
    benchmark="conv.Forward.time_layer",
    parameters=("conv2d.3-64.k3.hw32", "cpu-1"),
    good="a" * 40,
    bad="b" * 40,
    factor=1.2,
    slower_after=True,
    folder=Path("out"),
)
QUICKER = replace(TRIAL, slower_after=False)


def _report(*results, **fields):
    side = SideFacts("x", None, None)
    report = GateReport(
        baseline=side,
        contender=side,
        machine="oak",
        hardware={},
        started_at="",
        finished_at="now",
        seconds=1.0,
        seed=1,
        pairs=9,
        strict=False,
        policy={},
        command="",
        benchmarks=results,
    )
    return replace(report, **fields)


def _result(verdict, ratio=1.1, kind="time", effect=True):
    return BenchmarkResult(
        name="b",
        params=(),
        kind=kind,
        unit="seconds",
        verdict=verdict,
        reason="so it is",
        threshold=0.1,
        effect=Effect(ratio, ratio - 0.01, ratio + 0.01, 0.95, 0.01, 9) if effect else None,
    )


@pytest.mark.parametrize(
    ("verdict", "side", "turned"),
    [
        (Verdict.REGRESSION, Side.AFTER, Side.BEFORE),
        (Verdict.PASS, Side.BEFORE, Side.AFTER),
        (Verdict.IMPROVEMENT, Side.BEFORE, Side.AFTER),
        (Verdict.INCONCLUSIVE, Side.UNCLEAR, Side.UNCLEAR),
        (Verdict.MACHINE_MOVED, Side.UNCLEAR, Side.UNCLEAR),
        (Verdict.BROKEN, Side.BROKEN, Side.BROKEN),
        (Verdict.MISSING, Side.BROKEN, Side.BROKEN),
        (Verdict.NEW, Side.BROKEN, Side.BROKEN),
    ],
)
def test_a_commit_as_slow_as_the_slower_end_belongs_to_it(verdict, side, turned):
    report = _report(_result(verdict))
    assert TRIAL._answer(report) == Answer(
        side, "so it is", 1.1, pytest.approx(1.09), pytest.approx(1.11)
    )
    assert QUICKER._answer(report).side is turned


def test_a_verdict_without_pairs_has_no_ratio():
    assert TRIAL._answer(_report(_result(Verdict.BROKEN, effect=False))) == Answer(
        Side.BROKEN, "so it is"
    )


@pytest.mark.parametrize(
    ("ratio", "side"),
    # Thirds of the way to 1.2, of logarithms, are at 1.0627 and 1.1292.
    [
        (1.0, Side.BEFORE),
        (1.062, Side.BEFORE),
        (1.064, Side.UNCLEAR),
        (1.128, Side.UNCLEAR),
        (1.131, Side.AFTER),
        (1.5, Side.AFTER),
        (0.5, Side.BEFORE),
    ],
)
def test_a_value_that_is_no_time_belongs_to_the_end_that_it_is_nearer_to(ratio, side):
    # The policy fails any worsening of these, however small a part of the change.
    assert TRIAL._answer(_report(_result(Verdict.REGRESSION, ratio, "track"))).side is side


def test_a_value_that_is_no_time_and_cannot_be_taken_is_broken():
    assert TRIAL._answer(_report(_result(Verdict.BROKEN, 1.5, "track"))).side is Side.BROKEN
    nothing = _result(Verdict.REGRESSION, kind="track", effect=False)
    assert TRIAL._answer(_report(nothing)).side is Side.AFTER


def test_a_benchmark_that_is_skipped_is_broken_with_its_reason():
    report = _report(skipped=(SkippedBenchmark("b", (), "no GPU here"),))
    assert TRIAL._answer(report) == Answer(Side.BROKEN, "no GPU here")
    assert TRIAL._answer(_report()).side is Side.BROKEN


def test_a_gate_that_ended_early_is_no_answer():
    report = _report(_result(Verdict.PASS), finished_at=None, notes=("disk full",))
    with pytest.raises(Interrupted, match="disk full"):
        TRIAL._answer(report)


@pytest.mark.parametrize(
    ("factor", "threshold"), [(1.2, 0.1), (1.001, 0.005), (9.0, 1.0), (None, 0.005)]
)
def test_the_threshold_is_half_of_the_change_within_what_a_gate_takes(factor, threshold):
    assert replace(TRIAL, factor=factor).threshold == pytest.approx(threshold)


def test_the_quicker_end_is_what_is_compared_with():
    assert (TRIAL.quicker_end, TRIAL.slower_end) == ("a" * 40, "b" * 40)
    assert (QUICKER.quicker_end, QUICKER.slower_end) == ("b" * 40, "a" * 40)


@pytest.mark.parametrize(
    ("name", "params", "same"),
    [
        ("conv.Forward.time_layer", ("'conv2d.3-64.k3.hw32'", "'cpu-1'"), True),
        ("conv.Forward.time_layer", ("conv2d.3-64.k3.hw32", "'cpu-1'"), True),
        ("conv.Forward.time_layer", ("'conv2d.3-64.k3.hw32'", "'cpu-2'"), False),
        ("conv.Forward.time_layer", ("'conv2d.3-64.k3.hw32'",), False),
        ("conv.Forward.time_layers", ("'conv2d.3-64.k3.hw32'", "'cpu-1'"), False),
    ],
)
def test_the_benchmark_of_the_gate_is_found_by_its_written_parameters(name, params, same):
    listed = Listed("id", name, params, 0, "both", "time", "seconds", 60.0)
    assert TRIAL._is_it(listed) is same
