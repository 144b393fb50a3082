from statistics import NormalDist

import numpy as np
import pytest

from cnnfc.analysis.changepoints import confirm as module
from cnnfc.analysis.changepoints.confirm import by_ranks, confirmed
from cnnfc.analysis.changepoints.evidence import Evidence
from cnnfc.analysis.changepoints.search import Found, search
from cnnfc.analysis.changepoints.values import prepare


def look(levels):
    """What is found among the values that count, and what of it is confirmed, as places."""
    prepared = prepare(np.exp(levels).tolist())
    evidence = Evidence(prepared)
    found = search(evidence)
    sure = confirmed(found, evidence.levels([one.place for one in found]), prepared)
    return [[int(prepared.places[one.place]) for one in part] for part in (found, sure)]


def noise(count, seed=1):
    return 0.02 * np.random.default_rng(seed).standard_normal(count)


@pytest.fixture
def lasting():
    """A fifth of the values in another mode, and five of them in a row."""
    levels = noise(150, seed=2)
    levels[np.r_[3:60:6, 85:150:6]] += 0.2
    levels[70:75] += 0.2
    return levels


def test_values_of_a_second_mode_that_happen_to_last_are_not_confirmed(lasting):
    found, sure = look(lasting)
    assert found == [70, 75]
    assert sure == []


def test_without_the_others_they_are_a_level(lasting):
    levels = noise(150, seed=2)
    levels[70:75] += 0.2
    assert look(levels) == [[70, 75], [70, 75]]


def test_a_step_among_many_outliers_is_confirmed():
    levels = noise(100)
    levels[50:] += 0.1
    levels[::9] += 2.0
    found, sure = look(levels)
    assert found == sure
    assert len(sure) == 1
    assert abs(sure[0] - 50) <= 1


def test_ranks_are_not_asked_where_nothing_was_left_out(monkeypatch):
    monkeypatch.setattr(module, "search", lambda evidence: [])
    levels = noise(60)
    levels[30:] += 0.1
    assert look(levels) == [[30], [30]]


def test_few_outliers_leave_no_doubt_unless_they_are_at_the_level_of_a_segment(monkeypatch):
    monkeypatch.setattr(module, "search", lambda evidence: [])
    levels = noise(60)
    levels[-6:] += 0.2
    levels[[10, 20, 40]] += 0.5
    assert look(levels) == [[54], [54]]
    levels[[10, 20, 40]] -= 0.3  # half as many as the six
    assert look(levels) == [[54], []]


def test_ranks_confirm_the_steps_that_they_show_nearby(monkeypatch):
    monkeypatch.setattr(module, "search", lambda evidence: [Found(35, 35, 35, 1e-9)])
    levels = noise(90)
    levels[30:60] += 0.2
    levels[::14] += 1.0
    found, sure = look(levels)
    assert [abs(place - truth) <= 1 for place, truth in zip(found, (30, 60), strict=True)]
    assert sure == found[:1]


def test_scores_are_normal_quantiles_of_ranks_and_shared_by_equal_values():
    quantile = NormalDist().inv_cdf
    found = by_ranks(np.array([5.0, 1.0, 5.0, 7.0]))
    # Ranks 2 and 3 are shared: (2.5 - 0.5) / 4.
    expected = [quantile(0.5), quantile(0.125), quantile(0.5), quantile(0.875)]
    assert found.levels.tolist() == pytest.approx(expected)
    assert found.places.tolist() == [0, 1, 2, 3]
    assert not len(found.left_out)


def test_ranks_of_heavy_tailed_noise_get_steps_as_seldom_as_promised():
    found = [
        bool(search(Evidence(by_ranks(np.random.default_rng(seed).standard_cauchy(60)))))
        for seed in range(150)
    ]
    assert sum(found) <= 5  # 1.5 are to be expected
