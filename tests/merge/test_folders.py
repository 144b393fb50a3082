import json

import pytest

from cnnfc.errors import DataError
from cnnfc.merge import folders
from cnnfc.merge.folders import Merged, Target, merge_source
from cnnfc.merge.sources import PARTS, open_source
from cnnfc.merge.united import same
from testkit import report_folders as make


@pytest.fixture
def merge(reports):
    """Merges folders of reports into the one called ``all``; gives what came of each."""

    def run(*boxes, dry=False, into=None):
        into = into or reports("all")
        target, merged = Target({part: into.root / part for part in PARTS}, dry=dry), Merged()
        for box in boxes:
            with open_source(box.root) as source:
                merge_source(source, target, merged)
        return merged

    return run


@pytest.fixture
def shards(reports):
    """Two shards of one run on oak, each with half of the values, and records of their own."""
    nan, axes = make.NAN, [["'a'", "'b'"]]
    boxes = []
    for name, values, start in (("one", [1.0, nan], 1000), ("two", [nan, 2.0], 2000)):
        box = reports(name)
        box.write("results/benchmarks.json", {"b.time_it": make.benchmark(), "version": 2})
        box.write("results/oak/machine.json", {"machine": "oak", "version": 1})
        box.write(make.FILE, make.result_file({"b.time_it": make.row(values, axes, start)}))
        box.write(f"hardware/oak/{name}.json", make.record())
        box.write("studies/fidelity.json", make.study({name: make.section()}))
        boxes.append(box)
    return boxes


def test_files_that_are_new_are_copied_byte_by_byte(merge, shards, reports):
    merged = merge(shards[0])
    assert reports("all").tree() == shards[0].tree()
    assert sorted(merged.new) == sorted(shards[0].tree())
    assert merged.problems == merged.conflicts == merged.united == []


def test_shards_are_united(merge, shards, reports):
    merged = merge(*shards)
    assert merged.united == [make.FILE, "studies/fidelity.json"]
    assert sorted(merged.equal) == ["results/benchmarks.json", "results/oak/machine.json"]
    assert merged.problems == merged.conflicts == []
    content = reports("all").read(make.FILE)
    assert content["results"]["b.time_it"][0] == [1.0, 2.0]
    assert sorted(reports("all").read("studies/fidelity.json")["machines"]) == ["one", "two"]


def test_a_merge_that_is_repeated_changes_nothing(merge, shards, reports):
    merge(*shards)
    before = reports("all").tree()
    again = merge(*shards)
    assert again.new == again.united == again.conflicts == again.problems == []
    assert len(again.equal) == 10
    assert reports("all").tree() == before


def test_the_order_of_sources_does_not_matter(merge, shards, reports):
    merge(*shards)
    merge(*reversed(shards), into=reports("other"))
    one, other = reports("all"), reports("other")
    assert one.tree().keys() == other.tree().keys()
    for name in one.tree():
        assert same(one.read(name), other.read(name)), name


def test_a_conflict_is_named_and_nothing_is_overwritten(merge, shards, reports):
    merge(shards[0])
    shards[1].write(
        make.FILE, make.result_file({"b.time_it": make.row([1.5, 2.0], [["'a'", "'b'"]])})
    )
    merged = merge(shards[1])
    (found,) = merged.conflicts
    assert (found.path, found.conflict.where) == (make.FILE, "b.time_it('a')")
    assert found.source == str(shards[1].root)
    assert reports("all").read(make.FILE)["results"]["b.time_it"][0] == [1.0, 2.0]
    assert make.FILE in merged.united


def test_a_conflict_in_a_file_that_gains_nothing_leaves_it_as_it_is(merge, shards, reports):
    merge(shards[0])
    shards[1].write("hardware/oak/one.json", make.record(commit="b"))
    before = (reports("all").root / "hardware/oak/one.json").read_bytes()
    merged = merge(shards[1])
    assert [found.path for found in merged.conflicts] == ["hardware/oak/one.json"]
    assert "hardware/oak/one.json" not in (*merged.united, *merged.equal, *merged.new)
    assert (reports("all").root / "hardware/oak/one.json").read_bytes() == before


def test_a_dry_run_writes_nothing_and_says_what_a_real_one_would(merge, shards, reports):
    dry = merge(*shards, dry=True)
    assert not reports("all").root.exists()
    assert merge(*shards) == dry


