import copy
import itertools
import json
import math
from pathlib import Path

import asv.results
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnfc.errors import DataError
from cnnfc.merge.result_files import check, unite
from cnnfc.merge.united import same
from testkit import report_folders as make
from testkit.results_on_disk import COLUMNS

NAME = "b.time_it"
AXES = [["'a'", "'b'"], ["'cpu-1'", "'cpu-2'"]]


@pytest.fixture
def shard():
    """A result file with one benchmark of four points."""

    def of(values, axes=AXES, **options):
        return make.result_file({NAME: make.row(values, axes, **options)})

    return of


def is_measured(value):
    return value is not None and not math.isnan(value)


def values(content, name=NAME):
    return content["results"][name][0]


def test_two_shards_of_a_benchmark_are_united_value_by_value(shard):
    united = unite(shard([1.0, make.NAN, make.NAN, None]), shard([make.NAN, 2.0, None, make.NAN]))
    assert united.conflicts == ()
    assert same(values(united.content), [1.0, 2.0, None, None])
    row = dict(zip(COLUMNS, united.content["results"][NAME], strict=False))
    assert row["samples"] == [[1.0, 1.0], [2.0, 2.0], None, None]
    assert row["stats_number"] == [3, 3, None, None]


def test_a_benchmark_that_only_one_shard_has_is_taken_whole():
    ours = make.result_file({"b.time_a": make.row([1.0], [])})
    theirs = make.result_file({"b.time_b": make.row([2.0], [])})
    united = unite(ours, theirs)
    assert united.content["results"] == {**ours["results"], **theirs["results"]}


def test_two_different_values_are_a_conflict_and_the_rest_is_united(shard):
    united = unite(shard([1.0, 2.0, make.NAN, make.NAN]), shard([1.0, 2.5, 3.0, make.NAN]))
    assert same(values(united.content), [1.0, 2.0, 3.0, make.NAN])
    (conflict,) = united.conflicts
    assert conflict.where == "b.time_it('a', 'cpu-2')"
    assert (conflict.kept, conflict.other) == ("2.0", "2.5")


def test_the_same_value_with_other_samples_is_a_conflict(shard):
    ours, theirs = shard([1.0] * 4), shard([1.0] * 4)
    theirs["results"][NAME][11][2] = [0.5, 1.5]
    (conflict,) = unite(ours, theirs).conflicts
    assert conflict.where == "b.time_it('b', 'cpu-1'): samples"


def test_samples_that_only_one_of_two_same_values_has_are_kept(shard):
    ours, theirs = shard([1.0] * 4), shard([1.0] * 4)
    del ours["results"][NAME][11]
    united = unite(ours, theirs)
    assert united.conflicts == ()
    assert united.content["results"][NAME][11] == [[1.0, 1.0]] * 4


def test_a_sample_that_was_continued_stands_before_what_it_was(shard):
    early, late = shard([1.0] * 4), shard([1.0] * 4)
    late["results"][NAME][0][2], late["results"][NAME][11][2] = 1.25, [1.0, 1.0, 1.5, 1.5]
    late["results"][NAME][10][2] = 4
    for united in (unite(early, late), unite(late, early)):
        assert united.conflicts == ()
        assert united.content["results"][NAME] == late["results"][NAME]
    other = shard([1.0] * 4)
    other["results"][NAME][11][2] = [1.0, 1.25, 1.5]
    assert len(unite(late, other).conflicts) == 1


def test_the_later_start_and_the_longer_duration_stand(shard):
    early, late = shard([1.0, *[make.NAN] * 3]), shard([make.NAN, 2.0, *[make.NAN] * 2])
    early["results"][NAME][3:5] = [1000, 0.75]
    late["results"][NAME][3:5] = [2000, 0.25]
    for united in (unite(early, late), unite(late, early)):
        assert united.content["results"][NAME][3:5] == [2000, 0.75]
        assert united.conflicts == ()


def test_of_builds_and_set_ups_the_longer_duration_stands(shard):
    ours, theirs = shard([1.0] * 4), shard([1.0] * 4)
    ours["durations"] = {"<build>": 12.0, "<setup_cache a>": 1.0}
    theirs["durations"] = {"<setup_cache a>": 2.0, "<setup_cache b>": 3.0}
    united = unite(ours, theirs).content["durations"]
    assert united == {"<build>": 12.0, "<setup_cache a>": 2.0, "<setup_cache b>": 3.0}


def test_a_suite_that_has_grown_between_two_shards_is_united(shard):
    grown = [["'a'", "'new'", "'b'"], ["'cpu-1'", "'cpu-2'"]]
    nan = make.NAN
    united = unite(shard([1.0, 2.0, 3.0, 4.0]), shard([nan, nan, 5.0, nan, nan, nan], grown))
    assert united.conflicts == ()
    assert same(values(united.content), [1.0, 2.0, 5.0, nan, 3.0, 4.0])
    assert united.content["results"][NAME][1] == grown


