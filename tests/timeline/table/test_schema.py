from datetime import UTC, datetime, timedelta, timezone

from cnnfc.timeline.table.schema import LARGEST, Column, Type, described, explained, integer, moment
from cnnfc.timeline.table.schema import number as number_cell
from cnnfc.timeline.table.schema import text as text_cell

COLUMNS = (
    Column("value", Type.NUMBER, "what was measured", "s"),
    Column("n", Type.INTEGER, "how many"),
)


def test_columns_explain_themselves_as_data():
    assert described(COLUMNS) == [
        {"name": "value", "type": "number", "unit": "s", "meaning": "what was measured"},
        {"name": "n", "type": "integer", "unit": "", "meaning": "how many"},
    ]


def test_columns_explain_themselves_to_people():
    assert list(explained(COLUMNS)) == [
        "value  number, s  what was measured",
        "n      integer    how many",
    ]


def test_a_long_meaning_goes_on_below_itself():
    lines = list(explained([Column("n", Type.TEXT, "one two three")], width=14))
    assert lines == ["n  text  one", "         two", "         three"]


def test_text_is_text_that_utf8_can_hold_or_nothing():
    assert [text_cell(v) for v in ("oak", "", None, 3, 2.5, True, ["x"])] == [
        *("oak", None, None, "3", "2.5", None, None)
    ]
    assert text_cell("a\udcffb") == "a?b"


def test_numbers_are_finite_or_nothing():
    cells = [number_cell(v) for v in (1.5, float("nan"), float("inf"), None)]
    assert cells == [1.5, None, None, None]


def test_whole_numbers_fit_64_bits_or_are_nothing():
    cells = [integer(v) for v in (7, True, 1.0, "7", LARGEST, LARGEST + 1, -LARGEST - 1)]
    assert cells == [7, None, None, None, LARGEST, None, None]


def test_moments_are_in_utc():
    berlin = datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1)))
    assert moment(berlin) == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert moment(berlin).tzinfo is UTC
    assert moment(None) is None
