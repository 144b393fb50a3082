import pytest

from cnnfc.analysis.residuals import Reason
from cnnfc.report.layers.devices import all_devices
from cnnfc.report.layers.regimes import regimes
from cnnfc.report.layers.unexpected import unexpected
from cnnfc.timeline.arrange import arrange
from testkit import histories as make


@pytest.fixture
def far():
    """The layers with large residuals of a run of `points`."""

    def build(*points):
        (found,) = all_devices(arrange(make.history(make.run(*points))))
        return unexpected(found, regimes(found))

    return build


def _line():
    """Six dense layers with 1 ns a parameter, so with 2 FLOPs a parameter at 2 GFLOP/s."""
    return [
        make.point(make.DENSE, f"dense.{n}-{n}.nobias", "cpu-1", value=n * n * 1e-9)
        for n in (16, 32, 64, 512, 1024, 2048)
    ]


def test_layers_on_one_line_are_all_as_expected(far):
    found = far(*_line())
    assert (found.layers, found.limit, found.found) == (6, 2.0, ())


def test_a_layer_that_uses_its_weights_often_is_slow_for_that(far):
    # 64 * 64 * 9 weights on 8 x 8 positions: 128 FLOPs a parameter, at the same 2 GFLOP/s.
    case = "conv2d.64-64.k3.nobias.hw8"
    points = [*_line(), make.point(make.FORWARD, case, "cpu-1", value=36_864 * 64e-9)]
    (one,) = far(*points).found
    assert (str(one.layer.case), one.reasons, one.cold) == (case, (Reason.REUSED,), None)
    assert (one.uses[0], one.speed[0]) == pytest.approx((128, 2e9))
    assert one.ratio == pytest.approx(one.uses[1] / one.speed[1])
    assert one.speed[1] == pytest.approx(1)
    assert one.layer.latency == pytest.approx(one.ratio * one.expected)


def test_how_much_longer_it_takes_with_cold_caches_stands_beside_it(far):
    case = "conv2d.64-64.k3.nobias.hw8"
    points = [
        *_line(),
        make.point(make.FORWARD, case, "cpu-1", value=2e-3),
        make.point("conv.ForwardCold.time_layer", case, "cpu-1", value=5e-3),
    ]
    (one,) = far(*points).found
    assert one.cold == pytest.approx(2.5)


def test_the_roofline_says_what_slow_arithmetic_is_slow_for(far):
    # 2 * 36,864 FLOPs at 36 kFLOP/s, which is far from both ceilings.
    case = "conv2d.64-64.k3.nobias.hw1"
    points = [
        *_line(),
        make.point(make.FORWARD, case, "cpu-1", value=2.0),
        make.point(make.GEMM, "gemm.2048", "cpu-1", value=50e9, spread=0.0),
        make.point(make.COPY, "copy.x4llc", "cpu-1", value=10e9, spread=0.0),
    ]
    (one,) = far(*points).found
    assert one.reasons == (Reason.KERNEL,)


def test_the_farthest_comes_first(far):
    slow = [
        make.point(make.FORWARD, "conv2d.64-64.k3.nobias.hw8", "cpu-1", value=3e-3),
        make.point(make.FORWARD, "conv2d.64-64.k3.nobias.hw7", "cpu-1", value=9e-3),
    ]
    found = far(*_line(), *slow).found
    assert [one.layer.latency for one in found] == [9e-3, 3e-3]


def test_without_a_law_nothing_is_unexpected(far):
    points = [
        make.point(make.DENSE, f"dense.8-8.nobias.n{n}", "cpu-1", value=1e-6 * n) for n in (1, 2, 4)
    ]
    assert far(*points) is None
