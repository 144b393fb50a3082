import math

import pytest

from cnnfc.analysis.scaling import (
    Effect,
    Estimate,
    Stop,
    Timing,
    amdahl,
    effect,
    efficiency,
    speedup,
    stop,
)


def exact(**seconds):
    """Timings whose intervals have no width: ``exact(t1=2.0, t2=1.0)``."""
    return [Timing(int(name[1:]), value, value, value) for name, value in seconds.items()]


def within(part, **seconds):
    """Timings with an interval of `part` on both sides."""
    return [
        Timing(int(name[1:]), value, value * (1 - part), value * (1 + part))
        for name, value in seconds.items()
    ]


def test_speed_up_and_efficiency_follow_from_two_latencies():
    one, four = Timing(1, 3.0), Timing(4, 1.5)
    assert speedup(one, four) == Estimate(2.0)
    assert efficiency(one, four) == Estimate(0.5)


def test_the_intervals_of_both_latencies_add_up_by_their_squares():
    found = speedup(Timing(1, 2.0, 1.0, 4.0), Timing(2, 1.0, 0.5, 2.0))
    # Each end is a factor of 2 off, so that both together are 2 ** sqrt(2).
    factor = 2 ** math.sqrt(2)
    assert (found.centre, found.low, found.high) == pytest.approx((2, 2 / factor, 2 * factor))
    share = efficiency(Timing(1, 2.0, 1.0, 4.0), Timing(2, 1.0, 0.5, 2.0))
    assert (share.centre, share.low, share.high) == pytest.approx((1, 1 / factor, factor))


@pytest.mark.parametrize(
    "ends", [(None, None), (0.5, None), (0.0, 2.0), (1.1, 2.0), (0.5, math.inf), (-1.0, 2.0)]
)
def test_an_interval_that_is_none_gives_none(ends):
    assert speedup(Timing(1, 1.0, *ends), Timing(2, 1.0, 0.9, 1.1)) == Estimate(1.0)


def test_ideal_scaling_has_no_serial_fraction():
    law = amdahl(exact(t1=8.0, t2=4.0, t4=2.0))
    assert law.serial.centre == pytest.approx(0)
    assert law.misfit == pytest.approx(0)
    assert law.single == pytest.approx(8)
    assert not law.exact


def test_the_serial_fraction_of_amdahls_law_is_found_again():
    # 0.25 + 0.75 / p
    law = amdahl(exact(t1=1.0, t2=0.625, t4=0.4375, t6=0.375))
    assert law.serial.centre == pytest.approx(0.25)
    assert law.seconds(8) == pytest.approx(0.25 + 0.75 / 8)


def test_two_thread_counts_determine_it_as_karp_and_flatt_do():
    law = amdahl(exact(t1=1.0, t4=0.5))
    # (1 / S - 1 / p) / (1 - 1 / p) with S = 2 and p = 4
    assert law.serial.centre == pytest.approx((1 / 2 - 1 / 4) / (1 - 1 / 4))
    assert law.exact
    assert law.misfit == 0
    assert law.holds


def test_the_fewest_threads_need_not_be_one():
    # a + b / 2 = 1 and a + b / 4 = 0.75: b = 1, a = 0.5
    law = amdahl(exact(t2=1.0, t4=0.75))
    assert law.serial.centre == pytest.approx(1 / 3)
    assert law.single == pytest.approx(1.5)


def test_a_law_that_does_not_hold_says_by_how_much():
    # Relative least squares of 1, 0.5, 0.5 on 1, 2, 4 threads by hand: a = 1.25 / 4.25 and
    # b = 2.5 / 4.25; at 2 threads the law gives 2.5 / 4.25 instead of 0.5.
    law = amdahl(exact(t1=1.0, t2=0.5, t4=0.5))
    assert law.serial.centre == pytest.approx(1 / 3)
    assert law.misfit == pytest.approx(2.5 / 4.25 / 0.5 - 1)


def test_the_serial_fraction_is_not_held_between_0_and_1():
    slower, superlinear = amdahl(exact(t1=1.0, t2=1.5)), amdahl(exact(t1=1.0, t2=0.4))
    assert slower.serial.centre == pytest.approx(2)
    assert superlinear.serial.centre == pytest.approx(-0.2)
    assert not slower.holds
    assert not superlinear.holds


