import itertools
import re

import asv.benchmarks
import pytest

from cnnfc.harness.plan import CHUNK_POINTS, Chunk, deal, find_missing, reads_canaries
from cnnfc.harness.suite import Point
from cnnfc.records import Outcome

A = Point("a.Forward.time_layer", ("'conv2d.3-64.k3.hw32'", "'cpu-1'"))
B = Point("a.Forward.time_layer", ("'conv2d.3-64.k3.hw32.n8'", "'cpu-1'"))
C = Point("a.ForwardCold.time_layer", ("'conv2d.3-64.k3.hw32'", "'cpu-1'"))
D = Point("b.track_it")


def selected_by_asv(points, expressions):
    """The points that asv's own selection makes of `expressions`, among `points`."""
    names = sorted({point.benchmark for point in points})
    entries = []
    for name in names:
        columns = zip(*(p.parameters for p in points if p.benchmark == name), strict=True)
        params = [sorted(set(column)) for column in columns]
        entries.append({"name": name, "params": params})
    chosen = asv.benchmarks.Benchmarks(
        type("Conf", (), {"benchmark_dir": ""})(), entries, regex=list(expressions)
    )
    found = set()
    for entry in entries:
        if not entry["params"]:
            found |= {Point(entry["name"])} if entry["name"] in chosen else set()
            continue
        combinations = list(itertools.product(*entry["params"]))
        indices = chosen.benchmark_selection[entry["name"]]
        found |= {Point(entry["name"], combinations[index]) for index in indices}
    return found


def test_asv_selects_exactly_the_points_of_a_chunk():
    everything = [A, B, C, D, Point(A.benchmark, (A.parameters[0], "'cpu-12'"))]
    for size in (1, 2, 3):
        for chosen in itertools.combinations(everything, size):
            assert selected_by_asv(everything, Chunk(chosen).expressions) == set(chosen)


def test_canaries_are_selected_along():
    assert selected_by_asv([A, B, D], Chunk((A,), (D,)).expressions) == {A, D}


@pytest.mark.parametrize(
    "value", ["'a.b'", "'(x|y)'", "'a, b'", "'^$\\\\'", "[1, 2]", "'é'", "None"]
)
def test_special_characters_in_parameters_stand_for_themselves(value):
    point, other = Point("a.time_b", (value,)), Point("a.time_b", ("'other'",))
    assert selected_by_asv([point, other], Chunk((point,)).expressions) == {point}


def test_points_whose_texts_begin_or_end_alike_are_told_apart():
    one, twelve = Point("n.time_b", ("1",)), Point("n.time_b", ("12",))
    other = Point("in.time_b", ("1",))
    assert selected_by_asv([one, twelve, other], Chunk((one,)).expressions) == {one}


def test_a_prefix_of_a_name_is_not_the_name():
    (expression,) = Chunk((D,)).expressions
    assert re.search(expression, "b.track_it")
    assert not re.search(expression, "b.track_it_too")
    assert not re.search(expression, "ab.track_it")


def test_measured_points_are_done_and_failed_ones_are_tried_again():
    stored = {A: Outcome.MEASURED, B: Outcome.FAILED}
    assert find_missing([A, B, C], stored, frozenset()) == (B, C)


def test_not_a_number_is_done_only_if_the_skip_is_known():
    stored = {A: Outcome.SKIPPED, B: Outcome.SKIPPED}
    assert find_missing([A, B], stored, {A}) == (B,)


def test_a_skip_that_asv_has_forgotten_is_tried_again():
    assert find_missing([A], {}, {A}) == (A,)


def points(count, name="a.time_b"):
    return [Point(name, (repr(f"{index:03d}"),)) for index in range(count)]


def alone(point):
    return str(point)


def test_no_points_make_no_chunks():
    assert deal([], lambda _: 1.0, alone) == ()


def test_chunks_take_about_as_long_as_asked_and_hold_every_point_once():
    cards = points(100)
    parts = deal(cards, lambda _: 2.0, alone, seconds=40)
    assert len(parts) == 5
    assert {sum(2.0 for _ in part) for part in parts} == {40.0}
    assert sorted(itertools.chain(*parts)) == sorted(cards)


def test_a_short_rest_is_one_chunk():
    assert len(deal(points(10), lambda _: 5.0, alone, seconds=40)) == 1


def test_every_chunk_is_a_cross_section():
    parts = deal(points(6), lambda _: 10.0, alone, seconds=20)
    assert [[p.values[0] for p in part] for part in parts] == [
        ["000", "003"],
        ["001", "004"],
        ["002", "005"],
    ]


def test_points_that_belong_together_stay_together():
    cards = [Point(f"{name}.time_b", (repr(case),)) for name in "xyz" for case in range(4)]
    parts = deal(cards, lambda _: 5.0, lambda point: point.parameters[0], seconds=30)
    assert len(parts) == 2
    for part in parts:
        cases = [point.parameters[0] for point in part]
        assert all(cases.count(case) == 3 for case in cases)


def test_what_belongs_together_is_cut_where_it_is_too_long():
    parts = deal(points(4), lambda _: 30.0, lambda _: "one case", seconds=45)
    assert [len(part) for part in parts] == [2, 1, 1] or [len(part) for part in parts] == [1, 1, 2]
    assert max(map(len, parts)) <= 2


def test_one_long_point_is_a_chunk_of_its_own():
    cards = points(4)
    parts = deal(cards, lambda p: 100.0 if p == cards[0] else 1.0, alone, seconds=45)
    assert (cards[0],) in parts


def test_a_chunk_is_never_too_long_for_a_command_line():
    cards = points(1000)
    parts = deal(cards, lambda _: 0.001, alone, seconds=45)
    assert max(map(len, parts)) <= CHUNK_POINTS
    longest = max(len(e) for part in parts for e in Chunk(part).expressions)
    assert longest < 32 * 1024


def test_canaries_are_read_first_last_and_once_between():
    def read(total):
        read_at, middle = [], False
        for done in range(total):
            if reads_canaries(done, total - done, middle_read=middle):
                read_at.append(done)
                middle = middle or done > 0
        return read_at

    assert [read(total) for total in (1, 2, 3, 4, 9)] == [
        [0],
        [0, 1],
        [0, 1, 2],
        [0, 2, 3],
        [0, 4, 8],
    ]
