import pytest

from cnnfc.merge.united import same, unite_axes, unite_fields

NAN = float("nan")


@pytest.mark.parametrize(
    ("one", "other"),
    [(NAN, NAN), ([1, NAN], [1.0, NAN]), ({"a": [NAN]}, {"a": [NAN]}), (None, None), (True, True)],
)
def test_values_that_asv_writes_alike_are_the_same(one, other):
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (NAN, None),
        (NAN, 1.0),
        ([1], [1, 2]),
        ({"a": 1}, {"a": 1, "b": 1}),
        ("1", 1),
        (float("inf"), float("-inf")),
    ],
)
def test_values_that_mean_different_things_are_not_the_same(one, other):
    assert not same(one, other)
    assert not same(other, one)


def test_fields_are_united_one_by_one():
    united = unite_fields({"a": 1, "b": None, "c": 3}, {"b": 2, "c": 4, "d": None, "e": 5}, "x.")
    assert united.content == {"a": 1, "b": 2, "c": 3, "e": 5}
    (conflict,) = united.conflicts
    assert (conflict.where, conflict.kept, conflict.other) == ("x.c", "3", "4")


def test_parameter_lists_of_a_suite_that_has_grown_hold_both():
    grown = unite_axes([["a", "c"], ["x", "y"]], [["a", "b", "c"], ["x"]])
    assert grown == [["a", "b", "c"], ["x", "y"]]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([["a", "b"]], [["b", "a"]]),
        ([["a", "b"]], [["a", "c"]]),
        ([["a", "b"]], [["b", "c", "a"]]),
        ([["a"]], [["a"], ["x"]]),
    ],
)
def test_other_parameter_lists_contradict(ours, theirs):
    assert unite_axes(ours, theirs) is None
    assert unite_axes(theirs, ours) is None
