from dataclasses import replace

import pytest

from cnnfc.records import BenchmarkInfo, Outcome
from cnnfc.timeline.compare.sides import compare, on_device
from testkit import histories as make

NAME = "conv.Forward.time_layer"
CASE = "conv2d.3-64.k3.hw32"


def _by_key(*points):
    return {(point.benchmark, point.parameters): point for point in points}


def test_what_is_apart_comes_first_then_the_largest_factor_in_either_direction():
    values = {"a": 1.02, "b": 3.0, "c": 0.25, "d": 1.0, "e": 1.01}
    before = _by_key(*(make.point("suite.time_x", name) for name in values))
    after = _by_key(
        *(make.point("suite.time_x", name, value=1e-3 * f) for name, f in values.items())
    )
    found = compare(before, after, {})
    # The intervals reach 1% to either side, so a factor of 1.02 is not apart, and 3 is.
    assert [one.parameters[0] for one in found.compared] == ["c", "b", "a", "e", "d"]
    assert [one.quotient.apart for one in found.compared] == [True, True, False, False, False]
    assert found.compared[0].quotient.centre == pytest.approx(0.25)


def test_worse_depends_on_what_is_better():
    keys = ("suite.time_x", "suite.track_rate")
    before = _by_key(*(make.point(name, value=1.0) for name in keys))
    after = _by_key(*(make.point(name, value=2.0) for name in keys))
    infos = {"suite.track_rate": BenchmarkInfo("suite.track_rate", higher_is_better=True)}
    assert {one.info.name: one.worse for one in compare(before, after, infos).compared} == {
        "suite.time_x": True,
        "suite.track_rate": False,
    }
    assert {one.worse for one in compare(after, before, infos).compared} == {True, False}
    assert {one.worse for one in compare(before, before, infos).compared} == {None}


def test_what_one_side_has_alone_is_named_with_how_it_ended_on_the_other():
    a = _by_key(*(make.point("b", name) for name in "vwx"), make.failed("b", "z"))
    b = _by_key(make.skipped("b", "v"), make.failed("b", "w"), make.point("b", "y"))
    found = compare(a, b, {})
    assert [(one.parameters[0], one.side, one.other) for one in found.one_sided] == [
        ("v", "a", Outcome.SKIPPED),
        ("w", "a", Outcome.FAILED),
        ("x", "a", None),
        ("y", "b", None),
    ]
    assert found.compared == ()


def test_another_version_is_left_out_and_both_are_named():
    one = make.point("b", "x")
    a, b = (_by_key(replace(one, version=version)) for version in ("1", "2"))
    (left,) = compare(a, b, {}).left_out
    assert (left.info.name, left.parameters) == ("b", ("x",))
    assert left.reason == "version 1 in A, 2 in B"


@pytest.mark.parametrize("versions", [("1", "1"), ("1", None), (None, "2")])
def test_versions_that_are_equal_or_not_known_are_compared(versions):
    a, b = (_by_key(replace(make.point("b"), version=version)) for version in versions)
    assert len(compare(a, b, {}).compared) == 1


def test_a_value_that_has_no_ratio_is_left_out_by_name():
    a = _by_key(make.point("suite.track_x", value=0.0), make.point("suite.track_y", value=1.0))
    b = _by_key(make.point("suite.track_x", value=1.0), make.point("suite.track_y", value=-1.0))
    found = compare(a, b, {})
    assert [left.info.name for left in found.left_out] == ["suite.track_x", "suite.track_y"]
    assert "not above 0" in found.left_out[0].reason
    assert found.compared == ()


def test_devices_meet_case_by_case_and_keep_their_family():
    points = _by_key(
        make.point("threads.Forward.time_layer", CASE, "cpu-1"),
        make.point("threads.Forward.time_layer", CASE, "cpu-2", value=0.5e-3),
        make.point(NAME, CASE, "cpu-4"),
        make.point("sorting.time_sort", "cpu-1", "cpu-1"),
    )
    found = compare(on_device(points, "cpu-1"), on_device(points, "cpu-2"), {})
    (one,) = found.compared
    assert (one.parameters, one.family) == ((CASE,), "conv")
    assert one.quotient.centre == pytest.approx(0.5)
    assert one.label == f"threads.Forward.time_layer {CASE}"
    assert found.one_sided == ()
