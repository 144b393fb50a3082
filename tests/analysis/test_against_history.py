import math

import numpy as np
import pytest

from cnnfc.analysis.against_history import (
    FAMILY_ERROR,
    LEAST,
    TELLS,
    Standing,
    judge,
    like_for_like,
    runs_needed,
)
from cnnfc.records import Outcome, Point

#: Three runs whose logarithms are -0.02, 0 and 0.02: mean and median 0, standard deviation 0.02.
STEADY = [math.exp(-0.02), 1.0, math.exp(0.02)]
#: What Student's t with 2 degrees of freedom is above with 1%, and the limit that follows.
T = 6.9646
LIMIT = math.exp(T * 0.02 * math.sqrt(4 / 3))


def standing(fresh, past=STEADY, level=0.01, **options):
    return judge(fresh, past, level=level, **options).standing


def test_a_value_beyond_the_limit_is_slower_and_one_within_is_not():
    assert pytest.approx(1.1745, abs=1e-4) == LIMIT
    assert standing(LIMIT * 1.0001) is Standing.SLOWER
    assert standing(LIMIT * 0.9999) is Standing.AS_BEFORE


def test_the_other_way_it_is_quicker():
    assert standing(1 / (LIMIT * 1.0001)) is Standing.QUICKER
    assert standing(1 / (LIMIT * 0.9999)) is Standing.AS_BEFORE


def test_a_rate_is_slower_where_it_is_lower():
    assert standing(1 / (LIMIT * 1.0001), higher_is_better=True) is Standing.SLOWER
    assert standing(LIMIT * 1.0001, higher_is_better=True) is Standing.QUICKER


def test_the_judgement_has_the_numbers_it_follows_from():
    t = 2.920  # above which Student's t with 2 degrees of freedom is with 5%
    found = judge(math.exp(t * 0.02 * math.sqrt(4 / 3)), STEADY, level=0.01)
    assert (found.runs, found.usual) == (3, 1.0)
    assert found.spread == pytest.approx(0.02)
    assert found.ratio == found.fresh == pytest.approx(1.0698, abs=1e-4)
    assert found.limit == pytest.approx(LIMIT, rel=1e-5)
    assert found.p_value == pytest.approx(0.05, rel=1e-3)


def test_the_ratio_of_a_rate_says_how_much_slower_too():
    found = judge(50.0, [100.0, 100.0, 100.0], level=0.01, higher_is_better=True)
    assert (found.ratio, found.usual) == (pytest.approx(2.0), 100.0)


def test_the_ratio_is_that_to_the_median_although_the_limit_is_about_the_mean():
    past = [1.0, 1.0, 1.0, 1.0, 1.5]
    found = judge(1.2, past, level=0.01)
    assert (found.usual, found.ratio) == (1.0, pytest.approx(1.2))
    mean, spread = math.log(1.5) / 5, math.log(1.5) / math.sqrt(5)
    assert found.spread == pytest.approx(spread)
    assert found.limit == pytest.approx(
        math.exp(mean + 3.7469 * spread * math.sqrt(6 / 5)), rel=1e-4
    )


def test_a_machine_that_never_moves_is_not_called_for_less_than_the_least_change():
    assert standing(LEAST * 0.999, [1.0, 1.0, 1.0]) is Standing.AS_BEFORE
    assert standing(LEAST * 1.001, [1.0, 1.0, 1.0]) is Standing.SLOWER
    assert standing(0.999 / LEAST, [1.0, 1.0, 1.0]) is Standing.QUICKER


def test_a_history_that_would_hide_a_large_change_is_no_good_news():
    wide = [math.exp(-0.1), 1.0, math.exp(0.1)]
    found = judge(1.0, wide, level=0.01)
    assert found.limit > TELLS
    assert found.standing is Standing.CANNOT_TELL
    assert standing(found.limit * 1.01, wide) is Standing.SLOWER


def test_the_runs_that_are_needed_are_the_least_that_tell():
    # Student's t at 1% is 2.764 with 10 degrees of freedom and 2.718 with 11.
    assert runs_needed(math.log(TELLS) / (2.764 * math.sqrt(12 / 11)) * 1.0005, 0.01) == 12
    assert runs_needed(math.log(TELLS) / (2.764 * math.sqrt(12 / 11)) * 0.9995, 0.01) == 11


def test_the_least_number_of_runs_is_enough_where_nothing_moves():
    assert runs_needed(0.0, 0.01) == 3


