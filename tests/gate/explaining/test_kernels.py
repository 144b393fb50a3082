"""The lines are what torch 2.13 (oneDNN 3.12, MKL 2024.0) printed; older forms are written out."""

from pathlib import Path

import pytest

from cnnfc.gate.explaining.kernels import Kernels, Product, layout_name, read

DATA = Path(__file__).parents[2] / "data" / "gate"


def lines(name):
    return (DATA / f"{name}.txt").read_text().splitlines()


def test_a_convolution_is_read_with_its_reorders():
    found = read(lines("conv-nchw"))
    assert [(one.kind, one.implementation) for one in found.primitives] == [
        ("reorder", "jit:blk"),
        ("reorder", "jit:uni"),
        ("convolution", "jit:avx512_core"),
        ("reorder", "jit:blk"),
    ]
    convolution = found.primitives[2]
    assert convolution.propagation == "forward_training"
    assert convolution.layouts == (
        ("src", "aBcd16b"),
        ("wei", "ABcd16b16a"),
        ("bia", "a"),
        ("dst", "aBcd16b"),
    )
    assert dict(convolution.dtypes) == {"src": "f32", "wei": "f32", "bia": "f32", "dst": "f32"}
    assert convolution.problem == "mb1_ic64oc64_ih32oh32kh3sh1dh0ph1_iw32ow32kw3sw1dw0pw1"
    assert found.onednn == "oneDNN v3.12.0"
    assert found.isa == "Intel AVX-512 with Intel DL Boost and bfloat16 support"


def test_channels_last_is_read():
    (_, convolution) = read(lines("conv-nhwc")).primitives
    assert convolution.implementation == "brg_conv_fwd:avx512_core"
    assert layout_name(convolution.layout("src")) == "nhwc"
    assert convolution.layout("bias") == ""


def test_a_lower_instruction_set_is_read():
    found = read(lines("conv-nchw-avx2"))
    assert found.isa == "Intel AVX2"
    assert found.primitives[2].implementation == "jit:avx2"
    assert layout_name(found.primitives[2].layout("src")) == "nChw8c"


def test_a_product_of_mkl_is_read_without_addresses():
    found = read(lines("dense-2-threads"))
    assert found.products == (Product("SGEMM", "T,N,512,8,1024,1024,1024,512", 2),)
    assert found.primitives == ()
    assert found.mkl == "oneMKL 2024.0 Update 2 Product build 20240605"
    assert found.mkl_processor == ("Intel(R) 64 architecture Intel(R) Architecture processors")


def test_a_product_of_onednn_is_read():
    (product,) = read(lines("dense-bf16")).primitives
    assert (product.kind, product.problem) == ("matmul", "8x1024:1024x512")
    assert dict(product.dtypes)["src"] == "bf16"
    assert product.propagation == "undef"


MODERN = (
    "onednn_verbose,v1,primitive,exec,cpu,reorder,jit:uni,undef,"
    "src:f32::blocked:acdb::f0 dst:f32::blocked:abcd::f0,,,1x8x4x4,0.01"
)


@pytest.mark.parametrize(
    "line",
    [
        MODERN,
        MODERN.replace(",primitive", ",1795271275579.655029,primitive"),
        MODERN.replace("v1,", "").replace("src:f32", "src_f32").replace("dst:f32", "dst_f32"),
        (
            "onednn_verbose,exec,cpu,reorder,jit:uni,undef,"
            "src_f32::blocked:acdb:f0 dst_f32::blocked:abcd:f0,,,1x8x4x4,0.01"
        ),
        (
            "dnnl_verbose,exec,cpu,reorder,jit:uni,undef,"
            "src_f32::blocked:acdb:f0 dst_f32::blocked:abcd:f0,,,1x8x4x4,0.01"
        ),
    ],
    ids=["v1", "with a time stamp", "3.1", "2.5", "1.x"],
)
def test_every_form_of_a_line_is_read_alike(line):
    assert read([line]) == read([MODERN])
    (reorder,) = read([line]).primitives
    assert (reorder.kind, reorder.problem) == ("reorder", "1x8x4x4")
    assert (reorder.layout("src"), reorder.layout("dst")) == ("acdb", "abcd")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "onednn_verbose",
        "onednn_verbose,v1,primitive,exec,cpu",
        MODERN.replace("exec", "create:cache_miss"),
        MODERN.replace("primitive,exec", "graph,exec"),
        MODERN.replace("onednn_verbose,", "printed by somebody else,"),
        "MKL_VERBOSE SGEMM(T,N",
        "\x00\xff,exec,,,,,,,,,,",
    ],
)
def test_lines_of_other_kinds_are_passed_over(line):
    assert read([line]) == Kernels()


def test_an_instruction_set_may_be_named_with_commas():
    line = (
        "onednn_verbose,v1,info,cpu,isa:Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ "
        "extensions"
    )
    assert read([line]).isa == "Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ extensions"


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("abcd", "nchw"),
        ("acdb", "nhwc"),
        ("abcde", "ncdhw"),
        ("acdeb", "ndhwc"),
        ("aBc8b", "nCw8c"),
        ("aBcd16b", "nChw16c"),
        ("aBcde16b", "nCdhw16c"),
        ("Acdb64a", "Acdb64a"),
        ("any", "any"),
    ],
)
def test_layouts_have_the_names_of_deep_learning(tag, name):
    assert layout_name(tag) == name
