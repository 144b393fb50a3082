import math

import pytest

from cnnfc.analysis.predictors import fit
from cnnfc.analysis.residuals import (
    Reason,
    Usual,
    Work,
    factors,
    is_large,
    large_from,
    reasons,
    usual,
)
from cnnfc.analysis.roofline import Cause

#: 20 FLOPs a parameter at 2 GFLOP/s, whatever the number of parameters.
LEVEL = Usual(1000.0, 20.0, 0.0, 2e9, 0.0)


def _layer(parameters, uses, speed, *, share=0.1, grouped=False, bound_by=None):
    flops = parameters * uses
    return Work(flops / speed, parameters, flops, share, grouped, bound_by)


def _work(uses, speed, **options):
    """A layer of 1,000 parameters, each used in `uses` FLOPs, at `speed` FLOP/s."""
    return _layer(1000, uses, speed, **options)


def test_time_a_parameter_is_how_often_it_is_used_over_how_fast_that_runs():
    one = Work(
        latency=3e-3, parameters=500, flops=6e6, weight_share=0, grouped=False, bound_by=None
    )
    assert (one.uses, one.speed) == (12_000, 2e9)
    assert one.latency / one.parameters == one.uses / one.speed


def test_what_is_usual_is_a_power_law_in_the_parameters():
    # 100 times the parameters: a hundredth of the uses, ten times the speed.
    law = usual([_layer(10, uses=200, speed=1e9), _layer(1000, uses=2, speed=1e10)])
    assert law.centre == pytest.approx(100)
    assert (law.uses_slope, law.speed_slope) == pytest.approx((-1, 0.5))
    assert (law.uses_at(100), law.speed_at(100)) == pytest.approx((20, math.sqrt(1e19)))
    assert (law.uses_at(10), law.speed_at(1000)) == pytest.approx((200, 1e10))
    # 1,000 parameters * 2 FLOPs / 10 GFLOP/s
    assert law.expected(1000) == pytest.approx(2e-7)


def test_layers_of_equal_parameters_have_a_level_law():
    law = usual([_layer(10, uses=2, speed=1e9), _layer(10, uses=200, speed=1e9)])
    assert (law.uses_at(10), law.uses_at(1000)) == pytest.approx((20, 20))


LAYERS = (
    (1_792, 1_970, 6.3e10),
    (36_864, 98, 4.5e10),
    (36_864, 6_272, 1.1e11),
    (524_800, 2, 2.4e10),
    (16_781_312, 2, 1.2e10),
)


def test_every_residual_of_the_latency_is_the_quotient_of_both_factors():
    layers = [_layer(*numbers) for numbers in LAYERS]
    law = usual(layers)
    latency = fit([one.parameters for one in layers], [one.latency for one in layers])
    for one in layers:
        expected = latency.predict(one.parameters)
        uses, speed = factors(one, law)
        assert law.expected(one.parameters) == pytest.approx(expected)
        assert one.latency / expected == pytest.approx(uses / speed)


@pytest.mark.parametrize(
    ("ratio", "error", "large"),
    [
        (3.9, 2.0, False),
        (4.0, 2.0, True),
        (0.26, 2.0, False),
        (0.25, 2.0, True),
        (1.9, 1.1, False),
        (2.0, 1.1, True),
        (1e300, math.inf, False),
        (0.0, 2.0, True),
    ],
)
def test_a_residual_is_large_from_the_square_of_the_median_error_and_from_two(ratio, error, large):
    assert is_large(ratio, error) is large


def test_the_limit_is_never_below_two():
    assert (large_from(1.0), large_from(3.0)) == (2.0, 9.0)


def test_slow_with_many_uses_at_the_usual_speed_is_reuse():
    assert reasons(_work(200, 2e9), LEVEL) == (Reason.REUSED,)


def test_fast_with_few_uses_is_named_by_what_binds_it():
    few = {"uses": 2, "speed": 2e9}
    assert reasons(_work(**few), LEVEL) == (Reason.FEW_USES,)
    memory, cache = {"bound_by": Cause.MEMORY}, {"bound_by": Cause.CACHE}
    assert reasons(_work(**few, **memory, share=0.5), LEVEL) == (Reason.WEIGHTS,)
    assert reasons(_work(**few, **cache, share=0.9), LEVEL) == (Reason.CACHED,)
    # Activations are most of what it moves: the weights are not the reason.
    assert reasons(_work(**few, **memory, share=0.4), LEVEL) == (Reason.FEW_USES,)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"bound_by": Cause.OVERHEAD}, Reason.OVERHEAD),
        # Overhead comes first, whatever the layer is.
        ({"bound_by": Cause.OVERHEAD, "grouped": True}, Reason.OVERHEAD),
        ({"grouped": True}, Reason.GROUPED),
        ({"grouped": True, "bound_by": Cause.MEMORY}, Reason.GROUPED),
        ({"bound_by": Cause.MEMORY, "share": 0.5}, Reason.WEIGHTS),
        ({"bound_by": Cause.MEMORY, "share": 0.49}, Reason.ACTIVATIONS),
        ({"bound_by": Cause.CACHE}, Reason.CACHED),
        ({"bound_by": Cause.NONE}, Reason.KERNEL),
        ({"bound_by": Cause.COMPUTE}, Reason.SLOW),
        ({}, Reason.SLOW),
    ],
)
def test_slow_arithmetic_is_named_by_the_first_rule_that_holds(options, reason):
    assert reasons(_work(20, 1e9, **options), LEVEL) == (reason,)


def test_fast_arithmetic_makes_a_layer_fast():
    assert reasons(_work(20, 8e9), LEVEL) == (Reason.FAST,)


def test_of_two_reasons_the_larger_comes_first():
    assert reasons(_work(40, 0.5e9), LEVEL) == (Reason.SLOW, Reason.REUSED)
    assert reasons(_work(200, 1e9), LEVEL) == (Reason.REUSED, Reason.SLOW)


def test_a_factor_against_the_direction_of_the_residual_is_no_reason():
    # Ten times the uses, but four times as fast: that it is slower is all reuse.
    assert reasons(_work(200, 8e9), LEVEL) == (Reason.REUSED,)
    # Few uses at a slow speed: that it is faster is all in the uses.
    assert reasons(_work(2, 0.5e9), LEVEL) == (Reason.FEW_USES,)


def test_a_factor_below_one_and_a_half_is_none():
    assert reasons(_work(29, 1.4e9), LEVEL) == ()
    assert reasons(_work(30.1, 1.4e9), LEVEL) == (Reason.REUSED,)
