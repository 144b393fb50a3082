import numpy as np
import pytest

from cnnfc.analysis.changepoints import search as module
from cnnfc.analysis.changepoints.evidence import Addition, Evidence
from cnnfc.analysis.changepoints.search import search
from cnnfc.analysis.changepoints.values import Prepared


def evidence(*parts, noise=0.2, seed=1):
    levels = np.concatenate([np.full(length, float(level)) for length, level in parts])
    levels += noise * np.random.default_rng(seed).standard_normal(len(levels))
    ones = np.ones(len(levels))
    return Evidence(
        Prepared(
            levels, ones, np.arange(len(levels)), levels[:0], np.arange(0), noise, relative=False
        )
    )


def places(found):
    return [one.place for one in found]


def test_steps_come_in_order():
    assert places(search(evidence((20, 0), (20, 3), (20, 1)))) == [20, 40]


def test_a_stretch_that_comes_back_is_found_as_two_steps():
    assert places(search(evidence((80, 0), (8, 2), (90, 0)))) == [80, 88]


def test_a_flat_series_has_no_steps():
    assert search(evidence((60, 0))) == []


def test_a_step_moves_to_its_best_place_once_others_are_known(monkeypatch):
    """The first addition is off by three; what is left of it is mended by settling."""
    series = evidence((30, 0), (30, 2))
    real = Evidence.addition

    def off(self, bounds):
        return real(self, bounds) if bounds else Addition(50.0, (33,))

    monkeypatch.setattr(Evidence, "addition", off)
    assert places(search(series)) == [30]


def test_what_is_not_strong_enough_given_the_others_is_taken_out(monkeypatch):
    series = evidence((30, 0), (30, 2))
    real = Evidence.addition

    def too_many(self, bounds):
        return real(self, bounds) if bounds else Addition(50.0, (12, 30, 45))

    monkeypatch.setattr(Evidence, "addition", too_many)
    assert places(search(series)) == [30]


def test_places_are_as_uncertain_as_the_values_leave_them():
    (sharp,) = search(evidence((30, 0), (30, 3)))
    assert (sharp.earliest, sharp.place, sharp.latest) == (30, 30, 30)
    (vague,) = search(evidence((60, 0), (60, 0.2), noise=0.2, seed=3))
    assert vague.latest - vague.earliest >= 4
    assert vague.earliest <= vague.place <= vague.latest


def test_stronger_steps_are_less_probable_in_flat_series():
    (weak,) = search(evidence((30, 0), (30, 0.35)))
    (strong,) = search(evidence((30, 0), (30, 1)))
    assert strong.p_value < weak.p_value <= module.PROMISE


@pytest.mark.parametrize("count", [1, 3, 5])
def test_there_is_nothing_to_find_in_too_few_values(count):
    assert search(evidence((count, 0))) == []
