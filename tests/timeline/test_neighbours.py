import pytest

from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.courses import follow
from cnnfc.timeline.neighbours import Neighbours, Suite
from cnnfc.timeline.shifts import Part
from testkit import edges

FORWARD = "conv.Forward.time_layer"
DENSE = "dense.Forward.time_layer"
GEMM = "hardware.CanaryGemm.track_flops"
LOOP = "hardware.CanaryLoop.track_duration"
CASE = "conv2d.3-64.k3.hw32"
CHANGE = 0.0953  # a factor of 1.1


@pytest.fixture
def neighbours(grow):
    """The neighbours of the first series of a history, and that series."""

    def build(levels, detect=edges.find_edges):
        (group,) = arrange(grow(levels))
        found = follow(group, detect)
        first = next(iter(levels))
        (changed,) = (
            one.series for one in found if (one.benchmark, *one.series.parameters) == first
        )
        return Neighbours(group, found), changed

    return build


def _kernels(found, changed):
    return {one.name: one.part for one in found.kernels(changed, CHANGE, 5, 6)}


def test_kernels_of_the_same_device_are_asked(neighbours, step):
    found, changed = neighbours(
        {
            (FORWARD, CASE, "cpu-2"): step(1.1),
            (GEMM, "gemm.2048", "cpu-1"): step(1 / 1.1, level=5e10),
            (GEMM, "gemm.2048", "cuda-0"): step(1 / 1.1, level=5e12),
            (LOOP, "loop.1000000", "cpu-1"): step(1.0),
        }
    )
    assert _kernels(found, changed) == {
        "gemm.2048 on cpu-1": Part.MOVED,
        "loop.1000000 on cpu-1": Part.STILL,
    }


def test_an_accelerator_also_waits_for_the_interpreter(neighbours, step):
    found, changed = neighbours(
        {
            (FORWARD, CASE, "cuda-0"): step(1.1),
            (GEMM, "gemm.2048", "cpu-1"): step(1.0, level=5e10),
            (GEMM, "gemm.2048", "cuda-0"): step(1.0, level=5e12),
            (GEMM, "gemm.2048", "cuda-1"): step(1.0, level=5e12),
            (LOOP, "loop.1000000", "cpu-1"): step(1.0),
        }
    )
    assert set(_kernels(found, changed)) == {"gemm.2048 on cuda-0", "loop.1000000 on cpu-1"}


def test_a_higher_rate_is_quicker(neighbours, step):
    found, changed = neighbours(
        {
            (FORWARD, CASE, "cpu-1"): step(1.1),
            (GEMM, "gemm.2048", "cpu-1"): step(1.1, level=5e10),
        }
    )
    (kernel,) = found.kernels(changed, CHANGE, 5, 6)
    assert kernel.shift.factor == pytest.approx(1 / 1.1)
    assert kernel.part is Part.STILL


def test_noisy_series_and_those_with_too_few_values_do_not_count(neighbours, step):
    levels = {
        (FORWARD, CASE, "cpu-1"): step(1.1),
        (DENSE, "dense.64-64", "cpu-1"): step(1.1),
    }
    told = [
        found.suite(changed, CHANGE, 5, 6).told
        for found, changed in (
            neighbours(levels, edges.detector()),
            neighbours(levels, edges.detector(spread=0.1)),
            neighbours(levels, edges.detector(least=13)),
        )
    ]
    assert told == [2, 0, 0]


def test_the_suite_is_counted_on_the_same_device_by_family(neighbours, step):
    found, changed = neighbours(
        {
            (FORWARD, CASE, "cpu-1"): step(1.1),
            (FORWARD, CASE, "cpu-2"): step(1.2),
            (FORWARD, CASE, "cpu-4"): step(1.0),
            (FORWARD, CASE, "cuda-0"): step(1.1),
            (DENSE, "dense.64-64", "cpu-1"): step(0.9),
            (GEMM, "gemm.2048", "cpu-1"): step(1.1, level=5e10),
        }
    )
    suite = found.suite(changed, CHANGE, 5, 6)
    assert (suite.told, suite.moved) == (4, 2)
    assert suite.factor == pytest.approx(1.15)
    assert suite.families == {"conv": (2, 3), "dense": (0, 1)}


@pytest.mark.parametrize(
    ("moved", "told", "together"),
    [(5, 6, True), (4, 6, False), (5, 5, False), (6, 8, True), (5, 7, False)],
)
def test_together_is_three_quarters_of_six_at_least(moved, told, together):
    assert Suite(told, moved, 1.1).together is together
