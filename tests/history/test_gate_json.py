import json
import math
import re
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import jsonschema
import pytest

from cnnfc.errors import DataError
from cnnfc.history import gate_json
from cnnfc.verdicts import (
    BenchmarkResult,
    CanaryResult,
    Effect,
    GateReport,
    SideFacts,
    SkippedBenchmark,
    Verdict,
    WaiverUse,
)
from testkit import gate_reports

ORDINARY = sorted(set(gate_reports.EVERY) - {"hostile"})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "gate.json"


@pytest.fixture
def damaged(path):
    """The message about a file in which `change` has altered the data."""

    def read(change):
        data = json.loads(gate_json.dumps(gate_reports.usual()))
        change(data)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(data))
        with pytest.raises(DataError) as error:
            gate_json.read(path)
        assert str(error.value).startswith(f"{path}: ")
        return str(error.value)[len(f"{path}: ") :]

    return read


@pytest.mark.parametrize("name", ORDINARY)
def test_a_report_is_read_as_it_was_written(path, name):
    report = gate_reports.EVERY[name]()
    gate_json.write(report, path)
    assert gate_json.read(path) == report


@pytest.mark.parametrize("name", sorted(gate_reports.EVERY))
def test_what_is_written_follows_the_schema(name):
    validator = jsonschema.Draft202012Validator(gate_json.schema())
    data = json.loads(gate_json.dumps(gate_reports.EVERY[name]()))
    if name == "hostile":
        # Its numbers cannot be: the schema has to notice.
        assert not validator.is_valid(data)
    else:
        validator.validate(data)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(gate_json.schema())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Effect, "effect"),
        (SideFacts, "side"),
        (BenchmarkResult, "benchmark"),
        (CanaryResult, "canary"),
        (SkippedBenchmark, "skipped"),
        (WaiverUse, "waiver"),
        (GateReport, None),
    ],
)
def test_the_schema_knows_every_field(kind, name):
    schema = gate_json.schema()
    known = set((schema["$defs"][name] if name else schema)["properties"])
    derived = {"benchmark": {"id", "fails"}, None: {"schema", "exit_code", "counts"}}
    assert known - derived.get(name, set()) == {field.name for field in fields(kind)}


def test_the_schema_knows_every_verdict():
    assert gate_json.schema()["$defs"]["benchmark"]["properties"]["verdict"]["enum"] == [*Verdict]


def test_what_follows_from_the_rest_is_there_for_programs():
    data = json.loads(gate_json.dumps(gate_reports.usual()))
    assert (data["schema"], data["exit_code"]) == (1, 1)
    assert data["counts"] == {
        "pass": 4, "regression": 3, "improvement": 1, "inconclusive": 2,
        "machine-moved": 1, "broken": 1, "missing": 1, "new": 1,
    }  # fmt: skip
    first, _, waived = data["benchmarks"][:3]
    assert (first["id"], first["fails"]) == ("dense.Forward.time_layer[dense.64-64-cpu-1]", True)
    assert waived["fails"] is False


def test_infinity_is_null_and_comes_back(path):
    endless = Effect(1.01, 0.0, math.inf, 0.95, math.inf, 1)
    report = gate_reports.report(
        gate_reports.result(effect=endless, pair_values=(math.inf, -math.inf, 0.5))
    )
    gate_json.write(report, path)
    data = json.loads(path.read_text())
    assert data["benchmarks"][0]["effect"]["high"] is None
    assert data["benchmarks"][0]["pair_values"] == [None, -1.7976931348623157e308, 0.5]
    read = gate_json.read(path).benchmarks[0]
    assert read.effect == endless
    assert read.pair_values == (math.inf, -1.7976931348623157e308, 0.5)


def test_lists_of_numbers_take_one_line_and_texts_are_left_alone():
    tricky = "[\n 1,\n 2\n]"
    report = gate_reports.report(gate_reports.result(pair_values=(1.5, -2e-9)), notes=(tricky,))
    text = gate_json.dumps(report)
    assert '"pair_values": [1.5, -2e-09]' in text
    assert json.loads(text)["notes"] == [tricky]


def test_texts_that_utf_8_cannot_hold_are_written(path):
    gate_json.write(gate_reports.report(notes=("a\ud800b", "\x00\x1b[31m")), path)
    assert gate_json.read(path).notes == ("a\ufffdb", "\x00\x1b[31m")


