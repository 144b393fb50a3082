import math
import random

import pytest

from cnnfc.analysis.summary import Summary, summarise
from cnnfc.records import Outcome, Point
from cnnfc.timeline.compare.ratio import Quotient, quotient


def _summary(centre, low=None, high=None, confidence=0.95):
    known = None if low is None else confidence
    return Summary(centre, low, high, known, 7)


def test_against_an_exact_value_the_interval_is_that_of_the_other_side():
    exact = _summary(2.0, 2.0, 2.0)
    found = quotient(exact, _summary(4.0, 3.0, 5.0))
    assert (found.centre, found.low, found.high) == (2.0, pytest.approx(1.5), pytest.approx(2.5))
    found = quotient(_summary(4.0, 3.0, 5.0), exact)
    assert (found.centre, found.low, found.high) == (0.5, pytest.approx(0.4), pytest.approx(2 / 3))


def test_two_intervals_are_combined_as_the_legs_of_a_right_triangle():
    # log 2 / 1.8 = 0.10536, log 1.1 = 0.09531, hypotenuse 0.14207; up: 0.18232, 0.10536, 0.21057.
    found = quotient(_summary(1.0, 0.9, 1.1), _summary(2.0, 1.8, 2.4))
    assert found.low == pytest.approx(2 * math.exp(-0.14207), rel=1e-4)
    assert found.high == pytest.approx(2 * math.exp(0.21057), rel=1e-4)


def test_exchanging_the_sides_turns_the_interval_over():
    a, b = _summary(1.0, 0.9, 1.3), _summary(2.0, 1.9, 2.1)
    there, back = quotient(a, b), quotient(b, a)
    assert (1 / back.high, 1 / back.low) == (pytest.approx(there.low), pytest.approx(there.high))


def test_the_confidence_is_the_smaller_one():
    found = quotient(_summary(1.0, 0.9, 1.1, 0.99), _summary(1.0, 0.9, 1.1, 0.96875))
    assert found.confidence == 0.96875


@pytest.mark.parametrize(
    ("b", "apart"),
    [
        (_summary(2.0, 1.2, 2.4), True),
        (_summary(2.0, 1.1, 2.4), False),
        (_summary(0.5, 0.4, 0.8), True),
        (_summary(0.5, 0.4, 0.9), False),
        (_summary(5.0), False),
    ],
)
def test_sides_are_apart_if_their_intervals_have_no_value_in_common(b, apart):
    assert quotient(_summary(1.0, 0.9, 1.1), b).apart is apart


def test_without_an_interval_on_both_sides_there_is_a_ratio_alone():
    assert quotient(_summary(1.0), _summary(2.0, 1.9, 2.1)) == Quotient(2.0)
    assert quotient(_summary(1.0, 0.9, 1.1), _summary(2.0)) == Quotient(2.0)


def test_an_interval_that_reaches_zero_or_infinity_gives_none_of_the_ratio():
    found = quotient(_summary(1.0, 0.0, 1.1), _summary(2.0, 1.9, 2.1))
    assert (found.low, found.high, found.apart) == (None, None, True)
    endless = quotient(_summary(1.0, 0.9, 1.1), _summary(2.0, 1.9, math.inf))
    assert (endless.low, endless.high, endless.apart) == (None, None, True)


def test_a_rounded_interval_that_misses_its_own_centre_does_no_harm():
    found = quotient(_summary(1.0, 1.0001, 1.1), _summary(2.0, 2.0, 2.0))
    assert found.high == pytest.approx(2.0)


@pytest.mark.parametrize("values", [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (1e-300, 1e300)])
def test_there_is_no_ratio_without_two_values_above_0_or_beyond_floats(values):
    assert quotient(_summary(values[0]), _summary(values[1])) is None


def test_ends_beyond_floats_are_no_interval():
    found = quotient(_summary(1e-150, 1e-300, 1e-140), _summary(1e150, 1e140, 1e300))
    assert found.centre == pytest.approx(1e300)
    assert (found.low, found.high) == (None, None)


def test_the_interval_holds_what_it_says_for_independent_samples():
    source = random.Random(7)  # noqa: S311 - noise, no secret
    hits = 0
    for _ in range(500):
        a, b = (
            summarise(Point("track_x", (), Outcome.MEASURED, 1.0, _values(source, scale)))
            for scale in (1.0, 3.0)
        )
        found = quotient(a, b)
        hits += found.low <= 3.0 <= found.high
    # The interval of each side holds 98.4%.
    assert hits / 500 > 0.96


def _values(source, scale):
    return tuple(scale * math.exp(source.gauss(0, 0.3)) for _ in range(7))
