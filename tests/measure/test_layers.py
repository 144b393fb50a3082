"""From a case to a module with its input."""

import subprocess
import sys

import pytest
import torch

from cnnfc.cases import Case
from cnnfc.errors import CannotMeasure
from cnnfc.measure import layers
from cnnfc.names import Device

ONE = Device("cpu", 1)
SMALL = [
    "conv1d.4-8.k3.l16",
    "conv2d.4-8.k3.s2.d2.g2.hw9.n2",
    "conv2d.4-8.k3.nobias.hw8.nhwc",
    "conv2d.4-8.k3.hw8.bf16",
    "conv3d.4-8.k1x3x3.dhw4x6x6.ndhwc",
    "convtranspose1d.4-8.k4.s2.l8",
    "convtranspose2d.4-8.k3.s2.o1.g2.hw7",
    "convtranspose3d.4-8.k2.s2.p0.dhw3",
    "dense.6-5",
    "dense.6-5.nobias.n3.t7",
]


@pytest.mark.parametrize("name", SMALL)
def test_a_forward_call_gives_the_shape_and_the_dtype_that_the_case_names(name):
    case = Case.parse(name)
    workload = layers.build_forward(case, ONE)
    workload.activate()
    output = workload.call()
    assert tuple(output.shape) == case.output_shape
    assert output.dtype == layers.DTYPES[case.dtype]
    assert output.is_inference()


def test_channels_last_reaches_weights_and_input():
    layer, batch = layers._layer(Case.parse("conv2d.4-8.k3.hw8.nhwc"), ONE)
    assert layer.weight.is_contiguous(memory_format=torch.channels_last)
    assert batch.is_contiguous(memory_format=torch.channels_last)


def test_values_are_normal_seeded_by_the_case_name_and_never_zero():
    case = Case.parse("dense.300-200.n50")
    first, batch = layers._layer(case, ONE)
    again, same = layers._layer(case, ONE)
    other, _ = layers._layer(Case.parse("dense.300-200.n51"), ONE)
    assert torch.equal(first.weight, again.weight)
    assert torch.equal(batch, same)
    assert not torch.equal(first.weight, other.weight)
    # 60,000 draws: the mean is within 5 standard errors (0.0041) of 0, the deviation near 1.
    weight = first.weight.detach()
    assert abs(float(weight.mean())) < 0.021
    assert float(weight.std()) == pytest.approx(1.0, abs=0.02)
    assert int((weight == 0).sum()) == 0


def test_a_huge_tensor_repeats_its_values_and_is_filled_to_the_end(monkeypatch):
    monkeypatch.setattr(layers, "_DISTINCT", 7)
    tensor = torch.zeros(4, 5)
    layers._fill(tensor, torch.Generator().manual_seed(1))
    flat = tensor.view(-1)
    assert torch.equal(flat[7:14], flat[:7])
    assert torch.equal(flat[14:], flat[:6])
    assert int((flat == 0).sum()) == 0


def test_a_training_step_updates_weights_and_bias_and_reaches_the_input():
    workload = layers.build_train_step(Case.parse("conv2d.2-3.k3.hw6.n2"), ONE)
    cells = dict(zip(workload.call.__code__.co_freevars, workload.call.__closure__, strict=True))
    layer, batch = cells["layer"].cell_contents, cells["batch"].cell_contents
    before = [parameter.detach().clone() for parameter in layer.parameters()]
    workload.activate()
    workload.call()
    assert batch.grad.shape == (2, 2, 6, 6)
    for old, new in zip(before, layer.parameters(), strict=True):
        assert not torch.equal(old, new)
        # One plain SGD step: w - 1e-6 * gradient.
        assert torch.allclose(new, old - 1e-6 * new.grad, rtol=0, atol=1e-9)


def test_a_training_step_starts_from_fresh_gradients():
    workload = layers.build_train_step(Case.parse("dense.3-2"), ONE)
    batch = dict(zip(workload.call.__code__.co_freevars, workload.call.__closure__, strict=True))[
        "batch"
    ].cell_contents
    workload.activate()
    workload.call()
    first = batch.grad.clone()
    workload.call()
    assert torch.allclose(batch.grad, first, atol=1e-3)