def test_whatever_an_explanation_holds_is_written(path):
    one = gate_reports.result(explanation={"where": Path("a"), "all": (1, None, math.nan), 3: True})
    gate_json.write(gate_reports.report(one), path)
    read = gate_json.read(path).benchmarks[0].explanation
    assert read == {"where": "a", "all": [1, None, None], "3": True}


def test_keys_of_a_newer_version_are_left_alone(path):
    data = json.loads(gate_json.dumps(gate_reports.clean()))
    data["later"] = data["benchmarks"][0]["later"] = {"x": 1}
    path.parent.mkdir()
    path.write_text(json.dumps(data))
    assert gate_json.read(path) == gate_reports.clean()


def test_fields_with_a_default_may_be_missing(path):
    data = json.loads(gate_json.dumps(gate_reports.clean()))
    for key in ("canaries", "waivers", "suite", "selftest", "counts", "exit_code"):
        del data[key]
    path.parent.mkdir()
    path.write_text(json.dumps(data))
    assert gate_json.read(path) == replace(gate_reports.clean(), canaries=())


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (["schema"], 2, "it has schema 2, this cnnfc reads up to 1: update cnnfc to read it"),
        (["schema"], None, "it is not a report of a gate: it has no schema number"),
        (["schema"], True, "it is not a report of a gate"),
        (["benchmarks"], {}, "benchmarks must be a list: run the gate again"),
        (["benchmarks", 0], 1, "benchmarks[0] must be an object"),
        (["benchmarks", 2, "verdict"], "red", "benchmarks[2].verdict must be one of pass, regr"),
        (["benchmarks", 0, "verdict"], [], "benchmarks[0].verdict must be one of"),
        (["benchmarks", 0, "name"], 3, "benchmarks[0].name must be a text"),
        (["benchmarks", 0, "params", 1], None, "benchmarks[0].params[1] must be a text"),
        (["benchmarks", 0, "threshold"], "3%", "benchmarks[0].threshold must be a number"),
        (["benchmarks", 0, "threshold"], 10**400, "benchmarks[0].threshold must be a finite"),
        (["benchmarks", 0, "threshold"], math.nan, "benchmarks[0].threshold must be a finite"),
        (["benchmarks", 0, "effect", "pairs"], 1.5, "effect.pairs must be a whole number"),
        (["benchmarks", 0, "effect", "pairs"], True, "effect.pairs must be a whole number"),
        (["benchmarks", 0, "effect", "low"], -1.0, "benchmarks[0].effect must be a ratio of at"),
        (["benchmarks", 0, "effect", "low"], 9.0, "benchmarks[0].effect must be a ratio of at"),
        (["benchmarks", 0, "pair_values", 0], "x", "pair_values[0] must be a number"),
        (["strict"], 1, "strict must be true or false"),
        (["baseline", "software", "python"], 3, "baseline.software.python must be a text"),
        (["policy"], [], "policy must be an object"),
        (["selftest"], "x", "selftest must be a list"),
    ],
)
def test_a_wrong_field_is_named(damaged, where, value, said):
    def change(data):
        for key in where[:-1]:
            data = data[key]
        data[where[-1]] = value

    assert said in damaged(change)


def test_a_missing_field_is_named(damaged):
    said = damaged(lambda data: data["benchmarks"][1].pop("unit"))
    assert said == "benchmarks[1].unit is missing: run the gate again"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"{", "it is damaged or cut off"),
        (b"[]", "it holds a JSON list and not an object"),
        (b"{}", "it is not a report of a gate"),
        (b'{"schema": 1, "schema": 1}', "schema is there twice"),
        (b"[" * 100_000, "it is nested too deeply"),
    ],
)
def test_a_file_of_something_else_is_refused_in_a_sentence(tmp_path, content, said):
    path = tmp_path / "gate.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(said)):
        gate_json.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gate\.json: it cannot be read"):
        gate_json.read(tmp_path / "gate.json")


def test_the_wheel_carries_the_schema(tmp_path):
    builder = pytest.importorskip("hatchling.builders.wheel")
    root = Path(__file__).parents[2]
    (wheel,) = builder.WheelBuilder(str(root)).build(directory=str(tmp_path))
    assert "cnnfc/history/gate.schema.json" in zipfile.ZipFile(wheel).namelist()
