"""Which arithmetic the names of dtypes stand for, told by the errors of its results."""

import pytest
import torch

from cnnfc.measure import layers
from cnnfc.names import Device

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]


def _product(generator):
    left, right = (torch.randn(512, 512, generator=generator, device="cuda") for _ in range(2))
    return lambda kind: left.to(kind) @ right.to(kind)


def _convolution(generator):
    batch = torch.randn(8, 64, 28, 28, generator=generator, device="cuda")
    weights = torch.randn(64, 64, 3, 3, generator=generator, device="cuda")
    return lambda kind: torch.nn.functional.conv2d(batch.to(kind), weights.to(kind), padding=1)


@pytest.mark.parametrize("make", [_product, _convolution])
def test_fp32_is_float32_and_tf32_is_not_whatever_came_before(nvidia, make):
    device = Device.parse(nvidia)
    reason = layers.why_no_kernels("tf32", device)
    if reason is not None:
        pytest.skip(reason)
    compute = make(torch.Generator("cuda").manual_seed(1))
    exact = compute(torch.float64)

    def result(dtype):
        workload = layers.Workload(lambda: compute(torch.float32), device, dtype)
        workload.activate()
        return workload.call().double()

    def error(values):
        return float((values - exact).abs().max() / exact.std())

    full, short, full_again = result("fp32"), result("tf32"), result("fp32")
    assert not torch.equal(full, short)
    # TF32 keeps 10 bits of a fraction, float32 23.
    for values in (full, full_again):
        assert 3 * error(values) < error(short)
        assert error(values) < 1e-3
