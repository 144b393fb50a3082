from datetime import UTC, datetime

import pytest

from cnnfc.commands.check.items import LAYERS, choose_items
from cnnfc.harness.devices import Devices
from cnnfc.harness.profiles import QUICK
from cnnfc.harness.suite import Benchmark, Suite
from cnnfc.timeline.arrange import arrange
from testkit import histories as make

CPUS = ("cpu-1", "cpu-2", "cpu-4", "cpu-8")
DEVICES = Devices(cpus=8)
DEVICE_TIME = "conv.ForwardDevice.track_duration"
LOOP = "hardware.CanaryLoop.track_duration"


def benchmark(name, cases, devices=CPUS):
    literals = tuple(tuple(map(repr, values)) for values in (cases, devices))
    return Benchmark(name, ("case", "device"), literals, "1")


def chosen(of, devices=DEVICES, history=None):
    (group,) = arrange(history) if history else (None,)
    return choose_items(Suite({one.name: one for one in of}), devices, {}, group)


def keys(items):
    return [(str(item.layer.case), str(item.layer.device)) for item in items]


def test_canaries_come_first_and_layers_after_them():
    items = chosen([benchmark(make.DENSE, ["dense.1024-512"]), benchmark(make.GEMM, ["gemm.2048"])])
    assert keys(items) == [
        ("gemm.2048", "cpu-1"),
        ("gemm.2048", "cpu-8"),
        ("dense.1024-512", "cpu-1"),
        ("dense.1024-512", "cpu-8"),
    ]


def test_one_thread_and_the_largest_power_of_two_are_enough():
    assert keys(chosen([benchmark(make.GEMM, ["gemm.2048"])], Devices(cpus=6))) == [
        ("gemm.2048", "cpu-1"),
        ("gemm.2048", "cpu-4"),
    ]


def test_a_device_that_is_not_here_is_left_out():
    of = [benchmark(make.GEMM, ["gemm.2048"], ("cpu-1", "cuda-0", "cuda-1"))]
    assert keys(chosen(of)) == [("gemm.2048", "cpu-1")]
    assert keys(chosen(of, Devices(cpus=1, cuda=2))) == [
        ("gemm.2048", "cpu-1"),
        ("gemm.2048", "cuda-0"),
        ("gemm.2048", "cuda-1"),
    ]


def test_only_a_few_layers_and_number_formats_are_looked_at():
    of = [
        benchmark(make.GEMM, ["gemm.2048", "gemm.2048.fp16", "gemm.2048.tf32"], ("cpu-1",)),
        benchmark(make.DENSE, ["dense.64-64", "dense.2048-1000"], ("cpu-1",)),
        benchmark("dense.TrainStep.time_layer", ["dense.2048-1000"], ("cpu-1",)),
        benchmark("dense.ForwardCold.time_layer", ["dense.2048-1000"], ("cpu-1",)),
        benchmark("foreign.Suite.time_it", ["dense.2048-1000"], ("cpu-1",)),
    ]
    assert [item.key for item in chosen(of)] == [
        (make.GEMM, ("gemm.2048", "cpu-1")),
        (make.DENSE, ("dense.2048-1000", "cpu-1")),
    ]


def test_of_accelerators_the_device_time_is_looked_at_too_whose_clocks_are_read():
    of = [benchmark(DEVICE_TIME, ["conv2d.3-64.k3.hw32"], ("cuda-0",))]
    (item,) = chosen(of, Devices(cpus=1, cuda=1))
    assert item.label == "device time of conv2d.3-64.k3.hw32 on cuda-0"


def test_every_profile_measures_the_layers_so_that_every_history_has_them():
    for case in LAYERS:
        family = "dense" if case.startswith("dense") else "conv"
        assert QUICK[f"{family}.Forward.time_layer"].takes(case)


