"""Slowdowns on a clock that stands still unless something is done."""

import timeit

import pytest

from cnnfc.gate.worker.injection import Injection, Spinner, slowed


class FakeClock:
    """Time passes when an iteration runs (`step` seconds) or the clock is read (`reading`)."""

    def __init__(self, step=1e-8, reading=0.0):
        self.now, self.step, self.reading = 0.0, step, reading

    def __call__(self):
        self.now += self.reading
        return self.now

    def run(self, iterations):
        self.now += iterations * self.step

    def spend(self, seconds):
        self.now += seconds


def test_a_spinner_spends_what_it_is_asked_for():
    clock = FakeClock()
    spinner = Spinner(clock, clock.run)
    before = clock.now
    spinner.spend(2e-3)
    assert clock.now - before == pytest.approx(2e-3, rel=1e-6)


def test_a_spinner_leaves_out_what_reading_the_clock_costs():
    clock = FakeClock(reading=1e-6)
    spinner = Spinner(clock, clock.run)
    plain = timeit.Timer(lambda: clock.spend(1e-2), timer=clock)
    without = plain.timeit(1)
    with_it = slowed(plain, 1, lambda _: 1e-5, spinner.spend).timeit(1)
    assert with_it - without == pytest.approx(1e-5, rel=0.02)


def test_a_spinner_never_spends_less_than_nothing():
    clock = FakeClock(reading=1e-6)
    spinner = Spinner(clock, clock.run)
    before = clock.now
    spinner.spend(0.0)
    assert clock.now == before


def test_a_slowdown_is_inside_the_value_whatever_the_number_of_calls():
    clock, injection = FakeClock(), Injection()

    def extra(calls):
        return injection.addition(calls, fraction=0.05, every=1, seconds_per_call=0.01)

    timer = slowed(timeit.Timer(lambda: clock.spend(0.01), timer=clock), 5, extra, clock.spend)
    values = [timer.timeit(5) / 5 for _ in range(4)]
    assert values == pytest.approx([0.0105] * 4)


def test_every_third_call_is_slower_across_values_and_legs():
    injection = Injection()
    extra = [injection.addition(2, fraction=0.1, every=3, seconds_per_call=1.0) for _ in range(6)]
    # Calls 3, 6, 9 and 12 are the slow ones: in values 2, 3, 5 and 6 of two calls each.
    assert extra == pytest.approx([0, 0.3, 0.3, 0, 0.3, 0.3])
    assert sum(extra) == pytest.approx(12 * 0.1)


class TimesEachCall:
    """As asv's timer of calls with a setup before each."""

    def __init__(self, clock, call):
        self._timer, self._call = clock, call

    def timeit(self, number):
        total = 0.0
        for _ in range(number):
            start = self._timer()
            self._call()
            total += self._timer() - start
        return total


def test_calls_that_are_timed_one_by_one_are_slowed_one_by_one():
    clock, asked = FakeClock(), []

    def extra(calls):
        asked.append(calls)
        return 0.001

    timer = TimesEachCall(clock, lambda: clock.spend(0.01))
    value = slowed(timer, 3, extra, clock.spend).timeit(3)
    assert value == pytest.approx(3 * 0.011)
    assert asked == [1, 1, 1]


class TimesElsewhere:
    """As asv's timer of statements in a process of their own, whose clock is not here."""

    def timeit(self, number):
        return 2.0 * number


def test_the_value_of_another_process_is_longer_by_what_was_spent(monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr("time.perf_counter", clock)
    timer = slowed(TimesElsewhere(), 2, lambda calls: 0.25 * calls, clock.spend)
    assert timer.timeit(2) == pytest.approx(4.5)


def test_an_accelerator_has_finished_before_the_time_is_spent():
    """Its calls return at once; reading the clock waits for them."""
    busy_until, now = 0.0, 0.0

    def call():
        nonlocal busy_until
        busy_until = now + 1.0

    def clock():
        nonlocal now
        now = max(now, busy_until)
        return now

    def spend(seconds):
        nonlocal now
        now += seconds

    timer = slowed(timeit.Timer(call, timer=clock), 1, lambda _: 0.5, spend)
    assert timer.timeit(1) == 1.5
