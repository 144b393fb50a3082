"""What processes and records of a run on a real accelerator do."""

import subprocess
import sys
from pathlib import Path

import pytest

from cnnfc.machine import record
from cnnfc.machine.gpus import watched_gpu
from cnnfc.machine.host import this_host
from cnnfc.measure import api, recording, stages, timings
from cnnfc.names import Device

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]

ROOT = Path(__file__).parents[2]
SMALL = "dense.1024-512"

_FORK = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import benchmarks.conv, benchmarks.dense, benchmarks.hardware, benchmarks.threads
import torch
from cnnfc.measure import api, recording
from cnnfc.measure.software import torch_software

torch_software()
recording._absent_devices()
print(torch.cuda.is_initialized(), torch.xpu.is_initialized())
sys.stdout.flush()
for _ in range(2):
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        values = api.device_time("dense.1024-512", sys.argv[2])["samples"]
        os._exit(0 if min(values) > 0 else 3)
    print(os.waitpid(child, 0)[1])
"""


def test_children_forked_after_the_suite_was_imported_use_the_accelerator(accelerator):
    if accelerator.startswith("mps"):
        pytest.skip("Metal does not work in a forked process")
    result = subprocess.run(
        [sys.executable, "-c", _FORK, str(ROOT), accelerator],
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert result.stdout.split() == ["False", "False", "0", "0"], result.stderr


def _readings(device):
    pytest.importorskip("pynvml")
    with stages.stage(api.forward(SMALL, device), Device.parse(device)) as stage:
        timing = timings.device_time(stage)
    if not timing.readings:
        pytest.skip("NVML does not know this GPU: a slice of one, or a driver without NVML")
    return timing.readings


def test_clocks_power_and_temperature_are_read_before_and_after_every_block(nvidia):
    readings = _readings(nvidia)
    assert len(readings) == 4
    for one in readings:
        assert one.sm_clock_hz is None or 1e8 < one.sm_clock_hz < 1e10
        assert one.sm_clock_reference_hz is None or 1e8 < one.sm_clock_reference_hz < 1e10
        assert one.power_watts is None or 1 < one.power_watts < 5000
        assert one.temperature_celsius is None or 0 < one.temperature_celsius < 120
    assert any(one.sm_clock_hz for one in readings)


def test_a_gpu_of_another_uuid_is_not_read(nvidia):
    pytest.importorskip("pynvml")
    with watched_gpu(this_host(), "00000000-0000-0000-0000-000000000000") as read:
        assert read is None


def test_a_run_leaves_a_record_with_what_was_read(nvidia, tmp_path, monkeypatch):
    _readings(nvidia)  # or skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CNNFC_CUDNN_BENCHMARK", raising=False)
    path = tmp_path / "hardware" / "this-machine" / "run.json"
    monkeypatch.setenv("CNNFC_RECORD", str(path))
    recording.begin()
    for measure in (api.device_time, api.throughput, api.host_latency):
        measure(SMALL, nvidia)
    found = record.read(path)
    assert [one["quantity"] for one in found.blocks] == [
        *("device_time", "throughput", "host_latency"),
    ]
    for one in found.blocks:
        assert (one["case"], one["device"], one["blocks"]) == (SMALL, nvidia, 2)
        assert any(len(one.get(key, ())) == 4 for key in ("sm_clock_hz", "temperature_celsius"))
    assert found.software["torch"]["cudnn"]
    assert found.software["torch"]["cudnn_benchmark"] is False
    assert path.stat().st_size < 100_000
