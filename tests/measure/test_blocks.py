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
