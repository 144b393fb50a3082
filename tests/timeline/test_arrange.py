from dataclasses import replace
from datetime import UTC, datetime

from cnnfc.records import Outcome
from cnnfc.timeline.arrange import arrange
from testkit import histories as make


def test_runs_are_grouped_by_machine_and_environment():
    found = arrange(
        make.history(
            make.run(make.point("b"), machine="oak", environment="py3.12"),
            make.run(make.point("b"), machine="oak", environment="py3.11"),
            make.run(make.point("b"), machine="elm", environment="py3.11"),
        )
    )
    assert [(group.machine, group.environment) for group in found] == [
        ("elm", "py3.11"),
        ("oak", "py3.11"),
        ("oak", "py3.12"),
    ]


def test_the_newest_commit_is_current_even_if_an_older_one_was_measured_later():
    late = datetime(2026, 3, 9, tzinfo=UTC)
    early = datetime(2026, 3, 8, tzinfo=UTC)
    (group,) = arrange(
        make.history(
            make.run(make.point("b", value=2.0), number=5, at=early),
            make.run(make.point("b", value=1.0), number=3, at=late),
        )
    )
    assert group.current.commit == make.commit(5)
    assert group.last_run_at == late
    (series,) = group.series["b"]
    assert [reading.summary.centre for reading in series.readings] == [1.0, 2.0]


def test_a_commit_that_was_not_measured_leaves_a_gap():
    (group,) = arrange(
        make.history(
            make.run(make.point("b", "x"), make.point("b", "y"), number=1),
            make.run(make.point("b", "x"), make.skipped("b", "y"), number=2),
        )
    )
    x, y = group.series["b"]
    assert [reading is not None for reading in x.readings] == [True, True]
    assert [reading is not None for reading in y.readings] == [True, False]
    assert y.outcome is Outcome.SKIPPED


def test_two_files_of_one_commit_are_one_run_with_the_values_of_both():
    first = make.run(make.point("b", "x", value=1.0), make.skipped("b", "y"), number=1)
    second = make.run(make.point("b", "x", value=2.0), make.failed("b", "z"), number=1)
    second = replace(second, points=(*second.points, make.point("b", "y", value=3.0)))
    (group,) = arrange(make.history(first, second))
    assert len(group.runs) == 1
    centres = {s.parameters: s.newest and s.newest.summary.centre for s in group.series["b"]}
    assert centres == {("x",): 2.0, ("y",): 3.0, ("z",): None}


def test_a_skip_does_not_hide_a_value_of_the_same_commit():
    measured = make.run(make.point("b", "x", value=1.0), number=1, at=make.NOW)
    (group,) = arrange(make.history(make.run(make.skipped("b", "x"), number=1), measured))
    (series,) = group.series["b"]
    assert series.newest.summary.centre == 1.0


def test_series_stand_in_the_order_of_the_newest_run():
    (group,) = arrange(
        make.history(
            make.run(make.point("b", "old"), make.point("b", "z"), number=1),
            make.run(make.point("b", "z"), make.point("b", "a"), number=2),
        )
    )
    assert [series.parameters for series in group.series["b"]] == [("z",), ("a",), ("old",)]


def test_a_run_finds_its_hardware_record():
    record = make.record(9)
    oak = make.run(make.point("b"), number=9, at=datetime(2026, 3, 9, 13, tzinfo=UTC))
    (group,) = arrange(make.history(make.run(make.point("b"), number=8), oak, hardware=[record]))
    assert group.records == (None, record)


def test_values_of_an_older_version_of_the_benchmark_are_left_out_and_counted():
    old = replace(make.point("b", value=9.0), version="1")
    new = replace(make.point("b", value=1.0), version="2")
    (group,) = arrange(
        make.history(make.run(old, number=1), make.run(old, number=2), make.run(new, number=3))
    )
    (series,) = group.series["b"]
    assert [reading and reading.summary.centre for reading in series.readings] == [None, None, 1.0]
    assert series.other_versions == 2


def _versioned(version, value, day=None):
    at = None if day is None else datetime(2026, 4, day, tzinfo=UTC)
    return replace(make.point("b", value=value), version=version, started_at=at)


def test_the_version_that_was_measured_last_counts_even_if_at_an_older_commit():
    """Commit 1 is measured by a suite with a new version; commits 2 and 3 were, by the old one."""
    (group,) = arrange(
        make.history(
            make.run(_versioned("new", 1.0, 9), number=1),
            make.run(_versioned("old", 9.0, 7), number=2),
            make.run(_versioned("old", 9.0, 8), number=3),
        )
    )
    (series,) = group.series["b"]
    assert [reading and reading.summary.centre for reading in series.readings] == [1.0, None, None]
    assert series.other_versions == 2


def test_a_point_that_says_when_counts_before_one_that_does_not():
    (group,) = arrange(
        make.history(
            make.run(_versioned("new", 1.0, 9), number=1),
            make.run(_versioned("old", 9.0), number=2),
        )
    )
    (series,) = group.series["b"]
    assert [reading and reading.summary.centre for reading in series.readings] == [1.0, None]


def test_a_later_failure_does_not_make_its_version_the_current_one():
    failed = replace(make.failed("b"), version="new", started_at=datetime(2026, 4, 9, tzinfo=UTC))
    (group,) = arrange(
        make.history(make.run(_versioned("old", 9.0, 8), number=1), make.run(failed, number=2))
    )
    (series,) = group.series["b"]
    assert len(series.measured) == 1
    assert series.other_versions == 0


def test_each_benchmark_has_its_own_current_version():
    other = replace(make.point("c", value=3.0), version="old")
    (group,) = arrange(
        make.history(
            make.run(_versioned("new", 1.0, 9), other, number=1),
            make.run(_versioned("old", 9.0, 8), other, number=2),
        )
    )
    assert [len(group.series[name][0].measured) for name in "bc"] == [1, 2]


def test_values_without_a_version_are_compared_with_all():
    bare = replace(make.point("b", value=9.0), version=None)
    new = replace(make.point("b", value=1.0), version="2")
    (group,) = arrange(make.history(make.run(bare, number=1), make.run(new, number=2)))
    (series,) = group.series["b"]
    assert len(series.measured) == 2
    assert series.other_versions == 0
