"""How long legs are and how many calls make a value, on a clock that only calls move."""

import types

import pytest

from cnnfc.gate.worker import case as case_module
from cnnfc.gate.worker.case import Case, Skipped


class FakeBenchmark:
    """Calls take `seconds`, the first one `first` seconds."""

    def __init__(self, clock, seconds, first=None, number=0, setups=()):
        self._clock, self._seconds, self._first = clock, seconds, first or seconds
        self.number, self._setups = number, list(setups)
        self.calls = 0

    def _build_params(self):
        return ()

    def _get_timer(self):
        return types.SimpleNamespace(timeit=self._timeit, timer=self._clock)

    def _timeit(self, number):
        took = 0.0
        for _ in range(number):
            took += self._seconds if self.calls else self._first
            self.calls += 1
        self._clock.now += took
        return took

    def do_setup(self):
        try:
            for setup in self._setups:
                setup()
        except NotImplementedError:
            return True
        return False

    def do_teardown(self):
        self.calls = -1


@pytest.fixture
def clock(monkeypatch):
    clock = types.SimpleNamespace(now=100.0)
    clock.monotonic = clock.perf_counter = lambda: clock.now
    monkeypatch.setattr(case_module, "time", clock)
    return clock


def case(*arguments, **options):
    return Case(FakeBenchmark(*arguments, **options), None)


def test_a_leg_takes_values_until_its_time_has_passed(clock):
    answer = case(clock, 0.001).leg(number=10, seconds=0.055, warm_calls=2, inject=None)
    assert answer["values"] == pytest.approx([0.001] * 6)
    assert answer["ended"] - answer["started"] == pytest.approx(0.06)
    # The two warm calls came before.
    assert answer["started"] == pytest.approx(100.002)


def test_a_leg_has_three_values_at_least(clock):
    answer = case(clock, 0.04).leg(number=1, seconds=0.05, warm_calls=0, inject=None)
    assert answer["values"] == pytest.approx([0.04] * 3)


def test_a_leg_has_one_value_if_that_is_longer_than_the_leg(clock):
    answer = case(clock, 2.0).leg(number=1, seconds=0.05, warm_calls=0, inject=None)
    assert answer["values"] == [2.0]


def test_a_leg_of_very_short_values_stops_where_they_are_too_many_to_send(clock):
    answer = case(clock, 1e-7).leg(number=1, seconds=1.0, warm_calls=0, inject=None)
    assert len(answer["values"]) == 2000


@pytest.mark.parametrize(
    ("a_call", "calls"),
    [
        # Longer than the leg, and longer than a fifth of it: the first one is the last.
        (2.0, 1),
        (0.025, 1),
        # A fifth of 0.1 s is over after three of 9 ms, two of 11 ms; five of 3.9 ms fit into it.
        (0.009, 3),
        (0.011, 2),
        (0.0039, 5),
    ],
)
def test_warm_calls_stop_after_a_fifth_of_the_leg(clock, a_call, calls):
    found = case(clock, a_call)
    answer = found.leg(number=1, seconds=0.1, warm_calls=5, inject=None)
    assert found.benchmark.calls == calls + len(answer["values"])
    assert answer["started"] == pytest.approx(100 + calls * a_call)


def test_the_first_call_which_may_build_something_does_not_count(clock):
    answer = case(clock, 0.01, first=30.0).survey(1e-3)
    assert answer == {"seconds": pytest.approx(0.01), "number": 1}


def test_short_calls_are_counted_until_they_fill_a_sample(clock):
    assert case(clock, 1e-5).survey(1e-3) == {"seconds": pytest.approx(1e-5), "number": 100}


def test_a_long_call_is_surveyed_with_two_calls(clock):
    found = case(clock, 20.0)
    assert found.survey(1e-3) == {"seconds": 20.0, "number": 1}
    assert found.benchmark.calls == 2


def test_the_number_of_the_suite_stays_and_setups_make_it_one(clock):
    assert case(clock, 1e-6, number=3).survey(1e-3)["number"] == 3
    assert case(clock, 1e-6, setups=[lambda: None]).survey(1e-3)["number"] == 1


def test_a_skip_in_a_setup_keeps_its_reason_and_tears_down(clock):
    def setup():
        raise NotImplementedError("no such device")

    found = case(clock, 1.0, setups=[setup])
    with pytest.raises(Skipped, match=r"^no such device$"):
        found.set_up()
    assert found.benchmark.calls == -1


def test_calls_that_a_suites_own_timer_takes_no_notice_of_are_counted_by_the_wall_clock(clock):
    found = case(clock, 1e-5)
    timer = types.SimpleNamespace(timeit=lambda number: 0.0 * found.benchmark._timeit(number))
    found.benchmark._get_timer = lambda: timer
    assert found.survey(1e-3) == {"seconds": 0.0, "number": 100}