def test_contradicting_parameter_lists_are_a_conflict(shard):
    other = [["'a'", "'c'"], ["'cpu-1'", "'cpu-2'"]]
    united = unite(shard([1.0] * 4), shard([2.0] * 4, other))
    assert [conflict.where for conflict in united.conflicts] == ["b.time_it: parameters"]
    assert values(united.content) == [1.0] * 4


def test_values_of_two_versions_of_a_benchmark_are_not_mixed(shard):
    ours, theirs = shard([1.0, *[make.NAN] * 3]), shard([make.NAN, 2.0, 3.0, 4.0], version="2")
    united = unite(ours, theirs)
    assert [conflict.where for conflict in united.conflicts] == ["b.time_it: version"]
    assert united.content == ours or same(united.content, ours)


def test_of_two_versions_without_a_value_the_larger_one_stands(shard):
    small, large = shard([make.NAN] * 4, version="9"), shard([None] * 4, version="10")
    for united in (unite(small, large), unite(large, small)):
        assert united.conflicts == ()
        assert united.content["results"][NAME] == large["results"][NAME]


def test_a_version_without_a_value_gives_way(shard):
    empty, full = shard([make.NAN] * 4), shard([1.0] * 4, version="2")
    for united in (unite(empty, full), unite(full, empty)):
        assert united.conflicts == ()
        assert united.content["results"][NAME] == full["results"][NAME]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"commit_hash": "a" * 8 + "b" * 32}, "commit_hash"),
        ({"env_name": "other"}, "env_name"),
        ({"params": {"machine": "elm"}}, "params.machine"),
        ({"version": 1}, "version"),
    ],
)
def test_files_of_different_things_are_not_united(changes, where):
    ours = make.result_file({"b.time_a": make.row([1.0], [])})
    united = unite(ours, make.result_file({"b.time_b": make.row([2.0], [])}, **changes))
    assert [conflict.where for conflict in united.conflicts] == [where]
    assert same(united.content, ours)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"params": {"machine": "oak", "cpu": "Other"}}, "params.cpu"),
        ({"env_vars": {"A": "2"}}, "env_vars"),
    ],
)
def test_facts_that_differ_are_named_and_values_are_united_all_the_same(changes, where):
    united = unite(
        make.result_file({"b.time_a": make.row([1.0], [])}),
        make.result_file({"b.time_b": make.row([2.0], [])}, **changes),
    )
    assert [conflict.where for conflict in united.conflicts] == [where]
    assert sorted(united.content["results"]) == ["b.time_a", "b.time_b"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"date": 1}, "date"),
        ({"requirements": {"numpy": "2"}}, "requirements"),
        ({"params": {"machine": "oak", "os": "Linux 7"}}, "params.os"),
        ({"params": {"machine": "oak", "ram": "8"}}, "params.ram"),
    ],
)
def test_facts_that_may_differ_between_shards_are_noted_and_ours_stay(changes, where):
    ours = make.result_file({}, params={"machine": "oak", "os": "Linux 6", "ram": "9"})
    united = unite(ours, make.result_file({}, **changes))
    assert united.conflicts == ()
    assert [note.where for note in united.notes] == [where]
    assert united.content["date"] == ours["date"]
    assert {key: united.content["params"][key] for key in ours["params"]} == ours["params"]


def test_columns_are_found_by_their_names(shard):
    theirs = shard([make.NAN, 2.0, 3.0, 4.0])
    theirs["result_columns"] = ["params", "result", "version"]
    theirs["results"][NAME] = [AXES, [make.NAN, 2.0, 3.0, 4.0], "1"]
    united = unite(shard([1.0, *[make.NAN] * 3]), theirs)
    assert united.conflicts == ()
    assert united.content["result_columns"] == list(COLUMNS)
    assert values(united.content) == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda row: row[0].pop(), r"its result is no list of 4, one for each"),
        (lambda row: row.__setitem__(1, "x"), "its parameters are 'x' and not lists"),
        (lambda row: row.__setitem__(1, [["'a'", "'a'"]]), "the same value twice"),
        (lambda row: row.__setitem__(1, [[str(n) for n in range(600)]] * 2), "more than 200,000"),
        (lambda row: row.extend([0] * 9), "columns at most"),
    ],
)
def test_a_row_without_certain_places_is_not_united(shard, spoil, reason):
    theirs = shard([1.0] * 4)
    spoil(theirs["results"][NAME])
    with pytest.raises(DataError, match=f"benchmark b.time_it in it cannot be united: .*{reason}"):
        unite(shard([1.0] * 4), theirs)


