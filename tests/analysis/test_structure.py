import random

import pytest

from cnnfc.analysis.structure import Groups, follow_one_another, ranks, two_groups


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([5.0], [1.0]),
        ([3.0, 1.0, 2.0], [3.0, 1.0, 2.0]),
        ([3.0, 1.0, 3.0], [2.5, 1.0, 2.5]),
        ([2.0, 2.0, 2.0, 1.0], [3.0, 3.0, 3.0, 1.0]),
    ],
)
def test_equal_values_share_the_mean_of_their_ranks(values, expected):
    assert ranks(values) == expected


def test_a_drift_and_a_step_are_seen():
    assert follow_one_another(list(range(10)))
    assert follow_one_another([1.0, 1.02, 1.01, 1.03] * 3 + [2.0, 2.02, 2.01, 2.03] * 3)


def test_values_that_jump_to_and_fro_do_not_hang_together():
    assert not follow_one_another([1.0, 2.0] * 10)
    assert not follow_one_another([1.0] * 20)


def test_nine_values_are_too_few_to_be_suspected():
    assert not follow_one_another(list(range(9)))
    assert two_groups([1.0] * 5 + [2.0] * 4) is None


def test_independent_values_are_suspected_once_in_a_hundred_samples():
    # 2,000 samples: 20 expected, standard deviation 4.4; five of those either way.
    source = random.Random(1)  # noqa: S311 - a simulation
    found = sum(follow_one_another([source.random() for _ in range(30)]) for _ in range(2000))
    assert 1 <= found <= 42


def test_two_groups_are_counted_and_compared():
    groups = two_groups(sorted([0.99, 1.0, 1.01, 0.99, 1.0, 1.01, 1.49, 1.5, 1.51, 1.5]))
    assert groups == Groups(below=6, above=4, ratio=pytest.approx(1.5, rel=1e-3))


@pytest.mark.parametrize(
    "ordered",
    [
        [1 + index / 100 for index in range(20)],  # evenly spread: 75% explained
        [1.0] * 20,  # all equal
        [1.0] * 10 + [1.001] * 10,  # two steps of a clock
        [1.0] * 19 + [2.0],  # one outlier
        [0.0] * 10 + [1.0] * 10,  # no ratio to zero
        [-2.0] * 10 + [-1.0] * 10,
    ],
)
def test_what_is_one_group_is_not_called_two(ordered):
    assert two_groups(ordered) is None


def test_bell_shaped_samples_are_hardly_ever_called_two_groups():
    source = random.Random(2)  # noqa: S311 - a simulation
    samples = (sorted(source.gauss(10, 1) for _ in range(12)) for _ in range(1000))
    assert sum(two_groups(sample) is not None for sample in samples) <= 5
