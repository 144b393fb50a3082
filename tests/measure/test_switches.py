"""torch's switches that decide which kernels run."""

import warnings

import pytest
import torch

from cnnfc.measure import switches


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    monkeypatch.delenv("CNNFC_CUDNN_BENCHMARK", raising=False)
    monkeypatch.delenv("NVIDIA_TF32_OVERRIDE", raising=False)
    before = torch.backends.cudnn.benchmark
    yield
    torch.backends.cudnn.benchmark = before
    switches.set_tf32(enabled=False)


@pytest.mark.parametrize("enabled", [True, False])
def test_both_interfaces_to_tf32_say_the_same_afterwards(enabled):
    switches.set_tf32(enabled=enabled)
    # Either of them raises where the other was used alone.
    assert torch.backends.cuda.matmul.allow_tf32 is enabled
    assert torch.backends.cudnn.allow_tf32 is enabled
    assert torch.get_float32_matmul_precision() == ("high" if enabled else "highest")
    if hasattr(torch.backends.cudnn, "conv"):
        expected = "tf32" if enabled else "ieee"
        assert torch.backends.cuda.matmul.fp32_precision == expected
        assert torch.backends.cudnn.conv.fp32_precision == expected


@pytest.mark.skipif(not hasattr(torch.backends.cudnn, "conv"), reason="torch before 2.9")
def test_a_general_setting_of_the_newer_interface_does_not_reach_a_layer():
    torch.backends.fp32_precision = "tf32"
    try:
        switches.set_tf32(enabled=False)
        assert torch.backends.cuda.matmul.fp32_precision == "ieee"
        assert torch.backends.cudnn.conv.fp32_precision == "ieee"
    finally:
        torch.backends.fp32_precision = "none"


class _Warns:
    """The older interface as torch 2.9 to 2.12 have it."""

    def __init__(self):
        self.set = []

    def __setattr__(self, name, value):
        if name == "allow_tf32":
            warnings.warn("Please use the new API settings", UserWarning, stacklevel=2)
            self.set.append(value)
        else:
            super().__setattr__(name, value)


def test_releases_that_warn_of_the_older_interface_do_it_unheard(monkeypatch):
    products, convolutions = _Warns(), _Warns()
    monkeypatch.setattr(torch.backends.cuda, "matmul", products)
    monkeypatch.setattr(torch.backends, "cudnn", convolutions)
    switches.set_tf32(enabled=True)  # a warning is an error here
    assert (products.set, convolutions.set) == ([True], [True])


def test_releases_without_the_newer_interface_are_set_through_the_older_one(monkeypatch):
    products, convolutions = _Warns(), _Warns()
    monkeypatch.setattr(torch.backends.cuda, "matmul", products)
    monkeypatch.setattr(torch.backends, "cudnn", convolutions)
    switches.set_tf32(enabled=False)
    assert "fp32_precision" not in vars(products)


@pytest.mark.parametrize(
    ("value", "races"), [(None, False), ("", False), ("0", False), ("1", True)]
)
def test_cudnn_chooses_by_rule_unless_a_race_is_asked_for(monkeypatch, value, races):
    if value is not None:
        monkeypatch.setenv("CNNFC_CUDNN_BENCHMARK", value)
    torch.backends.cudnn.benchmark = not races
    torch.backends.cudnn.deterministic = True
    switches.set_kernel_choice()
    assert torch.backends.cudnn.benchmark is races
    assert torch.backends.cudnn.deterministic is False


@pytest.mark.parametrize(("value", "forbids"), [("0", True), ("1", False)])
def test_an_override_of_nvidias_libraries_can_forbid_tf32(monkeypatch, value, forbids):
    assert not switches.forbids_tf32()
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", value)
    assert switches.forbids_tf32() is forbids