def test_its_interval_moves_each_latency_alone_and_adds_the_squares():
    # f = 2 t(2) / t(1) - 1 is 0.4 and 0.6 at the ends of t(2) alone ...
    one = amdahl([Timing(1, 1.0, 1.0, 1.0), Timing(2, 0.75, 0.7, 0.8)])
    assert (one.serial.low, one.serial.high) == pytest.approx((0.4, 0.6))
    # ... and 1.5 / 0.9 - 1 and 1.5 / 1.1 - 1 at those of t(1).
    both = amdahl([Timing(1, 1.0, 0.9, 1.1), Timing(2, 0.75, 0.7, 0.8)])
    up, down = math.hypot(0.1, 1.5 / 0.9 - 1.5), math.hypot(0.1, 1.5 - 1.5 / 1.1)
    assert (both.serial.low, both.serial.high) == pytest.approx((0.5 - down, 0.5 + up))


def test_without_an_interval_of_every_latency_it_has_none():
    law = amdahl([Timing(1, 1.0, 0.9, 1.1), Timing(2, 0.75)])
    assert law.serial == Estimate(pytest.approx(0.5))


def test_one_thread_count_has_no_law():
    assert amdahl(exact(t1=1.0)) is None


def test_numbers_at_the_ends_of_floats_have_no_law_and_no_error():
    assert amdahl([Timing(1, 5e-324), Timing(2, 1e300)]) is None
    assert amdahl([Timing(1, 1e300), Timing(2, 5e-324)]) is None
    wide = speedup(Timing(1, 1.0, 5e-324, 1e300), Timing(2, 1.0, 5e-324, 1e300))
    assert wide.high > 1e300


@pytest.mark.parametrize(
    "timings",
    [
        [],
        [Timing(0, 1.0)],
        [Timing(2, 1.0), Timing(1, 1.0)],
        [Timing(1, 1.0), Timing(1, 1.0)],
        [Timing(1, 0.0)],
        [Timing(1, math.inf)],
    ],
)
def test_what_is_no_scaling_is_refused(timings):
    with pytest.raises(ValueError, match=r"must ascend|must be finite"):
        amdahl(timings)


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ({"t1": 1.0, "t2": 0.7}, Effect.PARTIAL),
        ({"t1": 1.0, "t2": 0.5}, Effect.IDEAL),
        ({"t1": 1.0, "t2": 0.4}, Effect.SUPERLINEAR),
        ({"t1": 1.0, "t2": 1.01}, Effect.NONE),
        ({"t1": 1.0, "t2": 1.2}, Effect.SLOWER),
        # As fast as with two threads would be better than with eight.
        ({"t1": 1.0, "t2": 0.5, "t8": 0.7}, Effect.RECEDED),
    ],
)
def test_the_effect_is_what_the_intervals_show(seconds, found):
    assert effect(within(0.02, **seconds)) is found


def test_without_intervals_the_effect_is_not_known():
    assert effect([Timing(1, 1.0), Timing(2, 0.5)]) is Effect.UNKNOWN
    assert effect(exact(t1=1.0)) is Effect.UNKNOWN


def test_threads_stop_helping_where_a_doubling_gains_nothing_that_shows():
    assert stop(within(0.02, t1=1.0, t2=0.6, t4=0.4, t8=0.39)) == Stop(4, found=True)
    assert stop(within(0.02, t1=1.0, t2=1.1)) == Stop(1, found=True)


def test_every_doubling_may_gain_up_to_the_most_that_were_measured():
    assert stop(within(0.02, t1=1.0, t2=0.6, t4=0.4)) == Stop(4, found=False)
    assert stop(exact(t1=1.0)) == Stop(1, found=False)


def test_counts_between_doublings_are_passed_over_and_a_missing_one_is_stood_in_for():
    # From 4 on the next count of at least 8 is 12; 6 is no doubling of 4.
    timings = within(0.02, t1=1.0, t2=0.6, t4=0.4, t6=0.41, t12=0.3)
    assert stop(timings) == Stop(12, found=False)


def test_a_missing_interval_leaves_it_open_where_threads_stop_helping():
    timings = [Timing(1, 1.0, 0.9, 1.1), Timing(2, 0.5), Timing(4, 0.2, 0.1, 0.3)]
    assert stop(timings) == Stop(1, found=None)
