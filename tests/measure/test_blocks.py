"""Blocks of values that a slowed GPU must not spoil."""

import pytest

from cnnfc.machine.gpus import GpuReading
from cnnfc.measure import blocks


def reading(clock, *reasons, reference=1000):
    return GpuReading(
        sm_clock_hz=clock, sm_clock_reference_hz=reference, clock_reasons=tuple(reasons)
    )


FULL, SLOW = reading(1000), reading(700, "software-thermal-slowdown")


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([], False),
        ([FULL, FULL], False),
        ([reading(750)], False),  # three quarters are enough
        ([reading(749)], True),
        ([FULL, reading(300)], True),
        ([reading(300), FULL], True),
        ([GpuReading()], False),
        ([reading(None)], False),
        ([reading(300, reference=None)], False),
        ([GpuReading(sm_clock_hz=300, sm_clock_reference_hz=1000)], True),
        ([reading(300, "gpu-idle")], True),
        # Somebody asked for this clock.
        ([reading(300, "applications-clocks-setting")], False),
        ([reading(300, "applications-clocks-setting"), reading(300)], True),
    ],
)
def test_a_gpu_is_slowed_below_three_quarters_of_its_clock_unless_somebody_chose_that(
    readings, expected
):
    assert blocks.is_slowed(readings) is expected


@pytest.fixture
def story():
    """Records what happened in which order; reads one after the other of `readings`."""

    class Story:
        def __init__(self):
            self.events = []
            self.blocks = 0

        def take(self, readings):
            answers = iter(readings)

            def measure():
                self.events.append("measure")
                self.blocks += 1
                return [float(self.blocks)]

            def read():
                self.events.append("read")
                return next(answers)

            return blocks.take(
                measure,
                lambda: self.events.append("warm"),
                read,
                pause=lambda seconds: self.events.append(f"pause {seconds:g}"),
            )

    return Story()


def test_a_block_is_warmed_and_read_before_and_after(story):
    assert story.take([FULL, FULL]) == blocks.Guarded((1.0,), (FULL, FULL))
    assert story.events == ["warm", "read", "measure", "read"]


def test_a_slowed_block_is_discarded_and_taken_again_after_a_rest(story):
    taken = story.take([FULL, SLOW, FULL, FULL])
    assert taken == blocks.Guarded((2.0,), (FULL, FULL), discarded=1)
    assert story.events == [
        *("warm", "read", "measure", "read", "pause 0.1"),
        *("warm", "read", "measure", "read"),
    ]


def test_the_fourth_slowed_block_is_kept_and_said_to_be_slow(story):
    taken = story.take([SLOW] * 8)
    assert taken == blocks.Guarded((4.0,), (SLOW, SLOW), discarded=3, slowed=True)
    assert [event for event in story.events if event.startswith("pause")] == [
        *("pause 0.1", "pause 0.2", "pause 0.4"),
    ]


def test_without_a_sensor_there_is_one_try_and_nothing_is_guessed():
    taken = blocks.take(lambda: [5.0], lambda: None, None, pause=pytest.fail)
    assert taken == blocks.Guarded((5.0,), ())


@pytest.mark.parametrize("reasons", [(), ("software-power-cap",)])
def test_a_clock_that_stays_low_without_a_slowdown_is_tried_twice(story, reasons):
    # A user's lock sets no bit; a power cap is how a GeForce runs below its highest boost.
    low = [reading(clock, *reasons) for clock in (600, 600, 588, 600)]  # 2% below 600 is 588
    taken = story.take(low)
    assert taken == blocks.Guarded((2.0,), tuple(low[2:]), discarded=1, slowed=True, steady=True)


def test_a_clock_that_is_not_known_to_be_held_by_anything_is_tried_twice(story):
    low = GpuReading(sm_clock_hz=600, sm_clock_reference_hz=1000)
    assert story.take([low] * 8).discarded == 1


@pytest.mark.parametrize(
    "reason",
    [
        *("hardware-slowdown", "software-thermal-slowdown"),
        *("hardware-thermal-slowdown", "hardware-power-brake"),
    ],
)
def test_a_slowdown_at_a_steady_clock_is_given_time_to_pass(story, reason):
    # Reported by the first reading alone, or by all of them.
    taken = story.take([reading(600, reason), *[reading(600)] * 5])
    assert (taken.discarded, taken.steady) == (2, True)
    assert story.take([reading(600, reason)] * 8).discarded == 3


def test_a_low_clock_that_moves_is_tried_on(story):
    low = [reading(clock) for clock in (600, 600, 587, 587, 650, 650, 690, 690)]
    taken = story.take(low)
    assert taken == blocks.Guarded((4.0,), tuple(low[6:]), discarded=3, slowed=True)


def test_the_clock_of_a_try_is_the_lowest_that_was_read(story):
    taken = story.take([FULL, reading(600), reading(600), FULL])
    assert (taken.discarded, taken.steady) == (1, True)
