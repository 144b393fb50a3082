import math

import numpy as np
import pytest

from cnnfc.history.index.database import Database, StoreError


@pytest.fixture
def database():
    database = Database(None)
    yield database
    database.close()


def test_columns_come_back_as_they_were(database):
    database.run("CREATE TABLE t (a INTEGER, b DOUBLE)")
    numbers = np.array([3, 1, 2], np.int32)
    values = np.array([math.nan, -math.inf, 5e-324])
    database.append("t", {"b": values, "a": numbers})
    found = database.columns("SELECT * FROM t")
    np.testing.assert_array_equal(found["a"], numbers)
    np.testing.assert_array_equal(found["b"], values)
    assert not isinstance(found["b"], np.ma.MaskedArray)
    assert database.rows("SELECT a FROM t WHERE a > ?", [1]) == [(3,), (2,)]


def test_changes_are_made_together_or_not_at_all(tmp_path):
    path = tmp_path / "a.duckdb"
    database = Database(path)
    database.run("CREATE TABLE t (a INTEGER)")

    def half():
        database.run("INSERT INTO t VALUES (1)")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.change(half)
    database.close()
    again = Database(path)
    assert again.rows("SELECT * FROM t") == []
    again.close()


def test_errors_of_the_database_are_all_of_one_kind(database, tmp_path):
    with pytest.raises(StoreError, match="CatalogException"):
        database.run("SELECT * FROM nothing")
    (tmp_path / "a.duckdb").write_bytes(b"something else" * 100)
    with pytest.raises(StoreError, match="not a valid DuckDB database"):
        Database(tmp_path / "a.duckdb")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError):
        Database(tmp_path / "folder")


def test_nothing_can_be_asked_of_a_closed_one(database):
    database.close()
    with pytest.raises(StoreError):
        database.run("SELECT 1")
    database.close()