def test_a_difference_without_harm_is_noted_and_the_file_is_united(merge, shards):
    merge(shards[0])
    content = shards[1].read(make.FILE)
    shards[1].write(make.FILE, {**content, "date": 7, "params": {"machine": "oak", "os": "new"}})
    shards[0].write(make.FILE, {**shards[0].read(make.FILE), "params": {"machine": "oak"}})
    merged = merge(shards[1])
    assert merged.conflicts == merged.problems == []
    assert [(note.path, note.conflict.where) for note in merged.notes] == [(make.FILE, "date")]
    assert make.FILE in merged.united


def test_a_study_that_is_there_with_a_number_that_is_not_finite_is_a_problem(
    merge, shards, reports
):
    spoiled = make.study({"one": make.section(points={"a": {"ratio": make.NAN}})})
    reports("all").write("studies/fidelity.json", spoiled)
    (problem,) = merge(shards[1]).problems
    assert problem.path == "studies/fidelity.json, which is there already"
    assert "a number that is not finite" in problem.reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("results/oak/cut.json", '{"commit_hash": "a', "damaged or cut off"),
        ("results/oak/foreign.json", "{}", "not a result file of asv"),
        ("results/oak/future.json", '{"commit_hash": "a", "results": {}, "version": 7}', "update"),
        ("results/oak/list.json", "[]", "a JSON list and not an object"),
        ("results/oak/twice.json", '{"a": 1, "a": 2}', "a is in it twice"),
        ("hardware/oak/x.json", "{}", "not a hardware record"),
        ("studies/x.json", "{}", "not the file of a study"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named_and_left(
    merge, shards, reports, name, content, reason
):
    shards[0].write(name, content)
    merged = merge(shards[0])
    (problem,) = merged.problems
    assert problem.path == f"{name} in {shards[0].root}"
    assert reason in problem.reason
    assert len(merged.new) == 5
    assert name not in reports("all").tree()


def test_a_damaged_file_that_is_there_already_is_left(merge, shards, reports):
    reports("all").write(make.FILE, "{")
    merged = merge(shards[0])
    (problem,) = merged.problems
    assert problem.path == f"{make.FILE}, which is there already"
    assert (reports("all").root / make.FILE).read_text() == "{"


def test_a_row_that_cannot_be_united_is_a_problem_of_its_file_alone(merge, shards):
    merge(shards[0])
    content = shards[1].read(make.FILE)
    content["results"]["b.time_it"][0].append(1.0)
    shards[1].write(make.FILE, content)
    merged = merge(shards[1])
    assert ["b.time_it in it cannot be united" in p.reason for p in merged.problems] == [True]
    assert merged.united == ["studies/fidelity.json"]


def test_other_files_are_passed_over_and_hidden_ones_not_worth_a_word(merge, shards, reports):
    for name in ("results/README.txt", "results/.x.json", "results/.git/y.json", "results/a.tmp"):
        shards[0].write(name, "{}")
    merged = merge(shards[0])
    assert merged.passed_over == [f"results/README.txt in {shards[0].root}"]
    assert len(reports("all").tree()) == 5


def test_an_interrupted_merge_leaves_whole_files_and_can_be_repeated(
    merge, shards, reports, monkeypatch
):
    write, written = folders.write_atomically, []

    def interrupted(path, text):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        write(path, text)

    monkeypatch.setattr(folders, "write_atomically", interrupted)
    with pytest.raises(KeyboardInterrupt):
        merge(*shards)
    assert len(reports("all").tree()) == 2
    assert all(json.loads(content) for content in reports("all").tree().values())
    monkeypatch.undo()
    merge(*shards)
    merge(*shards, into=reports("at once"))
    assert reports("all").tree() == reports("at once").tree()


def test_a_target_that_cannot_be_written_to_ends_the_merge(merge, shards, reports):
    reports("all").write("results", "a file in the place of the folder")
    with pytest.raises(DataError, match=r"cannot write .*benchmarks\.json"):
        merge(shards[0])


def test_files_of_the_old_format_are_copied_and_then_equal(merge, reports):
    box = reports("old")
    old = {"commit_hash": "a" * 40, "date": 1_772_438_400_000, "version": 1, "python": "3.5"}
    box.write("results/oak/aaaaaaaa-py3.5.json", {**old, "results": {"b": 1.0}, "params": {}})
    assert merge(box).new == ["results/oak/aaaaaaaa-py3.5.json"]
    box.write("results/oak/aaaaaaaa-py3.5.json", {"params": {}, "results": {"b": 1.0}, **old})
    assert merge(box).equal == ["results/oak/aaaaaaaa-py3.5.json"]
