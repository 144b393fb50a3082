import pytest

from cnnfc.studies.changes import trials as module
from cnnfc.studies.changes.tools import Tool
from cnnfc.studies.changes.trials import Cell, as_text, from_text, measure


def tool(find, name="cnnfc", *, both_ways=True):
    return Tool(name, name, find, both_ways)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(module, "FLAT_SERIES", 10)
    monkeypatch.setattr(module, "SERIES", 4)


def late(needed, place=20):
    """Reports the step of series with 20 values before it once there are enough values behind."""
    return lambda values: [place] if len(values) >= 20 + needed else []


STEP = Cell("step", "independent", 20, 0.1)


def test_the_name_of_a_cell_says_everything_about_it():
    assert STEP.name == "step independent 20 0.1 0.02"


def test_the_delay_is_the_number_of_new_values_at_the_first_report():
    point = measure(STEP, 1, [tool(late(3)), tool(late(9), "asv"), tool(late(99), "publish")])
    assert point["cnnfc"] == {"delays": "3 3 3 3", "errors": "0 0 0 0", "false": 0}
    assert point["asv"]["delays"] == "10 10 10 10"  # it was not asked at 9
    assert point["publish"] == {"delays": "- - - -", "errors": "- - - -", "false": 0}


def test_once_a_step_is_reported_shorter_series_are_asked_no_more():
    asked = []

    def find(values):
        asked.append(len(values) - 20)
        return [20] if len(values) >= 22 else []

    measure(STEP, 1, [tool(find)])
    assert asked == [1, 2, 30] * 4


def test_a_report_far_off_is_false_and_no_report_of_the_step():
    point = measure(STEP, 1, [tool(lambda values: [3, 18, 26])])
    assert point["cnnfc"] == {"delays": "1 1 1 1", "errors": "-2 -2 -2 -2", "false": 8}
    point = measure(STEP, 1, [tool(lambda values: [14])])
    assert point["cnnfc"] == {"delays": "- - - -", "errors": "- - - -", "false": 4}


def test_flat_series_with_a_step_are_counted_and_timed():
    seen = []

    def find(values):
        seen.append(values)
        return [2, 5] if len(seen) % 2 else []

    cell = Cell("flat", "independent", 30)
    point = measure(cell, 1, [tool(find), tool(lambda values: [1], "asv")])
    assert (point["cnnfc"]["series"], point["cnnfc"]["false"]) == (10, 5)
    # Every fifth is for the others.
    assert (point["asv"]["series"], point["asv"]["false"]) == (2, 2)
    assert point["cnnfc"]["seconds"] >= 0
    assert point["asv"]["own_seconds"] <= point["cnnfc"]["seconds"]
    assert {len(values) for values in seen} == {30}


def test_every_turn_has_series_of_its_own():
    seen = []
    cell = Cell("flat", "autocorrelated", 20)
    for turn in (1, 2, 1):
        measure(cell, turn, [tool(lambda values: seen.append(tuple(values)) or [])])
    assert len(set(seen)) == 20
    assert seen[20:] == seen[:10]


def test_of_several_steps_those_found_and_the_other_reports_are_counted():
    cell = Cell("several", "independent", 200)
    drawn = [module._draw(cell, place) for place in range(4)]
    truths = {tuple(one.values.tolist()): one.steps for one in drawn}

    def find(values):
        first, second, *_ = truths[tuple(values)]
        return [first, first + 1, second - 5]

    point = measure(cell, 1, [tool(find), tool(find, "publish", both_ways=False)])
    assert point == {"cnnfc": {"steps": 20, "found": 8, "false": 4}}


def test_of_ramps_all_reports_are_counted():
    cell = Cell("ramp", "independent", 50, 0.1)
    assert measure(cell, 1, [tool(lambda values: [1, 2, 3])]) == {"cnnfc": {"reports": "3 3 3 3"}}


def test_what_is_not_installed_is_left_out():
    assert set(measure(STEP, 1, [tool(late(1)), tool(None, "otava")])) == {"cnnfc"}


def test_numbers_are_kept_as_text():
    assert as_text([3, None, -1]) == "3 - -1"
    assert from_text("3 - -1") == [3, None, -1]
    assert from_text("") == []
