import csv
import io
import json
from datetime import UTC, datetime

import pytest

from cnnfc.commands.export.text import unguarded, write_csv, write_json
from cnnfc.timeline.table.schema import Column, Type

COLUMNS = (
    Column("name", Type.TEXT, "a name"),
    Column("value", Type.NUMBER, "a number", "seconds"),
    Column("count", Type.INTEGER, "a count"),
    Column("good", Type.BOOLEAN, "a truth"),
    Column("at", Type.TIMESTAMP, "a time", "UTC"),
    Column("parameters", Type.OBJECT, "texts by name"),
)
AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
ROWS = (
    ("oak", 0.1, 2**53 + 1, True, AT, {"case": "dense.2-3"}),
    (None, None, None, None, None, None),
    ('a "quoted", name\r\nof two lines', 5e-324, 0, False, AT, {}),
)


def _csv(rows, columns=COLUMNS):
    sink = io.StringIO()
    return write_csv(columns, rows, sink), sink.getvalue()


def test_csv_is_rfc_4180_with_a_line_of_names():
    count, text = _csv(ROWS[:2])
    assert count == 2
    assert text == (
        "name,value,count,good,at,parameters\r\n"
        'oak,0.1,9007199254740993,true,2026-03-01T12:00:00.250000+00:00,"{""case"": ""dense.2-3""}"'
        "\r\n,,,,,\r\n"
    )


def test_csv_reads_back_as_it_was():
    _, text = _csv(ROWS)
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["name"] for row in read] == ["oak", "", ROWS[2][0]]
    assert [row["value"] and float(row["value"]) for row in read] == [0.1, "", 5e-324]
    assert datetime.fromisoformat(read[0]["at"]) == AT
    assert json.loads(read[0]["parameters"]) == {"case": "dense.2-3"}
    assert [row["good"] for row in read] == ["true", "", "false"]


FORMULAS = ("=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'quoted'", "'=1")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula_and_all_of_them_can_be_had_back(text):
    _, written = _csv([(text,)], COLUMNS[:1])
    ((cell,),) = list(csv.reader(io.StringIO(written, newline="")))[1:]
    assert cell == "'" + text
    assert unguarded(cell) == text


def test_negative_numbers_and_usual_texts_are_left_alone():
    assert _csv([("oak-1", -1.5)], COLUMNS[:2])[1].splitlines()[1] == "oak-1,-1.5"
    assert unguarded("oak's") == "oak's"


def test_json_is_one_object_with_columns_and_a_line_a_row():
    sink = io.StringIO()
    assert write_json(COLUMNS, ROWS, sink, {"schema_version": 3}) == 3
    text = sink.getvalue()
    found = json.loads(text)
    assert list(found) == ["schema_version", "columns", "rows"]
    assert found["schema_version"] == 3
    assert found["columns"][1] == {
        "name": "value",
        "type": "number",
        "unit": "seconds",
        "meaning": "a number",
    }
    names = [column.name for column in COLUMNS]
    expected = [dict(zip(names, row, strict=True)) for row in ROWS]
    for row in expected:
        row["at"] = row["at"] and row["at"].isoformat()
    assert found["rows"] == expected
    assert sum(line.startswith('  {"name"') for line in text.splitlines()) == 3


def test_json_without_a_row_is_sound():
    sink = io.StringIO()
    assert write_json(COLUMNS, [], sink, {}) == 0
    assert json.loads(sink.getvalue())["rows"] == []


def test_rows_are_taken_one_by_one():
    seen = []

    class Sink:
        def write(self, text):
            seen.append(text)

    def rows():
        for number in range(3):
            assert sum("row" in text for text in seen) == number
            yield (f"row {number}",)

    write_csv(COLUMNS[:1], rows(), Sink())
