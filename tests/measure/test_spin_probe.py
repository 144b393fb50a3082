"""The small program that times a layer with the OpenMP settings of its environment."""

import itertools
import json
import subprocess
import sys

import pytest

from cnnfc.measure.spin_probe import time_calls
from testkit.clocks import Clock


def times_of(durations, seconds):
    clock = Clock()
    order = itertools.cycle(durations)

    def call():
        clock.now += next(order)

    return time_calls(call, seconds, clock)


def test_the_median_and_the_slowest_tenth_of_the_calls_are_given():
    # 1, 2, ..., 20 units of 1/64 s: 210 units are 3.28 s, the 21st call is not made.
    answer = times_of([n / 64 for n in range(1, 21)], 3.25)
    assert answer == {"median": 10.5 / 64, "slow": 19 / 64, "calls": 20.0}


def test_the_median_of_an_odd_number_of_calls_is_the_middle_one():
    # 1, 2, ..., 11 units are 66.
    assert times_of([n / 64 for n in range(1, 12)], 1.0)["median"] == 6 / 64


def test_at_least_ten_calls_are_timed_however_slow_they_are():
    assert times_of([2.0], 1.0)["calls"] == 10


@pytest.mark.slow
def test_run_as_a_program_it_prints_json():
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, "-m", "cnnfc.measure.spin_probe"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert 0 < answer["median"] <= answer["slow"]
