import numpy as np
import pytest

from cnnfc.gate.judging.trial import State
from cnnfc.studies.gate.recorded import Option, read
from cnnfc.studies.gate.resample import _seconds, simulate, wald
from testkit import gate_points

OPTION = Option("min", 0.5, 2)


@pytest.fixture
def drawn():
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


def test_a_lasting_shift_of_the_recorded_pairs_is_no_slowdown():
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


@pytest.mark.parametrize(("count", "first", "later"), [(14, 4, 8), (4, 4, 8), (2, 8, 8)])
def test_pairs_have_as_many_blocks_as_those_of_a_gate(count, first, later):
    # A block of each of 14 and 4 cases takes 0.92 and 0.26 s: the option's own four are enough.  Of
    # 2 cases, 0.13 s, eight fill 1 s.  From the ninth pair on it is twice as many, eight at most.
    cases = [f"a.time_b[{place}]" for place in range(count)]
    point = gate_points.recording(spreads=[0.0] * count, cases=cases)
    recorded = read({"record": point}, "quiet")
    pairs = np.full((1, count), 10)
    spent = _seconds(pairs, recorded, Option("low", 0.5, 4)) - 10 * recorded.start_seconds
    assert spent == pytest.approx((8 * first + 2 * later) * 0.066 * count)


def test_too_few_pairs_are_refused():
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
