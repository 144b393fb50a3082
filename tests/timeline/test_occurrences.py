import math

from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.changes import find_changes
from cnnfc.timeline.occurrences import occurrences
from testkit import edges
from testkit import histories as make


def _found(levels, **fields):
    groups = arrange(make.grown(levels, **fields))
    return occurrences(find_changes(groups, detect=edges.find_edges))


def test_series_that_changed_at_one_commit_are_one_occurrence():
    one, other = _found(
        {
            ("a", "x"): make.stepping(1.2),
            ("a", "y"): make.stepping(1.1),
            ("b",): make.stepping(1.4),
            ("c",): make.stepping(1.3, at=6),
        }
    )
    assert [change.ratio for change in one.changes] == [1.4, 1.2, 1.1]
    assert one.first.ratio == 1.4
    assert one.ratio == 1.2
    assert one.benchmarks == ("b", "a")
    assert other.benchmarks == ("c",)


def test_what_got_worse_and_what_got_better_at_one_commit_are_two():
    found = _found({("a", "x"): make.stepping(1.2), ("a", "y"): make.stepping(0.5)})
    assert [one.ratio for one in found] == [1.2, 0.5]


def test_without_a_ratio_there_is_no_median():
    (one,) = _found({("a", "x"): lambda n: -1.0 if n < 5 else -2.0})
    assert math.isnan(one.ratio)


def test_nothing_happened_without_a_change():
    assert occurrences([]) == ()
