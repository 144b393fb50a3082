import re

import pytest

from cnnfc.errors import CaseError, UsageError
from cnnfc.harness.devices import Devices
from cnnfc.harness.selection import Selection, parse_selection, select
from cnnfc.harness.suite import Benchmark, Suite

DEVICES = ("'cpu-1'", "'cpu-2'", "'cpu-4'", "'cuda-0'")
NAMES = ("case", "device")


def bench(name, *cases, devices=DEVICES):
    return Benchmark(name, NAMES, (tuple(map(repr, cases)), devices))


def suite(*benchmarks):
    return Suite({benchmark.name: benchmark for benchmark in benchmarks})


SUITE = suite(
    bench("conv.Forward.time_layer", "conv2d.3-64.k3.hw32", "conv2d.3-64.k9.hw32"),
    bench("conv.ForwardFull.time_layer", "conv2d.64-64.k3.hw224"),
    bench("dense.Forward.time_layer", "dense.1024-512"),
    bench("hardware.CanaryGemm.track_flops", "gemm.2048"),
)
TWO_CPUS = Devices(cpus=2)


def chosen(selection, devices=TWO_CPUS, of=SUITE):
    selected = select(of, selection, devices)
    return [str(p) for p in selected.points], [str(p) for p in selected.canaries]


def test_everything_that_exists_here_is_selected_with_the_canaries_apart():
    points, canaries = chosen(Selection())
    assert points == [
        "conv.Forward.time_layer('conv2d.3-64.k3.hw32', 'cpu-1')",
        "conv.Forward.time_layer('conv2d.3-64.k3.hw32', 'cpu-2')",
        "conv.Forward.time_layer('conv2d.3-64.k9.hw32', 'cpu-1')",
        "conv.Forward.time_layer('conv2d.3-64.k9.hw32', 'cpu-2')",
        "dense.Forward.time_layer('dense.1024-512', 'cpu-1')",
        "dense.Forward.time_layer('dense.1024-512', 'cpu-2')",
    ]
    assert canaries == [
        "hardware.CanaryGemm.track_flops('gemm.2048', 'cpu-1')",
        "hardware.CanaryGemm.track_flops('gemm.2048', 'cpu-2')",
    ]


def test_an_expression_searches_names_with_parameters_as_asv_does_and_is_exact():
    points, canaries = chosen(Selection(bench=("k9.*cpu-2",)))
    assert points == ["conv.Forward.time_layer('conv2d.3-64.k9.hw32', 'cpu-2')"]
    assert canaries == []


def test_several_expressions_add_up():
    points, _ = chosen(Selection(bench=("dense.*cpu-1", "Canary.*cpu-1")))
    assert [name.partition("(")[0] for name in points] == [
        "dense.Forward.time_layer",
        "hardware.CanaryGemm.track_flops",
    ]


def test_cases_leave_the_canaries_in():
    points, canaries = chosen(Selection(cases=("dense.1024-512",)))
    assert len(points) == 2
    assert len(canaries) == 2


def test_a_canary_can_be_asked_for_as_a_case():
    points, canaries = chosen(Selection(cases=("gemm.2048",)))
    assert (len(points), canaries) == (2, [])


def test_a_device_limits_the_canaries_too():
    points, canaries = chosen(Selection(devices=("cpu-2",)))
    assert len(points) == 3
    assert canaries == ["hardware.CanaryGemm.track_flops('gemm.2048', 'cpu-2')"]


def test_full_adds_its_own_benchmarks():
    points, _ = chosen(Selection(profile="full"))
    assert "conv.ForwardFull.time_layer('conv2d.64-64.k3.hw224', 'cpu-1')" in points


def test_quick_takes_one_thread_and_the_most():
    points, _ = chosen(Selection(profile="quick"), Devices(cpus=4))
    assert [name[-8:] for name in points if "dense" in name] == ["'cpu-1')", "'cpu-4')"]


