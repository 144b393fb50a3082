import pytest

from cnnfc.analysis.agreement import STATISTICS, differences

#: Three processes; pooled: 1 2 3 4 5 6 7 8 20.
PROCESSES = [[3, 1, 2], [6, 5, 4], [20, 7, 8]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("minimum", 1),
        ("5% quantile", 1.4),  # place 8 * 0.05 = 0.4 between 1 and 2
        ("10% quantile", 1.8),
        ("25% quantile", 3),
        ("median", 5),
        ("mean", 56 / 9),
        ("median of the processes' minima", 4),  # of 1, 4, 7
        ("minimum of the processes' medians", 2),  # of 2, 5, 8
    ],
)
def test_a_run_is_summed_up_by(name, expected):
    assert STATISTICS[name](PROCESSES) == pytest.approx(expected)


def test_every_statistic_of_a_single_value_is_that_value():
    assert {name: sum_up([[2.5]]) for name, sum_up in STATISTICS.items()} == dict.fromkeys(
        STATISTICS, 2.5
    )


def test_every_two_runs_are_compared_and_the_order_does_not_matter():
    assert differences([10.0, 12.0, 9.0]) == pytest.approx([0.2, 1 / 9, 1 / 3])
    assert differences([12.0, 10.0]) == differences([10.0, 12.0])


def test_one_run_has_nothing_to_differ_from():
    assert differences([10.0]) == []
