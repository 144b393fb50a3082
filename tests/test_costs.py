"""Costs agree with hand counts and, for every case of every catalogue, with torch."""

import math
from typing import NamedTuple

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from cnnfc.cases import DTYPES, Case, Convolution, Copy, Dense, Gemm, Loop
from cnnfc.catalogues import Entry, catalogue, load
from cnnfc.costs import DTYPE_BYTES, KERAS, TORCH, Costs, costs, total, trunk_parameters

LAYERS = sorted(
    {str(case) for each in load().values() for case in each.cases if not case.is_canary}
)

#: Corners of the grammar that no catalogue has.
CORNERS = (
    "conv1d.6-4.k5.s3.p0.d2.g2.nobias.l31.n3",
    "conv2d.4-8.k1x3.s2x1.p0x2.d1x2.g4.hw9x17.n2",
    "conv3d.4-6.k3x1x2.s1x2x2.p1x0x1.g2.dhw5x6x7.n2",
    "convtranspose1d.6-4.k4.s3.p1.o2.g2.l7.n3",
    "convtranspose2d.8-12.k3x5.s2.p1x2.o1.d1x2.g4.nobias.hw5x6.n2",
    "convtranspose3d.2-3.k2.s2.p0.dhw3x4x5",
    "dense.7-3.nobias.n5",
    "dense.7-3.n5.t11",
    "dense.7-3.t1",
)


class Oracle(NamedTuple):
    parameters: int
    flops: int
    output_shape: tuple[int, ...]


def ask_torch(case: Case) -> Oracle:
    """What torch says of the layer, on its meta device: shapes without memory or arithmetic."""
    if isinstance(case, Dense):
        layer = torch.nn.Linear(case.in_features, case.out_features, case.bias, device="meta")
    else:
        assert isinstance(case, Convolution)
        name = f"Conv{'Transpose' if case.transposed else ''}{case.dims}d"
        extra = {"output_padding": case.output_padding} if case.transposed else {}
        layer = getattr(torch.nn, name)(
            case.in_channels,
            case.out_channels,
            case.kernel,
            stride=case.stride,
            padding=case.padding,
            dilation=case.dilation,
            groups=case.groups,
            bias=case.bias,
            device="meta",
            **extra,
        )
    with FlopCounterMode(display=False) as counter:
        output = layer(torch.empty(case.input_shape, device="meta"))
    return Oracle(
        sum(parameter.numel() for parameter in layer.parameters()),
        counter.get_total_flops(),
        tuple(output.shape),
    )


def agree_with_torch(case: Case) -> None:
    counted = costs(case)
    assert Oracle(counted.parameters, counted.flops, case.output_shape) == ask_torch(case)
    assert counted.output_elements == math.prod(case.output_shape)


