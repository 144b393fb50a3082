import math
from pathlib import Path

import pytest

from cnnfc.gate.judging.canaries import comparable, drift, judge
from cnnfc.gate.measuring.legs import Block, Leg
from cnnfc.gate.sides import Side, Sides


def pair(ratio, level=1e-3):
    """A pair of a reference kernel: seconds of both sides about `level`."""
    a, b = (Leg((level * side,) * 3, 1, None, None) for side in (ratio**-0.5, ratio**0.5))
    return (Block("ABBA", (a, b, b, a)),)


def test_a_kernel_that_is_as_quick_on_both_sides_did_not_move():
    (found,) = judge({"loop": [pair(ratio) for ratio in (1 / 1.01, 1.0, 1.01) * 4]}, 0.03)
    assert (found.name, found.moved, found.reason) == ("loop", False, "")
    assert found.effect.ratio == pytest.approx(1.0)
    assert found.effect.pairs == 12
    assert found.levels == pytest.approx([1e-3] * 12)
    assert found.drift == pytest.approx(0.0)


@pytest.mark.parametrize("ratio", [1.05, 1 / 1.05])
def test_a_kernel_that_differs_between_the_sides_moved(ratio):
    (found,) = judge({"copy": [pair(ratio)] * 12}, 0.03)
    assert found.moved
    assert found.reason == (
        f"the reference kernel copy differs between the sides by a ratio of {ratio:.3f}, although "
        f"it is none of the code that is compared"
    )


@pytest.mark.parametrize(("ratio", "moved"), [(1.029, False), (1.031, True)])
@pytest.mark.parametrize("power", [1, -1])
def test_a_difference_counts_beyond_the_tolerance_in_either_direction(ratio, moved, power):
    (found,) = judge({"gemm": [pair(ratio**power)] * 12}, 0.03)
    assert found.moved is moved


def test_a_difference_that_may_be_chance_does_not_count():
    # Of 2**12 patterns 1 is rarer than 0.002 / 2; 12 of them, with a small one turned, are not.
    values = [1.05] * 11
    assert judge({"loop": [pair(r) for r in (*values, 1.05)]}, 0.03)[0].moved
    assert not judge({"loop": [pair(r) for r in (*values, 1 / 1.2)]}, 0.03)[0].moved


@pytest.mark.parametrize(("kernels", "pairs"), [(1, 10), (3, 12), (5, 13)])
def test_all_kernels_share_the_probability_of_a_false_alarm(kernels, pairs):
    """The best p-value, 2 to the power of -pairs, must reach 0.002 / 2 / kernels."""
    names = [str(n) for n in range(kernels)]
    assert all(one.moved for one in judge({name: [pair(1.1)] * pairs for name in names}, 0.03))
    few = judge({name: [pair(1.1)] * (pairs - 1) for name in names}, 0.03)
    assert not any(one.moved for one in few)


def test_a_kernel_without_pairs_is_left_out():
    assert judge({"gemm": []}, 0.03) == ()
    assert judge({}, 0.03) == ()


def test_a_level_that_drifts_on_both_sides_is_told_and_moves_nothing():
    levels = [1e-3] * 4 + [1.2e-3] * 4 + [1.1e-3] * 4
    (found,) = judge({"loop": [pair(1.0, level) for level in levels]}, 0.03)
    assert found.levels == pytest.approx(levels)
    assert found.drift == pytest.approx(0.2)
    assert not found.moved


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([1.0] * 3 + [1.3] * 3, 0.3),
        ([1.3] * 3 + [1.0] * 3, 0.3),
        ([1.0, 2.0] * 2 + [1.0], 0.0),
        # One slow pair is no drift.
        ([1.0, 9.0, 1.0, 1.0, 1.0, 1.0], 0.0),
        # Thirds from nine on: the middle one is slow.
        ([1.0] * 3 + [2.0] * 3 + [1.0] * 3, 1.0),
        ([], 0.0),
    ],
)
def test_drift_compares_the_medians_of_long_stretches(levels, expected):
    assert drift(levels) == pytest.approx(expected)


def test_no_number_of_a_kernel_is_lost_on_the_way_to_json():
    (found,) = judge({"loop": [pair(1.0)]}, 0.03)
    assert (found.effect.low, found.effect.high) == (0.0, math.inf)
    assert math.isfinite(found.drift)
    assert math.isfinite(found.effect.spread)


def side(role, software=None, environment=None):
    here = Path("/nowhere")
    return Side(
        role, role, None, "t", here, None, (), here, here, environment or {}, software or {}
    )


def test_kernels_that_are_the_same_on_both_sides_are_all_compared():
    sides = Sides(side("baseline", {"torch": "2.13"}), side("contender", {"torch": "2.13"}))
    measured = {"loop": [pair(1.0)], "copy": [pair(1.0)], "gemm": [pair(1.0)]}
    assert comparable(measured, sides) == measured


def test_the_version_of_the_compared_package_takes_no_witness_away():
    both = {"torch": "2.13", "python": "3.11"}
    sides = Sides(
        side("baseline", {**both, "mine": "1.0.dev3+gabc", "click": "8.1"}),
        side("contender", {**both, "mine": "1.0.dev4+gdef", "click": "8.2"}),
    )
    measured = {"loop": [pair(1.0)], "copy": [pair(1.0)], "gemm": [pair(1.0)]}
    assert comparable(measured, sides) == measured


@pytest.mark.parametrize(
    ("software", "environment", "left"),
    [
        ({"torch": "2.13", "python": "3.11", "numpy": "2.0"}, {}, {"loop", "copy"}),
        ({"torch": "2.13", "python": "3.11", "mkl": "2025"}, {}, {"loop", "copy"}),
        ({"torch": "2.12", "python": "3.11"}, {}, {"loop", "copy"}),
        ({"torch": "2.13", "python": "3.11"}, {"ONEDNN_MAX_CPU_ISA": "AVX2"}, {"loop", "copy"}),
        ({"torch": "2.13", "python": "3.12"}, {}, {"copy"}),
    ],
)
def test_a_kernel_that_a_side_brings_along_is_no_witness(software, environment, left):
    baseline = side("baseline", {"torch": "2.13", "python": "3.11"})
    sides = Sides(baseline, side("contender", software, environment))
    measured = {"loop": [pair(1.0)], "copy": [pair(1.0)], "gemm": [pair(1.0)]}
    assert set(comparable(measured, sides)) == left
