from dataclasses import replace
from math import inf, nan

import pytest

from cnnfc.report import change_words as words
from cnnfc.timeline.changes import (
    Cause,
    Found,
    State,
)
from testkit.one_change import CHANGE, COMMIT

DIFFERENCE = replace(CHANGE, ratio=nan, before=-2.0, after=-1.0, low=0.5, high=-1.5, unit="nats")


def test_a_change_has_a_size_and_an_interval_in_percent():
    assert words.size(CHANGE) == "+8.2%"
    assert words.interval(CHANGE) == ("+7.1%", "+9.3%")


def test_without_a_ratio_it_has_a_difference_with_a_sign_in_its_unit():
    assert words.size(DIFFERENCE) == "+1 nats"
    assert words.interval(DIFFERENCE) == ("+0.5 nats", "−1.5 nats")
    assert words.interval(replace(DIFFERENCE, low=-inf, high=inf)) == ("n/a", "n/a")


def test_a_range_of_commits_is_on_one_line_whatever_their_names():
    assert words.commit_range(CHANGE) == "12345678..9abcdef0"
    odd = replace(CHANGE, last_good=replace(COMMIT, commit="\x1b]0;x\x07\ny"))
    assert words.commit_range(odd).isprintable()


@pytest.mark.parametrize(
    ("p_value", "said"), [(0.0, "< 0.1%"), (0.00099, "< 0.1%"), (0.001, "0.1%"), (0.0042, "0.4%")]
)
def test_a_small_probability_is_only_said_to_be_below(p_value, said):
    assert words.chance(replace(CHANGE, p_value=p_value)) == said


def test_state_is_said_where_it_is_not_simply_present():
    found = [
        CHANGE,
        replace(CHANGE, state=State.RECOVERED),
        replace(CHANGE, state=State.PARTLY, new=True),
    ]
    assert [words.state(one) for one in found] == ["", "recovered", "partly, new"]


def test_causes_are_counted_in_one_order():
    causes = (Cause.UNKNOWN, Cause.MACHINE, Cause.CODE, Cause.CODE)
    found = [replace(CHANGE, cause=cause) for cause in causes]
    assert words.by_cause(found) == (
        "2 laid to the code, 1 laid to the machine and 1 of unknown cause"
    )
    assert words.by_cause([]) == ""


def test_the_summary_counts_what_there_is_and_what_is_shown():
    new = replace(CHANGE, new=True)
    assert words.summary(Found((CHANGE, new), 40, 3), [new], 2) == (
        "1 of 2 changes (1 new) in 40 series on 2 machines; 3 of them have too few values yet to "
        "find a change in"
    )
    one = Found((CHANGE,), 1, 0)
    assert words.summary(one, [CHANGE], 1) == "1 change in 1 series on 1 machine"
    assert words.summary(Found((), 5, 0), [], 1) == "no change in 5 series on 1 machine"
    assert words.summary(Found((), 5, 5), [], 1) == (
        "no change in 5 series on 1 machine; none of them has enough values yet to find a change in"
    )
