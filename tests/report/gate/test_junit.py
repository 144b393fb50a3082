import math
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from cnnfc.report.gate.junit import xml
from testkit import gate_reports as gates


def parse(report):
    text = xml(report)
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n')
    root = ET.fromstring(text.encode())  # noqa: S314 - written by ourselves
    assert root.tag == "testsuites"
    (suite,) = root
    assert suite.tag == "testsuite"
    return suite


def outcomes(suite):
    """(id, outcome, message) of every test case, as a reader of JUnit takes them."""
    found = []
    for case in suite.findall("testcase"):
        assert {"classname", "name", "time"} <= set(case.attrib)
        assert float(case.get("time")) >= 0
        children = [child for child in case if child.tag != "properties"]
        assert len(children) <= 1
        outcome = children[0].tag if children else "passed"
        message = children[0].get("message") if children else ""
        found.append((case.get("name"), outcome, message))
    return found


def properties(element):
    return {one.get("name"): one.get("value") for one in element.findall("properties/property")}


@pytest.mark.parametrize("name", ["clean", "usual", "many", "interrupted", "nothing", "hostile"])
def test_the_totals_are_those_of_the_cases(name):
    suite = parse(gates.EVERY[name]())
    said = [outcome for _, outcome, _ in outcomes(suite)]
    assert {key: int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": len(said),
        "failures": said.count("failure"),
        "errors": said.count("error"),
        "skipped": said.count("skipped"),
    }


def test_every_verdict_has_its_outcome():
    said = [outcome for _, outcome, _ in outcomes(parse(gates.usual()))]
    assert said == [
        *("failure", "failure", "skipped", "error"),  # two regressions, a waived one, a broken one
        *("skipped",) * 5,  # machine-moved, inconclusive twice, missing, new
        *("passed",) * 5,  # an improvement and four that passed
        "skipped",  # on both sides
    ]


def test_reasons_are_messages():
    said = {name: message for name, _, message in outcomes(parse(gates.usual()))}
    assert said["dense.Forward.time_layer[dense.256-64-cpu-1]"] == (
        "Works on the baseline, fails on the contender."
    )
    assert said["dense.Forward.time_layer[dense.384-64-cpu-1]"] == "Too noisy: 4.3% would show."
    assert said["dense.Forward.time_layer[dense.192-64-cpu-1]"] == (
        "accepted by the waiver dense.Forward.*192.*: +5.1%, as the pairs say."
    )
    assert said["'dense.64-64', 'cuda-0'"] == "there is no CUDA device here"


def test_strict_fails_what_is_inconclusive_or_missing():
    assert [o for _, o, _ in outcomes(parse(gates.doubtful()))] == ["skipped", "passed", "passed"]
    strict = outcomes(parse(gates.doubtful(strict=True)))
    assert [o for _, o, _ in strict] == ["failure", "passed", "passed"]
    assert strict[0][2].endswith("(strict)")


def test_what_was_broken_before_is_no_error():
    broken = gates.unmeasured(gates.Verdict.BROKEN, 0, failed_on=("baseline", "contender"))
    report = gates.report(gates.result(number=1), broken)
    assert [o for _, o, _ in outcomes(parse(report))] == ["passed", "skipped"]


def test_ratio_and_interval_are_properties():
    (case, *_) = parse(gates.usual()).findall("testcase")
    found = properties(case)
    assert {
        key: found[key] for key in ("verdict", "ratio", "ratio_low", "ratio_high", "pairs")
    } == {
        "verdict": "regression",
        "ratio": "1.082",
        "ratio_low": "1.068",
        "ratio_high": "1.096",
        "pairs": "12",
    }
    assert (found["baseline"], found["unit"], found["threshold"]) == ("0.0012", "seconds", "0.03")
    assert found["mean_ratio"] == "1.085"


def test_a_failure_says_all_that_a_person_needs():
    failure = parse(gates.usual()).find("testcase/failure")
    assert failure.get("type") == "regression"
    assert failure.text.splitlines()[1:] == [
        "baseline: 1.2 ms",
        "contender: 1.3 ms",
        "change: +8.2% (95% interval +6.8% to +9.6%, 12 pairs)",
        "mean of all calls: +8.5% (95% interval +5.7% to +11.3%, 12 pairs)",
        "differs: Other kernel: brgconv:avx512_core became gemm:jit.",
        "differs: The contender adds the operator aten::contiguous, 7% of its time.",
        "repeat: cnnfc gate main --bench '^dense.*0'",
    ]


def test_an_error_ends_with_standard_error():
    error = parse(gates.usual()).find("testcase/error")
    assert error.text.endswith("(1x64 and 65x64)")


@pytest.mark.parametrize("name", ["nothing", "interrupted"])
def test_without_a_verdict_there_is_an_error(name):
    last = outcomes(parse(gates.EVERY[name]()))[-1]
    assert last[:2] == ("gate", "error")


def test_the_suite_says_what_was_compared():
    suite = parse(gates.usual())
    found = properties(suite)
    assert found["baseline"] == "main (a1a1a1a1)"
    assert found["contender"] == "work tree"
    assert found["exit_code"] == "1"
    assert suite.get("timestamp") == "2026-05-04T10:00:00+00:00"
    assert float(suite.get("time")) == 200.0


def test_the_file_of_a_benchmark_is_given_where_it_is_known():
    suite = parse(gates.report(gates.result(file="benchmarks/dense.py"), gates.result(number=1)))
    assert [case.get("file") for case in suite.findall("testcase")] == ["benchmarks/dense.py", None]


def test_times_are_numbers_whatever_the_report_says():
    assert float(parse(gates.report(gates.result(), seconds=math.nan)).get("time")) == 0.0


def test_whatever_names_hold_it_can_be_parsed(nasty):
    suite = parse(nasty)
    said = [outcome for _, outcome, _ in outcomes(suite)]
    assert said.count("failure") == 1
    assert said.count("error") == 1
    text = ET.tostring(suite, encoding="unicode")
    assert not {"\x00", "\x1b", "\x9b", "\ufffe", "\ud800"} & set(text)


def test_a_machine_that_moved_is_not_green():
    said = outcomes(parse(gates.moved()))
    assert [outcome for _, outcome, _ in said] == ["skipped", "passed", "error"]
    assert said[-1][0] == "gate"
    assert "the machine moved" in said[-1][2]


def test_a_self_test_is_one_case_that_fails_if_the_gate_is_blind():
    report = gates.selftest()
    assert outcomes(parse(report)) == [("selftest", "passed", "")]
    missed = replace(report, benchmarks=(gates.result(percent=0.3), *report.benchmarks[1:]))
    for failed in (missed, replace(report, finished_at=None)):
        ((name, outcome, message),) = outcomes(parse(failed))
        assert (name, outcome) == ("selftest", "failure")
        assert message
