import math

import numpy as np
import pytest

from cnnfc.analysis.changepoints import levels as module
from cnnfc.analysis.changepoints.levels import (
    LENGTHS,
    PROMISES,
    RHOS,
    levels_of,
    main,
    noise,
    p_value,
    simulate,
)

TABLE = {10: (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), 100: (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)}


@pytest.fixture
def small_table(monkeypatch):
    monkeypatch.setattr(module, "_LEVELS", TABLE)


def test_the_table_has_every_length_and_promise():
    assert tuple(module._LEVELS) == LENGTHS
    for levels in module._LEVELS.values():
        assert len(levels) == len(PROMISES)
        assert list(levels) == sorted(levels)


def test_a_tabulated_strength_has_the_promised_probability(small_table):
    assert p_value(4.0, 10) == pytest.approx(0.01)
    assert p_value(5.0, 100) == pytest.approx(0.001)
    # Between two strengths in the logarithm.
    assert p_value(4.5, 10) == pytest.approx(math.sqrt(0.01 * 0.005))


def test_between_two_lengths_the_larger_probability_counts(small_table):
    assert p_value(4.0, 50) == pytest.approx(0.01)
    assert p_value(1.5, 50) == 1.0
    assert p_value(5.0, 11) == pytest.approx(0.005)


def test_lengths_beyond_the_table_count_as_its_ends(small_table):
    assert p_value(4.0, 5000) == pytest.approx(0.005)  # not that of 10 values, 0.01
    assert p_value(4.0, 2) == pytest.approx(0.01)


def test_strengths_beyond_the_table_fall_off_as_in_markovs_inequality(small_table):
    assert p_value(5.0 + math.log(50), 100) == pytest.approx(0.001 / 50)
    assert p_value(1.9, 100) == 1.0
    assert 0 < p_value(1e6, 100) < 1e-200


def test_simulated_levels_leave_two_standard_errors():
    # Of 10,000 strengths 0 to 9,999: 1% less two standard errors of 0.0995% are 80.1 above.
    strengths = np.arange(10_000.0)
    found = dict(zip(PROMISES, levels_of([strengths, strengths - 5]), strict=True))
    assert found[0.01] == 9999 - 80
    # At 0.1% the margin is 6.3 of 10.
    assert found[0.001] == 9999 - 3


def test_noise_has_the_autocorrelation_and_size_it_says():
    drawn = np.array([noise(8, 0.7, 1, place) for place in range(4000)])
    assert drawn.std(axis=0) == pytest.approx(np.ones(8), abs=0.06)
    assert np.corrcoef(drawn[:, 3], drawn[:, 4])[0, 1] == pytest.approx(0.7, abs=0.03)
    assert np.array_equal(drawn[17], noise(8, 0.7, 1, 17))


@pytest.mark.parametrize("length", [15, 50])
@pytest.mark.parametrize("rho", RHOS)
def test_flat_series_exceed_the_level_as_seldom_as_promised(length, rho):
    # Another seed than that of the table.
    found = simulate(length, rho, 400, seed=20)
    assert (found > module._LEVELS[length][PROMISES.index(0.1)]).mean() < 0.1 + 3 * 0.015


def test_the_worst_noise_uses_the_promise_up():
    """Levels that are far too cautious would cost delays that nobody asked for."""
    shares = [
        (simulate(30, rho, 400, seed=21) > module._LEVELS[30][PROMISES.index(0.1)]).mean()
        for rho in RHOS
    ]
    assert max(shares) > 0.03


def test_the_command_prints_the_table(capsys, monkeypatch):
    monkeypatch.setattr(module, "LENGTHS", (6, 8))
    monkeypatch.setattr(module, "SERIES", 20)
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    expected = levels_of([simulate(8, rho, 20, 1) for rho in RHOS])
    assert lines[1] == f"    8: {expected},"
    assert main(["20", "3", "7"]) == 0
    assert capsys.readouterr().out.startswith("    7: (")
