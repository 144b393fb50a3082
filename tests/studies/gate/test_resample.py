import itertools
import math

import numpy as np
import pytest

from cnnfc.gate.judging.trial import State
from cnnfc.studies.gate.recorded import BLOCKS, SHARES, STATISTICS, Option, as_text, read
from cnnfc.studies.gate.resample import simulate, unshifted, wald

OPTION = Option("min", 0.5, 2)
#: As the gate: six blocks where the sides are more than 1.5% apart after the first.
LONGER = Option("low", 0.5, 1, more=6, apart=0.015)
FIRST = Option("low", 0.5, 1)


@pytest.fixture
def drawn(gate_points):
    def draw(spreads=(0.005, 0.02), **options):
        recorded = read({"record": gate_points.recording(pairs=60, spreads=spreads)}, "quiet")
        return simulate(recorded, OPTION, 300, seed=3, **options)

    return draw


def test_identical_code_passes(drawn):
    runs = drawn()
    assert runs.states.shape == (300, 2)
    assert runs.red.mean() <= 0.002
    assert runs.are(State.PASSED)[:, 0].mean() > 0.98


def test_the_spread_is_that_of_the_recorded_pairs(drawn):
    assert drawn().spreads == pytest.approx((0.005, 0.02), rel=0.4)


def test_a_slowdown_is_caught_the_more_surely_the_smaller_the_spread(drawn):
    caught = drawn(slowdown=0.03).red.mean(axis=0)
    assert caught[0] > 0.99
    assert 0.5 < caught[1] < caught[0]
    assert drawn(slowdown=0.2).red.all()


def test_slow_calls_now_and_then_are_caught_by_the_means_alone(drawn):
    assert drawn(spreads=(0.005, 0.005), tenth=True).red.mean() > 0.95


def test_the_same_seed_draws_the_same(drawn):
    assert (drawn().pairs == drawn().pairs).all()


def test_a_lasting_shift_of_the_recorded_pairs_is_no_slowdown(gate_points):
    # Which side was which is drawn, so what all pairs have in common averages out.
    point = gate_points.recording(pairs=60, spreads=(0.001, 0.001))
    for rows in point["values"].values():
        rows[:] = [" ".join(str(int(word) + 200) for word in row.split()) for row in rows]
    recorded = read({"record": point}, "quiet")
    assert simulate(recorded, OPTION, 200, seed=1).red.mean() < 0.01


def test_undecided_benchmarks_alone_go_on(drawn):
    runs = drawn(spreads=(0.001, 0.03))
    # A pair starts in 3.608 s.  A block is four legs of 12.5 + 4 ms, 0.066 s: eight of them fill
    # 1 s (7.6 for two cases, 15 for one), which is 0.528 s a case.
    expected = 3.608 * runs.pairs.max(axis=1) + 0.528 * runs.pairs.sum(axis=1)
    assert runs.seconds == pytest.approx(expected)
    # In some of these pairs the noisier one is measured alone.
    assert (runs.pairs[:, 0] != runs.pairs[:, 1]).any()


def test_too_few_pairs_are_refused(gate_points):
    recorded = read({"record": gate_points.recording(pairs=4)}, "quiet")
    with pytest.raises(ValueError, match="fewer than 12 pairs"):
        simulate(recorded, OPTION, 10, seed=1)


def test_walds_bound_is_that_of_the_formula():
    # s = 3%, threshold 3%, a = 0.01, b = 0.05: 2 (s/ln 1.03)^2 = 2.060;
    # times 0.99 ln(19.8) + 0.01 ln(0.01/0.95) = 2.910,
    # and 0.95 ln(95) + 0.05 ln(0.05/0.99) = 4.177.
    same, slower = wald(0.03, 0.03, red=0.01, miss=0.05)
    assert (round(same, 1), round(slower, 1)) == (6.0, 8.6)
    assert np.allclose(wald(0.06, 0.03, red=0.01, miss=0.05), (4 * same, 4 * slower))


def row(first=0.0, rest=0.0, *, first_mean=0.0, rest_mean=0.0):
    """Values of a pair (logarithms): of its first block, and of more; those of means apart."""
    values = {True: (first, rest), False: (first_mean, rest_mean)}
    return as_text(
        [
            values[statistic not in ("quietest", "mean")][blocks > 1]
            for blocks, _, statistic in itertools.product(BLOCKS, SHARES, STATISTICS)
        ]
    )


