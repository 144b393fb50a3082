"""Case names are read for years: they mean the same forever, and bad ones are refused in words."""

import dataclasses
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnfc.cases import DTYPES, Case, Convolution, Copy, Dense, Gemm, Loop
from cnnfc.catalogues import load
from cnnfc.errors import CaseError, UsageError

#: A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

CONV = {
    "stride": (1, 1),
    "padding": (1, 1),
    "output_padding": (0, 0),
    "dilation": (1, 1),
    "groups": 1,
    "bias": True,
    "batch": 1,
    "dtype": "fp32",
    "layout": "contiguous",
    "dims": 2,
    "transposed": False,
}

#: A contract: these names stand in result files. Add to this list; never change a line of it.
GOLDEN = {
    "conv2d.3-64.k3.hw32": (
        Convolution,
        CONV | {"in_channels": 3, "out_channels": 64, "kernel": (3, 3), "size": (32, 32)},
    ),
    "conv2d.3-64.k7.s2.nobias.hw224": (
        Convolution,
        CONV
        | {"in_channels": 3, "out_channels": 64, "kernel": (7, 7), "size": (224, 224)}
        | {"stride": (2, 2), "padding": (3, 3), "bias": False},
    ),
    "conv2d.512-512.k3.s2.g32.hw14.n8.bf16.nhwc": (
        Convolution,
        CONV
        | {"in_channels": 512, "out_channels": 512, "kernel": (3, 3), "size": (14, 14)}
        | {"stride": (2, 2), "groups": 32, "batch": 8, "dtype": "bf16", "layout": "nhwc"},
    ),
    "conv2d.3-768.k16.s16.p0.hw224": (
        Convolution,
        CONV
        | {"in_channels": 3, "out_channels": 768, "kernel": (16, 16), "size": (224, 224)}
        | {"stride": (16, 16), "padding": (0, 0)},
    ),
    "conv2d.8-8.k1x7.d1x2.hw10x20": (
        Convolution,
        CONV
        | {"in_channels": 8, "out_channels": 8, "kernel": (1, 7), "size": (10, 20)}
        | {"padding": (0, 6), "dilation": (1, 2)},
    ),
    "conv1d.64-128.k5.l1024.tf32": (
        Convolution,
        CONV
        | {"in_channels": 64, "out_channels": 128, "kernel": (5,), "size": (1024,)}
        | {"stride": (1,), "padding": (2,), "output_padding": (0,), "dilation": (1,)}
        | {"dims": 1, "dtype": "tf32"},
    ),
    "conv3d.16-32.k3.dhw8x16x16.fp16.ndhwc": (
        Convolution,
        CONV
        | {"in_channels": 16, "out_channels": 32, "kernel": (3, 3, 3), "size": (8, 16, 16)}
        | {"stride": (1, 1, 1), "padding": (1, 1, 1), "output_padding": (0, 0, 0)}
        | {"dilation": (1, 1, 1), "dims": 3, "dtype": "fp16", "layout": "ndhwc"},
    ),
    "convtranspose2d.64-32.k3.s2.o1.hw14": (
        Convolution,
        CONV
        | {"in_channels": 64, "out_channels": 32, "kernel": (3, 3), "size": (14, 14)}
        | {"stride": (2, 2), "output_padding": (1, 1), "transposed": True},
    ),
    "dense.1024-512": (
        Dense,
        {"in_features": 1024, "out_features": 512, "bias": True, "batch": 1}
        | {"tokens": None, "dtype": "fp32"},
    ),
    "dense.768-3072.nobias.n8.t197.int8": (
        Dense,
        {"in_features": 768, "out_features": 3072, "bias": False, "batch": 8}
        | {"tokens": 197, "dtype": "int8"},
    ),
    "gemm.2048": (Gemm, {"size": 2048, "dtype": "fp32"}),
    "gemm.4096.fp64": (Gemm, {"size": 4096, "dtype": "fp64"}),
    "copy.x4llc": (Copy, {"caches": 4}),
    "loop.1000000": (Loop, {"iterations": 1_000_000}),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_name_in_a_result_file_means_the_same_forever(name):
    kind, fields = GOLDEN[name]
    case = Case.parse(name)
    assert type(case) is kind
    assert dataclasses.asdict(case) == fields
    assert str(case) == name


def test_every_case_of_every_catalogue_survives_being_written_and_read():
    for each in load().values():
        for case in each.cases:
            assert Case.parse(str(case)) == case


counts = st.integers(1, 10**6)


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    """Any valid convolution, its arguments as tuples or, all alike, as one integer."""
    dims = draw(st.integers(1, 3))
    transposed = draw(st.booleans())

    def axis(low: int, high: int) -> tuple[int, ...] | int:
        if draw(st.booleans()):
            return draw(st.integers(low, high))
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    groups = draw(st.integers(1, 64))
    fields = {
        "in_channels": groups * draw(counts),
        "out_channels": groups * draw(counts),
        "kernel": axis(1, 12),
        "stride": axis(2, 16),
        # 200 exceeds every kernel's reach of 4 * 11, so that any size fits.
        "size": axis(200, 10**5),
        "padding": draw(st.none()) if draw(st.booleans()) else axis(0, 20),
        "output_padding": axis(0, 1) if transposed else 0,
        "dilation": axis(1, 4),
        "groups": groups,
        "bias": draw(st.booleans()),
        "batch": draw(counts),
        "dtype": draw(st.sampled_from(DTYPES)),
        "dims": dims,
        "transposed": transposed,
    }
    last = {2: "nhwc", 3: "ndhwc"}.get(dims, "contiguous")
    return Convolution(**fields, layout=draw(st.sampled_from(["contiguous", last])))


denses = st.builds(
    Dense,
    in_features=counts,
    out_features=counts,
    bias=st.booleans(),
    batch=counts,
    tokens=st.none() | counts,
    dtype=st.sampled_from(DTYPES),
)
canaries = (
    st.builds(Gemm, counts, st.sampled_from(DTYPES))
    | st.builds(Copy, counts)
    | st.builds(Loop, counts)
)
cases = convolutions() | denses | canaries


@unhurried
@given(cases)
def test_any_valid_case_survives_being_written_and_read(case):
    assert Case.parse(str(case)) == case
    assert hash(Case.parse(str(case))) == hash(case)


@unhurried
@given(cases)
def test_a_name_is_safe_in_files_addresses_and_expressions(case):
    name = str(case)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert name.startswith(f"{case.kind}.")
    assert case.family in ("conv", "dense", "canary")
    assert case.is_canary == (case.family == "canary")


@unhurried
@given(cases, st.randoms())
def test_tokens_may_come_in_any_order(case, random):
    kind, sizes, *tokens = str(case).split(".")
    random.shuffle(tokens)
    assert Case.parse(".".join([kind, sizes, *tokens])) == case


@unhurried
@given(st.text(max_size=40) | st.from_regex(r"(conv2d|dense|gemm|copy|loop)\.[0-9a-z.-]{0,30}"))
def test_any_text_is_a_case_or_a_case_error(text):
    try:
        case = Case.parse(text)
    except CaseError:
        return
    assert Case.parse(str(case)) == case


def test_defaults_may_be_written_out():
    assert str(Case.parse("conv2d.3-64.k3x3.s1.p1.o0.d1.g1.hw32x32.n1.fp32")) == (
        "conv2d.3-64.k3.hw32"
    )
    assert str(Case.parse("dense.4-2.n1.fp32")) == "dense.4-2"
    assert str(Case.parse("gemm.8.fp32")) == "gemm.8"


def test_one_token_is_not_two_dimensions():
    assert Case.parse("dense.4-2.t1") != Case.parse("dense.4-2")
    assert Case.parse("dense.4-2.t1").input_shape == (1, 1, 4)


def test_shapes_follow_the_fields():
    case = Case.parse("conv2d.3-8.k3.s2.hw9x16.n5")
    assert (case.input_shape, case.output_shape) == ((5, 3, 9, 16), (5, 8, 5, 8))
    dense = Case.parse("dense.6-4.n2.t3")
    assert (dense.input_shape, dense.output_shape, dense.rows) == ((2, 3, 6), (2, 3, 4), 6)


def test_a_case_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Case.parse("dense.4-2").batch = 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "unknown case '': a case starts with one of conv1d, conv2d, conv3d, "),
        ("conv4d.3-64.k3.hw32", "unknown case 'conv4d.3-64.k3.hw32': a case starts with one of"),
        ("dense", "for example conv2d.3-64.k3.hw32 or dense.1024-512"),
        ("dense.", "unknown case 'dense.'"),
        ("conv2d.64.k3.hw32", "'64' is not channels in and out, such as 3-64"),
        ("dense.1024", "'1024' is not features in and out, such as 3-64"),
        ("conv2d.3-64.hw32", "a kernel is missing, such as k3"),
        ("conv2d.3-64.k3", "an image size is missing, such as hw3"),
        ("conv1d.3-64.k3.hw32", "'hw32' is not a token of this kind of case"),
        ("conv2d.3-64.k3.l32", "'l32' is not a token of this kind of case"),
        ("conv2d.3-64.k3.hw32.t8", "'t8' is not a token of this kind of case"),
        ("dense.4-2.k3", "'k3' is not a token of this kind of case"),
        ("dense.4-2.nhwc", "'nhwc' is not a token of this kind of case"),
        ("conv3d.3-4.k3.dhw8.nhwc", "'nhwc' is not a token of this kind of case"),
        ("gemm.8.nobias", "'nobias' is not a token of this kind of case"),
        ("dense.4-2..n2", "'' is not a token of this kind of case"),
        ("dense.4-2.n2.n2", "'n' is given twice"),
        ("dense.4-2.bf16.bf16", "'bf16' is given twice"),
        ("dense.4-2.bf16.fp16", "more than one dtype: bf16, fp16"),
        ("dense.4-2.n2x3", "'n' takes one number, not 2x3"),
        ("dense.0-2", "in features must be a whole number from 1 to 2**40, not 0"),
        ("dense.4-2.n0", "batch must be a whole number from 1 to 2**40, not 0"),
        ("dense.4-2.t0", "tokens must be a whole number from 1 to 2**40, not 0"),
        ("dense.4-9999999999999", "out features must be a whole number from 1 to 2**40"),
        (f"dense.4-{'9' * 5000}", "is not features in and out"),
        ("conv2d.3-64.k3x3x3.hw32", "kernel 3x3x3 needs 2 numbers"),
        ("conv2d.3-64.k3.s0.hw32", "stride must be a whole number from 1 to 2**40, not 0"),
        ("conv2d.3-64.k3.g2.hw32", "in channels (3) must be a multiple of groups (2)"),
        ("conv2d.4-7.k3.g2.hw32", "out channels (7) must be a multiple of groups (2)"),
        ("conv2d.3-64.k3.g0.hw32", "groups must be a whole number from 1 to 2**40, not 0"),
        (
            "conv2d.3-64.k7.p0.hw5x9",
            "kernel 7x7 with dilation 1x1 and padding 0x0 does not fit the image 5x9",
        ),
        (
            "convtranspose2d.3-64.k1.p4.hw4",
            "kernel 1x1 with dilation 1x1 and padding 4x4 does not fit the image 4x4",
        ),
        ("conv2d.3-64.k3.o1.hw32", "output padding (o) belongs to transposed convolutions"),
        (
            "convtranspose2d.3-64.k3.s2.o2.hw32",
            "output padding 2 must be smaller than stride or dilation",
        ),
        ("copy.4", "'4' is not a size, such as x4llc"),
        ("gemm.x4llc", "'x4llc' is not a size, such as 2048"),
        ("copy.x4llc.bf16", "copy has no dtype"),
        ("copy.x0llc", "caches must be a whole number from 1 to 2**40, not 0"),
    ],
)
def test_a_bad_name_is_answered_with_what_is_wrong(name, message):
    with pytest.raises(CaseError) as caught:
        Case.parse(name)
    assert message in str(caught.value)
    assert repr(name) in str(caught.value)
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Convolution(3, 4, 3, 8, dims=4), "a convolution has 1, 2 or 3 dimensions, not 4"),
        (
            lambda: Convolution(3, 4, 3, 8, layout="ndhwc"),
            "layout 'ndhwc' does not exist for conv2d",
        ),
        (lambda: Convolution(3, 4, 3, 8, dtype="fp8"), "dtype 'fp8' is not one of fp32, tf32, "),
        (lambda: Convolution(3.0, 4, 3, 8), "in channels must be a whole number"),
        (lambda: Convolution(3, 4, (3, True), 8), "kernel must be a whole number"),
        (lambda: Convolution(3, 4, 3, 8, padding=-1), "padding must be a whole number from 0"),
        (lambda: Dense(4, 2, batch=True), "batch must be a whole number from 1 to 2**40, not True"),
        (lambda: Dense(4, 2, dtype="float32"), "dtype 'float32' is not one of fp32, tf32, "),
        (lambda: Gemm(0), "size must be a whole number from 1 to 2**40, not 0"),
        (lambda: Loop(-1), "iterations must be a whole number from 1 to 2**40, not -1"),
    ],
)
def test_an_impossible_shape_is_refused_when_it_is_built(build, message):
    with pytest.raises(CaseError) as caught:
        build()
    assert message in str(caught.value)
