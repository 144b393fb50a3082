"""Today's suite runs on the code of the oldest commit that has results.

History can be measured again only while this holds: asv and the gate run the work tree's
``benchmarks/`` against each commit's own ``cnnfc.measure``.
"""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

_RUN = """
import json, sys
sys.path[:0] = sys.argv[1:3]
import cnnfc.measure.api
from benchmarks import cases, conv, dense, hardware, threads
from asv_runner.benchmarks.mark import SkipNotImplemented

def outcome(call):
    try:
        return call()
    except SkipNotImplemented as reason:
        return f"skipped: {reason}"

conv.ForwardCold().setup("conv2d.3-64.k3.hw32", "cpu-1")
values = {
    "where": cnnfc.measure.api.__file__,
    "first": outcome(lambda: conv.ForwardFirst().track_latency("dense.3-2", "cpu-1")),
    "forward": outcome(lambda: conv.Forward().time_layer("conv2d.3-64.k3.hw32", "cpu-1")),
    "full": outcome(lambda: dense.ForwardFull().time_layer("dense.4096-4096", "cpu-1")),
    "cold": outcome(lambda: conv.ForwardCold().time_layer("conv2d.3-64.k3.hw32", "cpu-1")),
    "train": outcome(lambda: dense.TrainStep().time_layer("dense.1024-512.n32", "cpu-1")),
    "threads": outcome(lambda: threads.Forward().time_layer("dense.1024-512", "cpu-1")),
    "memory": outcome(lambda: dense.ForwardMemory().track_device_memory("dense.3-2", "cpu-1")),
    "device": outcome(lambda: dense.ForwardDevice().track_duration("dense.3-2", "cuda-0")),
    "queued": outcome(lambda: conv.ForwardThroughput().track_duration("dense.3-2", "cuda-0")),
    "host": outcome(lambda: dense.ForwardHost().track_latency("dense.3-2", "cuda-0")),
    "loop": outcome(lambda: hardware.CanaryLoop().track_duration("loop.10", "cpu-1")),
    "copy": outcome(lambda: hardware.CanaryCopy().track_bandwidth("copy.x1llc", "cpu-1")),
    "gemm": outcome(lambda: hardware.CanaryGemm().track_flops("gemm.64", "cpu-1")),
    "unknown": outcome(lambda: conv.Forward().time_layer("hologram.3-64", "cpu-1")),
    "clock": conv.Forward.timer() > 0,
}
print(json.dumps(values))
"""


def _git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, timeout=60)


def _oldest_measured_commit():
    """Full hash of the oldest commit (by commit date) in reports/results; skips without one."""
    dates = {}
    for path in (ROOT / "reports" / "results").glob("*/*-*.json"):
        data = json.loads(path.read_text(encoding="utf-8"))
        dates[data["commit_hash"]] = data["date"]
    if not dates:
        pytest.skip("no results in reports/results")
    return min(dates, key=dates.__getitem__)


@pytest.fixture(scope="module")
def oldest(tmp_path_factory):
    """The package of the oldest measured commit, unpacked."""
    commit = _oldest_measured_commit()
    archive = _git("archive", commit, "cnnfc")
    if archive.returncode:
        pytest.skip(f"commit {commit[:8]} is not in this clone")
    folder = tmp_path_factory.mktemp("oldest")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def test_every_pass_of_the_suite_runs_on_the_oldest_measured_commit(oldest):
    result = subprocess.run(
        [sys.executable, "-c", _RUN, str(oldest), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=oldest,
    )
    assert result.returncode == 0, result.stderr
    values = json.loads(result.stdout)
    assert values.pop("where").startswith(str(oldest))
    assert values.pop("unknown").startswith("skipped: unknown case 'hologram.3-64'")
    assert values.pop("full") == "skipped: only the full profile measures this"
    # The cold benchmark's setup built a layer in this process, so its first call is over.
    assert "in this process already" in values.pop("first")
    assert values.pop("memory").startswith("skipped: device memory is counted on CUDA")
    for name in ("device", "queued", "host"):
        assert values.pop(name).startswith("skipped: this commit's cnnfc.measure.api has no ")
    assert values.pop("clock") is True
    for name in ("loop", "copy", "gemm"):
        sample = values.pop(name)
        assert sample["number"] == 1
        assert all(value > 0 for value in sample["samples"])
    assert values == dict.fromkeys(("forward", "cold", "train", "threads"))