@pytest.mark.parametrize("name", [*LAYERS, *CORNERS])
def test_parameters_flops_and_output_shape_are_those_of_torch(name):
    agree_with_torch(Case.parse(name))


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    dims = draw(st.integers(1, 3))
    transposed = draw(st.booleans())

    def axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    kernel, dilation, stride = axis(1, 4), axis(1, 3), axis(1, 3)
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    padding = tuple(draw(st.integers(0, r // 2)) for r in reach)
    least = [max(1, r + 1 - 2 * p) for r, p in zip(reach, padding, strict=True)]
    groups = draw(st.integers(1, 3))
    return Convolution(
        groups * draw(st.integers(1, 3)),
        groups * draw(st.integers(1, 3)),
        kernel=kernel,
        size=tuple(low + draw(st.integers(0, 3)) for low in least),
        stride=stride,
        padding=padding,
        output_padding=tuple(draw(st.integers(0, s - 1)) for s in stride) if transposed else 0,
        dilation=dilation,
        groups=groups,
        bias=draw(st.booleans()),
        batch=draw(st.integers(1, 3)),
        dims=dims,
        transposed=transposed,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(convolutions())
def test_any_small_convolution_agrees_with_torch(case):
    agree_with_torch(case)


def test_the_first_dense_layer_on_an_image_has_150_528_000_weights():
    assert costs(Case.parse("dense.150528-1000.nobias")).parameters == 150_528_000
    assert costs(Case.parse("dense.150528-1000")).parameters == 150_529_000


def test_the_first_convolution_on_an_image_has_1_792_parameters():
    assert costs(Case.parse("conv2d.3-64.k3.hw224")).parameters == (3 * 3 * 3 + 1) * 64 == 1_792


def test_dense_layers_in_place_of_the_trunk_are_13_and_640_times_as_large():
    small, large = (
        costs(Case.parse(f"dense.150528-{outputs}")).parameters for outputs in (2048, 7 * 7 * 2048)
    )
    trunk = trunk_parameters(catalogue("resnet50").entries, KERAS)
    assert (small, large, trunk) == (308_283_392, 15_105_886_208, 23_587_712)
    assert small // trunk == 13
    assert round(large / trunk) == 640


def test_the_trunk_of_resnet50_depends_on_who_counts():
    entries = catalogue("resnet50").entries
    convolutions = [entry for entry in entries if entry.case.family == "conv"]
    weights = total(convolutions).parameters
    channels = sum(entry.times * entry.case.output_shape[1] for entry in convolutions)
    assert (weights, channels) == (23_454_912, 26_560)
    assert trunk_parameters(entries, TORCH) == weights + 2 * channels == 23_508_032
    assert trunk_parameters(entries, KERAS) == weights + channels + 4 * channels == 23_587_712


def test_a_convention_counts_a_bias_once_whether_the_case_has_one_or_not():
    with_bias, without = (
        [Entry(Convolution(2, 3, kernel=1, size=4, bias=bias), 2)] for bias in (True, False)
    )
    # 2 layers of 6 weights and 3 channels: 6 + 2 * 3 and 6 + (1 + 4) * 3.
    assert trunk_parameters(with_bias, TORCH) == trunk_parameters(without, TORCH) == 24
    assert trunk_parameters(with_bias, KERAS) == trunk_parameters(without, KERAS) == 42


def test_a_convolution_is_counted_by_hand():
    """4 -> 6 channels in 2 groups, 3x3, 5x5 image with padding, batch 2, 2 bytes an element."""
    case = Case.parse("conv2d.4-6.k3.g2.hw5.n2.bf16")
    weights, outputs, inputs = 4 // 2 * 6 * 9, 2 * 6 * 25, 2 * 4 * 25
    assert costs(case) == Costs(
        parameters=weights + 6,
        macs=2 * 25 * weights,
        flops=4 * 25 * weights,
        bytes=2 * (weights + 6 + outputs + inputs),
        activation_bytes=2 * (outputs + inputs),
        weight_bytes=2 * (weights + 6),
        output_elements=outputs,
    )


def test_a_transposed_convolution_multiplies_for_each_input_position():
    """3 -> 5 channels, 2x2 with stride 2: 4x4 inputs scatter to 8x8 outputs."""
    case = Case.parse("convtranspose2d.3-5.k2.s2.hw4")
    assert costs(case).macs == 16 * 3 * 5 * 4
    assert costs(case).output_elements == 5 * 64


def test_a_dense_layer_on_tokens_is_counted_by_hand():
    case = Case.parse("dense.8-3.n2.t5.int8")
    assert costs(case) == Costs(
        parameters=27,
        macs=10 * 24,
        flops=20 * 24,
        bytes=27 + 10 * 8 + 10 * 3,
        activation_bytes=10 * 8 + 10 * 3,
        weight_bytes=27,
        output_elements=30,
    )


def test_intensity_is_flops_a_byte():
    # 2 * 4096**2 FLOPs on 4 * (4096**2 + 3 * 4096) bytes: just below one half.
    assert costs(Case.parse("dense.4096-4096")).intensity == pytest.approx(0.49963, abs=1e-5)
    assert costs(Case.parse("conv2d.256-256.k3.nobias.hw14")).intensity == pytest.approx(
        83.8, abs=0.05
    )


def test_every_format_has_its_bytes():
    assert DTYPE_BYTES == {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2, "fp64": 8, "int8": 1}
    assert tuple(DTYPE_BYTES) == DTYPES


@pytest.mark.parametrize("name", LAYERS)
def test_bytes_are_activations_and_weights(name):
    counted = costs(Case.parse(name))
    assert counted.bytes == counted.activation_bytes + counted.weight_bytes


def test_flops_per_weight_do_not_depend_on_kernel_or_groups():
    for kernel, groups in ((1, 1), (3, 1), (11, 1), (3, 8), (5, 32)):
        case = Convolution(32, 32, kernel=kernel, size=10, groups=groups, bias=False, batch=4)
        assert costs(case).flops == 2 * 4 * 10 * 10 * costs(case).parameters


def test_a_matrix_product_has_no_parameters():
    assert costs(Gemm(10, "fp16")) == Costs(0, 1_000, 2_000, 600, 600, 0, 100)


@pytest.mark.parametrize("case", [Copy(), Loop()])
def test_a_copy_and_a_loop_cost_nothing_that_their_names_tell(case):
    assert costs(case) == Costs(0, 0, 0, 0, 0, 0, 0)
    assert math.isnan(costs(case).intensity)


def test_a_total_takes_each_layer_as_often_as_it_occurs():
    one, other = Dense(4, 2), Dense(3, 3, bias=False)
    summed = total([Entry(one, 3), Entry(other, 1)])
    assert summed == Costs(
        parameters=3 * 10 + 9,
        macs=3 * 8 + 9,
        flops=3 * 16 + 18,
        bytes=4 * (3 * (4 + 2 + 10) + 3 + 3 + 9),
        activation_bytes=4 * (3 * 6 + 6),
        weight_bytes=4 * (3 * 10 + 9),
        output_elements=3 * 2 + 3,
    )


def test_the_total_of_nothing_is_zero():
    assert total([]) == Costs(0, 0, 0, 0, 0, 0, 0)


def test_a_kind_without_a_formula_is_refused():
    class Unheard(Case):
        kind = family = "unheard"

    with pytest.raises(TypeError, match="no cost formula for Unheard"):
        costs(Unheard())
