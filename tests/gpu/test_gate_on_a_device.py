"""A small real gate on an NVIDIA GPU: clocks, memory, and a slowdown that was put in on purpose."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cnnfc.gate import whole
from cnnfc.gate.cases import Injection
from cnnfc.gate.measuring.gpu_clocks import GpuClocks
from cnnfc.gate.measuring.listing import list_both
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.measuring.survey import survey
from cnnfc.gate.policy.policy import Policy
from cnnfc.gate.sides import Side, Sides
from cnnfc.gate.worker import cuda
from cnnfc.verdicts import Verdict

# The libraries of a device may warn of what they like; numbers are the matter here.
pytestmark = [pytest.mark.gpu, pytest.mark.slow, pytest.mark.filterwarnings("default")]

SUITE = """
import time

import torch


def waiting():
    torch.cuda.synchronize()
    return time.perf_counter()


class Product:
    params = [512, 2048]

    def __init__(self):
        self._made = {}

    def _operands(self, size):
        if size not in self._made:
            self._made[size] = [torch.randn(size, size, device="cuda") for _ in range(3)]
        return self._made[size]

    def time_asv_clock(self, size):
        left, right, out = self._operands(size)
        torch.mm(left, right, out=out)
        torch.empty(1, device="cuda")

    def time_own_clock(self, size):
        self.time_asv_clock(size)

    time_own_clock.timer = waiting


def time_the_launch():
    torch.empty(1024, device="cuda").fill_(1.0)


time_the_launch.timer = time.process_time


def time_on_the_cpu():
    sum(range(1000))
"""


class Watch:
    """Hears everything and says nothing."""

    def begin(self, phase):
        pass

    def case(self, case):
        pass

    def pair(self, trials, pairs, seconds_left):
        pass


@pytest.fixture
def sides(nvidia, tmp_path):
    """The same code on both sides."""
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "__init__.py").write_text(SUITE, encoding="utf-8")
    baseline = Side(
        role="baseline",
        label="HEAD",
        commit=None,
        tree="t" * 40,
        suite=suite,
        own_suite=None,
        path=(),
        python=Path(sys.executable),
        config=tmp_path,
    )
    return Sides(baseline, replace(baseline, role="contender"))


@pytest.fixture
def gpus():
    gpus = GpuClocks()
    yield gpus
    gpus.close()


def test_a_slowdown_on_the_gpu_is_found_and_nothing_else(sides, gpus, tmp_path):
    setting = Setting(sides, tmp_path / "scratch", gpus=gpus)
    listed = [one for one in list_both(setting) if "time_on" not in one.name]
    slowed = next(one.id for one in listed if "asv_clock" in one.name and "2048" in one.id)
    request = whole.Request(
        sides,
        [one for one in listed if "launch" not in one.name],
        Policy(budget=240.0),
        seed=1,
        folder=tmp_path / "scratch",
        injections={slowed: Injection(0.1)},
        gpus=gpus,
    )
    answer = whole.judge(request, Watch())
    found = {one.id: one for one in answer.results}
    assert found[slowed].verdict is Verdict.REGRESSION, found[slowed].reason
    assert found[slowed].confirmed.ratio == pytest.approx(1.1, abs=0.03)
    others = [one for name, one in found.items() if name != slowed]
    assert len(others) == 3
    assert [one.reason for one in others if one.verdict is Verdict.REGRESSION] == []
    pytest.importorskip("pynvml")
    # The slowdown is one in cycles: the GPU counts them.
    assert found[slowed].in_cycles.ratio == pytest.approx(1.1, abs=0.05)


def test_a_survey_knows_the_gpu_the_clock_and_the_memory(sides, gpus, tmp_path):
    setting = Setting(sides, tmp_path / "scratch", gpus=gpus)
    found = survey(setting, list_both(setting))
    assert found.losses == {}
    cases = {case.id: case for case in found.cases}
    clocks = {name: case.timed_by for name, case in cases.items() if case.device == "cuda"}
    assert set(clocks.values()) == {"events", "own"}
    assert [name for name, clock in clocks.items() if clock == "own"] == ["time_the_launch"]
    large = next(case for name, case in cases.items() if "own_clock" in name and "2048" in name)
    # Three matrices of 16 MiB, and what cuBLAS takes to work with.
    assert 48 * 2**20 <= large.device_memory < 2**30
    assert large.gpu == str(torch.cuda.get_device_properties(0).uuid)
    assert cases["time_on_the_cpu"].device == "cpu"


def test_a_gpu_at_work_is_read(nvidia, gpus):
    pytest.importorskip("pynvml")
    uuid = str(torch.cuda.get_device_properties(0).uuid)
    matrix = torch.randn(4096, 4096, device="cuda")
    with gpus.during(uuid) as watched:
        for _ in range(200):
            torch.mm(matrix, matrix)
        torch.cuda.synchronize()
    assert len(watched.readings) > 2
    assert watched.clock(-math.inf, math.inf) > 1e8
    free, total = torch.cuda.mem_get_info(0)
    assert gpus.free_memory(uuid) == pytest.approx(free, abs=0.05 * total)


def test_the_spinner_keeps_the_gpu_busy_for_as_long_as_it_is_told(nvidia):
    matrix = torch.randn(2048, 2048, device="cuda")
    for _ in range(300):  # to its clock
        torch.mm(matrix, matrix)
    torch.cuda.synchronize()
    spinner = cuda.Spinner(0)
    for seconds in (5e-5, 1e-3):
        taken = []
        for _ in range(20):
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            spinner.spend(seconds)
            end.record()
            end.synchronize()
            taken.append(start.elapsed_time(end) / 1e3)
        assert min(taken) == pytest.approx(seconds, rel=0.2, abs=1e-5)
