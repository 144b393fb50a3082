"""Both sides asked in real workers; what differs is a variable of their environment."""

import os
import sys
from dataclasses import replace

import pytest

from cnnfc.gate.cases import GatedCase
from cnnfc.gate.explaining.explain import compared, explain
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.sides import Side, Sides

PLAIN = """
import os

IS_CONTENDER = os.environ["ROLE"] == "contender"

class Work:
    def time_same(self):
        sorted([1, 2])

    def time_more(self):
        for _ in range(3 if IS_CONTENDER else 1):
            sorted([1, 2])

    def time_broken(self):
        if IS_CONTENDER:
            raise ValueError("broken here")

    def time_ends(self):
        if IS_CONTENDER:
            os._exit(3)

    def track_size(self):
        return 1
"""
LAYERS = """
import os
import torch

torch.set_num_threads(1)
IS_CONTENDER = os.environ["ROLE"] == "contender"

class Convolution:
    def setup(self):
        self.layer, self.batch = torch.nn.Conv2d(64, 64, 3), torch.randn(1, 64, 32, 32)

    def time_forward(self):
        torch.set_num_threads(1 if IS_CONTENDER else 2)
        batch = self.batch.relu() if IS_CONTENDER else self.batch
        self.layer(batch)
"""


@pytest.fixture
def setting(tmp_path):
    """Makes the setting of a gate whose sides run the suite of this source text."""

    def make(source):
        suite = tmp_path / "suite"
        suite.mkdir()
        (suite / "__init__.py").touch()
        (suite / "work.py").write_text(source)
        side = Side(
            role="baseline",
            label="main",
            commit=None,
            tree="t" * 40,
            suite=suite,
            own_suite=suite,
            path=(),
            python=sys.executable,
            config=tmp_path,
            environment={"ROLE": "baseline"},
        )
        other = replace(side, role="contender", environment={"ROLE": "contender"})
        return Setting(Sides(side, other), tmp_path)

    return make


def case(name, kind="time"):
    return GatedCase(id=name, name=name, params=(), index=0, kind=kind)


def test_plain_benchmarks_are_explained_by_their_functions(setting):
    heard = []
    names = ["work.Work.time_same", "work.Work.time_more", "work.Work.track_size"]
    cases = [case(name, name.split(".")[-1].split("_")[0]) for name in names]
    found = explain(setting(PLAIN), cases, heard.append)
    assert set(found) == set(names[:2])
    assert found["work.Work.time_same"]["differences"] == [
        "same functions on both sides: the difference is in time alone"
    ]
    assert found["work.Work.time_more"]["differences"] == [
        "<built-in method builtins.sorted> runs 3 times on the contender and once on the baseline"
    ]
    assert heard == [*names[:2], *names[:2]]


def test_a_side_that_fails_or_ends_costs_its_own_case_alone(setting):
    names = ["work.Work.time_ends", "work.Work.time_broken", "work.Work.time_more"]
    found = explain(setting(PLAIN), [case(name) for name in names])
    (ends,) = found["work.Work.time_ends"]["differences"]
    assert ends.startswith("the contender could not be explained: the worker of the contender")
    assert "ended with exit code 3" in ends
    assert found["work.Work.time_broken"]["differences"] == [
        "the contender could not be explained: ValueError: broken here"
    ]
    assert "runs 3 times" in found["work.Work.time_more"]["differences"][0]


def test_a_suite_that_cannot_be_imported_is_tried_once(setting, tmp_path):
    source = f"open({str(tmp_path / 'tries')!r}, 'a').write('x')\nimport os\nos._exit(4)\n"
    found = explain(setting(source), [case("work.a"), case("work.b")])
    for name in ("work.a", "work.b"):
        assert "ended with exit code 4" in found[name]["differences"][0]
    assert (tmp_path / "tries").read_text() == "xx"


@pytest.mark.slow
def test_layers_are_explained_by_threads_and_operators(setting):
    pytest.importorskip("torch")
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs two processors")
    found = explain(setting(LAYERS), [case("work.Convolution.time_forward")])
    explanation = found["work.Convolution.time_forward"]
    sentences = explanation["differences"]
    assert sentences[0] == "threads 2 -> 1"
    (alone,) = [s for s in sentences if s.startswith("the contender alone runs")]
    assert "aten::relu" in alone
    # What Python calls differs by this method alone.
    assert sentences[-1] == (
        "the contender alone calls <method 'relu' of 'torch._C.TensorBase' objects>"
    )
    assert explanation["baseline"]["threads"] == 2
    names = [entry["name"] for entry in explanation["contender"]["operators"]]
    assert "aten::conv2d" in names
    assert explanation["contender"]["versions"]["torch"]


def test_what_is_kept_is_short_and_names_the_kernels():
    line = (
        "onednn_verbose,v1,primitive,exec,cpu,convolution,jit:avx2,forward_training,"
        "src:f32::blocked:acdb::f0 wei:f32:a:blocked:Acdb24a::f0 dst:f32::blocked:acdb::f0,,"
        "alg:convolution_direct,mb1_ic8oc8,0.5"
    )
    mkl = "MKL_VERBOSE SGEMM(T,N,512,8,1024,0x7f) 347.03us CNR:OFF Dyn:0 FastMM:1 TID:0  NThr:2"
    operators = [{"name": f"o{n}", "calls": 1, "share": 0.01, "shapes": []} for n in range(40)]
    functions = [{"name": "f", "calls": 1}]
    side = {"lines": [line, line, mkl], "operators": operators, "functions": functions}
    kept = compared(side, side)["contender"]
    assert kept["primitives"] == [
        {"name": "convolution mb1_ic8oc8 as jit:avx2, nhwc to nhwc", "calls": 2},
        {"name": "SGEMM(T,N,512,8,1024) by MKL, threads: 2", "calls": 1},
    ]
    assert len(kept["operators"]) == 12
    assert kept["operators"][0] == {"name": "o0", "calls": 1, "share": 0.01}
    assert "lines" not in kept
    assert "functions" not in kept
