import re

import pytest

from cnnfc.machine.naming import GIB, machine_name, round_memory


@pytest.mark.parametrize(
    ("model", "part"),
    [
        ("AMD EPYC", "amd-epyc"),
        ("AMD EPYC 9654 96-Core Processor", "amd-epyc-9654"),
        ("AMD EPYC-Milan Processor", "amd-epyc-milan"),
        ("AMD Ryzen Threadripper PRO 3995WX 64-Cores", "amd-ryzen-threadripper-pro-3995wx"),
        ("AMD Ryzen 7 5800H with Radeon Graphics", "amd-ryzen-7-5800h"),
        ("AMD Ryzen AI 9 HX 370 w/ Radeon 890M", "amd-ryzen-ai-9-hx-370"),
        ("AMD A10-7850K Radeon R7, 12 Compute Cores 4C+8G", "amd-a10-7850k-radeon-r7"),
        ("Intel(R) Core(TM) i5-2520M CPU @ 2.50GHz", "intel-core-i5-2520m"),
        ("13th Gen Intel(R) Core(TM) i7-13700K", "intel-core-i7-13700k"),
        ("Intel(R) Xeon(R) Platinum 8480+", "intel-xeon-platinum-8480plus"),
        ("Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz", "intel-xeon-e5-2686-v4"),
        ("Intel Xeon Processor (Skylake, IBRS)", "intel-xeon-skylake"),
        ("Apple M2 Pro", "apple-m2-pro"),
        ("ARM Cortex-A55 + ARM Cortex-A76", "arm-cortex-a55-arm-cortex-a76"),
    ],
)
def test_the_cpu_part_is_the_model_without_the_makers_decoration(model, part):
    assert machine_name(model, "x86_64", None, None, []) == part


def test_the_name_holds_model_cores_memory_and_gpus():
    name = machine_name(
        "AMD EPYC 9654 96-Core Processor", "x86_64", 96, 768 * GIB, ["NVIDIA H200"] * 4
    )
    assert name == "amd-epyc-9654-96c-768gb-4x-nvidia-h200"


def test_one_gpu_has_no_count_and_different_ones_are_sorted():
    name = machine_name("X", None, None, None, ["NVIDIA T4", "NVIDIA A100-SXM4-80GB", "NVIDIA T4"])
    assert name == "x-nvidia-a100-sxm4-80gb-2x-nvidia-t4"


def test_a_card_has_the_same_name_before_and_after_a_driver_update():
    before = machine_name(None, None, 4, None, ["GeForce RTX 2080 Ti"])
    after = machine_name(None, None, 4, None, ["NVIDIA GeForce RTX 2080 Ti"])
    assert before == after == "4c-nvidia-geforce-rtx-2080-ti"


def test_what_is_not_known_is_left_out():
    assert machine_name(None, "aarch64", 4, None, []) == "aarch64-4c"
    assert machine_name(None, None, None, 8 * GIB, []) == "8gb"
    assert machine_name(None, None, None, None, []) == "unknown"
    assert machine_name("CPU", "x86_64", None, None, []) == "x86-64"


@pytest.mark.parametrize(
    "model",
    ["../../etc/passwd", "<script>alert(1)</script>", "A\x1b[31m\nB", "名前", "x" * 500, "--"],
)
def test_a_name_is_safe_whatever_the_firmware_says(model):
    name = machine_name(model, "", 2, 2 * GIB, [model])
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert len(name) < 150


@pytest.mark.parametrize(
    ("reported", "built"),
    [
        *((0.4, 1), (0.97, 1), (1.9, 2), (3.8, 4), (7.6, 8), (15.5, 16), (16, 16)),
        *((23.54, 24), (31.3, 32), (62.7, 64), (125.7, 128), (376, 384), (503.7, 512)),
        *((755, 768), (1007, 1024), (1511, 1536), (2015, 2048)),
    ],
)
def test_memory_is_what_was_built_in(reported, built):
    assert round_memory(int(reported * GIB)) == built * GIB


def test_a_kernel_that_keeps_a_little_more_does_not_rename_the_machine():
    assert round_memory(int(23.54 * GIB)) == round_memory(int(23.1 * GIB)) == 24 * GIB
