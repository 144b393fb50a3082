import contextlib
from dataclasses import replace

import pytest

from cnnfc.errors import CannotMeasure
from cnnfc.gate.measuring.listing import Listed
from cnnfc.gate.measuring.setting import Protocol
from cnnfc.gate.policy.policy import Policy
from cnnfc.gate.whole import Answer
from cnnfc.studies.gate import runs
from cnnfc.studies.gate.runs import INJECTIONS, PATIENT, POLICY, draw_injections, made_by, run_gate
from cnnfc.verdicts import BenchmarkResult, Effect, Verdict, benchmark_id

NAMES = [f"case {place}" for place in range(14)]


def test_half_of_the_benchmarks_get_one_slowdown_each_another_one():
    drawn = draw_injections(NAMES, 1)
    assert len(drawn) == 7
    assert len(set(drawn.values())) == 7
    assert set(drawn.values()) < set(INJECTIONS)
    assert drawn == draw_injections(NAMES, 1)
    assert drawn != draw_injections(NAMES, 2)


def test_over_many_runs_every_benchmark_gets_every_slowdown():
    seen = {pair for seed in range(400) for pair in draw_injections(NAMES, seed).items()}
    assert len(seen) == 14 * len(INJECTIONS)


def test_few_benchmarks_get_few_slowdowns():
    assert len(draw_injections(NAMES[:4], 1)) == 2
    assert len(draw_injections(NAMES[:1], 1)) == 1


def test_another_protocol_or_policy_is_another_gate():
    texts = {
        made_by(),
        made_by(Protocol(leg_seconds=1.0)),
        made_by(policy=Policy(miss=0.123)),
        made_by(policy=Policy(false_red=0.123)),
        made_by(policy=Policy()),
    }
    assert len(texts) == 5


def test_a_gate_of_the_study_has_two_minutes_and_twice_that_where_code_is_slower():
    assert Policy(budget=120.0) == POLICY
    assert Policy(budget=240.0) == PATIENT
    assert "120 s" in made_by()


def test_half_of_the_calls_can_be_slowed_as_well():
    assert (INJECTIONS["half"].every, INJECTIONS["half"].fraction) == (2, 0.05)


class FakeSuite:
    """Two benchmarks and no sides."""

    def sides(self, folder, change):
        return ("sides", change)

    def chosen(self, setting):
        return tuple(
            Listed(benchmark_id("a.time_b", (p,)), "a.time_b", (p,), 0, "both", "time", "s", 60.0)
            for p in ("1", "2")
        )


def answered(**more):
    effect = Effect(1.03, 1.02, 1.04, 0.95, 0.01, 3)
    values = {"pair_values": (0.03, 0.0312, 0.029), "tail_values": (0.01, 0.0, -0.01)}
    common = {"name": "a.time_b", "kind": "time", "unit": "seconds", "threshold": 0.03}
    red = BenchmarkResult(
        params=("1",), verdict=Verdict.REGRESSION, reason="slower", effect=effect,
        confirmed=effect, **values, **common,
    )  # fmt: skip
    broken = BenchmarkResult(params=("2",), verdict=Verdict.BROKEN, reason="raised", **common)
    return Answer((red, broken), pairs=3, **more)


def test_a_gate_is_kept_with_its_verdicts_and_its_pairs(monkeypatch):
    asked = []
    monkeypatch.setattr(runs, "judge", lambda request, watch: asked.append(request) or answered())
    point = run_gate(FakeSuite(), "quiet", 5, injected=True)
    kind = next(iter(draw_injections(["a.time_b[1]", "a.time_b[2]"], 5).values()))
    slowed = next(iter(asked[0].injections))
    assert asked[0].injections == {slowed: INJECTIONS[kind]}
    assert asked[0].seed == 5
    expected = {
        "a.time_b[1]": {
            "verdict": "regression",
            "values": "300 312 290",
            "tail": "100 0 -100",
            "confirmed": [1.03, 3],
        },
        "a.time_b[2]": {"verdict": "broken", "reason": "raised"},
    }
    if "values" in expected[slowed]:
        expected[slowed]["injected"] = kind
    assert point["cases"] == expected
    assert (point["pairs"], point["red"]) == (3, True)
    assert asked[0].policy == PATIENT


@pytest.mark.parametrize(
    ("load", "cpus", "counted"),
    [
        ("quiet", 0.1, "quiet"),
        ("quiet", 0.11, "disturbed"),
        ("busy", 0.1, "busy"),
        ("busy", 0.11, "disturbed"),
    ],
)
def test_a_gate_beside_others_is_disturbed_and_not_busy(monkeypatch, load, cpus, counted):
    ended = []

    @contextlib.contextmanager
    def under(load, seed):
        yield
        ended.append(load)

    def asked(_self):
        # Only then is the load of the study itself no other's.
        assert ended == [load]
        return cpus

    monkeypatch.setattr(runs, "under", under)
    monkeypatch.setattr(runs.Others, "cpus", asked)
    monkeypatch.setattr(runs, "judge", lambda request, watch: answered())
    point = run_gate(FakeSuite(), load, 5)
    assert (point["load"], point["others"]) == (counted, cpus)


@pytest.mark.parametrize(("side", "is_red"), [("contender", True), ("baseline", False)])
def test_a_gate_is_red_by_its_exit_code(monkeypatch, side, is_red):
    slower, broken = answered().results
    results = (replace(slower, verdict=Verdict.PASS), replace(broken, failed_on=(side,)))
    monkeypatch.setattr(runs, "judge", lambda request, watch: Answer(results))
    assert run_gate(FakeSuite(), "quiet", 5)["red"] is is_red


def test_looking_for_benchmarks_is_in_the_time_of_a_gate(monkeypatch):
    now = [100.0]

    class Slow(FakeSuite):
        def sides(self, folder, change):
            now[0] += 1000.0
            return super().sides(folder, change)

        def chosen(self, setting):
            now[0] += 4.0
            return super().chosen(setting)

    monkeypatch.setattr(runs.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(runs, "judge", lambda request, watch: answered())
    assert run_gate(Slow(), "quiet", 5)["seconds"] == 4.0


def test_an_interrupted_gate_is_not_kept(monkeypatch):
    monkeypatch.setattr(runs, "judge", lambda request, watch: answered(interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        run_gate(FakeSuite(), "quiet", 5)


def test_a_gate_without_a_value_is_a_reason(monkeypatch):
    nothing = Answer((answered().results[1],))
    monkeypatch.setattr(runs, "judge", lambda request, watch: nothing)
    with pytest.raises(CannotMeasure, match="raised"):
        run_gate(FakeSuite(), "quiet", 5)
