import pytest

from cnnfc.history.asv_format1 import columns
from cnnfc.history.asv_row import RowError


def test_a_bare_number_is_a_result_without_parameters():
    found = columns(0.25, "7", 1_000)
    assert found == {
        "result": [0.25],
        "params": [],
        "version": "7",
        "started_at": 1_000,
        "samples": None,
    }


def test_a_bare_list_is_the_list_of_results():
    assert columns([0.25], None, None)["result"] == [0.25]


def test_statistics_of_each_combination_become_columns():
    stats = [{"ci_99": [1, 2], "q_25": 3, "q_75": 4, "number": 5, "repeat": 6}, None]
    found = columns({"result": [1, None], "params": [["1", "2"]], "stats": stats}, None, None)
    assert found["stats_ci_99_a"] == [1, None]
    assert found["stats_ci_99_b"] == [2, None]
    assert found["stats_q_25"] == [3, None]
    assert found["stats_q_75"] == [4, None]
    assert found["stats_number"] == [5, None]
    assert found["stats_repeat"] == [6, None]


def test_one_sample_alone_is_put_into_a_list_and_a_list_of_samples_is_kept():
    assert columns({"result": 1, "samples": [1.0, 2.0]}, None, None)["samples"] == [[1.0, 2.0]]
    assert columns({"result": 1, "samples": [[1.0, 2.0]]}, None, None)["samples"] == [[1.0, 2.0]]
    assert columns({"result": 1, "samples": [None]}, None, None)["samples"] == [None]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"params": []}, "it has no result"),
        ({"result": 1, "stats": 3}, "its statistics are 3 and not an object"),
        ({"result": 1, "stats": {"ci_99": [1]}}, r"its interval \[1\] has no two bounds"),
    ],
)
def test_an_entry_of_another_shape_is_refused(entry, why):
    with pytest.raises(RowError, match=why):
        columns(entry, None, None)
