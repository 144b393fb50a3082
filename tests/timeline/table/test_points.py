import json
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from cnnfc.timeline.table.columns import columns
from cnnfc.timeline.table.facts import Facts
from cnnfc.timeline.table.points import rows_of
from cnnfc.timeline.table.schema import Type
from cnnfc.timeline.table.source import look_through
from testkit import histories as make
from testkit import results_on_disk as disk


@pytest.fixture
def table(tmp_path):
    """Gives the rows of everything in a small results folder, by name."""
    disk.small(tmp_path / "results")

    def rows(hardware=None, **options):
        source = look_through(tmp_path / "results", hardware)
        names = [column.name for column in columns(samples=options.get("samples", False))]
        return [
            dict(zip(names, row, strict=True))
            for head in source.heads
            for row in rows_of(source.load(head), source, **options)
        ]

    return rows


def test_every_point_is_a_row_with_what_it_is_of(table):
    rows = table()
    assert len(rows) == 5 + 4 + 6
    first = rows[0]
    assert {name: first[name] for name in list(first)[:11]} == {
        "machine": "oak",
        "environment": "py3.11",
        "commit": disk.commit(1),
        "commit_date": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "started_at": datetime(2026, 3, 1, 13, tzinfo=UTC),
        "benchmark": disk.FORWARD,
        "family": "conv",
        "parameters": {"case": disk.CASE, "device": "cpu-1"},
        "case": disk.CASE,
        "device": "cpu-1",
        "outcome": "measured",
    }


def test_a_value_comes_with_its_interval_and_how_it_was_measured(table):
    first = table()[0]
    assert first["value"] == pytest.approx(1e-3)
    assert (first["low"], first["high"]) == (pytest.approx(0.99e-3), pytest.approx(1.01e-3))
    assert first["confidence"] == 1 - 2 / 2**7
    assert (first["unit"], first["statistic"], first["n"]) == ("seconds", "median", 7)
    assert (first["asv_value"], first["number"], first["repeat"]) == (1e-3, 10, 7)
    assert (first["q25"], first["q75"]) == (pytest.approx(0.995e-3), pytest.approx(1.005e-3))
    assert first["warnings"] is None
    assert first["higher_is_better"] is False
    assert first["result_file"] == "results/oak/00000001-py3.11.json"


def test_what_was_not_measured_has_its_row_without_a_value(table):
    rows = {(r["outcome"], r["benchmark"]): r for r in table() if r["machine"] == "elm"}
    assert {outcome for outcome, _ in rows} == {"measured", "failed", "skipped"}
    for (outcome, _), row in rows.items():
        known = [row[name] for name in ("value", "low", "high", "statistic", "n", "asv_value")]
        assert (known == [None] * 6) is (outcome != "measured")
        assert row["unit"] == "seconds"


def test_another_version_is_marked(table):
    found = [(r["version"], r["current_version"]) for r in table() if r["family"] == "other"]
    assert found == [("1", False), ("2", True)]


def test_what_is_no_layer_has_neither_case_nor_device(table):
    row = next(r for r in table() if r["benchmark"] == "other.time_old")
    assert (row["case"], row["device"], row["parameters"]) == (None, None, {})


def test_a_row_a_value_keeps_their_order_and_loses_no_point(table):
    plain, rows = table(), table(samples=True)
    measured = [row for row in plain if row["outcome"] == "measured"]
    assert len(rows) == 7 * len(measured) + (len(plain) - len(measured))
    first = rows[:7]
    assert [row["sample"] for row in first] == list(range(7))
    factors = [0.99, 1.01, 1.0, 0.995, 1.005, 0.9975, 1.0025]
    assert [row["sample_value"] for row in first] == [pytest.approx(1e-3 * f) for f in factors]
    assert {row["value"] for row in first} == {plain[0]["value"]}
    left = [row for row in rows if row["outcome"] != "measured"]
    assert {(row["sample"], row["sample_value"]) for row in left} == {(None, None)}


def test_only_what_is_wanted_is_there(table):
    rows = table(keep=lambda benchmark, parameters: "cpu-2" in parameters)
    assert {row["device"] for row in rows} == {"cpu-2"}


def test_each_point_of_a_resumed_run_has_the_facts_of_its_own_record(table, tmp_path):
    folder = tmp_path / "hardware" / "oak"
    folder.mkdir(parents=True)
    for hour, torch in ((12, "2.12.0"), (14, "2.13.0")):
        record = make.record(1, torch=torch)
        record = replace(
            record, commit=disk.commit(1), started_at=datetime(2026, 3, 1, hour, tzinfo=UTC)
        )
        (folder / f"{hour}.json").write_text(json.dumps(record.as_dict()))
    path = tmp_path / "results" / "oak" / "00000001-py3.11.json"
    content = json.loads(path.read_text())
    content["results"][disk.DENSE][3] = disk.milliseconds(2026, 3, 1, 15)
    path.write_text(json.dumps(content))
    found = {r["benchmark"]: r for r in table(tmp_path / "hardware") if r["commit_date"].day == 1}
    assert found[disk.FORWARD]["torch"] == "2.12.0"
    assert found[disk.DENSE]["torch"] == "2.13.0"
    assert found[disk.DENSE]["hardware_file"] == "hardware/oak/14.json"


def test_cells_are_of_the_types_that_columns_state(table):
    kinds = {
        Type.TEXT: str,
        Type.NUMBER: float,
        Type.INTEGER: int,
        Type.BOOLEAN: bool,
        Type.TIMESTAMP: datetime,
        Type.OBJECT: dict,
    }
    types = {column.name: kinds[column.type] for column in columns(samples=True)}
    for row in table(samples=True):
        for name, value in row.items():
            assert value is None or type(value) is types[name], name


def test_facts_are_in_the_order_of_their_columns():
    names = [column.name for column in columns()]
    *own, last = [field.name for field in fields(Facts)]
    assert names[-len(own) - 2 :] == [*own, "result_file", last]


def test_no_two_columns_have_one_name():
    names = [column.name for column in columns(samples=True)]
    assert len(set(names)) == len(names)
    assert columns() == columns(samples=True)[:-2]
