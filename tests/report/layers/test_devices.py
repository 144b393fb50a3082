import pytest

from cnnfc.report.layers.devices import all_devices
from cnnfc.timeline.arrange import arrange
from testkit import histories as make


@pytest.fixture
def found():
    """The layers of `make.small` by machine and device."""
    groups = arrange(make.small())
    return {(one.group.machine, str(one.device)): one for one in all_devices(groups)}


def test_every_machine_and_device_with_layers_is_there(found):
    assert set(found) == {("elm", "cpu-1"), ("oak", "cpu-1"), ("oak", "cpu-2")}


def test_layers_are_those_of_the_newest_run(found):
    layers = found["oak", "cpu-1"]
    assert layers.run.commit == make.commit(9)
    latency = {str(one.case): one.latency for one in layers.layers}
    assert latency == {case: pytest.approx(value * 0.8) for case, value in make.LAYERS.items()}


def test_the_bound_is_the_longer_of_arithmetic_and_memory(found):
    # 50 GFLOP/s and 10 GB/s; dense 1024 to 512 has 2 * 524,288 FLOPs (21 us) and
    # 4 * (1024 + 524,288 + 512 + 512) bytes (210 us)
    layers = {str(one.case): one for one in found["oak", "cpu-1"].layers}
    assert layers["dense.1024-512"].bound == pytest.approx(2_105_344 / 10e9)
    # 3x3 from 64 to 64 on 56x56: 2 * 36,864 * 3,136 FLOPs
    assert layers["conv2d.64-64.k3.nobias.hw56"].bound == pytest.approx(231_211_008 / 50e9)


def test_without_reference_kernels_there_is_no_bound_and_the_predictor_says_so():
    history = make.history(make.run(*make.layer_points(ceilings=False)))
    (layers,) = all_devices(arrange(history))
    assert {one.bound for one in layers.layers} == {None}
    assert [one.fit.n for one in layers.predictors] == [12, 12, 12, 12, 0]


def test_a_ceiling_is_the_best_value_that_was_reached_with_that_dtype():
    history = make.history(
        make.run(
            *make.layer_points(ceilings=False),
            make.point(make.GEMM, "gemm.2048", "cpu-1", value=40e9, spread=0.1),
            make.point(make.GEMM, "gemm.512", "cpu-1", value=30e9),
            make.point(make.GEMM, "gemm.2048.bf16", "cpu-1", value=90e9, spread=0.0),
            make.point(make.COPY, "copy.x4llc", "cpu-1", value=10e9, spread=0.0),
        )
    )
    (layers,) = all_devices(arrange(history))
    assert layers.ceilings.flops == {"fp32": pytest.approx(44e9), "bf16": 90e9}
    assert layers.ceilings.bandwidth == 10e9


def test_layers_of_equal_parameters_make_a_ladder(found):
    (ladder,) = found["oak", "cpu-1"].ladders
    assert ladder.parameters == 36_864
    assert [str(one.case) for one in ladder.rungs] == [
        "conv2d.64-64.k3.nobias.hw7",
        "conv2d.64-64.k3.nobias.hw14",
        "conv2d.64-64.k3.nobias.hw56",
    ]
    assert ladder.factor == pytest.approx(40)


def test_a_case_of_two_benchmarks_counts_once_with_the_plain_one():
    plain = make.layer_points(ceilings=False)
    case = "conv2d.3-64.k3.hw32"
    again = [
        make.point("threads.Forward.time_layer", case, "cpu-1", value=9.0),
        make.point("conv.ForwardFull.time_layer", case, "cpu-1", value=9.0),
        make.point("conv.ForwardFull.time_layer", "conv2d.3-8.k3.hw32", "cpu-1", value=1e-4),
    ]
    (layers,) = all_devices(arrange(make.history(make.run(*plain, *again))))
    latency = {str(one.case): one.latency for one in layers.layers}
    assert latency[case] == 0.2e-3
    assert latency["conv2d.3-8.k3.hw32"] == 1e-4
    assert len(layers.layers) == 13


def test_training_and_cold_caches_are_other_questions():
    points = [
        make.point(name, case, "cpu-1")
        for name in ("conv.TrainStep.time_layer", "conv.ForwardCold.time_layer")
        for case in list(make.LAYERS)[:5]
    ]
    assert list(all_devices(arrange(make.history(make.run(*points))))) == []


def test_other_passes_are_kept_beside_the_forward_one():
    cases = list(make.LAYERS)[:2]
    points = [
        *make.layer_points(),
        make.point("conv.TrainStep.time_layer", cases[0], "cpu-1", value=9e-4),
        make.point("conv.ForwardCold.time_layer", cases[0], "cpu-1", value=3e-4),
        make.point("conv.ForwardCold.time_layer", cases[1], "cpu-1", value=5e-4),
    ]
    (layers,) = all_devices(arrange(make.history(make.run(*points))))
    assert [
        (one.label, [(str(m.case), m.latency) for m in one.layers]) for one in layers.passes
    ] == [
        ("forward, cold caches", [(cases[0], 3e-4), (cases[1], 5e-4)]),
        ("training step", [(cases[0], 9e-4)]),
    ]
    # What a forward call needs at least is no bound of three passes through the layer.
    assert [one.layers[0].bound is None for one in layers.passes] == [False, True]
    assert {str(case): m.latency for case, m in layers.cold.items()} == {
        cases[0]: 3e-4,
        cases[1]: 5e-4,
    }


def test_an_older_run_stands_in_where_the_newest_left_a_device_out():
    history = make.history(
        make.run(*make.layer_points(), number=1),
        make.run(*make.layer_points()[:2], number=2),
    )
    (layers,) = all_devices(arrange(history))
    assert layers.run.commit == make.commit(1)


def test_a_first_call_is_set_beside_its_warmed_layer(found):
    calls = found["oak", "cpu-1"].first_calls
    assert [str(one.case) for one in calls] == [
        "conv2d.3-64.k3.hw32",
        "conv2d.64-64.k3.nobias.hw7",
    ]
    assert [one.factor for one in calls] == [pytest.approx(250), pytest.approx(500)]


def test_a_decade_with_enough_layers_is_judged_alone():
    cases = [f"conv2d.64-{width}.k3.nobias.hw14" for width in range(20, 140, 10)]
    points = [make.point(make.FORWARD, case, "cpu-1") for case in [*cases, "conv2d.3-8.k3.hw32"]]
    (layers,) = all_devices(arrange(make.history(make.run(*points))))
    # 64 * 9 * (20..130) = 11,520 to 74,880 parameters
    assert (layers.band.low, layers.band.predictors[0].fit.n) == (10_000, 12)
