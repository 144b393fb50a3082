"""The three numbers of an accelerator, on one whose every second is known."""

from dataclasses import replace

import pytest

from cnnfc.machine.gpus import GpuReading
from cnnfc.measure import timings
from cnnfc.measure.blocks import Guarded, take


@pytest.fixture
def stage_of():
    """A stage on a fake accelerator: a layer of several kernels, and passes over the caches."""

    def make(accelerator, *, kernels, sweep=0.0, guard=None):
        def call():
            for seconds in kernels:
                accelerator.launch("kernel", seconds)

        return timings.Stage(
            call=call,
            sweep=lambda: accelerator.launch("sweep", sweep),
            mark=accelerator.mark,
            clock=accelerator.clock,
            guard=guard or (lambda measure, warm: take(measure, warm, read=None)),
            now=accelerator.now,
        )

    return make


def test_device_time_is_that_of_the_kernels_alone(make_accelerator, stage_of):
    accelerator = make_accelerator(launching=1e-6)
    timing = timings.device_time(stage_of(accelerator, kernels=[3e-6, 4e-6], sweep=50e-6))
    assert timing.values == pytest.approx([7e-6] * 20)
    assert (timing.number, timing.warnings) == (1, ())


def test_device_time_has_no_wait_for_a_launch_in_it_however_slow_the_host_is(
    make_accelerator, stage_of
):
    # Three launches take 60 us.  A pass gains 10: it is launched in 20 us and runs for 30.
    accelerator = make_accelerator(launching=20e-6)
    timing = timings.device_time(stage_of(accelerator, kernels=[3e-6] * 3, sweep=30e-6))
    assert timing.values == pytest.approx([9e-6] * 20)
    assert timing.warnings == ()
    # The first launch of a pass is free for the device, so 4 passes gain 60 us: not enough, 8 are.
    start = accelerator.work[::-1].index("sweep")
    assert accelerator.work[-start - 8 : -start] == ["sweep"] * 8
    assert accelerator.work[-start - 9] == "wait"


def test_the_passes_over_the_caches_end_before_the_start_of_every_call(make_accelerator, stage_of):
    accelerator = make_accelerator(launching=1e-6)
    timings.device_time(stage_of(accelerator, kernels=[3e-6], sweep=50e-6))
    text = " ".join(accelerator.work)
    assert set(text.split("wait")) == {"sweep mark kernel mark ", " sweep mark kernel mark ", ""}


def test_where_the_device_always_runs_dry_the_values_are_kept_and_it_is_said(
    make_accelerator, stage_of
):
    # A pass takes no longer than its launch, so more of them are of no help.
    accelerator = make_accelerator(launching=20e-6)
    timing = timings.device_time(stage_of(accelerator, kernels=[3e-6] * 3, sweep=0.0))
    # From the start, which the device reaches at once: three launches, then the last kernel.
    assert timing.values == pytest.approx([63e-6] * 20)
    (warning,) = timing.warnings
    assert "could not queue 20 calls ahead of the device" in warning


def test_calls_of_a_discarded_block_are_not_said_to_be_late(make_accelerator, stage_of):
    accelerator = make_accelerator(launching=1e-6)
    stage = stage_of(accelerator, kernels=[3e-6], sweep=50e-6)
    slow = []

    def call():
        accelerator.host += sum(slow)  # the host is late for every call
        stage.call()

    def guard(block, warm):
        slow.append(1e-3)
        block()
        slow.clear()
        return Guarded(tuple(block()), discarded=1)

    timing = timings.device_time(replace(stage, call=call, guard=guard))
    assert timing.values == pytest.approx([3e-6] * 20)
    assert (timing.discarded, timing.warnings) == (2, ())


def test_late_calls_are_counted_in_every_block_that_is_kept(make_accelerator, stage_of):
    accelerator = make_accelerator(launching=20e-6)

    def guard(block, warm):
        block()
        return Guarded(tuple(block()), discarded=1)

    timing = timings.device_time(stage_of(accelerator, kernels=[3e-6] * 3, guard=guard))
    (warning,) = timing.warnings  # ten values a block, two blocks are kept
    assert "could not queue 20 calls ahead" in warning


def test_single_calls_that_the_host_was_late_for_are_left_out(make_accelerator, stage_of):
    accelerator = make_accelerator(launching=1e-6)
    stage = stage_of(accelerator, kernels=[3e-6], sweep=50e-6)
    calls = []

    def hiccup_at_times():
        calls.append(1)
        if len(calls) % 5 == 0:
            accelerator.host += 1e-3
        stage.call()

    timing = timings.device_time(replace(stage, call=hiccup_at_times))
    assert timing.values == pytest.approx([3e-6] * len(timing.values))
    assert 12 <= len(timing.values) <= 18
    assert timing.warnings == ()


