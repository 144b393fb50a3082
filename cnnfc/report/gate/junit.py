"""Writes a gate as JUnit XML, one test case a benchmark.

The dialect is that of pytest's ``--junitxml`` (``xunit2`` with properties in test cases), which
GitLab, Jenkins and GitHub's actions read.  A test case fails where the gate fails: a regression
without waiver is a failure, a benchmark that the contender breaks an error, and in a strict gate
what is inconclusive or missing a failure.  What was not judged is skipped with its reason.  A
self-test is one test case.
"""

from __future__ import annotations

import math
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cnnfc.report.gate import words
from cnnfc.verdicts import BenchmarkResult, Effect, GateReport, Verdict

_PASSING: Final = (Verdict.PASS, Verdict.IMPROVEMENT)
_STRICT: Final = (Verdict.INCONCLUSIVE, Verdict.MISSING)


def xml(report: GateReport) -> str:
    """The report as one JUnit document.  Characters that XML cannot hold are replaced."""
    suite = Element("testsuite", name="cnnfc gate")
    _properties(suite, _facts(report))
    seconds = report.seconds if math.isfinite(report.seconds) else 0.0
    if report.selftest is None:
        _benchmarks(suite, report, seconds)
    else:
        _self_tested(suite, report, seconds)
    totals = {
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "skipped": str(len(suite.findall("testcase/skipped"))),
        "time": f"{seconds:.3f}",
    }
    suite.attrib.update(totals, timestamp=words.line(report.started_at, 40))
    root = Element("testsuites", {"name": "cnnfc gate", **totals})
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _benchmarks(suite: Element, report: GateReport, seconds: float) -> None:
    share = seconds / max(len(report.benchmarks), 1)
    for result in report.benchmarks:
        _case(suite, result, report.strict, share)
    for skipped in report.skipped:
        case = SubElement(
            suite,
            "testcase",
            classname=words.line(skipped.name),
            name=words.line(", ".join(skipped.params) or skipped.name),
            time="0.000",
        )
        SubElement(case, "skipped", type="skipped", message=words.line(skipped.reason))
    if report.exit_code in (4, 5, 130):
        # A machine that moved, nothing measured, or not to the end: none may look green.
        case = SubElement(suite, "testcase", classname="cnnfc", name="gate", time="0.000")
        SubElement(case, "error", type="no verdict", message=words.headline(report))


def _self_tested(suite: Element, report: GateReport, seconds: float) -> None:
    """One case: what was slowed down on purpose says nothing of the code."""
    case = SubElement(suite, "testcase", classname="cnnfc", name="selftest", time=f"{seconds:.3f}")
    if report.exit_code:
        SubElement(case, "failure", type="selftest", message=words.headline(report))


def _case(suite: Element, result: BenchmarkResult, strict: bool, seconds: float) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=words.line(result.name),
        name=words.line(result.id),
        time=f"{seconds:.3f}",
    )
    if result.file is not None:
        case.set("file", words.line(result.file))
    _properties(case, _measured(result))
    reason = words.line(result.reason, 600)
    if result.fails:
        kind = "error" if result.verdict is Verdict.BROKEN else "failure"
        _said(case, kind, result, reason)
    elif strict and result.verdict in _STRICT:
        _said(case, "failure", result, f"{reason} (strict)")
    elif result.waived_by is not None:
        waived = f"accepted by the waiver {words.line(result.waived_by)}: {reason}"
        SubElement(case, "skipped", type="waived", message=waived)
    elif result.verdict not in _PASSING:
        SubElement(case, "skipped", type=result.verdict.value, message=reason)


def _said(case: Element, kind: str, result: BenchmarkResult, message: str) -> None:
    """What a person reads who opens the failure."""
    found = SubElement(case, kind, type=result.verdict.value, message=message)
    said = [message]
    if result.effect is not None:
        said += [
            f"baseline: {words.value(result, result.baseline)}",
            f"contender: {words.value(result, result.contender)}",
            f"change: {words.full(result.effect)}",
        ]
    if result.tail is not None:
        said.append(f"mean of all calls: {words.full(result.tail)}")
    said += [f"differs: {difference}" for difference in words.differences(result)]
    if result.command:
        said.append(f"repeat: {words.line(result.command, 1000)}")
    found.text = "\n".join([*said, *words.block(result.failure or "")])


def _properties(parent: Element, values: dict[str, str]) -> None:
    if values:
        properties = SubElement(parent, "properties")
        for name, value in values.items():
            SubElement(properties, "property", name=name, value=value)


def _measured(result: BenchmarkResult) -> dict[str, str]:
    values = {"verdict": result.verdict.value, "threshold": f"{result.threshold:g}"}
    for name, value in (("baseline", result.baseline), ("contender", result.contender)):
        if value is not None:
            values[name] = f"{value:.9g}"
    if values.keys() & {"baseline", "contender"}:
        values["unit"] = words.line(result.unit, 40)
    for prefix, effect in (("", result.effect), ("mean_", result.tail)):
        values |= {f"{prefix}{name}": value for name, value in _effect(effect).items()}
    if result.waived_by is not None:
        values["waived_by"] = words.line(result.waived_by)
    return values


def _effect(effect: Effect | None) -> dict[str, str]:
    if effect is None:
        return {}
    return {
        "ratio": f"{effect.ratio:.6g}",
        "ratio_low": f"{effect.low:.6g}",
        "ratio_high": f"{effect.high:.6g}",
        "confidence": f"{effect.confidence:g}",
        "pairs": str(effect.pairs),
    }


def _facts(report: GateReport) -> dict[str, str]:
    return {
        "answer": words.headline(report),
        "baseline": words.side(report.baseline),
        "contender": words.side(report.contender),
        "machine": words.line(report.machine),
        "canaries": words.machine(report),
        "pairs": str(report.pairs),
        "seed": str(report.seed),
        "exit_code": str(report.exit_code),
        "command": words.line(report.command, 1000),
    }
