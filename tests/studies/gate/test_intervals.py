import pytest

from cnnfc.studies.gate.intervals import exact, largest_rate, wilson


def test_the_exact_interval_of_nothing_seen_is_half_the_error_away():
    # (1 - p)^60 = 0.025 at the upper end.
    assert exact(0, 60) == pytest.approx((0.0, 1 - 0.025 ** (1 / 60)))


def test_the_exact_interval_of_everything_seen_mirrors_it():
    assert exact(60, 60) == pytest.approx((0.025 ** (1 / 60), 1.0))


def test_the_exact_interval_agrees_with_the_published_one():
    # Two of ten: a standard example of the method of Clopper and Pearson.
    assert exact(2, 10) == pytest.approx((0.02521, 0.55610), abs=1e-5)


def test_the_score_interval_agrees_with_the_published_one():
    # E. B. Wilson's interval of 81 of 263 in R. G. Newcombe (1998), table I: 0.2553 to 0.3662.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_sixty_clean_runs_leave_five_percent():
    assert largest_rate(60) == pytest.approx(1 - 0.05 ** (1 / 60))
    assert round(largest_rate(60), 3) == 0.049


@pytest.mark.parametrize("interval", [exact, wilson])
def test_nothing_tried_says_nothing(interval):
    assert interval(0, 0) == (0.0, 1.0)


def test_many_trials_do_not_overflow():
    low, high = exact(20, 20_000)
    assert 0.0005 < low < 0.001 < high < 0.002
