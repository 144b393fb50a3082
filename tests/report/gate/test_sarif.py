import json
import re
from dataclasses import replace
from urllib.parse import unquote

import jsonschema
import pytest

from cnnfc.report.gate.sarif import log
from testkit import gate_reports as gates

TEXT = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1}},
    "required": ["text"],
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
#: What GitHub's "SARIF support for code scanning" asks for, and the kinds of values of SARIF 2.1.0.
REQUIRED = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "automationDetails": {
                        "required": ["id"],
                        "properties": {"id": {"type": "string"}},
                    },
                    "invocations": {
                        "type": "array",
                        "items": {
                            "required": ["executionSuccessful"],
                            "properties": {
                                "executionSuccessful": {"type": "boolean"},
                                "exitCode": {"type": "integer"},
                                "startTimeUtc": TIME,
                                "endTimeUtc": TIME,
                            },
                        },
                    },
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "items": {
                                            "required": [
                                                *("id", "shortDescription", "fullDescription"),
                                                *("help", "defaultConfiguration"),
                                            ],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "help": TEXT,
                                                "defaultConfiguration": {
                                                    "properties": {"level": LEVEL}
                                                },
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "maxItems": 5000,
                        "items": {
                            "required": ["ruleId", "message", "locations", "partialFingerprints"],
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": LEVEL,
                                "message": TEXT,
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                                "suppressions": {
                                    "items": {
                                        "required": ["kind"],
                                        "properties": {"kind": {"enum": ["inSource", "external"]}},
                                    }
                                },
                                "locations": {
                                    "minItems": 1,
                                    "items": {
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "required": ["uri"],
                                                        "properties": {"uri": {"type": "string"}},
                                                    },
                                                    "region": {
                                                        "required": ["startLine"],
                                                        "properties": {
                                                            "startLine": {
                                                                "type": "integer",
                                                                "minimum": 1,
                                                            }
                                                        },
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


def parse(report):
    data = json.loads(log(report))
    jsonschema.Draft202012Validator(REQUIRED).validate(data)
    (run,) = data["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return run


def uris(run):
    return [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
    ]


@pytest.mark.parametrize(
    "name", ["clean", "usual", "many", "hostile", "interrupted", "nothing", "selftest", "moved"]
)
def test_it_has_what_code_scanning_asks_for(name):
    parse(gates.EVERY[name]())


def test_a_rule_a_verdict_and_what_fails_comes_first():
    run = parse(gates.usual())
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("gate/regression", "error"),
        ("gate/regression", "error"),
        ("gate/broken", "error"),
        ("gate/regression", "note"),
        ("gate/machine-moved", "warning"),
        ("gate/inconclusive", "note"),
        ("gate/inconclusive", "note"),
        ("gate/missing", "note"),
    ]


def test_strict_raises_what_is_missing():
    missing = gates.unmeasured(gates.Verdict.MISSING, 0)
    report = gates.report(missing, gates.result(number=1))
    assert parse(report)["results"][0]["level"] == "note"
    assert parse(replace(report, strict=True))["results"][0]["level"] == "warning"


def test_what_passed_is_no_finding():
    run = parse(gates.clean())
    assert run["results"] == []
    assert run["invocations"] == [
        {
            "executionSuccessful": True,
            "exitCode": 0,
            "startTimeUtc": "2026-05-04T10:00:00Z",
            "endTimeUtc": "2026-05-04T10:03:20Z",
        }
    ]


@pytest.mark.parametrize("name", ["nothing", "interrupted"])
def test_a_gate_without_verdict_was_not_successful(name):
    assert parse(gates.EVERY[name]())["invocations"][0]["executionSuccessful"] is False


def test_the_message_says_the_numbers_and_how_to_repeat_them():
    found = parse(gates.usual())["results"][1]
    assert found["message"]["text"] == (
        "dense.Forward.time_layer[dense.128-64-cpu-1]: +3.6%, as the pairs say.\n"
        "Baseline 2.4 ms, contender 2.49 ms, +3.6% (95% interval +2.9% to +4.3%, 12 pairs).\n"
        "Repeat: cnnfc gate main --bench '^dense.*1'"
    )
    assert found["properties"]["ratio"] == 1.036


def test_a_waived_slowdown_is_suppressed():
    found = [r for r in parse(gates.usual())["results"] if "suppressions" in r]
    assert [one["suppressions"] for one in found] == [
        [{"kind": "external", "justification": "waiver dense.Forward.*192.*"}]
    ]


def test_the_place_is_the_file_of_the_benchmark_or_the_suite():
    slower = gates.Verdict.REGRESSION
    report = gates.report(
        gates.result(slower, file="bench marks/dense.py"), gates.result(slower, number=1)
    )
    assert uris(parse(replace(report, suite="perf/benchmarks"))) == [
        "bench%20marks/dense.py",
        "perf/benchmarks",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../secret",
        "a/../../b",
        "https://evil.example/x",
        "C:\\x",
        "//host/x",
        "",
        ".",
    ],
)
def test_a_place_outside_the_repository_is_its_root(path):
    found = gates.result(gates.Verdict.REGRESSION, file=path)
    report = gates.report(found, suite=path)
    assert uris(parse(report)) == ["."]


def test_fingerprints_stay_and_tell_benchmarks_apart():
    prints = [r["partialFingerprints"]["cnnfcBenchmark/v1"] for r in parse(gates.many())["results"]]
    assert len(set(prints)) == len(prints)
    slower = gates.Verdict.REGRESSION
    first, second = gates.report(gates.result(slower, 5.0)), gates.report(gates.result(slower, 9.0))
    (one,), (other,) = parse(first)["results"], parse(second)["results"]
    assert one["partialFingerprints"] == other["partialFingerprints"]


def test_no_text_becomes_a_link_or_leads_out(nasty):
    run = parse(nasty)
    for result in run["results"]:
        assert "](" not in result["message"]["text"]
    for uri in uris(run):
        assert not re.match(r"(?i)/|[a-z]+:|.*\.\.", unquote(uri))
    assert not {"\x00", "\x1b", "\ud800"} & set(log(nasty))


def test_a_self_test_accuses_no_code():
    run = parse(gates.selftest())
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("project", "prefix"),
    [("", ""), (".", ""), ("tools/layers", "tools/layers/"), ("a b", "a%20b/"), ("../x", "")],
)
def test_places_are_relative_to_the_repository_of_the_project(project, prefix):
    found = gates.result(gates.Verdict.REGRESSION, file="benchmarks/dense.py")
    (result,) = json.loads(log(gates.report(found), project))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == f"{prefix}benchmarks/dense.py"


def test_rules_promise_neither_the_whole_threshold_nor_a_command():
    rules = {one["id"]: one for one in parse(gates.clean())["tool"]["driver"]["rules"]}
    assert "half of the threshold" in rules["gate/regression"]["shortDescription"]["text"]
    assert "a GPU's clock" in rules["gate/machine-moved"]["shortDescription"]["text"]
    assert all("Where the result names a command" in r["help"]["text"] for r in rules.values())
