import pytest

from cnnfc.names import Device
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.series import movers, typical
from testkit import histories as make


@pytest.fixture
def series():
    """The series of one benchmark with the given centres, one a commit."""

    def build(*centres, spread=0.01, n=7, benchmark="conv.Forward.time_layer"):
        runs = [
            make.run(make.point(benchmark, value=centre, spread=spread, n=n), number=number)
            for number, centre in enumerate(centres, 1)
        ]
        (group,) = arrange(make.history(*runs))
        (found,) = group.series[benchmark]
        return found

    return build


def test_the_newest_value_is_compared_with_the_one_before(series):
    found = series(1.0, 4.0, 5.0)
    assert found.ratio == 1.25
    assert found.usual == 4.0


@pytest.mark.parametrize(("newest", "parted"), [(1.03, True), (1.015, False), (0.97, True)])
def test_intervals_of_one_percent_part_at_two_percent(series, newest, parted):
    assert series(1.0, newest).parted is parted


def test_without_intervals_nothing_parts_and_nothing_is_comparable(series):
    found = series(1.0, 100.0, n=5)
    assert (found.parted, found.comparable, found.ratio) == (False, False, 100.0)


def test_slower_is_worse_and_a_higher_rate_is_better(series):
    assert series(1.0, 2.0).better is False
    assert series(2.0, 1.0).better is True
    assert series(1e9, 2e9, benchmark="hardware.CanaryGemm.track_flops").better is True
    assert series(1.0, 1.0).better is None


def test_a_value_of_zero_has_no_ratio(series):
    assert series(0.0, 1.0, spread=0).ratio is None
    assert series(1.0, 0.0, spread=0).ratio is None


def test_movers_are_those_that_parted_the_largest_factor_first(series):
    half, still, triple = series(2.0, 1.0), series(1.0, 1.001), series(1.0, 3.0)
    assert movers([half, still, triple]) == [triple, half]


def test_typical_gives_slow_and_fast_cases_the_same_weight(series):
    fast, slow = series(1e-6, 2e-6), series(1.0, 2.0)
    # 1 and 2 have the median 1.5
    assert typical([fast, slow], 2) == pytest.approx([1 / 1.5, 2 / 1.5])
    assert typical([], 2) == [None, None]


def test_case_and_device_are_read_only_from_our_own_names(series):
    (group,) = arrange(
        make.history(
            make.run(
                make.point(make.FORWARD, "conv2d.3-64.k3.hw32", "cpu-2"),
                make.point(make.FORWARD, "conv2d.3-64.k3.hw32", "gpu"),
                make.point("other.suite", "conv2d.3-64.k3.hw32", "cpu-2"),
            )
        )
    )
    ours, no_device = group.series[make.FORWARD]
    assert ours.layer.device == Device("cpu", 2)
    assert no_device.layer is None
    assert group.series["other.suite"][0].layer is None


def test_a_skip_counts_as_absent_only_on_a_device_that_never_measured():
    case = "conv2d.3-64.k3.hw32"
    (group,) = arrange(
        make.history(
            make.run(make.point(make.FORWARD, case, "cpu-2"), number=1),
            make.run(
                make.point(make.FORWARD, case, "cpu-1"),
                make.skipped(make.FORWARD, case, "cpu-2"),
                make.skipped(make.FORWARD, case, "cuda-0"),
                make.skipped("other", "x"),
                make.failed("other", "y"),
                number=2,
            ),
        )
    )
    counts = group.counts(group.current)
    assert (counts.measured, counts.skipped, counts.failed, counts.absent) == (1, 2, 1, 1)
    assert counts.expected == 4


def test_devices_are_sorted_by_threads_and_then_accelerators():
    points = [
        make.point(make.FORWARD, "conv2d.3-64.k3.hw32", device)
        for device in ("cuda-0", "cpu-16", "cpu-2")
    ]
    (group,) = arrange(make.history(make.run(*points)))
    assert [str(device) for device in group.devices] == ["cpu-2", "cpu-16", "cuda-0"]
