"""The three times of a layer on a real accelerator: facts about their order and agreement."""

import math
import statistics
from dataclasses import replace

import pytest
import torch

from cnnfc.cases import Case
from cnnfc.costs import costs
from cnnfc.measure import api, stages, switches, timings
from cnnfc.measure.devices import torch_device
from cnnfc.names import Device

# The libraries of a device may warn of what they like; numbers are the matter here.
pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]

SMALL = "dense.1024-512"
#: Bound by arithmetic and long against launches and waits: cold and warm caches make no difference.
LARGE = "conv2d.256-256.k3.nobias.hw28.n128"
TIMINGS = ("device_time", "throughput", "host_latency")


@pytest.mark.parametrize("case", [SMALL, "conv2d.3-64.k3.hw224", "conv2d.64-64.k3.nobias.hw56"])
@pytest.mark.parametrize("quantity", TIMINGS)
def test_every_timing_gives_positive_seconds(accelerator, quantity, case):
    sample = getattr(api, quantity)(case, accelerator)
    assert 6 <= len(sample["samples"]) <= 20
    assert all(math.isfinite(value) and 0 < value < 1 for value in sample["samples"])
    assert sample["number"] >= 1


def test_the_other_functions_give_positive_values(accelerator):
    assert api.first_call("dense.64-32", accelerator)["samples"][0] > 0
    api.evict(SMALL, accelerator)
    before = api.clock()
    api.forward(SMALL, accelerator)()
    api.train_step(SMALL, accelerator)()
    assert api.clock() > before


def test_a_device_computes_no_longer_than_the_host_waits_for_it(accelerator):
    device, queued, host = (
        statistics.median(getattr(api, quantity)(LARGE, accelerator)["samples"])
        for quantity in TIMINGS
    )
    # Clocks may differ by a third between the three; the order of the sizes may not.
    assert device < 1.5 * host
    assert queued < 1.5 * host
    assert host < 3 * device


def test_single_calls_of_a_small_layer_take_the_host_longer_than_the_device(accelerator):
    device = statistics.median(api.device_time(SMALL, accelerator)["samples"])
    host = statistics.median(api.host_latency(SMALL, accelerator)["samples"])
    # Launching and waiting cost a host several microseconds that the device does not see, and a
    # cold cache costs the device less than that: 2 MB are read within a microsecond or two.
    assert device < 2 * host


def test_the_device_time_agrees_with_a_plain_loop_over_events(nvidia):
    ours = statistics.median(api.device_time(LARGE, nvidia)["samples"])
    api.forget()
    switches.set_tf32(enabled=False)
    layer = torch.nn.Conv2d(256, 256, 3, padding=1, bias=False, device="cuda").eval()
    batch = torch.randn(128, 256, 28, 28, device="cuda")
    cache = torch.empty(256 * 2**20 // 4, dtype=torch.int32, device="cuda")
    times = []
    with torch.inference_mode():
        for _ in range(30):
            layer(batch)
        torch.cuda.synchronize()
        for _ in range(20):
            cache.zero_()
            start = torch.cuda.Event(enable_timing=True)
            end = torch.cuda.Event(enable_timing=True)
            start.record()
            layer(batch)
            end.record()
            torch.cuda.synchronize()
            times.append(start.elapsed_time(end) / 1e3)
    assert ours == pytest.approx(statistics.median(times), rel=0.25)


def test_the_device_never_waits_for_the_host_within_a_device_time(nvidia):
    call = api.forward(SMALL, nvidia)
    with stages.stage(call, Device.parse(nvidia)) as stage:
        assert timings.device_time(stage).warnings == ()


def test_a_device_time_is_taken_with_cold_caches(nvidia):
    # 16 MB of weights: they fit into the L2 of every GPU of the data centre.
    if torch.cuda.get_device_properties(0).L2_cache_size < 32 * 2**20:
        pytest.skip("the L2 cache of this GPU does not hold 16 MB of weights")
    call = api.forward("dense.2048-2048", nvidia)
    with stages.stage(call, Device.parse(nvidia)) as stage:
        cold = timings.device_time(stage)
        # The same with a device that is kept busy without touching memory.
        warm = timings.device_time(replace(stage, sweep=lambda: torch.cuda._sleep(200_000)))
    assert cold.warnings == warm.warnings == ()
    assert statistics.median(cold.values) >= statistics.median(warm.values)


@pytest.mark.parametrize("races", ["0", "1"])
def test_kernels_are_chosen_before_and_not_within_a_timing(nvidia, monkeypatch, races):
    """A race of cuDNN's kernels allocates memory for them; every later call allocates alike."""
    monkeypatch.setenv("CNNFC_CUDNN_BENCHMARK", races)
    call = api.forward("conv2d.48-96.k5.nobias.hw60.n4", nvidia)
    assert torch.backends.cudnn.benchmark is (races == "1")
    allocations = []

    def counted():
        before = torch.cuda.memory_stats(0)["allocation.all.allocated"]
        call()
        allocations.append(torch.cuda.memory_stats(0)["allocation.all.allocated"] - before)

    with stages.stage(counted, Device.parse(nvidia)) as stage:
        for measure in (timings.host_latency, timings.throughput):
            measure(stage)
    assert len(allocations) > 10
    assert len(set(allocations)) == 1


@pytest.mark.parametrize("case", ["gemm.2048", "gemm.2048.bf16"])
def test_canaries_of_arithmetic_are_positive(accelerator, case):
    values = api.canary_flops(case, accelerator)["samples"]
    assert len(values) >= 3
    assert all(math.isfinite(value) and 1e9 < value < 1e17 for value in values)


def test_the_canary_of_memory_is_positive(accelerator):
    values = api.canary_bandwidth("copy.x4llc", accelerator)["samples"]
    assert all(math.isfinite(value) and 1e9 < value < 1e14 for value in values)


def test_the_peak_of_memory_holds_at_least_the_layer(accelerator):
    if accelerator.startswith("mps"):
        pytest.skip("Metal counts no peak")
    assert api.peak_device_memory(SMALL, accelerator) >= costs(Case.parse(SMALL)).bytes


def test_a_second_gpu_is_timed_by_its_own_clock(nvidia):
    if torch.cuda.device_count() < 2:
        pytest.skip("this machine has one GPU")
    assert torch_device(Device.parse("cuda-1")).index == 1
    for quantity in TIMINGS:
        assert min(getattr(api, quantity)(SMALL, "cuda-1")["samples"]) > 0
