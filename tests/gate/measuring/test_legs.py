import math

import pytest

from cnnfc.gate.measuring.legs import Block, Leg, cycles_value, pair_value, typical


def leg(*values, clock=None):
    return Leg(values, 1, 1, clock)


def blocks(a, b, order="ABBA"):
    """One block; `a` and `b` are the two legs of each side."""
    sides = {"A": iter(a), "B": iter(b)}
    return [Block(order, tuple(next(sides[letter]) for letter in order))]


def test_legs_are_found_by_their_place_in_the_order():
    first, second, third, fourth = (leg(float(n)) for n in range(1, 5))
    block = Block("BAAB", (first, second, third, fourth))
    assert block.side("A") == [second, third]
    assert block.side("B") == [first, fourth]


def test_an_order_of_more_places_than_legs_is_a_mistake():
    with pytest.raises(ValueError, match="zip"):
        Block("ABBA", (leg(1.0),)).side("A")


@pytest.mark.parametrize(
    ("share", "values"),
    [
        (1.0, (1.0, 1.0, 2.0)),
        (0.5, (1.0, 1.0)),
        (0.49, (1.0,)),
        (0.01, (1.0,)),
    ],
)
def test_the_first_part_of_a_leg_is_counted_in_time(share, values):
    assert leg(1.0, 1.0, 2.0).first(share).values == values


@pytest.mark.parametrize("order", ["ABBA", "BAAB"])
@pytest.mark.parametrize(
    ("statistic", "ratio"),
    [
        # Values of A are 1 1 1 1 and of B 2 2 4 12.
        ("min", 2.0),
        ("median", 3.0),
        # The mean of the leg 2 4 against 1; the other has 7.
        ("quietest", 3.0),
        # Halves of the legs 2 4 and 2 12: 3 and 7; the middle of their logarithms.
        ("legs-median", math.sqrt(21)),
        # The lower quartile of all eight is 1: values count up to 2.
        ("mean", 2.0),
    ],
)
def test_a_pair_is_the_ratio_of_contender_to_baseline(statistic, ratio, order):
    found = blocks([leg(1.0, 1.0)] * 2, [leg(2.0, 4.0), leg(2.0, 12.0)], order)
    assert pair_value(found, statistic) == pytest.approx(math.log(ratio))


@pytest.mark.parametrize("statistic", ["low", "quietest", "mean", "median", "q10", "legs-q25"])
def test_exchanging_the_sides_changes_the_sign_alone(statistic):
    a, b = [leg(1.0, 1.5, 9.0), leg(1.1, 1.2)], [leg(1.3, 1.4), leg(1.25, 2.0, 1.0)]
    forth, back = (pair_value(blocks(*sides), statistic) for sides in ((a, b), (b, a)))
    assert forth == pytest.approx(-back)
    assert forth != 0


def test_the_low_statistic_is_the_5_percent_quantile_of_all_legs_together():
    # 21 values of B: the second smallest is that quantile; A has 1 everywhere.
    b = [leg(*(float(n) for n in range(1, 11))), leg(*(float(n) for n in range(11, 22)))]
    assert pair_value(blocks([leg(1.0)] * 2, b), "low") == pytest.approx(math.log(2.0))


def test_a_leg_that_was_disturbed_moves_neither_statistic():
    a, b = [leg(1.0, 1.0), leg(1.0, 1.0)], [leg(1.0, 1.0), leg(3.0, 3.0)]
    assert pair_value(blocks(a, b), "low") == 0
    assert pair_value(blocks(a, b), "quietest") == 0


def test_calls_that_are_slow_now_and_then_move_the_mean_alone():
    a, b = [leg(*[1.0] * 10)] * 2, [leg(*[1.0] * 9, 2.0)] * 2
    assert pair_value(blocks(a, b), "low") == 0
    assert pair_value(blocks(a, b), "quietest") == pytest.approx(math.log(1.1))


def test_only_the_first_part_of_each_leg_counts_if_so_asked():
    a, b = [leg(1.0, 1.0)] * 2, [leg(2.0, 1.0)] * 2
    assert pair_value(blocks(a, b), "min") == 0
    assert pair_value(blocks(a, b), "min", 0.7) == pytest.approx(math.log(2))


def test_typical_seconds_are_those_of_one_side():
    found = blocks([leg(1.0, 3.0)] * 2, [leg(5.0, 9.0)] * 2)
    assert typical(found, "A", "median") == pytest.approx(2.0)
    assert typical(found, "B", "min") == pytest.approx(5.0)


def test_cycles_are_seconds_times_the_clock_of_each_leg():
    # B takes twice as long at half the clock.
    a, b = [leg(1.0, clock=2e9)] * 2, [leg(2.0, clock=1e9)] * 2
    assert cycles_value(blocks(a, b), "low") == pytest.approx(0)
    assert cycles_value(blocks(a, [leg(2.0, clock=2e9)] * 2), "low") == pytest.approx(math.log(2))


def test_cycles_are_not_known_if_one_clock_is_not():
    a, b = [leg(1.0, clock=2e9)] * 2, [leg(2.0, clock=1e9), leg(2.0)]
    assert cycles_value(blocks(a, b), "low") is None
