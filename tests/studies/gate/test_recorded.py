import math

import numpy as np
import pytest

from cnnfc.gate.measuring.legs import Block, Leg, pair_value
from cnnfc.studies.gate.recorded import (
    BLOCKS,
    OPTIONS,
    SHARES,
    STATISTICS,
    UNIT,
    Option,
    as_text,
    from_text,
    read,
    reduce_pair,
)
from testkit import gate_points

CASES = ("dense.Forward.time_layer[dense.64-64-cpu-1]",)


def blocks(count, seed=1, number=1):
    random = np.random.default_rng(seed)

    def leg():
        return Leg(tuple(random.uniform(1.0, 1.2, 12).tolist()), number, 1, None)

    return [Block(order, tuple(leg() for _ in order)) for order in ("ABBA", "BAAB") * (count // 2)]


def point_of(kept):
    return {
        "recorded": "quiet",
        "statistics": list(STATISTICS),
        "seconds": [10.0],
        **{name: {CASES[0]: [row]} for name, row in kept.items()},
    }


@pytest.mark.parametrize("statistic", STATISTICS)
def test_what_is_read_is_what_each_option_makes_of_the_pair(statistic):
    taken = blocks(max(BLOCKS))
    recorded = read({"record": point_of(reduce_pair(taken, 1.0))}, "quiet")
    for count in BLOCKS:
        for share in SHARES:
            value = recorded.of(CASES[0], Option(statistic, share, count))
            expected = pair_value(taken[:count], statistic, share)
            assert value == pytest.approx([expected], abs=UNIT)


def test_every_tenth_call_of_the_contender_alone_gets_half_a_call_more():
    # Six blocks with two legs of 12 calls a side: 144 calls of the contender, of which 14 are slow.
    even = [Block("ABBA", (Leg((1.0,) * 12, 1, 1, None),) * 4)] * 6
    kept = reduce_pair(even, 1.0)
    recorded = read({"record": point_of(kept)}, "quiet")
    whole = Option("mean", 1.0, 6)
    assert recorded.of(CASES[0], whole, tenth=True) == pytest.approx(
        [math.log(1 + 14 * 0.5 / 144)], abs=UNIT
    )
    assert recorded.of(CASES[0], Option("median", 1.0, 6), tenth=True) == pytest.approx([0.0])
    assert recorded.of(CASES[0], whole) == pytest.approx([0.0])


def test_values_of_ten_calls_each_have_one_slow_call():
    even = [Block("BAAB", (Leg((1.0,) * 3, 10, 1, None),) * 4)] * 4
    recorded = read({"record": point_of(reduce_pair(even, 1.0))}, "quiet")
    shown = recorded.of(CASES[0], Option("min", 1.0, 1), tenth=True)
    assert shown == pytest.approx([math.log(1.05)], abs=UNIT)


def test_a_lost_case_is_not_a_number_and_loads_are_apart():
    lost = gate_points.recording(pairs=2)
    lost["values"][CASES[0]][1] = lost["tenth"][CASES[0]][1] = None
    recorded = read({"record 1": lost, "record 2": gate_points.recording("busy")}, "quiet")
    assert np.isnan(recorded.of(CASES[0], OPTIONS[0])).tolist() == [False, True]
    assert len(recorded.seconds) == 2
    assert read({"record 1": lost}, "busy") is None


def test_the_time_beside_the_legs_is_what_starting_costs():
    # Two cases of 6 blocks of 4 legs of 25 ms, and 4 ms beside each: 1.392 s of 5 s.
    assert read({"record": gate_points.recording()}, "quiet").start_seconds == pytest.approx(3.608)


def test_the_options_are_halves_of_legs_and_all_of_them_of_one_block_to_six():
    found = {(option.blocks, option.leg_seconds) for option in OPTIONS}
    assert found == {(blocks, leg) for blocks in (1, 2, 4, 6) for leg in (0.0125, 0.025)}


def test_values_are_kept_to_a_hundredth_of_a_percent():
    assert as_text([0.01234, -0.3, 0.0]) == "123 -3000 0"
    assert from_text("123 -3000 0") == pytest.approx([0.0123, -0.3, 0.0])
