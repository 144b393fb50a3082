"""What torch says of itself."""

import json
from types import SimpleNamespace

import pytest
import torch

from cnnfc.measure.software import torch_software


def test_the_facts_are_torchs_own_and_fit_into_json():
    facts = torch_software()
    assert facts["torch"] == torch.__version__
    assert facts["threads"] == torch.get_num_threads()
    assert facts["config"] == torch.__config__.show()
    assert json.loads(json.dumps(facts)) == facts


def test_versions_of_the_libraries_are_read_from_the_build_text(monkeypatch):
    text = (
        "  - Intel(R) oneAPI Math Kernel Library Version 2024.2-Product Build 20240605 for Intel\n"
        "  - Intel(R) MKL-DNN v3.7.1 (Git Hash 8d263e6)\n"
        "  - OpenMP 201511 (a.k.a. OpenMP 4.5)\n"
    )
    monkeypatch.setattr(torch.__config__, "show", lambda: text)
    facts = torch_software()
    assert (facts["mkl"], facts["onednn"], facts["openmp"]) == ("2024.2-Product", "3.7.1", "201511")


def test_a_build_without_a_library_says_nothing_of_it(monkeypatch):
    monkeypatch.setattr(torch.__config__, "show", lambda: "PyTorch built with:\n  - clang 15\n")
    facts = torch_software()
    assert (facts["mkl"], facts["onednn"], facts["openmp"]) == (None, None, None)


def test_switches_are_left_out_because_each_case_sets_them():
    assert not [key for key in torch_software() if "tf32" in key or "deterministic" in key]


@pytest.mark.parametrize("races", [True, False])
def test_a_build_for_gpus_says_how_cudnn_chooses_its_kernels(monkeypatch, races):
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    assert "cudnn_benchmark" not in torch_software()
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setenv("CNNFC_CUDNN_BENCHMARK", str(int(races)))
    assert torch_software()["cudnn_benchmark"] is races


def test_the_version_of_cudnn_is_read_without_starting_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "_lazy_init", pytest.fail)
    # Asks every GPU what it can do, which starts CUDA.
    monkeypatch.setattr(torch.backends.cudnn, "version", pytest.fail)
    library = SimpleNamespace(getVersionInt=lambda: 91002)
    monkeypatch.setattr(torch._C, "_cudnn", library, raising=False)
    assert torch_software()["cudnn"] == 91002


def test_a_build_without_cudnn_has_no_version_of_it(monkeypatch):
    monkeypatch.delattr(torch._C, "_cudnn", raising=False)
    assert torch_software()["cudnn"] is None