def test_files_of_the_old_format_are_equal_or_in_conflict():
    old = {"commit_hash": "a", "version": 1, "results": {"b": 1.0}, "params": {"machine": "oak"}}
    assert unite(old, dict(old)).conflicts == ()
    united = unite(old, {**old, "results": {"c": 2.0}})
    assert [conflict.where for conflict in united.conflicts] == ["the whole file"]
    assert united.content == old


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"a": 1}, "not a result file of asv"),
        ({"commit_hash": "a", "results": {}, "version": 3}, "format 3 of asv.*update cnnfc"),
    ],
)
def test_what_is_no_result_file_is_refused(content, reason):
    with pytest.raises(DataError, match=reason):
        check(content, Path("aaaaaaaa-env.json"))


def test_asv_itself_reads_the_united_file(shard, tmp_path):
    united = unite(shard([1.0, make.NAN, 3.0, make.NAN]), shard([make.NAN, 2.0, 3.0, make.NAN]))
    path = tmp_path / "oak" / "aaaaaaaa-env.json"
    path.parent.mkdir()
    path.write_text(json.dumps(united.content))
    loaded = asv.results.Results.load(str(path), machine_name="oak")
    assert same(loaded.get_result_value(NAME, AXES), [1.0, 2.0, 3.0, make.NAN])
    assert loaded.get_result_samples(NAME, AXES) == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], None]
    assert loaded.get_result_stats(NAME, AXES)[1]["number"] == 3
    # What asv saves is what was united, so a later run adds to it.
    loaded.save(str(tmp_path / "again"))
    assert same(
        json.loads((tmp_path / "again" / path.parent.name / path.name).read_text()),
        json.loads(path.read_text()),
    )


REAL = Path(__file__).parent.parent / "data" / "results" / "real"


@pytest.mark.parametrize("name", ["elm/96f3d5c1", "oak/96f3d5c1", "oak/af7bc921"])
def test_a_file_that_asv_wrote_is_what_its_two_halves_unite_to(name):
    whole = json.loads((REAL / f"{name}-virtualenv-py3.11.json").read_text())
    columns = whole["result_columns"]
    halves = [copy.deepcopy(whole), copy.deepcopy(whole)]
    for half, other in ((0, 1), (1, 0)):
        for row in halves[half]["results"].values():
            for column, cell in zip(columns, row, strict=False):
                if isinstance(cell, list) and column != "params":
                    # asv writes not-a-number for what was not asked for, and no statistics of it.
                    nothing = float("nan") if column == "result" else None
                    cell[other::2] = [nothing] * len(cell[other::2])
    for one, two in (halves, halves[::-1]):
        united = unite(one, two)
        assert united.conflicts == ()
        assert same(united.content, whole)


#: What a shard knows of a point: its value, that it failed, or nothing (not-a-number).
KNOWN = st.sampled_from(["value", "failed", "nothing"])


@st.composite
def shards(draw, count):
    """Shards that agree: each knows some of the same values, and of some cases not even that."""
    cases = [f"'c{n}'" for n in range(draw(st.integers(1, 4)))]
    devices = ["'cpu-1'", "'cpu-2'"]
    found = []
    for _ in range(count):
        # Shards of a growing suite: one list always holds the other.
        mine = cases[: draw(st.integers(1, len(cases)))]
        states = [(case, d, draw(KNOWN)) for case, d in itertools.product(mine, devices)]
        entries = [
            {"value": float(1 + cases.index(case) * 2 + devices.index(d)), "failed": None}.get(
                state, float("nan")
            )
            for case, d, state in states
        ]
        found.append((entries, [mine, devices], draw(st.integers(1, 9))))
    return found


@given(made=shards(3))
def test_the_order_of_shards_does_not_matter_and_a_second_time_adds_nothing(made):
    one, two, three = (
        make.result_file({NAME: make.row(entries, axes, start)}) for entries, axes, start in made
    )
    there, back = unite(one, two), unite(two, one)
    assert there.conflicts == back.conflicts == ()
    assert same(there.content, back.content)
    assert same(unite(one, one).content, one)
    assert same(unite(there.content, one).content, there.content)
    assert same(unite(there.content, two).content, there.content)
    all_of_them = unite(there.content, three).content
    assert same(all_of_them, unite(one, unite(three, two).content).content)
    measured = {
        combination: value
        for entries, axes, _ in made
        for combination, value in zip(itertools.product(*axes), entries, strict=True)
        if is_measured(value)
    }
    axes = all_of_them["results"][NAME][1]
    stored = all_of_them["results"][NAME][0] or itertools.repeat(None)
    united = dict(zip(itertools.product(*axes), stored, strict=False))
    assert {c: v for c, v in united.items() if is_measured(v)} == measured
