from pathlib import Path

import pytest

from cnnfc.errors import DataError
from cnnfc.merge.other_files import (
    check_benchmarks,
    check_machine,
    check_record,
    check_study,
    unite_benchmarks,
    unite_machine,
    unite_record,
    unite_study,
)
from testkit import report_folders as make


def suite(**benchmarks):
    return {**benchmarks, "version": 2}


def wheres(united):
    return [conflict.where for conflict in united.conflicts]


def test_benchmarks_of_two_suites_are_all_there():
    one, other = make.benchmark(), make.benchmark(version="7")
    united = unite_benchmarks(suite(a=one), suite(b=other))
    assert (united.content, united.conflicts) == (suite(a=one, b=other), ())


def test_a_list_of_parameters_that_has_grown_is_the_longer_one():
    short, long = make.benchmark([["'a'"]]), make.benchmark([["'a'", "'b'"]])
    for united in (
        unite_benchmarks(suite(a=short), suite(a=long)),
        unite_benchmarks(suite(a=long), suite(a=short)),
    ):
        assert united.conflicts == ()
        assert united.content["a"]["params"] == [["'a'", "'b'"]]


def test_contradicting_lists_of_parameters_are_noted_and_ours_stand():
    ours = suite(a=make.benchmark([["'a'", "'b'"]]))
    united = unite_benchmarks(ours, suite(a=make.benchmark([["'b'", "'a'"]]), b=make.benchmark()))
    assert united.conflicts == ()
    assert [note.where for note in united.notes] == ["a: parameters"]
    assert united.content == {**ours, "b": make.benchmark()}


@pytest.mark.parametrize(
    ("small", "large"), [("9", "10"), ("ab12", "9"), ("ab12", "ab2"), (None, "1")]
)
def test_of_two_versions_of_a_benchmark_the_larger_one_stands(small, large):
    less = suite(a=make.benchmark([["'x'"]], version=small, type="track"))
    more = suite(a=make.benchmark(version=large))
    kept, taken = unite_benchmarks(more, less), unite_benchmarks(less, more)
    assert kept.content == taken.content == more
    assert kept.conflicts == taken.conflicts == ()
    # What comes in is no loss; what is not taken is said.
    assert [note.where for note in kept.notes] == ["a: version"]
    assert taken.notes == ()


@pytest.mark.parametrize("field", ["type", "unit", "param_names"])
def test_a_benchmark_that_means_something_else_is_a_conflict(field):
    ours = suite(a=make.benchmark())
    united = unite_benchmarks(
        ours, suite(a=make.benchmark([["'a'", "'b'", "'c'"]], **{field: "x"}))
    )
    assert wheres(united) == [f"a: {field}"]
    assert united.content == ours


def test_a_comment_in_the_source_of_a_benchmark_is_no_conflict():
    ours = suite(a=make.benchmark(code="x"))
    united = unite_benchmarks(ours, suite(a=make.benchmark(code="x  # why")))
    assert (united.content, united.conflicts) == (ours, ())


def test_suites_of_two_formats_are_not_united():
    ours = suite(a=make.benchmark())
    assert wheres(unite_benchmarks(ours, {"version": 1, "b": make.benchmark()})) == ["version"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"a": {}}, "its version None is not a format"),
        ({"version": 9}, "its version 9 is not a format"),
        ({"version": 2, "a": {"params": None}}, "'a' in it describes no benchmark"),
        ({"version": 2, "a": []}, "'a' in it describes no benchmark"),
    ],
)
def test_what_is_no_suite_is_refused(content, reason):
    with pytest.raises(DataError, match=reason):
        check_benchmarks(content, Path("benchmarks.json"))


def test_facts_about_a_machine_are_united_and_contradictions_named():
    united = unite_machine({"machine": "oak", "cpu": "A"}, {"cpu": "B", "ram": "8"})
    assert united.content == {"machine": "oak", "cpu": "A", "ram": "8"}
    assert wheres(united) == ["cpu"]
    with pytest.raises(DataError, match="names no machine"):
        check_machine({}, Path("machine.json"))


@pytest.mark.parametrize("field", ["machine", "cpu", "num_cpu", "arch"])
def test_machines_that_are_not_one_are_a_conflict(field):
    united = unite_machine({field: "1"}, {field: "2"})
    assert (wheres(united), united.notes) == ([field], ())


