"""What happens when the memory of an accelerator runs out."""

import pytest
import torch
from asv_runner.benchmarks.mark import SkipNotImplemented

from cnnfc.measure import api, layers
from cnnfc.measure.devices import failed_allocations, free_memory
from cnnfc.names import Device

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]

#: 16 million by 16 million weights in float32 are 1 PiB: no device holds them.
IMPOSSIBLE = "dense.16777216-16777216"
#: Its input takes 40 MB, its output 820 MB.
LARGE_OUTPUT = "conv2d.3-64.k3.hw224.n64"


def test_a_layer_that_cannot_fit_is_skipped_before_anything_is_allocated(accelerator):
    with pytest.raises(SkipNotImplemented, match=r"needs about [0-9,.]+ TiB of memory"):
        api.device_time(IMPOSSIBLE, accelerator)


def test_memory_that_runs_out_while_building_is_a_skip(accelerator, monkeypatch):
    monkeypatch.setattr(layers, "check", lambda case, device, factor=1.0: None)
    with pytest.raises(SkipNotImplemented):
        api.device_time(IMPOSSIBLE, accelerator)
    assert len(api.host_latency("dense.3-2", accelerator)["samples"]) >= 6


@pytest.mark.parametrize("races", ["0", "1"])
@pytest.mark.parametrize("function", [api.forward, api.train_step, api.device_time])
def test_memory_that_runs_out_in_the_call_is_a_skip_and_is_free_again(
    nvidia, monkeypatch, little_memory, function, races
):
    monkeypatch.setenv("CNNFC_CUDNN_BENCHMARK", races)
    monkeypatch.setattr(layers, "check", lambda case, device, factor=1.0: None)
    for small in ("conv2d.3-4.k3.hw8", "dense.3-2"):
        api.host_latency(small, nvidia)  # the libraries keep memory of their own once they run
    api.forget()
    before = torch.cuda.memory_allocated(0)
    with little_memory(300 * 2**20), pytest.raises(SkipNotImplemented, match="out of memory"):
        function(LARGE_OUTPUT, nvidia)
    assert failed_allocations(Device.parse(nvidia)) > 0
    # The input, 40 MB, may not have stayed behind.
    assert torch.cuda.memory_allocated(0) < before + 20 * 2**20
    assert function(LARGE_OUTPUT, nvidia) is not None


def test_what_torch_holds_and_does_not_use_counts_as_free(nvidia):
    device = Device.parse(nvidia)
    torch.cuda.empty_cache()
    before = free_memory(device)
    held = torch.empty(2**30, dtype=torch.uint8, device="cuda")
    assert before - free_memory(device) > 2**29
    del held
    assert before - free_memory(device) < 2**29