def test_no_number_of_runs_is_enough_where_everything_moves():
    assert runs_needed(1.0, 0.01) is None


@pytest.mark.parametrize("past", [[], [1.0], [1.0, 1.1]])
def test_too_few_runs_are_refused(past):
    with pytest.raises(ValueError, match=f"takes 3 runs of history, not {len(past)}"):
        judge(1.0, past, level=0.01)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_value_that_has_no_logarithm_is_refused(bad):
    for fresh, past in ((bad, STEADY), (1.0, [*STEADY, bad])):
        with pytest.raises(ValueError, match="finite and above 0"):
            judge(fresh, past, level=0.01)


def test_values_at_the_ends_of_the_numbers_do_no_harm():
    found = judge(1e308, [1e-308, 1e-300, 1e-308], level=0.01)
    assert found.standing is Standing.SLOWER
    assert math.isfinite(found.ratio)


def test_of_normal_values_as_many_are_called_as_was_said():
    draws = np.random.default_rng(7).normal(0, 0.05, (8000, 6))
    called = sum(
        standing(math.exp(row[0]), np.exp(row[1:]).tolist(), level=0.05) is Standing.SLOWER
        for row in draws
    )
    # Of 8,000 at 5%: 400, give or take 20 (one standard deviation).
    assert 340 <= called <= 460


def normal(random, shape):
    return random.normal(0, 0.02, shape)


def each_like_the_last(random, shape):
    noise = random.normal(0, 0.02, shape)
    for index in range(1, shape[-1]):
        noise[..., index] = 0.7 * noise[..., index - 1] + math.sqrt(0.51) * noise[..., index]
    return noise


def heavy(random, shape):
    return 0.02 * random.standard_t(3, shape)


def only_slower(random, shape):
    return random.exponential(0.02, shape)


def one_in_ten_disturbed(random, shape):
    disturbed = random.random(shape) < 0.1
    return random.normal(0, 0.02, shape) + disturbed * random.exponential(0.2, shape)


@pytest.mark.parametrize(
    ("draw", "once", "twice"),
    [
        (normal, 0.9, 0.0),
        (each_like_the_last, 1.4, 0.6),
        (heavy, 7.0, 0.1),
        (only_slower, 18, 1.3),
        (one_in_ten_disturbed, 34, 2.3),
    ],
)
def test_checks_call_as_often_as_the_table_says(draw, once, twice):
    checks, items, runs = 600, 10, 9
    draws = np.exp(draw(np.random.default_rng(11), (checks, items, runs + 2))).tolist()
    level = FAMILY_ERROR / items

    def is_slower(row, fresh):
        return standing(row[fresh], row[:runs], level) is Standing.SLOWER

    first = [[row for row in check if is_slower(row, runs)] for check in draws]
    second = [[row for row in rows if is_slower(row, runs + 1)] for rows in first]
    for rows, percent in ((first, once), (second, twice)):
        called = 100 * sum(map(bool, rows)) / checks
        # Three standard deviations of a share of 600, and one check for the rarest.
        assert called == pytest.approx(percent, abs=3 * math.sqrt(percent * 100 / checks) + 0.2)


def point(samples=(), **fields):
    return Point("a.track_b", (), Outcome.MEASURED, samples=samples, **fields)


def test_only_as_many_values_count_as_were_measured_today():
    assert like_for_like(point((3.0, 1.0, 2.0, 9.0, 9.0, 9.0)), 3, 0.5) == 2.0


def test_the_quantile_is_that_of_today():
    assert like_for_like(point((4.0, 1.0, 2.0, 3.0, 5.0)), 5, 0.25) == 2.0


def test_a_shorter_run_counts_with_all_it_has():
    assert like_for_like(point((3.0, 1.0)), 15, 0.5) == 2.0


def test_without_single_values_asvs_own_median_and_quartile_stand_in():
    plain = point(value=2.0, quartiles=(1.5, 2.5))
    assert like_for_like(plain, 10, 0.5) == 2.0
    assert like_for_like(plain, 10, 0.25) == 1.5


def test_what_is_not_known_or_not_above_zero_does_not_count():
    assert like_for_like(point(value=2.0), 10, 0.25) is None
    assert like_for_like(point(value=0.0), 10, 0.5) is None
    assert like_for_like(point((math.nan,), value=3.0), 1, 0.5) == 3.0
