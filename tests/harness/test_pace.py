import pytest

from cnnfc.harness.pace import Pace
from cnnfc.harness.suite import Benchmark, Point, Suite

BENCHMARK = Benchmark("a.time_b", ("n",), (("1", "2"),), rounds=3, seconds=0.4)
ONE, TWO = BENCHMARK.points
OTHER = Point("a.time_c")
SUITE = Suite({"a.time_b": BENCHMARK, "a.time_c": Benchmark("a.time_c", seconds=0.7)})


def test_before_anything_was_seen_the_benchmarks_settings_say_how_long_it_takes():
    assert Pace(SUITE).cost(ONE) == pytest.approx(1.2)
    assert Pace(SUITE).cost(OTHER) == 0.7


def test_a_point_that_was_seen_costs_what_it_took():
    pace = Pace(SUITE)
    pace.saw(ONE, 2.0)
    assert pace.cost(ONE) == 6.0


def test_a_point_that_was_not_seen_costs_what_its_benchmark_took():
    pace = Pace(SUITE)
    pace.saw(ONE, 2.0)
    pace.saw(ONE, 4.0)
    assert pace.cost(TWO) == 9.0
    assert pace.cost(OTHER) == 0.7


def test_a_call_costs_what_its_points_did_not_take():
    pace = Pace(SUITE)
    pace.saw_call(10.0, of_points=7.0)
    assert pace.call_seconds == 3.0


def test_what_was_learned_holds_for_the_same_suite_of_another_commit():
    pace = Pace(SUITE)
    pace.saw(ONE, 2.0)
    pace.saw_call(9.0, of_points=7.0)
    later = pace.of(Suite({"a.time_b": BENCHMARK}))
    assert (later.once(ONE), later.call_seconds) == (2.0, 2.0)
