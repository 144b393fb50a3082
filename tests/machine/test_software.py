import platform

from cnnfc.machine.software import NAMES, PREFIXES, read_software


def test_only_variables_of_the_list_are_read():
    environ = {
        "OMP_NUM_THREADS": "2",
        "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
        "NVIDIA_TF32_OVERRIDE": "0",
        "LD_PRELOAD": "/home/alice/libjemalloc.so",
        "LD_PRELOAD_MORE": "no",
        "AWS_SECRET": "no",
        "HOME": "/home/alice",
        "MY_OMP_X": "no",
    }
    assert read_software(environ=environ)["environment"] == {
        "LD_PRELOAD": "~/libjemalloc.so",
        "NVIDIA_TF32_OVERRIDE": "0",
        "OMP_NUM_THREADS": "2",
        "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
    }


def test_the_list_of_variables_is_the_agreed_one():
    assert set(PREFIXES) == {
        *("OMP_", "MKL_", "KMP_", "GOMP_", "ONEDNN_", "DNNL_", "TORCH_", "PYTORCH_", "CUDA_"),
        "OPENBLAS_",
    }
    assert set(NAMES) == {"NVIDIA_TF32_OVERRIDE", "LD_PRELOAD", "MALLOC_CONF"}


def test_python_and_the_versions_of_packages_are_there():
    software = read_software(environ={})
    assert software["python"]["version"] == platform.python_version()
    assert software["python"]["implementation"] == platform.python_implementation()
    assert software["python"]["gil"] in (True, False)
    assert "psutil" in software["packages"]


def test_facts_of_the_torch_wing_are_added_and_redacted():
    facts = {"torch": {"config": "built in /home/bob/pytorch", "threads": 2}}
    software = read_software(facts, environ={})
    assert software["torch"] == {"config": "built in ~/pytorch", "threads": 2}


def test_passing_the_result_in_again_changes_nothing():
    facts = {"torch": {"version": "2.13"}}
    once = read_software(facts, environ={"OMP_NUM_THREADS": "1"})
    assert read_software(once, environ={}) == once