def test_a_device_that_is_named_is_measured_by_quick_as_well():
    points, _ = chosen(Selection(profile="quick", devices=("cpu-2",)), Devices(cpus=4))
    assert points == [
        "conv.Forward.time_layer('conv2d.3-64.k3.hw32', 'cpu-2')",
        "dense.Forward.time_layer('dense.1024-512', 'cpu-2')",
    ]


def test_a_suite_of_canaries_alone_is_measured():
    only = suite(bench("hardware.CanaryGemm.track_flops", "gemm.2048"))
    points, canaries = chosen(Selection(), of=only)
    assert (len(points), canaries) == (2, [])


def test_benchmarks_of_other_projects_are_measured_whatever_their_parameters():
    other = suite(Benchmark("s.time_a", ("n",), (("1", "2"),)), Benchmark("s.time_b"))
    points, _ = chosen(Selection(), of=other)
    assert points == ["s.time_a(1)", "s.time_a(2)", "s.time_b"]


@pytest.mark.parametrize(
    ("selection", "complaint"),
    [
        (
            Selection(bench=("nothing",)),
            "--bench .nothing. matches no benchmark: .*; the benchmarks are conv.Forward.time",
        ),
        (
            Selection(cases=("dense.1024-513",)),
            "case dense.1024-513 is not measured by any .*did you mean dense.1024-512?",
        ),
        (
            Selection(cases=("conv2d.64-64.k3.hw224",)),
            "the standard profile measures nothing of this: add --profile full",
        ),
        (
            Selection(profile="quick", cases=("conv2d.3-64.k9.hw32",)),
            "the quick profile measures nothing of this: add --profile standard",
        ),
        (
            Selection(profile="quick", cases=("conv2d.64-64.k3.hw224",)),
            "the quick profile measures nothing of this: add --profile full",
        ),
        (
            Selection(devices=("cuda-0",)),
            "--device cuda-0 does not exist here; this machine has cpu-1 to cpu-2",
        ),
        (Selection(bench=("cuda-0",)), "nothing of this can be measured here: this machine has"),
    ],
)
def test_an_empty_selection_says_which_option_left_nothing(selection, complaint):
    with pytest.raises(UsageError, match=complaint.replace("(", r"\(")):
        select(SUITE, selection, TWO_CPUS)


def test_a_device_that_the_suite_does_not_measure_is_named():
    with pytest.raises(UsageError, match="nothing of this is measured on cpu-3"):
        select(SUITE, Selection(devices=("cpu-3",)), Devices(cpus=4))


def test_an_empty_suite_is_said():
    with pytest.raises(UsageError, match="the suite has no benchmarks"):
        select(suite(), Selection(), TWO_CPUS)


def test_names_are_brought_into_their_canonical_form():
    selection = parse_selection(cases=("dense.1024-512.n1",), devices=("cpu-2",))
    assert selection.cases == ("dense.1024-512",)


def test_a_catalogue_stands_for_its_cases_each_once():
    selection = parse_selection(catalogues=("question",), cases=("dense.1024-512", "dense.2-2"))
    assert selection.cases[-1] == "dense.2-2"
    assert selection.cases.count("dense.1024-512") == 1
    assert "conv2d.3-64.k7.hw32" in selection.cases


@pytest.mark.parametrize(
    ("options", "error", "complaint"),
    [
        ({"profile": "fast"}, UsageError, "unknown profile 'fast'"),
        ({"bench": ("(",)}, UsageError, r"--bench '\(' is not a regular expression: "),
        ({"catalogues": ("resnet5",)}, UsageError, "unknown catalogue 'resnet5'.*resnet50"),
        ({"cases": ("conv2d",)}, CaseError, "unknown case 'conv2d'"),
        ({"cases": ("conv2d.3-64.k9.hw2.p0",)}, CaseError, "does not fit"),
        ({"devices": ("gpu",)}, UsageError, "unknown device 'gpu'"),
    ],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_built(options, error, complaint):
    with pytest.raises(error, match=complaint):
        parse_selection(**options)


def test_errors_are_one_sentence():
    with pytest.raises(UsageError) as caught:
        select(SUITE, Selection(bench=("nothing",)), TWO_CPUS)
    assert not re.search(r"\n", str(caught.value))
