import csv
import io
import json
import math

import pytest

from cnnfc.report.model import Cell, Column, Sparkline, Table
from cnnfc.report.writing.downloads import as_csv, as_json


def _table(columns, *rows):
    return Table("t", "A table", columns, rows, note="In small print.")


def _rows(table):
    return list(csv.reader(io.StringIO(as_csv(table), newline="")))


LATENCIES = _table(
    (
        Column("Case", code=True),
        Column("Latency", "ms", numeric=True, hint="Of one call"),
        Column("95% interval", "ms", numeric=True),
        Column("n", numeric=True),
        Column("Change", numeric=True),
        Column("History"),
    ),
    (
        Cell("conv2d, k3", warning="few values"),
        Cell("1.23", sort="0.0012345"),
        Cell("1.20 – 1.29"),
        Cell("1,200", sort="1200"),
        Cell("▲ +8.2%", sort="1.082", detail="worse"),
        Cell("", spark=Sparkline(("M0 0",), ("0", "0"), "2 values")),
    ),
    (Cell("dense"), Cell("–"), Cell("–"), Cell("7", sort="7"), Cell("–"), Cell("")),
)


def test_a_csv_file_has_one_line_of_titles_and_numbers_in_base_units():
    assert _rows(LATENCIES) == [
        [
            "Case",
            "Latency (s)",
            "95% interval (ms)",
            "n",
            "Change",
            "Change, small print",
            "Doubts",
        ],
        ["conv2d, k3", "0.0012345", "1.20 – 1.29", "1200", "1.082", "worse", "few values"],
        ["dense", "", "", "7", "", "", ""],
    ]
    assert as_csv(LATENCIES).count("\r\n") == 3


def test_a_json_file_says_what_its_columns_are():
    found = json.loads(as_json(LATENCIES))
    assert (found["table"], found["caption"], found["note"]) == ("t", "A table", "In small print.")
    assert found["columns"][1] == {
        "title": "Latency",
        "unit": "s",
        "kind": "number",
        "about": "Of one call",
    }
    assert [column["kind"] for column in found["columns"]] == [
        *("text", "number", "text", "number", "number", "text", "text")
    ]
    assert found["rows"] == [
        ["conv2d, k3", 0.0012345, "1.20 – 1.29", 1200, 1.082, "worse", "few values"],
        ["dense", None, None, 7, None, None, None],
    ]


@pytest.mark.parametrize(
    ("unit", "base"),
    [
        *(("µs", "s"), ("GiB", "B"), ("TFLOP/s", "FLOP/s"), ("M", ""), ("kHz", "Hz")),
        *(("still there", "still there"), ("", "")),
    ],
)
def test_the_unit_of_a_number_is_the_one_that_the_symbol_is_made_of(unit, base):
    table = _table((Column("A", unit, numeric=True),), (Cell("1", sort="1"),))
    assert _rows(table)[0] == [f"A ({base})" if base else "A"]


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\n=1", "＝1", "－1"),
        "=cmd|' /C calc'!A0",
    ],
)
def test_a_text_that_a_spreadsheet_would_run_begins_with_an_apostrophe(text):
    table = _table((Column(text), Column("Small")), (Cell(text), Cell("x", detail=text)))
    cells = [cell for row in _rows(table) for cell in row if cell not in ("Small", "x")]
    assert len(cells) == 4
    assert all(cell.startswith("'") for cell in cells if cell != "Small, small print")
    # JSON is for programs, which run nothing.
    assert json.loads(as_json(table))["rows"][0][0][0] != "'"


def test_a_negative_number_is_a_number():
    table = _table((Column("A", numeric=True),), (Cell("−3.0%", sort="-0.03"),), (Cell("−2"),))
    assert _rows(table)[1:] == [["-0.03"], ["-2"]]


def test_commas_quotes_and_lines_stay_inside_their_cell():
    text = 'a, "b"\nc; d'
    assert _rows(_table((Column("A"), Column("B")), (Cell(text), Cell("x"))))[1] == [text, "x"]


@pytest.mark.parametrize("sort", ["nan", "inf", "-inf", "", "2026-03-01", "0x10"])
def test_what_is_no_finite_number_is_its_text(sort):
    table = _table((Column("A", "ms", numeric=True),), (Cell("∞", sort=sort),))
    assert _rows(table)[1] == ["∞"]
    assert json.loads(as_json(table))["columns"][0]["unit"] == "ms"


def test_a_number_that_is_only_shown_is_taken_where_it_has_no_unit():
    rows = ((Cell("1,234.5"), Cell("1.2")),)
    table = _table((Column("A", numeric=True), Column("B", "ms", numeric=True)), *rows)
    assert json.loads(as_json(table))["rows"] == [[1234.5, "1.2"]]


def test_a_text_is_not_replaced_by_what_it_is_sorted_by():
    columns = (Column("Commit", code=True), Column("Range", numeric=True))
    table = _table(columns, (Cell("1b92fc86", sort="20260301"), Cell("1.0 – 2.0", sort="1")))
    assert _rows(table)[1] == ["1b92fc86", "1.0 – 2.0"]


def test_no_two_columns_have_one_title():
    columns = (Column("A"), Column("A", "ms"), Column("A"), Column(""), Column("A", "ms"))
    table = _table(columns, tuple(Cell("x") for _ in columns))
    titles = _rows(table)[0]
    assert titles == ["A", "A (ms)", "A 2", "Column 4", "A 2 (ms)"]


def test_numbers_have_all_their_digits():
    value = 0.1 + 0.2
    table = _table((Column("A", numeric=True),), (Cell("0.3", sort=repr(value)),))
    assert float(_rows(table)[1][0]) == value
    assert math.isclose(json.loads(as_json(table))["rows"][0][0], value, rel_tol=0)


def test_a_table_without_rows_has_its_titles():
    assert _rows(_table((Column("A"), Column("B", "ms")))) == [["A", "B (ms)"]]
    assert json.loads(as_json(_table((Column("A"),))))["rows"] == []


def test_characters_that_cannot_be_shown_are_replaced():
    table = _table((Column("A"),), (Cell("a\x00b\u202ec\ud800"),))
    for text in (as_csv(table), as_json(table)):
        assert "a\ufffdb\ufffdc\ufffd" in text
        text.encode("utf-8")