def test_throughput_of_a_fast_host_is_the_time_of_the_kernels(make_accelerator, stage_of):
    accelerator = make_accelerator(launching=1e-6)
    timing = timings.throughput(stage_of(accelerator, kernels=[5e-6]))
    assert timing.values == pytest.approx([5e-6] * 20)
    # 10 ms hold 2000 calls; the next power of two below.
    assert timing.number == 1024


def test_throughput_of_a_slow_host_is_the_time_of_its_launches(make_accelerator, stage_of):
    accelerator = make_accelerator(launching=20e-6)
    timing = timings.throughput(stage_of(accelerator, kernels=[5e-6]))
    assert timing.values == pytest.approx([20e-6] * 20)


def test_a_layer_too_short_for_the_devices_clock_is_called_often_and_not_endlessly(
    make_accelerator, stage_of, monkeypatch
):
    monkeypatch.setattr(timings, "_WARM_UP", 0.0)
    monkeypatch.setattr(timings, "_SECONDS", 0.0)
    timing = timings.throughput(stage_of(make_accelerator(), kernels=[0.0]))
    assert timing.number == 8192


def test_a_layer_longer_than_a_value_is_called_once_a_value(make_accelerator, stage_of):
    accelerator = make_accelerator()
    timing = timings.throughput(stage_of(accelerator, kernels=[0.04]))
    assert timing.number == 1
    # Two calls, one before the start mark, take 80 ms: three values fill a block of 200 ms.
    assert timing.values == pytest.approx([0.04] * 6)


def test_host_latency_is_launching_and_computing_and_waiting(make_accelerator, stage_of):
    accelerator = make_accelerator(launching=20e-6)
    timing = timings.host_latency(stage_of(accelerator, kernels=[3e-6, 50e-6]))
    # The second kernel is launched at 40 us and runs for 50.
    assert timing.values == pytest.approx([90e-6] * 20)
    # The device is idle at both readings, and neither marks nor passes over the caches are queued.
    assert accelerator.work[:4] * (len(accelerator.work) // 4) == accelerator.work
    assert accelerator.work[:4] == ["wait", "kernel", "kernel", "wait"]


@pytest.mark.parametrize("measure", [timings.device_time, timings.throughput, timings.host_latency])
def test_work_fills_the_warm_up_before_each_block(make_accelerator, stage_of, measure):
    accelerator = make_accelerator(launching=1e-6)
    warmed = []

    def guard(block, warm):
        begin = accelerator.host
        warm()
        warmed.append(accelerator.host - begin)
        return Guarded(tuple(block()))

    measure(stage_of(accelerator, kernels=[1e-3], sweep=1e-3, guard=guard))
    assert len(warmed) == 2
    assert all(0.3 <= seconds < 0.35 for seconds in warmed)


def test_a_slow_layer_still_has_three_values_a_block(make_accelerator, stage_of):
    timing = timings.host_latency(stage_of(make_accelerator(), kernels=[2.0]))
    assert timing.values == (2.0,) * 6


def test_what_the_blocks_found_is_joined_and_a_slowed_one_is_said(make_accelerator, stage_of):
    cold, hot = GpuReading(temperature_celsius=40), GpuReading(temperature_celsius=80)
    found = iter(
        [Guarded((1.0,), (cold, hot), discarded=1), Guarded((2.0,), (hot, hot), 3, slowed=True)]
    )
    stage = stage_of(make_accelerator(), kernels=[1.0], guard=lambda block, warm: next(found))
    timing = timings.host_latency(stage)
    assert timing.values == (1.0, 2.0)
    assert timing.readings == (cold, hot, hot, hot)
    assert (timing.blocks, timing.discarded) == (2, 4)
    (warning,) = timing.warnings
    assert warning.startswith("the GPU ran under three quarters of its clock in 1 of 2 blocks")


def test_a_clock_that_is_steadily_low_is_not_said_to_have_been_tried_often(
    make_accelerator, stage_of
):
    found = iter(
        [
            Guarded((1.0,), discarded=1, slowed=True, steady=True),
            Guarded((2.0,), discarded=3, slowed=True),
        ]
    )
    stage = stage_of(make_accelerator(), kernels=[1.0], guard=lambda block, warm: next(found))
    steady, unsteady = timings.host_latency(stage).warnings
    assert steady.startswith("the GPU ran steadily under three quarters of its clock in 1 of 2")
    assert "locked" in steady
    assert "several tries" not in steady
    assert unsteady.startswith("the GPU ran under three quarters of its clock in 1 of 2 blocks")