_DENORMALS = """
from cnnfc.measure import devices
from cnnfc.names import Device
import torch
devices.use_threads(Device("cpu", 2))
bits = torch.full((4_000_000,), 1, dtype=torch.int32)  # the smallest denormal number
print(int((bits.view(torch.float32) * 1.0).view(torch.int32).count_nonzero()))
"""


def test_denormal_numbers_count_as_zero_on_every_thread():
    result = subprocess.run(
        [sys.executable, "-c", _DENORMALS], capture_output=True, text=True, timeout=120
    )
    assert result.stdout == "0\n", result.stderr


def test_forward_and_training_can_alternate_in_one_process():
    forward = layers.build_forward(Case.parse("dense.3-2"), ONE)
    step = layers.build_train_step(Case.parse("dense.3-2"), ONE)
    for _ in range(2):
        forward.activate()
        assert torch.is_inference_mode_enabled()
        forward.call()
        step.activate()
        assert not torch.is_inference_mode_enabled()
        step.call()


@pytest.mark.parametrize(("name", "allowed"), [("dense.3-2", False), ("dense.3-2.tf32", True)])
def test_float32_means_float32_and_tf32_is_asked_for_by_name(name, allowed):
    workload = layers.Workload(lambda: None, ONE, Case.parse(name).dtype)
    workload.activate()
    assert torch.backends.cuda.matmul.allow_tf32 is allowed
    assert torch.backends.cudnn.allow_tf32 is allowed


def test_activating_sets_threads_and_the_device_that_the_clock_waits_for(monkeypatch):
    waited = []
    monkeypatch.setattr(layers, "wait_for", waited.append)
    for device in (Device("cpu", 2), Device("cuda", 1), ONE):
        layers.Workload(lambda: None, device, "fp32").activate()
    assert waited == [torch.device("cpu"), torch.device("cuda", 1), torch.device("cpu")]
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(
    ("hip", "capability", "refused"),
    [(None, (8, 0), False), (None, (9, 0), False), (None, (7, 5), True), ("6.2", (9, 4), True)],
)
def test_tf32_is_measured_where_the_hardware_has_it(monkeypatch, hip, capability, refused):
    monkeypatch.setattr(torch.version, "hip", hip)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: capability)
    assert (layers.why_no_kernels("tf32", Device("cuda", 0)) is not None) is refused


def test_a_layer_larger_than_the_memory_is_refused_before_it_is_built(monkeypatch):
    monkeypatch.setattr(layers, "free_memory", lambda device: 2**30)
    with pytest.raises(CannotMeasure, match=r"needs about 62.2 GiB of memory, 1 GiB free"):
        # 150,528 * 100,352 weights of 4 bytes are 56.3 GiB, a tenth for workspace, 0.25 GiB spare.
        layers.build_forward(Case.parse("dense.150528-100352"), ONE)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("dense.3-2.int8", "no int8 kernels"),
        ("dense.3-2.tf32", "TF32 exists on NVIDIA GPUs"),
        ("gemm.2048", "is not a layer"),
    ],
)
def test_what_has_no_kernels_here_is_refused_with_the_reason(name, reason):
    with pytest.raises(CannotMeasure, match=reason):
        layers.build_forward(Case.parse(name), ONE)


@pytest.mark.parametrize(
    ("capability", "hip", "refused"),
    [
        ((7, 5), None, {"tf32", "bf16"}),
        ((8, 0), None, set()),
        ((12, 0), None, set()),
        ((9, 4), "6.4", {"tf32"}),
    ],
)
def test_what_a_gpu_computes_in_is_told_by_maker_and_generation(
    monkeypatch, capability, hip, refused
):
    monkeypatch.setattr(torch.version, "hip", hip)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: capability)
    device = Device("cuda", 0)
    dtypes = ("fp32", "tf32", "bf16", "fp16", "fp64")
    assert {d for d in dtypes if layers.why_no_kernels(d, device) is not None} == refused


def test_tf32_that_is_forbidden_is_not_filed_as_tf32(monkeypatch):
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: (9, 0))
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    reason = layers.why_no_kernels("tf32", Device("cuda", 0))
    assert reason == "NVIDIA_TF32_OVERRIDE=0 forbids TF32: unset it"


def test_activating_sets_how_cudnn_chooses_its_kernels(monkeypatch):
    monkeypatch.delenv("CNNFC_CUDNN_BENCHMARK", raising=False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    layers.Workload(lambda: None, ONE, "fp32").activate()
    assert torch.backends.cudnn.benchmark is False
