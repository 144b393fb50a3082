import pytest

from cnnfc.errors import CannotMeasure
from cnnfc.gate.listing import Listed
from cnnfc.gate.pairs import Protocol
from cnnfc.gate.policy import Policy
from cnnfc.gate.whole import Answer
from cnnfc.studies.gate import runs
from cnnfc.studies.gate.runs import INJECTIONS, draw_injections, made_by, run_gate
from cnnfc.verdicts import BenchmarkResult, Effect, Verdict, benchmark_id

NAMES = [f"case {place}" for place in range(14)]


def test_half_of_the_benchmarks_get_one_slowdown_each_another_one():
    drawn = draw_injections(NAMES, 1)
    assert len(drawn) == 7
    assert sorted(drawn.values()) == sorted(INJECTIONS)
    assert drawn == draw_injections(NAMES, 1)
    assert drawn != draw_injections(NAMES, 2)


def test_over_many_runs_every_benchmark_gets_every_slowdown():
    seen = {pair for seed in range(300) for pair in draw_injections(NAMES, seed).items()}
    assert len(seen) == 14 * 7


def test_few_benchmarks_get_few_slowdowns():
    assert len(draw_injections(NAMES[:4], 1)) == 2
    assert len(draw_injections(NAMES[:1], 1)) == 1


def test_another_protocol_or_policy_is_another_gate():
    texts = {
        made_by(),
        made_by(Protocol(leg_seconds=1.0)),
        made_by(policy=Policy(miss=0.123)),
        made_by(policy=Policy(false_red=0.123)),
    }
    assert len(texts) == 4


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
    assert (point["load"], point["pairs"]) == ("quiet", 3)


def test_an_interrupted_gate_is_not_kept(monkeypatch):
    monkeypatch.setattr(runs, "judge", lambda request, watch: answered(interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        run_gate(FakeSuite(), "quiet", 5)


def test_a_gate_without_a_value_is_a_reason(monkeypatch):
    nothing = Answer((answered().results[1],))
    monkeypatch.setattr(runs, "judge", lambda request, watch: nothing)
    with pytest.raises(CannotMeasure, match="raised"):
        run_gate(FakeSuite(), "quiet", 5)
