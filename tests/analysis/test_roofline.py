import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnfc.analysis.roofline import HALF, Cause, Share, judge, overhead_floor, ridge

NO_OVERHEAD = (0.0, 0.0)


def cause(latency, **times):
    return judge(latency, **{"compute": 0.0, "memory": 0.0, "floor": NO_OVERHEAD} | times).cause


def between(latency, **times):
    return judge(latency, **{"compute": 0.0, "memory": 0.0, "floor": NO_OVERHEAD} | times).between


def test_the_ridge_is_where_arithmetic_and_memory_need_the_same_time():
    at = ridge(50e9, 10e9)
    assert at == 5
    # 5 FLOP a byte: 100 bytes take 100 / 10e9 s, 500 FLOPs take 500 / 50e9 s.
    assert 100 * at / 50e9 == 100 / 10e9


@pytest.mark.parametrize(
    ("latency", "bound", "floor"),
    [
        ((10.0, 12.0), 2.0, (8.0, 12.0)),
        # Its own work takes longer than it did: it says nothing of the least.
        ((10.0, 12.0), 11.0, (0.0, 12.0)),
    ],
)
def test_overhead_is_at_most_the_shortest_call_and_at_least_what_its_work_leaves(
    latency, bound, floor
):
    assert overhead_floor(latency, bound) == floor


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ({"compute": 0.5}, Cause.COMPUTE),
        ({"compute": 0.49}, Cause.NONE),
        ({"memory": 0.5}, Cause.MEMORY),
        ({"compute": 0.3, "memory": 0.6}, Cause.MEMORY),
        ({"floor": (0.5, 0.6)}, Cause.OVERHEAD),
        ({"floor": (0.4, 0.45)}, Cause.NONE),
        ({}, Cause.NONE),
    ],
)
def test_what_needs_half_of_the_latency_or_more_binds(times, found):
    assert cause((1.0, 1.0), **times) is found


def test_an_interval_that_leaves_two_answers_makes_it_unclear():
    # 0.5 of 0.9 to 1.1 is 45% to 56%.
    regime = judge((0.9, 1.1), compute=0.5, memory=0.1, floor=NO_OVERHEAD)
    assert regime.cause is None
    assert regime.between == (Cause.COMPUTE, Cause.NONE)
    assert (regime.compute.low, regime.compute.high) == pytest.approx((0.4545, 0.5556), abs=1e-4)


def test_two_causes_that_both_need_half_are_unclear():
    assert between((1.0, 1.0), compute=0.6, memory=0.6) == (Cause.COMPUTE, Cause.MEMORY)


def test_what_is_faster_than_memory_is_not_bound_by_memory():
    assert cause((1.0, 1.0), memory=1.2) is Cause.CACHE
    assert between((0.9, 1.1), memory=1.0) == (Cause.MEMORY, Cause.CACHE)


def test_data_that_fit_into_a_cache_do_not_come_from_memory():
    assert cause((1.0, 1.0), memory=0.6, fits_cache=True) is Cause.CACHE
    assert cause((1.0, 1.0), memory=0.6, fits_cache=False) is Cause.MEMORY
    assert cause((1.0, 1.0), memory=0.6, fits_cache=None) is Cause.MEMORY


def test_a_cache_without_a_ceiling_is_no_rival_of_arithmetic():
    assert cause((1.0, 1.0), compute=0.6, memory=0.9, fits_cache=True) is Cause.COMPUTE


def test_overhead_that_may_be_small_decides_nothing():
    assert between((1.0, 1.0), compute=0.1, floor=(0.0, 1.0)) == (Cause.OVERHEAD, Cause.NONE)


def test_overhead_gets_no_more_than_the_work_leaves():
    regime = judge((1.0, 1.0), compute=0.6, memory=0.2, floor=(0.9, 1.0))
    assert regime.cause is Cause.COMPUTE
    assert regime.overhead == Share(pytest.approx(0.4), pytest.approx(0.4))
    # What memory could not have delivered in time took no time of memory.
    assert judge((1.0, 1.0), compute=0.1, memory=3.0, floor=(0.9, 1.0)).overhead.low == 0.9


@pytest.mark.parametrize("latency", [(0.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (float("nan"), 1.0)])
def test_a_latency_that_is_none_is_refused(latency):
    with pytest.raises(ValueError, match="above 0 upwards"):
        judge(latency, compute=0.1, memory=0.1, floor=NO_OVERHEAD)


TIMES = st.floats(0, 3)


@given(
    st.floats(0.1, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    TIMES,
    TIMES,
    TIMES,
    st.sampled_from([True, False, None]),
)
def test_a_shorter_interval_never_finds_what_the_longer_one_ruled_out(
    low, width, at, compute, memory, floor, fits
):
    times = {"compute": compute, "memory": memory, "floor": (floor / 2, floor), "fits_cache": fits}
    wide = judge((low, low + width), **times)
    inside = low + width * at
    point = judge((inside, inside), **times)
    assert set(point.between) <= set(wide.between)
    assert (wide.cause is None) == (len(wide.between) > 1)
    assert HALF == 0.5
