"""Today's suite runs on the code of the oldest commit that has results.

History can be measured again only while this holds: asv and the gate run the work tree's
``benchmarks/`` against each commit's own ``cnnfc.measure``.  Where that one is older than version 2
of the suite its values would mean something else, so there the canaries alone are measured.
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

values = {
    "where": cnnfc.measure.api.__file__,
    "older": not hasattr(cnnfc.measure.api, "forget"),
    "setup": outcome(lambda: conv.ForwardCold().setup("conv2d.3-64.k3.hw32", "cpu-1")),
    "first": outcome(lambda: conv.ForwardFirst().track_latency("dense.3-2", "cpu-1")),
    "forward": outcome(lambda: conv.Forward().time_layer("conv2d.3-64.k3.hw32", "cpu-1")),
    "full": outcome(lambda: dense.ForwardFull().time_layer("dense.4096-4096", "cpu-1")),
    "cold": outcome(lambda: conv.ForwardCold().time_layer("conv2d.3-64.k3.hw32", "cpu-1")),
    "train": outcome(lambda: dense.TrainStep().time_layer("dense.1024-512.n32", "cpu-1")),
    "threads": outcome(lambda: threads.Forward().time_layer("dense.1024-512", "cpu-1")),
    "peak": outcome(lambda: dense.ForwardMemory().peakmem_layer("dense.3-2", "cpu-1")),
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
        # Python before 3.11.4 has no filters; this archive is git's own.
        options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(folder, **options)  # noqa: S202
    return folder


def test_the_oldest_measured_commit_is_measured_as_far_as_its_values_mean_the_same(oldest):
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
    assert values.pop("clock") is True
    for name in ("loop", "copy", "gemm"):
        sample = values.pop(name)
        assert sample["number"] == 1
        assert all(value > 0 for value in sample["samples"])
    if values.pop("older"):
        _expect_only_skips(values, result.stderr)
    else:
        _expect_every_pass(values)


def _expect_only_skips(values, printed):
    names = {"setup", "first", "forward", "full", "cold", "train", "threads", "peak", "memory"}
    assert set(values) == names | {"device", "queued", "host", "unknown"}
    (reason,) = set(values.values())
    assert reason.startswith("skipped: this commit's cnnfc.measure is older than version 2 of the ")
    assert printed.count(reason.partition(": ")[2]) == len(values)
    assert "cnnfc: skipped dense.1024-512.n32 on cpu-1: this commit's" in printed


def _expect_every_pass(values):
    assert values.pop("unknown").startswith("skipped: unknown case 'hologram.3-64'")
    assert values.pop("full") == "skipped: only the full profile measures this"
    # The cold benchmark's setup built a layer in this process, so its first call is over.
    assert "in this process already" in values.pop("first")
    assert values.pop("memory").startswith("skipped: device memory is counted on CUDA")
    for name in ("device", "queued", "host"):  # for want of a GPU, if not measured
        assert str(values.pop(name)).startswith(("skipped: ", "{'samples': "))
    assert values == dict.fromkeys(("setup", "forward", "cold", "train", "threads", "peak"))
