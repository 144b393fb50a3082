from pathlib import Path

import pytest

from cnnfc.gate.explaining.differences import differences

DATA = Path(__file__).parents[2] / "data" / "gate"
NAME = "mb1_ic64oc64_ih32oh32kh3sh1dh0ph1_iw32ow32kw3sw1dw0pw1"


#: Without a list of operators, what can be the same is functions.
SAME = "same functions on both sides"


def lines(name, *, about=True):
    found = (DATA / f"{name}.txt").read_text().splitlines()
    return [line for line in found if about or ",exec," in line or "NThr:" in line]


def ran(name, **more):
    return {"lines": lines(name, about=False), **more}


def operator(name, calls=1.0, share=0.1, shapes=((1, 8),)):
    return {"name": name, "calls": calls, "share": share, "shapes": shapes}


def test_the_same_on_both_sides_is_a_difference_in_time_alone():
    side = {"lines": lines("conv-nchw"), "operators": [operator("aten::conv2d")], "threads": 2}
    assert differences(side, dict(side)) == (
        "same operators and kernels on both sides: the difference is in time alone",
    )
    functions = {"functions": [{"name": "f", "calls": 1}]}
    assert differences(functions, functions) == (
        "same functions on both sides: the difference is in time alone",
    )


def test_a_lower_instruction_set_names_both_implementations():
    assert differences({"lines": lines("conv-nchw")}, {"lines": lines("conv-nchw-avx2")}) == (
        (
            "oneDNN goes up to Intel AVX-512 with Intel DL Boost and bfloat16 support on the "
            "baseline and to Intel AVX2 on the contender"
        ),
        "convolution ran as jit:avx512_core on the baseline and as jit:avx2 on the contender",
        "convolution read nChw16c on the baseline and nChw8c on the contender",
    )


def test_a_lost_channels_last_names_layouts_and_reorders():
    assert differences(ran("conv-nhwc"), ran("conv-nchw")) == (
        (
            "convolution ran as brg_conv_fwd:avx512_core on the baseline and as jit:avx512_core on "
            "the contender"
        ),
        "convolution read nhwc on the baseline and nChw16c on the contender",
        "the contender reorders nchw to nChw16c before the convolution (1x64x32x32, 1 call more)",
        "the contender reorders nChw16c to nchw after the convolution (1x64x32x32, 1 call more)",
    )


def test_what_the_contender_no_longer_does_is_told_of_the_baseline():
    found = differences(ran("conv-nchw"), ran("conv-nhwc"))
    assert found[2] == (
        "the baseline reorders nchw to nChw16c before the convolution (1x64x32x32, 1 call more)"
    )


def test_mkldnn_switched_off_is_told_before_its_consequences():
    on = ran("conv-nhwc", flags={"mkldnn": True, "other": True})
    off = ran("conv-mkldnn-off", flags={"mkldnn": False, "other": True})
    assert differences(on, off) == (
        "mkldnn is off on the contender",
        f"oneDNN's convolution {NAME} runs on the baseline alone (once)",
        "the baseline reorders nhwc to Acdb64a before the convolution (64x64x3x3, 1 call more)",
        "MKL's SGEMM(N,N,1024,64,576,1024,576,1024) runs on the contender alone (once)",
    )
    assert differences(off, on)[0] == "mkldnn is on on the contender"


def test_one_thread_less_is_told_once():
    before = ran("dense-2-threads", threads=2)
    assert differences(before, ran("dense-1-thread", threads=1)) == ("threads 2 -> 1", SAME)
    assert differences(before, ran("dense-1-thread", threads=2)) == (
        "threads of MKL 2 -> 1",
        SAME,
    )


def test_another_data_type_is_told():
    changed = [line.replace("bf16", "f32") for line in lines("dense-bf16", about=False)]
    changed = [line.replace("avx512_core_f32", "avx512_core_bf16") for line in changed]
    assert differences(ran("dense-bf16"), {"lines": changed}) == (
        "matmul computed with bf16/bf16/bf16 on the baseline and with f32/f32/f32 on the contender",
    )


def test_the_same_change_in_many_layers_is_one_sentence():
    def network(name):
        convolution = next(x for x in lines(name) if ",convolution," in x)
        return {"lines": [convolution.replace("mb1_", f"mb{n}_") for n in (1, 2, 3)]}

    assert differences(network("conv-nchw"), network("conv-nchw-avx2")) == (
        (
            "convolution ran as jit:avx512_core on the baseline and as jit:avx2 on the contender "
            "(3 shapes)"
        ),
        "convolution read nChw16c on the baseline and nChw8c on the contender (3 shapes)",
    )


def test_many_differences_are_counted():
    line = next(x for x in lines("conv-nchw") if ",convolution," in x)
    many = {"lines": [line.replace("mb1_", f"mb{n}_") for n in range(1, 8)]}
    found = differences({"lines": []}, many)
    assert len(found) == 5
    assert found[0] == f"oneDNN's convolution {NAME} runs on the contender alone (once)"
    assert found[-1] == "3 further differences between primitives of oneDNN"


