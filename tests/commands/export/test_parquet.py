import json
import sys
from datetime import UTC, datetime

import pytest

from cnnfc.commands.export.parquet import write_parquet
from cnnfc.errors import DataError, UsageError
from cnnfc.timeline.table.schema import LARGEST, Column, Type

duckdb = pytest.importorskip("duckdb")

COLUMNS = (
    Column("name", Type.TEXT, "it's a name"),
    Column("value", Type.NUMBER, "a number"),
    Column("count", Type.INTEGER, "a count"),
    Column("good", Type.BOOLEAN, "a truth"),
    Column("at", Type.TIMESTAMP, "a time", "UTC"),
    Column("parameters", Type.OBJECT, "texts by name"),
)
AT = datetime(2026, 3, 1, 12, 0, 0, 250_123, tzinfo=UTC)
ROWS = [
    ("oak", 0.1, 7, True, AT, {"case": "dense.2-3", "it's": 'a "b"\n'}),
    (None, None, None, None, None, None),
    ("'=cmd()\x00\r\n\",", 5e-324, -LARGEST, False, AT, {}),
    ("שלום", 1.7976931348623157e308, LARGEST, True, AT, {"": ""}),
]


def _read(path):
    # What DuckDB makes of times in Python needs a package of its own.
    query = 'SELECT * REPLACE (epoch_us("at") AS "at") FROM read_parquet(?)'
    with duckdb.connect() as database:
        return database.execute(query, [str(path)]).fetchall()


def test_parquet_reads_back_as_it_was(tmp_path):
    path = tmp_path / "it's a table.parquet"
    assert write_parquet(COLUMNS, iter(ROWS), path, {}) == 4
    microseconds = round(AT.timestamp() * 1e6)
    expected = [(*row[:4], row[4] and microseconds, row[5]) for row in ROWS]
    assert _read(path) == expected


def test_columns_have_types_of_their_own(tmp_path):
    path = tmp_path / "table.parquet"
    write_parquet(COLUMNS, ROWS, path, {})
    with duckdb.connect() as database:
        found = database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    assert [(name, kind) for name, kind, *_ in found] == [
        ("name", "VARCHAR"),
        ("value", "DOUBLE"),
        ("count", "BIGINT"),
        ("good", "BOOLEAN"),
        ("at", "TIMESTAMP WITH TIME ZONE"),
        ("parameters", "MAP(VARCHAR, VARCHAR)"),
    ]


def test_a_file_explains_its_columns(tmp_path):
    path = tmp_path / "table.parquet"
    write_parquet(COLUMNS, ROWS, path, {"schema_version": 1, "tool": "cnnfc 1"})
    query = "SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)"
    with duckdb.connect() as database:
        found = dict(database.execute(query, [str(path)]).fetchall())
    assert (found["schema_version"], found["tool"]) == ("1", "cnnfc 1")
    assert json.loads(found["columns"])[0]["meaning"] == "it's a name"


def test_rows_stay_in_their_order_over_many_groups(tmp_path):
    path = tmp_path / "table.parquet"
    rows = ((f"row {number}", float(number)) for number in range(100_000))
    assert write_parquet(COLUMNS[:2], rows, path, {}) == 100_000
    query = "SELECT count(*), bool_and(value = n) FROM (SELECT value, row_number() OVER () - 1 n "
    with duckdb.connect() as database:
        found = database.execute(f"{query} FROM read_parquet(?))", [str(path)]).fetchone()
    assert found == (100_000, True)


def test_what_goes_wrong_with_the_rows_is_not_hidden(tmp_path):
    def rows():
        yield ROWS[0]
        raise DataError("it was changed meanwhile")

    with pytest.raises(DataError, match=r"^it was changed meanwhile$"):
        write_parquet(COLUMNS, rows(), tmp_path / "table.parquet", {})


def test_a_place_that_cannot_be_written_to_is_one_sentence(tmp_path):
    with pytest.raises(
        DataError, match=r"DuckDB cannot write Parquet into .*absent.* --format csv"
    ):
        write_parquet(COLUMNS, ROWS, tmp_path / "absent" / "table.parquet", {})


def test_without_duckdb_the_next_step_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match=r"not installed: `pip install duckdb`, or choose"):
        write_parquet(COLUMNS, ROWS, tmp_path / "table.parquet", {})
