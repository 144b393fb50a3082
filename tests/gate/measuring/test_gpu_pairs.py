"""One pair on a GPU from survey to values: real workers, stand-ins for torch and for NVML."""

import math
import random
import sys
from pathlib import Path

import pytest

from cnnfc.gate.cases import Injection
from cnnfc.gate.measuring.gpu_clocks import GpuClocks
from cnnfc.gate.measuring.legs import pair_value
from cnnfc.gate.measuring.listing import list_both
from cnnfc.gate.measuring.pairs import measure_pair
from cnnfc.gate.measuring.setting import Protocol, Setting
from cnnfc.gate.measuring.survey import survey
from cnnfc.gate.sides import Side, Sides
from cnnfc.machine.host import Host

SUITES = Path(__file__).parents[1] / "suites"


class FakeNvml:
    """The GPU of the stand-in for torch, at 1.5 GHz and held back by its power cap."""

    NVML_CLOCK_SM = 1

    def nvmlInit(self):  # noqa: N802 - NVML's name
        pass

    nvmlShutdown = nvmlInit  # noqa: N815 - NVML's name

    def nvmlDeviceGetHandleByUUID(self, uuid):  # noqa: N802 - NVML's name
        return ["GPU-1234"].index(uuid)

    def nvmlDeviceGetClockInfo(self, handle, kind):  # noqa: N802 - NVML's name
        return 1500

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle):  # noqa: N802 - NVML's name
        return 0x4


def side(role, folder):
    return Side(
        role=role,
        label=role,
        commit=None,
        tree="t" * 40,
        suite=SUITES / "on_gpu",
        own_suite=None,
        path=(SUITES / "gpu_fakes",),
        python=Path(sys.executable),
        config=folder,
    )


@pytest.fixture
def setting(tmp_path):
    gpus = GpuClocks(Host(root=tmp_path, system="Linux", nvml=FakeNvml))
    sides = Sides(side("baseline", tmp_path), side("contender", tmp_path))
    yield Setting(
        sides,
        tmp_path,
        protocol=Protocol(leg_seconds=0.01, canary_seconds=0.001),
        injections={"cases.time_with_the_clock_of_asv": Injection(0.2)},
        gpus=gpus,
    )
    gpus.close()


def test_a_pair_on_a_gpu_has_its_clock_its_reasons_and_its_slowdown(setting):
    names = ["cases.time_with_the_clock_of_asv", "cases.time_on_the_cpu"]
    chosen = [listed for listed in list_both(setting) if listed.name in names]
    found = survey(setting, chosen)
    on_gpu, on_cpu = sorted(found.cases, key=lambda case: case.device, reverse=True)
    assert (on_gpu.device, on_gpu.gpu, on_gpu.timed_by) == ("cuda", "1234", "events")
    assert (on_cpu.device, on_cpu.gpu, on_cpu.timed_by) == ("cpu", None, "own")

    draw = random.Random(1)  # noqa: S311 - coins, not secrets
    outcome = measure_pair(found.setting, found.cases, draw, blocks=1)
    assert outcome.losses == {}
    (block,) = outcome.blocks[on_gpu.id]
    assert {leg.clock_hz for leg in block.legs} == {1.5e9}
    assert {leg.reasons for leg in block.legs} == {("software-power-cap",)}
    assert pair_value([block], "low") == pytest.approx(math.log(1.2), abs=0.03)
    (block,) = outcome.blocks[on_cpu.id]
    assert {(leg.clock_hz, leg.reasons) for leg in block.legs} == {(None, ())}