def test_versions_and_variables_are_told():
    before = {
        "versions": {"torch": "2.12.0"},
        "environment": {"OMP_NUM_THREADS": "2", "MKL_DEBUG": "1"},
        "flags": {"precision": "highest", "gone": True},
    }
    after = {
        "versions": {"torch": "2.13.0"},
        "environment": {"OMP_NUM_THREADS": "1", "ONEDNN_MAX_CPU_ISA": "AVX2"},
        "flags": {"precision": "high"},
    }
    assert differences(before, after) == (
        "torch 2.12.0 -> 2.13.0",
        "MKL_DEBUG=1 is set on the baseline alone",
        "OMP_NUM_THREADS 2 -> 1",
        "ONEDNN_MAX_CPU_ISA=AVX2 is set on the contender alone",
        "precision highest -> high",
        SAME,
    )
    newer = [line.replace("v3.12.0", "v3.13.0") for line in lines("conv-nchw")]
    assert differences({"lines": lines("conv-nchw")}, {"lines": newer}) == (
        "oneDNN v3.12.0 -> v3.13.0",
        SAME,
    )


def test_operators_that_one_side_alone_runs_are_named_by_their_share():
    before = {"operators": [operator("aten::mkldnn_convolution", share=0.9)]}
    after = {
        "operators": [
            operator("aten::thnn_conv2d", share=0.004),
            operator("aten::_slow_conv2d_forward", share=0.93),
        ]
    }
    assert differences(before, after) == (
        "the baseline alone runs aten::mkldnn_convolution (90% of its time)",
        (
            "the contender alone runs aten::_slow_conv2d_forward (93% of its time) and "
            "aten::thnn_conv2d"
        ),
    )


def test_more_calls_and_other_shapes_of_an_operator_are_told():
    before = {"operators": [operator("aten::copy_", 1), operator("aten::addmm", share=0.5)]}
    after = {
        "operators": [
            operator("aten::copy_", 1.1),
            operator("aten::addmm", share=0.5, shapes=((1, 8), (8, 16))),
        ]
    }
    assert differences(before, after) == (
        "aten::addmm works on 1x8, 8x16 instead of 1x8",
        "aten::copy_ runs 1.1 times on the contender and once on the baseline",
    )


def test_changes_of_small_operators_are_counted():
    small = [operator("aten::view", share=0.001), operator("aten::resize_", share=0.001)]
    both = [operator("aten::add", 1, 0.9), operator("aten::empty", 1, 0.001)]
    more = [operator("aten::add", 2, 0.9), operator("aten::empty", 3, 0.001)]
    assert differences({"operators": both}, {"operators": [*more, *small]}) == (
        "the contender alone runs aten::resize_ and aten::view",
        "aten::add runs twice on the contender and once on the baseline",
        "1 further difference between operators",
    )


def test_passes_of_training_are_told_apart():
    line = next(x for x in lines("conv-nchw") if ",convolution," in x)
    backward = line.replace("forward_training", "backward_weights")
    assert differences({"lines": [line, backward]}, {"lines": []}) == (
        f"oneDNN's convolution {NAME} runs on the baseline alone (once)",
        f"oneDNN's convolution backward_weights {NAME} runs on the baseline alone (once)",
    )


def test_kernels_of_a_gpu_are_compared_and_long_names_are_cut():
    name = "void cutlass::Kernel<" + "x" * 200 + ">"
    (found,) = differences(
        {"operators": [], "kernels": []},
        {"operators": [], "kernels": [operator(name, share=1.0)]},
    )
    assert found.startswith("the contender alone runs void cutlass::Kernel<xxx")
    assert found.endswith("... (100% of its time)")
    assert len(found) < 150


def test_functions_of_python_are_compared():
    before = {"functions": [{"name": "work (a.py)", "calls": 1}]}
    after = {
        "functions": [
            {"name": "work (a.py)", "calls": 3},
            *({"name": f"f{n} (b.py)", "calls": n} for n in range(1, 7)),
        ]
    }
    assert differences(before, after) == (
        "the contender alone calls f6 (b.py), f5 (b.py), f4 (b.py) and 3 more",
        "work (a.py) runs 3 times on the contender and once on the baseline",
    )


@pytest.mark.parametrize("what", ["lines", "operators", "kernels", "functions"])
def test_a_side_that_could_not_say_is_no_difference(what):
    said = {"lines": lines("conv-nchw", about=False), "operators": [operator("x")]}
    said |= {"kernels": [operator("k")], "functions": [{"name": "f", "calls": 1}]}
    silent = {key: value for key, value in said.items() if key != what}
    for pair in ((said, silent), (silent, said)):
        (sentence,) = differences(*pair)
        assert sentence.endswith("the difference is in time alone")
