"""What the real torch says of real layers."""

import ctypes
import os
import sys

import pytest

from cnnfc.gate.explaining.kernels import layout_name, read
from cnnfc.gate.worker.explain import explain

torch = pytest.importorskip("torch")
HAS_ONEDNN = torch.backends.mkldnn.is_available()
needs_onednn = pytest.mark.skipif(not HAS_ONEDNN, reason="this torch has no oneDNN")


@pytest.fixture
def convolution():
    """A convolution and its input, on one thread and without autograd.

    Large enough for oneDNN: torch computes smaller ones itself.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    layer, batch = torch.nn.Conv2d(64, 64, 3), torch.randn(1, 64, 32, 32)
    with torch.no_grad():
        yield layer, batch
    torch.set_num_threads(threads)


def test_a_convolution_is_explained(convolution):
    layer, batch = convolution
    found = explain(lambda: layer(batch))
    assert found["notes"] == []
    operators = {entry["name"]: entry for entry in found["operators"]}
    assert operators["aten::conv2d"]["calls"] == 1
    assert operators["aten::conv2d"]["shapes"][:2] == [[1, 64, 32, 32], [64, 64, 3, 3]]
    assert sum(entry["share"] for entry in found["operators"]) == pytest.approx(1)
    assert found["kernels"] == []
    assert found["threads"] == 1
    assert found["flags"]["autograd"] is False
    assert found["versions"] == {"torch": torch.__version__}
    functions = {entry["name"]: entry["calls"] for entry in found["functions"]}
    assert functions["forward (torch/nn/modules/conv.py)"] == 1


@needs_onednn
def test_the_kernel_of_a_convolution_is_heard(convolution, capfd):
    layer, batch = convolution
    found = read(explain(lambda: layer(batch))["lines"])
    (primitive,) = [one for one in found.primitives if one.kind == "convolution"]
    assert primitive.problem.startswith("mb1_ic64oc64_ih32oh30kh3")
    assert ":" in primitive.implementation
    assert found.onednn.startswith("oneDNN v")
    layer(batch)
    assert "onednn_verbose" not in capfd.readouterr().out


@needs_onednn
def test_channels_last_is_heard_and_so_is_what_is_said_once_a_process(convolution):
    layer, batch = convolution
    explain(lambda: layer(batch))
    layer, batch = (one.to(memory_format=torch.channels_last) for one in (layer, batch))
    found = read(explain(lambda: layer(batch))["lines"])
    (primitive,) = [one for one in found.primitives if one.kind == "convolution"]
    assert layout_name(primitive.layout("dst")) == "nhwc"
    assert found.onednn.startswith("oneDNN v")


@needs_onednn
def test_a_switched_off_mkldnn_is_seen(convolution, monkeypatch):
    layer, batch = convolution
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    found = explain(lambda: layer(batch))
    assert found["flags"]["mkldnn"] is False
    assert [one for one in read(found["lines"]).primitives if one.kind == "convolution"] == []


@pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="this torch has no MKL")
def test_a_product_is_heard():
    layer, batch = torch.nn.Linear(64, 32), torch.randn(4, 64)
    found = read(explain(lambda: layer(batch))["lines"])
    (product,) = found.products
    assert product.routine == "SGEMM"
    assert product.sizes.startswith("T,N,32,4,64,")
    assert found.mkl


def test_what_every_other_call_does_counts_half(convolution):
    layer, batch = convolution
    calls = []

    def sometimes():
        calls.append(None)
        return torch.erfinv(batch) if len(calls) % 2 else layer(batch)

    operators = {entry["name"]: entry["calls"] for entry in explain(sometimes)["operators"]}
    assert operators["aten::erfinv"] == 0.5
    assert operators["aten::conv2d"] == 0.5


def test_what_the_benchmark_prints_does_not_matter(capfd):
    def loud():
        sys.stdout.write("onednn_verbose of my own\n")
        ctypes.CDLL(None).puts(b"onednn_verbose too")

    found = explain(loud)
    assert found["notes"] == []
    os.write(1, b"still open\n")
    assert "still open" in capfd.readouterr().out


def test_without_torch_functions_are_explained(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    found = explain(lambda: [abs(n) for n in sorted([2, 1])])
    assert "operators" not in found
    functions = {entry["name"]: entry["calls"] for entry in found["functions"]}
    assert functions["<built-in method builtins.sorted>"] == 1
    assert functions["<built-in method builtins.abs>"] == 2
    assert found["environment"]["OMP_NUM_THREADS"] == "3"
    assert "SECRET_TOKEN" not in found["environment"]


def test_functions_of_c_are_named_without_addresses():
    names = {entry["name"] for entry in explain(lambda: object.__new__(object))["functions"]}
    assert "<built-in method __new__ of type object>" in names


def test_what_a_release_of_torch_lacks_is_noted(convolution, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no profiler in this build")

    monkeypatch.setattr(torch.profiler, "profile", fail)
    layer, batch = convolution
    found = explain(lambda: layer(batch))
    assert found["notes"] == [
        "torch's profiler cannot be read: RuntimeError: no profiler in this build"
    ]
    assert "operators" not in found
    assert found["functions"]


def test_a_benchmark_that_fails_is_not_explained():
    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        explain(fail)
