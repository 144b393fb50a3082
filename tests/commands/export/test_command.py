"""``cnnfc export`` from the outside."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cnnfc.commands.export.command import ExportOptions, export
from cnnfc.commands.export.text import unguarded, write_csv
from cnnfc.errors import DataError, NothingMeasured, UsageError
from cnnfc.timeline.table.columns import columns
from cnnfc.timeline.table.points import rows_of
from cnnfc.timeline.table.source import look_through
from testkit import odd_results
from testkit import results_on_disk as disk
from testkit.terminals import Terminal


@pytest.fixture
def results(tmp_path):
    return disk.small(tmp_path / "results")


@pytest.fixture
def said(results):
    """Exports the small results; gives exit code, standard output and standard error."""

    def run(**options):
        out, err = io.StringIO(), io.StringIO()
        code = export(ExportOptions(**{"results": results, **options}), out, err=err)
        return code, out.getvalue(), err.getvalue()

    return run


def _rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_standard_output_gets_csv_and_nothing_else(said):
    code, out, err = said()
    assert (code, err) == (0, "")
    rows = _rows(out)
    assert list(rows[0]) == [column.name for column in columns()]
    assert len(rows) == 15
    assert {row["machine"] for row in rows} == {"oak", "elm"}
    assert said(out=Path("-"))[1] == out


def test_every_format_has_the_same_rows(said, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    for ending in ("csv", "json", "parquet"):
        code, out, _ = said(out=tmp_path / f"table.{ending}", samples=True)
        assert code == 0
        assert out == f"wrote 93 rows of 45 columns to {tmp_path}/table.{ending}\n"
    text = (tmp_path / "table.csv").read_bytes().decode()
    from_csv = _rows(text)
    from_json = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))["rows"]
    with duckdb.connect() as database:
        found = database.execute(
            "SELECT * EXCLUDE (commit_date, started_at) FROM read_parquet(?)",
            [str(tmp_path / "table.parquet")],
        )
        names = [column[0] for column in found.description]
        from_parquet = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert len(from_csv) == len(from_json) == len(from_parquet) == 93
    for a, b, c in zip(from_csv, from_json, from_parquet, strict=True):
        assert {name: b[name] for name in c} == c
        for column in columns(samples=True):
            assert _read(a[column.name], column.type) == b[column.name], column.name


def _read(cell, kind):
    if cell == "":
        return None
    if kind == "object":
        return json.loads(cell)
    if kind in ("text", "timestamp"):
        return unguarded(cell)
    return {"number": float, "integer": int, "boolean": lambda c: c == "true"}[kind](cell)


def test_the_format_is_that_of_the_option_or_of_the_name(said, tmp_path):
    said(out=tmp_path / "table.JSON")
    assert json.loads((tmp_path / "table.JSON").read_text())["schema_version"] == 1
    said(out=tmp_path / "table.txt", format="csv")
    assert (tmp_path / "table.txt").read_text().startswith("machine,")
    with pytest.raises(UsageError, match=r"table.txt does not say its format: end it with .csv"):
        said(out=tmp_path / "table.txt")
    with pytest.raises(UsageError, match="unknown format 'xlsx': choose one of csv, json, parquet"):
        said(format="xlsx")


def test_machines_environments_and_benchmarks_can_be_chosen(said):
    rows = _rows(said(machines=("elm",), bench=("^conv", "nothing"))[1])
    assert {(row["machine"], row["benchmark"]) for row in rows} == {("elm", disk.FORWARD)}
    rows = _rows(said(bench=(r"time_layer\(.*, cpu-2\)",))[1])
    assert {row["device"] for row in rows} == {"cpu-2"}
    with pytest.raises(UsageError, match="unknown machine 'elk': choose one of elm, oak"):
        said(machines=("elk",))
    with pytest.raises(UsageError, match=r"unknown environment 'py2': choose one of py3\.11"):
        said(environments=("py2",))
    with pytest.raises(UsageError, match="--bench '\\(' is not a regular expression"):
        said(bench=("(",))


def test_nothing_that_matches_writes_nothing(said, tmp_path):
    with pytest.raises(NothingMeasured, match="nothing was written"):
        said(bench=("no such",), out=tmp_path / "table.csv")
    assert not (tmp_path / "table.csv").exists()


def test_the_columns_are_explained_without_any_results(tmp_path):
    out = io.StringIO()
    options = ExportOptions(show_columns=True, samples=True, results=tmp_path / "absent")
    assert export(options, out) == 0
    text = out.getvalue()
    for column in columns(samples=True):
        assert f"\n{column.name} " in f"\n{text}"
    assert "RFC 4180" in text


def test_a_table_never_lands_among_the_results(said, results, tmp_path):
    before = sorted(results.rglob("*"))
    with pytest.raises(UsageError, match="would lie among the results"):
        said(out=results / "oak" / "table.json")
    with pytest.raises(UsageError, match="is a folder: name a file in it"):
        said(out=tmp_path, format="csv")
    assert sorted(results.rglob("*")) == before


def test_reading_changes_no_result(said, results, tmp_path):
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in results.rglob("*.json")}
    said(out=tmp_path / "table.csv", samples=True)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in results.rglob("*.json")} == before


def test_files_that_were_left_out_are_named_on_standard_error(said, results):
    for number in range(12):
        (results / "oak" / f"{number:08x}-broken.json").write_text("{")
    _, out, err = said()
    assert len(_rows(out)) == 15
    assert err.count("left out results/oak/") == 10
    assert "left out 2 more" in err


def test_a_file_that_changes_meanwhile_leaves_no_half_table(said, results, tmp_path, monkeypatch):
    from cnnfc.commands.export import command

    real = command.source_of

    def look_and_remove(index):
        found = real(index)
        (results / "oak" / "00000002-py3.11.json").unlink()
        return found

    monkeypatch.setattr(command, "source_of", look_and_remove)
    with pytest.raises(DataError, match="was changed while it was read"):
        said(out=tmp_path / "table.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results"]


def test_with_the_index_of_the_time_before_the_table_is_the_same(said, tmp_path):
    place = odd_results.write(tmp_path / "odd", 6)
    options = {"results": place[0], "hardware": place[1]}
    first = said(**options)
    assert len(_rows(first[1])) > 200
    assert first[2].startswith("left out results/benchmarks.json: unit of suite.time_gone in it ")
    assert len(first[2].splitlines()) == 11
    assert said(**options) == first
    source = look_through(*place)
    rows = [row for head in source.heads for row in rows_of(source.load(head), source)]
    plain = io.StringIO()
    write_csv(columns(), rows, plain)
    assert first[1] == plain.getvalue()


def test_parquet_is_refused_to_a_terminal(results):
    with pytest.raises(UsageError, match="Parquet is not for a terminal: name a file"):
        export(ExportOptions(results=results, format="parquet"), Terminal())


def test_hostile_names_reach_no_spreadsheet_as_formulas(said, results):
    disk.write(results, 3, "=cmd()", "@env", **{"-1+1": disk.row([1.0], ["=HYPERLINK()"])})
    _, out, _ = said()
    cells = [cell for row in _rows(out) for cell in row.values()]
    assert "'=cmd()" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@", "-1+"))]


def _cnnfc(*arguments, **options):
    program = [sys.executable, "-m", "cnnfc.cli", "export", *arguments]
    return subprocess.run(program, check=False, timeout=60, **options)


def test_parquet_goes_through_a_pipe(results, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "table.parquet"
    with path.open("wb") as file:
        done = _cnnfc("--results", str(results), "--format", "parquet", stdout=file)
    assert done.returncode == 0
    with duckdb.connect() as database:
        query = "SELECT count(*) FROM read_parquet(?)"
        assert database.execute(query, [str(path)]).fetchone() == (15,)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_reader_that_has_seen_enough_ends_it_quietly(results):
    read, write = os.pipe()
    os.close(read)
    done = _cnnfc("--results", str(results), stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")