def test_things_have_a_name_for_people_and_one_for_programs():
    of = [
        benchmark(make.GEMM, ["gemm.2048.bf16"], ("cpu-1",)),
        benchmark(make.COPY, ["copy.x4llc"], ("cpu-1",)),
        benchmark(LOOP, ["loop.1000000"], ("cpu-1",)),
        benchmark(make.DENSE, ["dense.1024-512"], ("cpu-1",)),
    ]
    assert [(item.label, item.id) for item in chosen(of)] == [
        (
            "memory copy copy.x4llc on cpu-1",
            "hardware.CanaryCopy.track_bandwidth-copy.x4llc-cpu-1",
        ),
        (
            "matrix product gemm.2048.bf16 on cpu-1",
            "hardware.CanaryGemm.track_flops-gemm.2048.bf16-cpu-1",
        ),
        (
            "interpreter loop.1000000 on cpu-1",
            "hardware.CanaryLoop.track_duration-loop.1000000-cpu-1",
        ),
        ("dense.1024-512 on cpu-1", "dense.Forward.time_layer-dense.1024-512-cpu-1"),
    ]


GEMM_1 = [benchmark(make.GEMM, ["gemm.2048"], ("cpu-1",))]


def runs(values, **fields):
    """A history with a run a day, at most 25."""
    return make.history(
        *(
            make.run(
                make.point(make.GEMM, "gemm.2048", "cpu-1", value=value),
                number=number,
                at=datetime(2026, 4, number, tzinfo=UTC),
                **fields,
            )
            for number, value in enumerate(values, 1)
        )
    )


def test_the_past_is_in_the_order_of_the_clock_and_not_of_the_commits():
    early, late = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)
    point = make.point(make.GEMM, "gemm.2048", "cpu-1", value=1.0)
    newer = make.point(make.GEMM, "gemm.2048", "cpu-1", value=2.0)
    history = make.history(make.run(point, number=9, at=early), make.run(newer, number=1, at=late))
    (item,) = chosen(GEMM_1, history=history)
    assert [reading.summary.centre for reading in item.past] == [1.0, 2.0]


def test_only_the_latest_runs_count():
    (item,) = chosen(GEMM_1, history=runs(range(1, 26)))
    assert [reading.summary.centre for reading in item.past] == list(range(6, 26))


@pytest.mark.parametrize(
    ("values", "why_not"),
    [
        ((1.0,), "1 run of history; a verdict takes 3 at least"),
        ((1.0, 1.0), "2 runs of history; a verdict takes 3 at least"),
        ((1.0, 1.0, 1.0), ""),
    ],
)
def test_with_fewer_than_three_runs_there_is_no_verdict(values, why_not):
    (item,) = chosen(GEMM_1, history=runs(values))
    assert item.why_not == why_not


def test_without_a_history_it_is_said_that_nothing_was_measured():
    (item,) = chosen(GEMM_1)
    assert item.why_not == "no run of this machine has measured it"
    assert item.version is None


def test_runs_of_another_version_do_not_count_and_that_is_said():
    points = [
        make.replace(
            make.point(make.GEMM, "gemm.2048", "cpu-1"),
            version=version,
            started_at=datetime(2026, 4, day, tzinfo=UTC),
        )
        for day, version in enumerate(("1", "1", "2"), 1)
    ]
    history = make.history(*(make.run(one, number=n) for n, one in enumerate(points, 1)))
    (item,) = chosen(GEMM_1, history=history)
    assert item.why_not == (
        "1 run of history (2 runs of another version of it not counted); a verdict takes 3 at least"
    )
    assert item.version == "2"


def test_a_canary_that_was_only_ever_skipped_is_left_out_and_a_layer_is_named():
    of = [
        benchmark(make.GEMM, ["gemm.2048", "gemm.2048.bf16"], ("cpu-1",)),
        benchmark(make.DENSE, ["dense.1024-512"], ("cpu-1",)),
    ]
    history = make.history(
        make.run(
            make.point(make.GEMM, "gemm.2048", "cpu-1"),
            make.skipped(make.GEMM, "gemm.2048.bf16", "cpu-1"),
            make.skipped(make.DENSE, "dense.1024-512", "cpu-1"),
        )
    )
    assert keys(chosen(of, history=history)) == [
        ("gemm.2048", "cpu-1"),
        ("dense.1024-512", "cpu-1"),
    ]
