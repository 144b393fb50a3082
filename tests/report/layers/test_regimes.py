import math
from dataclasses import replace

import pytest

from cnnfc.analysis.roofline import Cause
from cnnfc.report.layers.devices import all_devices
from cnnfc.report.layers.regimes import last_level_cache, regimes
from cnnfc.timeline.arrange import arrange
from testkit import histories as make


def placed_of(history):
    (found,) = all_devices(arrange(history))
    return regimes(found)


@pytest.fixture(scope="module")
def found():
    """50 GFLOP/s and 10 GB/s, no record."""
    return placed_of(make.history(make.run(*make.layer_points())))


def by_case(placed):
    return {str(one.layer.case): one for one in placed.placed}


def test_layers_are_placed_by_their_counts_and_their_latency(found):
    one = by_case(found)["conv2d.64-64.k3.nobias.hw14"]
    # 2 * 36,864 * 196 FLOPs on 4 * (2 * 12,544 + 36,864) bytes in 0.4 ms
    assert one.intensity == pytest.approx(14_450_688 / 247_808)
    assert one.flops == pytest.approx(14_450_688 / 0.4e-3)
    assert one.bandwidth == pytest.approx(247_808 / 0.4e-3)
    assert [p.layer.latency for p in found.placed] == sorted(
        (p.layer.latency for p in found.placed), reverse=True
    )


def test_the_overhead_is_estimated_from_the_shortest_call(found):
    floor = found.floor
    assert str(floor.shortest.case) == "conv2d.64-64.k3.nobias.hw7"
    # 0.099 to 0.101 ms, of which 3,612,672 FLOPs at 50 GFLOP/s are 72.3 us
    assert floor.low == pytest.approx(0.099e-3 - 3_612_672 / 50e9)
    assert floor.high == pytest.approx(0.101e-3)


def test_each_layer_is_bound_by_what_its_shares_say(found):
    regime = {case: one.regime for case, one in by_case(found).items()}
    # 231 MFLOP at 50 GFLOP/s take 4.6 ms, and it took 4.
    assert regime["conv2d.64-64.k3.nobias.hw56"].cause is Cause.COMPUTE
    # 67 MB at 10 GB/s take 6.7 ms, and it took 6.5.
    assert regime["dense.4096-4096"].cause is Cause.CACHE
    # 144 us of arithmetic, 322 us of memory and at most 101 us of overhead in 1.5 ms
    assert regime["conv2d.128-128.k3.g128.nobias.hw56"].cause is Cause.NONE
    # 71 us of arithmetic and 27 to 101 us of overhead in 0.2 ms
    small = regime["conv2d.3-64.k3.hw32"]
    assert small.cause is None
    assert small.between == (Cause.OVERHEAD, Cause.NONE)


def test_counts_are_what_is_certain_and_what_is_possible(found):
    every = [regime for _, regime in found.judged]
    assert len(every) == 12
    assert sum(found.count(cause) for cause in (*Cause, None)) == 12
    for cause in Cause:
        assert found.count(cause) <= found.at_most(cause)
    assert found.at_most(Cause.OVERHEAD) == sum(Cause.OVERHEAD in one.between for one in every)


def test_the_peak_is_that_of_the_number_format_of_most_layers():
    points = [
        *make.layer_points(),
        make.point(make.DENSE, "dense.1024-512.bf16", "cpu-1"),
        make.point(make.GEMM, "gemm.2048.bf16", "cpu-1", value=90e9, spread=0.0),
    ]
    placed = placed_of(make.history(make.run(*points)))
    assert placed.peak == ("fp32", 50e9)
    assert placed.ridge == pytest.approx(5)


def test_without_ceilings_or_intervals_nothing_is_judged():
    without = placed_of(make.history(make.run(*make.layer_points(ceilings=False))))
    assert (without.peak, without.ridge, without.judged) == (None, None, ())
    single = [
        make.point(make.FORWARD, case, "cpu-1", value=value, n=1)
        for case, value in make.LAYERS.items()
        if case.startswith("conv")
    ]
    ceilings = make.layer_points()[-2:]
    placed = placed_of(make.history(make.run(*single, *ceilings)))
    assert placed.judged == ()
    assert placed.floor is None
    assert placed.peak == ("fp32", 50e9)


def test_a_number_format_without_a_ceiling_of_its_own_is_not_judged():
    points = [*make.layer_points(), make.point(make.DENSE, "dense.1024-512.int8", "cpu-1")]
    placed = placed_of(make.history(make.run(*points)))
    assert by_case(placed)["dense.1024-512.int8"].regime is None
    assert len(placed.judged) == 12


def record(caches):
    known = make.record(1)
    return replace(known, identity={**known.identity, "detail": {"caches": caches}})


def cache(level, size, kind="unified"):
    return {"level": level, "type": kind, "bytes": size, "instances": 4, "cpus": 2}


def test_data_that_fit_into_the_last_level_cache_are_not_taken_for_memory():
    run = make.run(*make.layer_points(factor=1.5), at=make.record(1).finished_at)
    large = record([cache(1, 2**15, "data"), cache(3, 2**25)])
    placed = placed_of(make.history(run, hardware=[large]))
    assert placed.cache == 2**25
    # 8.2 MB at 10 GB/s take 0.82 ms of 1.2; they fit into 32 MiB, but not into 1.
    dense = "dense.2048-1000"
    assert by_case(placed)[dense].regime.cause is Cause.CACHE
    small = placed_of(make.history(run, hardware=[record([cache(2, 2**20)])]))
    assert by_case(small)[dense].regime.cause is Cause.MEMORY


@pytest.mark.parametrize(
    ("caches", "size"),
    [
        ([cache(1, 2**15, "instruction"), cache(1, 2**16, "data")], 2**16),
        ([cache(2, 2**20), cache(3, 2**24), cache(1, 2**15)], 2**24),
        ([cache(3, 2**24), cache(3, 2**25)], 2**25),
        ([], None),
        ("no list", None),
        ([{"level": "3", "type": "unified", "bytes": 1}, 7, {}], None),
        ([cache(3, math.inf), cache(3, -1), cache(math.nan, 5)], None),
    ],
)
def test_the_last_level_cache_is_read_from_the_record_if_it_says_it(caches, size):
    assert last_level_cache(record(caches)) == size


def test_a_record_without_detail_has_no_cache():
    assert last_level_cache(make.record(1)) is None
    assert last_level_cache(replace(make.record(1), identity={"detail": 3})) is None
