import pytest

from cnnfc.report.past import look_back, worse
from cnnfc.timeline.arrange import arrange
from testkit import edges
from testkit import histories as make

A, B = ("a", "x"), ("a", "y")


@pytest.fixture
def look():
    """The past of a history with these levels, and its group."""

    def build(levels, **options):
        groups = arrange(make.grown(levels))
        return look_back(groups, detect=edges.find_edges, **options), groups[0]

    return build


def _series(group, parameter):
    return next(one for one in group.all_series() if one.parameters == (parameter,))


def test_changes_are_found_by_series_and_by_group(look):
    past, group = look({A: make.stepping(1.5), B: make.stepping(1.0)})
    assert [one.ratio for one in past.found.changes] == [1.5]
    assert past.changes(group, _series(group, "x")) == past.found.changes
    assert past.changes(group, _series(group, "y")) == ()
    assert past.of(group) == past.found


def test_series_are_counted_with_those_that_are_too_short(look):
    past, group = look({A: make.stepping(1.5), B: lambda n: 1.0 if n > 5 else None})
    assert (past.of(group).series, past.of(group).too_short) == (2, 1)


def test_every_series_has_the_course_that_the_detector_saw(look):
    past, group = look({A: make.stepping(1.5)})
    course = past.course(group, _series(group, "x"))
    assert [(part.start, part.stop) for part in course.segments] == [(0, 4), (4, 9)]


def test_git_is_asked_for_the_commits_between(look):
    asked = []

    def between(good, bad):
        asked.append((good, bad))
        return ["c1", "c2"]

    past, _ = look({A: make.stepping(1.5)}, between=between)
    assert asked == [(make.commit(4), make.commit(5))]
    assert past.found.changes[0].unmeasured == 2


def test_what_is_worse_is_told_from_what_has_gone_back_or_got_better(look):
    past, _ = look(
        {A: make.stepping(1.5), B: make.stepping(1.2, back=7), ("c",): make.stepping(0.8)}
    )
    assert [round(one.ratio, 3) for one in past.found.changes] == [1.5, 1.2, 0.8, 0.833]
    assert [one.ratio for one in worse(past.found.changes)] == [1.5]


def test_nothing_has_no_past():
    past = look_back([])
    assert past.found.changes == ()
    assert past.found.series == 0