@pytest.mark.parametrize("field", ["os", "ram"])
def test_what_an_update_of_the_kernel_changes_is_noted_and_ours_stays(field):
    united = unite_machine({field: "1"}, {field: "2"})
    assert (united.content, united.conflicts) == ({field: "1"}, ())
    assert [(note.where, note.kept, note.other) for note in united.notes] == [(field, "'1'", "'2'")]


def test_of_a_record_the_finished_version_of_the_same_run_stands():
    begun = make.record(commit="c")
    finished = make.record(commit="c", finished_at="2026-01-02T03:05:05+00:00", notes=[])
    for one, other in ((begun, finished), (finished, begun)):
        united = unite_record(one, other)
        assert (united.content, united.conflicts) == (finished, ())


@pytest.mark.parametrize(
    "change", [{"commit": "d"}, {"machine": "elm"}, {"started_at": "2026-01-03T00:00:00+00:00"}]
)
def test_the_finished_record_of_another_run_is_a_conflict(change):
    begun = make.record(commit="c")
    finished = {**make.record(commit="c", finished_at="2026-01-02T03:05:05+00:00"), **change}
    for one, other in ((begun, finished), (finished, begun)):
        united = unite_record(one, other)
        assert (united.content, len(united.conflicts)) == (one, 1)


def test_hardware_records_are_equal_or_in_conflict():
    ours = make.record()
    assert unite_record(ours, make.record()).conflicts == ()
    united = unite_record(ours, make.record(notes=[{"reason": "why"}], commit="a"))
    assert wheres(united) == ["notes"]
    assert united.content == ours


def test_what_is_no_hardware_record_is_refused():
    check_record(make.record(), Path("r.json"))
    with pytest.raises(DataError, match="it is not a hardware record of cnnfc"):
        check_record({}, Path("r.json"))
    with pytest.raises(DataError, match="it has schema 9, this cnnfc reads up to 1"):
        check_record(make.record(schema=9), Path("r.json"))


def section(start="2026-01-01", end="2026-01-02", **more):
    return {"started_at": start, "finished_at": end, **more}


def test_studies_are_united_machine_by_machine_in_the_order_of_names():
    oak, elm = section(), section(points={})
    united = unite_study(make.study({"oak": oak}), make.study({"elm": elm, "oak": section()}))
    assert united.conflicts == ()
    assert list(united.content["machines"].items()) == [("elm", elm), ("oak", oak)]


def test_an_unfinished_section_gives_way_to_the_finished_one_of_the_same_start():
    unfinished, finished = section(end=None), section(points={"a": 1})
    for one, other in ((unfinished, finished), (finished, unfinished)):
        united = unite_study(make.study({"oak": one}), make.study({"oak": other}))
        assert united.conflicts == ()
        assert united.content["machines"] == {"oak": finished}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (section(points={"a": 1}), section(points={"a": 2})),
        (section(end=None), section(start="2026-02-01")),
        (section(end=None, points=1), section(end=None, points=2)),
        (section(start=None, end=None), section(start=None)),
    ],
)
def test_other_differences_between_sections_are_conflicts(ours, theirs):
    united = unite_study(make.study({"oak": ours}), make.study({"oak": theirs, "elm": section()}))
    assert wheres(united) == ["section of oak"]
    assert united.content["machines"] == {"elm": section(), "oak": ours}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({}, "it is not the file of a study"),
        ({"schema": 2, "study": "fidelity", "machines": {}}, "it has schema 2.*update cnnfc"),
        ({"schema": 1, "study": "other", "machines": {}}, "of the study 'other' and not of fid"),
        ({"schema": 1, "study": "fidelity", "machines": {"oak": 1}}, "section of oak is damaged"),
    ],
)
def test_what_is_no_study_is_refused(content, reason):
    with pytest.raises(DataError, match=reason):
        check_study(content, Path("fidelity.json"))


@pytest.mark.parametrize(
    "change", [{"points": {"a": 1}}, {"settings": None}, {"sittings": {}}, {"question": 1}]
)
def test_a_section_that_readers_of_studies_would_stumble_over_is_refused(change):
    check_study(make.study({"oak": make.section()}), Path("fidelity.json"))
    with pytest.raises(DataError, match="section of oak is damaged"):
        check_study(make.study({"oak": make.section(**change)}), Path("fidelity.json"))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_study_with_a_number_that_is_not_finite_is_refused(number):
    content = make.study({"oak": make.section(points={"a": {"ratio": number}})})
    with pytest.raises(DataError, match="a number that is not finite"):
        check_study(content, Path("fidelity.json"))
