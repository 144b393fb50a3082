import itertools

import pytest

from cnnfc.machine.doctor import probes
from cnnfc.machine.doctor.answers import Skipped
from cnnfc.machine.doctor.sharing import SharingProbe
from testkit.clocks import Clock


def test_pauses_above_ten_microseconds_are_lost_time():
    # Counted from the first reading: 1 us, 50 us, 9 us, 2 ms, then 1 us until 5 ms have passed.
    clock = Clock(0.0, 1e-6, 50e-6, 9e-6, 2e-3, usual=1e-6)
    found = probes.measure_jitter(5e-3, clock)
    assert found.gaps == 2
    assert found.lost_seconds == pytest.approx(2.05e-3, rel=1e-6)
    assert found.longest_seconds == pytest.approx(2e-3, rel=1e-6)
    assert found.seconds == pytest.approx(5e-3, abs=2e-6)
    assert found.share == pytest.approx(0.41, rel=1e-3)


def test_the_cost_of_a_reading_does_not_count_pauses():
    found = probes.measure_jitter(1e-3, Clock(0.0, 0.5e-3, usual=2e-6))
    assert found.reading_seconds == pytest.approx(2e-6, rel=1e-6)


def test_without_pauses_nothing_is_lost():
    found = probes.measure_jitter(1e-3, Clock(usual=1e-6))
    assert (found.gaps, found.lost_seconds, found.longest_seconds, found.share) == (0, 0, 0, 0)


def test_a_clock_that_goes_back_for_once_loses_no_time():
    assert probes.measure_jitter(1e-3, Clock(0.0, -5e-4, usual=1e-6)).gaps == 0


def test_a_clock_that_stands_still_is_no_clock(monkeypatch):
    monkeypatch.setattr(probes, "_MOST_READINGS", 100)
    assert probes.measure_jitter(1.0, lambda: 5.0) == Skipped("the clock did not advance")


def repeat(durations, seconds=1.0):
    """Measure work that takes these durations in turn, by a clock that costs nothing."""
    clock = Clock()
    order = itertools.cycle(durations)

    def task():
        clock.now += next(order)

    return probes.measure_loop(seconds, clock, task)


def test_equal_repetitions_have_no_spread():
    found = repeat([0.0078125])  # exact in binary: 128 of them are a second
    assert found.repetitions == 128
    assert (found.spread, found.start_share) == (0.0, 0.0)
    assert found.least_seconds == found.most_seconds == 0.0078125


def test_slow_repetitions_count_in_the_mean():
    # Three of four take 1/128 s, the fourth twice that: the mean is 1.25 times the fast ones.
    found = repeat([0.0078125, 0.0078125, 0.0078125, 0.015625])
    assert found.spread == pytest.approx(0.25, abs=0.01)
    assert found.median_seconds == found.fast_seconds == 0.0078125
    assert found.most_seconds == 0.015625


def test_a_slow_start_is_told_from_slow_repetitions():
    # The first 20 of 110 are 1.5 times as long as the others.
    found = repeat([0.01171875] * 20 + [0.0078125] * 500)
    assert found.start_share == pytest.approx(0.5)
    assert repeat([0.0078125] * 20 + [0.01171875] * 500).start_share < 0


def test_too_few_repetitions_are_not_compared():
    found = repeat([0.25])
    assert found == Skipped("4 repetitions in 1 s are too few to compare")


def test_a_clock_that_is_too_coarse_is_said(monkeypatch):
    clock = iter([*[0.0] * 60, *[2.0] * 9])
    found = probes.measure_loop(1.0, lambda: next(clock), lambda: None)
    assert found == Skipped("the clock is too coarse for this work")


class Cpus:
    """CPUs on which work takes these seconds; remembers every affinity that was set."""

    def __init__(self, seconds):
        self.clock = Clock()
        self.seconds = seconds
        self.pinned = []

    def affinity(self):
        return set(self.seconds)

    def pin(self, cpus):
        self.pinned.append(set(cpus))

    def task(self):
        (cpu,) = self.pinned[-1]
        self.clock.now += self.seconds[cpu]

    def measure(self):
        return probes.measure_cores(0.4, self.clock, self.task, self.affinity, self.pin)


def test_slow_cpus_are_found_by_pinning_and_the_affinity_is_set_back():
    cpus = Cpus({0: 0.001, 1: 0.001, 4: 0.0015})
    found = cpus.measure()
    assert found.least_seconds == pytest.approx({0: 0.001, 1: 0.001, 4: 0.0015})
    assert found.spread == pytest.approx(0.5)
    assert cpus.pinned == [{0}, {1}, {4}, {4}, {1}, {0}, {0, 1, 4}]


def test_the_affinity_is_set_back_when_something_fails():
    cpus = Cpus({0: 0.001, 1: 0.001})
    cpus.task = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        cpus.measure()
    assert cpus.pinned[-1] == {0, 1}


def test_of_many_cpus_eight_are_tried_from_the_first_to_the_last():
    cpus = Cpus(dict.fromkeys(range(64), 0.001))
    found = cpus.measure()
    assert sorted(found.least_seconds) == [0, 9, 18, 27, 36, 45, 54, 63]
    assert found.usable == 64


def test_a_system_without_affinity_says_so(monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    found = probes.measure_cores()
    assert found == Skipped("this system does not let a program choose its CPU")


def test_one_cpu_cannot_be_compared():
    assert Cpus({3: 0.001}).measure() == Skipped("this process may run on one CPU alone")


def test_a_system_that_refuses_to_pin_says_so():
    cpus = Cpus({0: 0.001, 1: 0.001})

    def refuse(cpus_):
        if len(cpus_) == 1:
            raise OSError(22, "Invalid argument")

    found = probes.measure_cores(0.4, cpus.clock, cpus.task, cpus.affinity, refuse)
    assert found == Skipped("the system refused to pin this thread to a CPU (Invalid argument)")


def test_every_probe_runs_here_and_changes_no_affinity():
    import os

    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    sharing = SharingProbe()
    assert probes.measure_jitter(0.02).seconds >= 0.02
    assert probes.measure_loop(0.2).median_seconds > 0
    probes.measure_cores(0.05)
    assert sharing.stop().seconds > 0
    if before is not None:
        assert os.sched_getaffinity(0) == before