def recorded_as(*cases, seconds=12.0):
    """Twenty pairs alike of each of some cases, given by their row, which took so many seconds."""
    values = {f"a.time_b[{place}]": [one] * 20 for place, one in enumerate(cases)}
    point = {"recorded": "quiet", "statistics": list(STATISTICS), "seconds": [seconds] * 20}
    return read({"record": {**point, "values": values, "tenth": values}}, "quiet")


def test_a_pair_whose_sides_are_apart_has_the_value_of_all_blocks():
    # The logarithm of 1.015 is 0.0149: 0.015 is beyond it on either side, 0.0148 is not.
    recorded = recorded_as(*(row(first, 0.3) for first in (0.015, -0.015, 0.0148, -0.0148)))
    found = [unshifted(recorded, case, LONGER)[0] for case in recorded.values]
    assert found == pytest.approx([0.3, 0.3, 0.0148, -0.0148])
    for case, value in zip(recorded.values, (0.015, -0.015, 0.0148, -0.0148), strict=True):
        assert unshifted(recorded, case, FIRST) == pytest.approx([value] * 20)


def test_a_lost_pair_is_not_measured_longer(gate_points):
    point = gate_points.recording(pairs=12)
    case = gate_points.CASES[0]
    point["values"][case][3] = None
    found = unshifted(read({"record": point}, "quiet"), case, LONGER)
    assert np.flatnonzero(np.isnan(found)).tolist() == [3]


def test_disturbances_that_are_over_by_the_end_of_the_pair_cost_no_further_pairs():
    # Signs are coins, so sides that are 5% apart by turns decide nothing; 8 pairs at zero pass.
    recorded = recorded_as(row(0.05, 0.0, first_mean=0.3, rest_mean=0.0))
    runs = simulate(recorded, LONGER, 50, seed=1)
    assert runs.are(State.PASSED).all()
    assert (runs.pairs == 8).all()
    assert runs.spreads == (0.0,)
    first = simulate(recorded, FIRST, 50, seed=1)
    assert first.pairs.mean() > 20


def test_the_means_are_of_the_same_blocks_as_the_typical_calls():
    # Typical calls are not apart, so means that are stay those of the first block, and a pass waits
    # for them up to 12 pairs.
    recorded = recorded_as(row(0.01, 0.0, first_mean=0.3, rest_mean=0.0))
    runs = simulate(recorded, LONGER, 50, seed=1)
    assert (runs.pairs == 12).mean() > 0.8
    # The other way round: those of all blocks count although the first ones were good.
    recorded = recorded_as(row(0.05, 0.0, first_mean=0.0, rest_mean=0.3))
    runs = simulate(recorded, LONGER, 50, seed=1)
    assert (runs.pairs == 12).mean() > 0.8


def test_a_slowdown_pushes_pairs_over_the_limit():
    # All blocks say 50% either way, so what is measured longer is neither slower nor passes.
    recorded = recorded_as(row(0.0, 0.5, rest_mean=0.5))
    for slowdown, longer in ((0.0, False), (0.0149, False), (0.0151, True), (0.05, True)):
        runs = simulate(recorded, LONGER, 50, seed=1, slowdown=slowdown)
        assert (runs.pairs.mean() > 20) == longer
    # With the sign that is drawn: 2% on 2% the other way is not apart, on the same way it is.
    recorded = recorded_as(row(0.02, -0.5))
    runs = simulate(recorded, LONGER, 50, seed=1, slowdown=math.expm1(0.02))
    # Pairs are at 0 or at -0.48, and pass.
    assert (runs.pairs == 8).all()


def test_the_time_of_a_run_counts_the_pairs_that_are_measured_longer():
    # 14 cases of 6 blocks of 4 legs of 25 + 4 ms took 9.744 s of 12 s: 2.256 s to start.  Legs of
    # 12.5 + 4 ms make blocks of 0.066 s, of which each case gets one, 14 of them fill 0.924 s.
    quiet, disturbed = row(0.01, 0.0), row(0.05, 0.0)
    for count in (0, 7, 14):
        recorded = recorded_as(*[disturbed] * count, *[quiet] * (14 - count))
        runs = simulate(recorded, LONGER, 5, seed=1)
        assert (runs.pairs == 8).all()
        blocks = 6 * count + (14 - count)
        assert runs.seconds == pytest.approx(8 * (2.256 + 0.066 * blocks))
