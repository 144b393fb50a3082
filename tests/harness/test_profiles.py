import pytest

from cnnfc.cases import Case
from cnnfc.catalogues import load
from cnnfc.harness.profiles import QUICK, measures, measures_on
from cnnfc.harness.suite import Benchmark
from cnnfc.names import BenchmarkName, Device

FORWARD = Benchmark("conv.Forward.time_layer")
FULL = Benchmark("conv.ForwardFull.time_layer")
CANARY = Benchmark("hardware.CanaryLoop.track_duration")
FOREIGN = Benchmark("suite.TimeIt.time_it")


def test_standard_is_everything_but_what_is_reserved_for_full():
    assert measures("standard", FORWARD, "conv2d.3-64.k3.hw32")
    assert measures("standard", FOREIGN, None)
    assert not measures("standard", FULL, "conv2d.3-64.k3.hw32")


def test_full_is_everything():
    assert measures("full", FULL, "conv2d.3-64.k3.hw32")


def test_quick_is_what_its_table_says():
    assert measures("quick", FORWARD, "conv2d.3-64.k7.hw32")
    assert measures("quick", FORWARD, "conv2d.3-64.k11.hw32.n32")
    assert not measures("quick", FORWARD, "conv2d.3-64.k9.hw32.n32")
    assert not measures("quick", FOREIGN, None)


@pytest.mark.parametrize("profile", ["quick", "standard", "full"])
def test_canaries_belong_to_every_profile(profile):
    assert measures(profile, CANARY, "loop.1000000")


def test_the_table_names_benchmarks_and_catalogued_cases_that_exist():
    known = {str(case) for catalogue in load().values() for case in catalogue.cases}
    for name, choice in QUICK.items():
        assert BenchmarkName.parse(name) is not None
        assert set(choice.catalogues) <= load().keys()
        assert set(choice.cases) <= known
        for case in choice.cases:
            assert Case.parse(case).family == name.partition(".")[0]


@pytest.mark.parametrize(
    ("cpus", "measured"),
    [(1, ["cpu-1"]), (2, ["cpu-1", "cpu-2"]), (6, ["cpu-1", "cpu-4"]), (64, ["cpu-1", "cpu-64"])],
)
def test_quick_measures_on_one_thread_and_on_the_most_however_many_there_are(cpus, measured):
    names = [f"cpu-{threads}" for threads in (1, 2, 4, 8, 16, 32, 64) if threads <= cpus]
    assert [n for n in names if measures_on("quick", Device.parse(n), cpus)] == measured
    assert all(measures_on("standard", Device.parse(name), cpus) for name in names)
    assert measures_on("quick", Device.parse("cuda-0"), cpus)
