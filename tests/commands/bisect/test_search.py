import math

import pytest

from cnnfc.commands.bisect.search import Answer, Search, Side, lasting

COMMITS = [f"c{number}" for number in range(12)]


def _answered(search, culprit, odd=()):
    """Answer every question; gives the questions."""
    asked = []
    while (commit := search.next_commit()) is not None:
        asked.append(commit)
        place = search.commits.index(commit)
        side = Side.BEFORE if place < culprit else Side.AFTER
        search.answers[commit] = Answer(Side.BROKEN if place in odd else side, "")
    return asked


@pytest.mark.parametrize("count", range(2, 20))
def test_each_commit_is_found_in_as_many_questions_as_halving_takes(count):
    commits = [f"c{number}" for number in range(count)]
    for culprit in range(1, count):
        search = Search(commits)
        most = search.steps_left()
        assert most == math.ceil(math.log2(count - 1))
        asked = _answered(search, culprit)
        assert search.suspects() == (commits[culprit],)
        assert len(asked) <= most
        assert not {commits[0], commits[-1]} & set(asked)


def test_the_first_question_is_about_the_middle():
    assert Search(COMMITS).next_commit() == "c5"


def test_a_commit_without_an_answer_is_passed_over_for_its_neighbour():
    search = Search(COMMITS, {"c5": Answer(Side.BROKEN, "")})
    assert search.next_commit() == "c6"
    search.answers["c6"] = Answer(Side.UNCLEAR, "")
    assert search.next_commit() == "c4"


@pytest.mark.parametrize("culprit", range(1, 12))
@pytest.mark.parametrize("odd", [{5}, {4, 5, 6}, {1, 3, 5, 7, 9}, set(range(1, 11))])
def test_commits_without_answers_leave_a_range_that_has_the_right_one(culprit, odd):
    search = Search(COMMITS)
    asked = _answered(search, culprit, odd)
    suspects = search.suspects()
    assert COMMITS[culprit] in suspects
    assert len(asked) == len(set(asked))
    # What is left beside it could not be asked about.
    low, high = search.bounds()
    assert all(place in odd for place in range(low + 1, high))


def test_two_commits_are_one_suspect_without_a_question():
    search = Search(["good", "bad"])
    assert search.next_commit() is None
    assert search.suspects() == ("bad",)


def test_what_another_try_may_change_is_not_kept():
    answers = {side.value: Answer(side, "") for side in Side}
    assert set(lasting(answers)) == {"before", "after"}
