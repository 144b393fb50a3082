from dataclasses import replace

import pytest

from cnnfc.analysis.scaling import Effect, Estimate
from cnnfc.report.layers.scaling import all_scalings
from cnnfc.timeline.arrange import arrange
from testkit import histories as make

THREADS = "threads.Forward.time_layer"
CASE = "conv2d.3-64.k3.hw32"
OTHER = "dense.1024-512"


def scalings(*runs, **options):
    return list(all_scalings(arrange(make.history(*runs, **options))))


def points(benchmark, case, **seconds):
    """A point a thread count: ``points(name, case, cpu1=1.0, cpu2=0.5)``."""
    return [
        make.point(benchmark, case, f"cpu-{name[3:]}", value=value)
        for name, value in seconds.items()
    ]


def test_a_layer_is_followed_over_the_thread_counts_of_one_run():
    (found,) = scalings(make.run(*points(THREADS, CASE, cpu4=0.3, cpu1=1.0, cpu2=0.6)))
    (layer,) = found.layers
    assert found.counts == layer.counts == (1, 2, 4)
    assert [timing.seconds for timing in layer.timings] == [1.0, 0.6, 0.3]
    assert layer.gain.centre == pytest.approx(1 / 0.3)
    assert layer.efficiency.centre == pytest.approx(1 / 1.2)
    assert layer.effect is Effect.PARTIAL
    assert layer.is_planned
    # The interval of 1% on both sides, of both latencies: ln 1.01 and -ln 0.99.
    assert layer.gain.low == pytest.approx(1 / 0.3 * (1 - 0.0142), rel=1e-3)


def test_the_benchmark_with_most_thread_counts_is_taken_and_never_mixed():
    plain = points(make.FORWARD, CASE, cpu1=1.0, cpu2=0.6)
    (found,) = scalings(make.run(*plain, *points(THREADS, CASE, cpu1=2.0, cpu2=1.0, cpu6=0.5)))
    assert [timing.seconds for timing in found.layers[0].timings] == [2.0, 1.0, 0.5]
    (equal,) = scalings(make.run(*plain, *points(THREADS, CASE, cpu1=2.0, cpu2=1.0)))
    assert equal.layers[0].benchmark == THREADS
    (more,) = scalings(make.run(*plain, *points(THREADS, CASE, cpu1=2.0)))
    assert more.layers[0].benchmark == make.FORWARD


def test_layers_on_one_thread_count_or_on_accelerators_do_not_scale():
    run = make.run(
        *points(make.FORWARD, CASE, cpu1=1.0, cpu2=0.6),
        *points(make.DENSE, OTHER, cpu2=1.0),
        make.point(make.DENSE, OTHER, "cuda-0"),
        *points("conv.TrainStep.time_layer", CASE, cpu1=1.0, cpu4=0.6),
    )
    (found,) = scalings(run)
    assert [str(layer.case) for layer in found.layers] == [CASE]
    assert found.counts == (1, 2)


def test_the_newest_run_with_two_thread_counts_is_taken():
    first = make.run(*points(make.FORWARD, CASE, cpu1=1.0, cpu2=0.6), number=1)
    second = make.run(*points(make.FORWARD, CASE, cpu1=0.9), number=2)
    (found,) = scalings(first, second)
    assert found.run.commit == make.commit(1)


def test_a_machine_with_one_thread_count_is_there_without_layers():
    older = make.run(*points(make.FORWARD, CASE, cpu2=1.0), number=1)
    newer = make.run(*points(make.FORWARD, CASE, cpu1=1.0), number=2)
    (found,) = scalings(older, newer)
    assert (found.layers, found.counts, found.run.commit) == ((), (1,), make.commit(2))
    assert found.median_gain is None


def test_a_machine_without_layers_on_a_cpu_has_nothing():
    assert scalings(make.run(make.point(make.FORWARD, CASE, "cuda-0"))) == []
    assert list(all_scalings(arrange(make.foreign()))) == []


def test_the_ends_are_those_of_most_layers():
    run = make.run(
        *points(THREADS, CASE, cpu1=1.0, cpu2=0.5, cpu6=0.4),
        *points(make.DENSE, OTHER, cpu1=1.0, cpu2=0.8),
        *points(make.DENSE, "dense.2048-1000", cpu1=1.0, cpu2=1.0),
        *points(make.DENSE, "dense.64-64", cpu2=1.0, cpu4=1.0),
    )
    (found,) = scalings(run)
    assert found.counts == (1, 2, 4, 6)
    assert found.ends == (1, 2)
    # Of those with both: 2, 1.25 and 1; the median of three has no interval.
    assert {str(layer.case) for layer, _ in found.gains} == {CASE, OTHER, "dense.2048-1000"}
    assert found.median_gain == Estimate(1.25)


def test_the_median_over_six_layers_has_an_interval():
    run = make.run(
        *(
            point
            for width in range(1, 7)
            for point in points(make.DENSE, f"dense.64-{width}", cpu1=1.0, cpu2=1 / width)
        )
    )
    (found,) = scalings(run)
    median = found.median_gain
    assert (median.centre, median.low, median.high) == pytest.approx((3.5, 1, 6))


@pytest.mark.parametrize(
    ("cpu", "usable"), [({"usable": 2}, 2), ({}, None), ("none", None), ({"usable": "2"}, None)]
)
def test_how_many_threads_can_run_is_what_the_record_says(cpu, usable):
    known = replace(make.record(1), state_before={"cpu": cpu})
    run = make.run(*points(make.FORWARD, CASE, cpu1=1.0), at=known.finished_at)
    (found,) = scalings(run, hardware=[known])
    assert found.usable == usable


def test_without_a_record_nobody_knows_how_many_threads_can_run():
    (found,) = scalings(make.run(*points(make.FORWARD, CASE, cpu1=1.0)))
    assert found.usable is None
