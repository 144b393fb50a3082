"""Writes a gate as SARIF 2.1.0 for code scanning: one rule a verdict, one result a finding.

SARIF is OASIS's format for findings of static analysis; what GitHub takes of it is described under
"SARIF support for code scanning" in its documentation.  What passed is no finding and is left out.
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from cnnfc.report.gate import words
from cnnfc.verdicts import BenchmarkResult, Effect, GateReport, Verdict

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
#: GitHub takes this many results of one run and shows no more.
_MOST: Final = 5000

#: Verdict -> level, name and meaning of its rule.
_RULES: Final = {
    Verdict.REGRESSION: (
        "error",
        "Slower",
        "The contender is slower for certain, by half of the threshold or more.",
    ),
    Verdict.BROKEN: ("error", "Broken", "The benchmark fails."),
    Verdict.MACHINE_MOVED: (
        "warning",
        "MachineMoved",
        "The reference kernels differ, or a GPU's clock did: it cannot be laid to the code.",
    ),
    Verdict.INCONCLUSIVE: (
        "note",
        "Inconclusive",
        "Neither a slowdown nor its absence could be shown.",
    ),
    Verdict.MISSING: ("warning", "Missing", "Only the baseline has this benchmark."),
}
_INDEX: Final = {verdict: index for index, verdict in enumerate(_RULES)}


def log(report: GateReport, project: str = "") -> str:
    """The report as the text of a SARIF file.

    Args:
        report: What is told.  Of a self-test there are no results: it says nothing of the code.
        project: Folder of the project, relative to its repository's root with ``/``: a reader takes
            paths to be relative to that root.
    """
    found = [
        result
        for result in report.benchmarks
        if result.verdict in _RULES and report.selftest is None
    ]
    # The most urgent first: what is beyond the limit is not shown.
    found.sort(key=lambda result: (not result.fails, _INDEX[result.verdict]))
    run = {
        "tool": {"driver": _driver(report)},
        "automationDetails": {"id": "cnnfc-gate/"},
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(result, report, project) for result in found[:_MOST]],
        "properties": {
            "answer": words.headline(report),
            "compared": words.compared(report),
            "canaries": words.machine(report),
        },
    }
    data = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _driver(report: GateReport) -> dict[str, Any]:
    driver: dict[str, Any] = {
        "name": "cnnfc gate",
        "rules": [
            {
                "id": f"gate/{verdict.value}",
                "name": name,
                "shortDescription": {"text": means},
                "fullDescription": {"text": means},
                "help": {"text": f"{means} Where the result names a command, it repeats it."},
                "defaultConfiguration": {"level": level},
                "properties": {"tags": ["performance"]},
            }
            for verdict, (level, name, means) in _RULES.items()
        ],
    }
    if report.cnnfc:
        driver["version"] = words.line(report.cnnfc, 40)
    return driver


def _invocation(report: GateReport) -> dict[str, Any]:
    done: dict[str, Any] = {
        # A red gate did its work; one that was interrupted or measured nothing did not.
        "executionSuccessful": report.exit_code not in (5, 130),
        "exitCode": report.exit_code,
    }
    for key, moment in (("startTimeUtc", report.started_at), ("endTimeUtc", report.finished_at)):
        if (utc := _utc(moment)) is not None:
            done[key] = utc
    return done


def _utc(moment: str | None) -> str | None:
    try:
        return datetime.fromisoformat(moment or "").astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None


def _result(result: BenchmarkResult, report: GateReport, project: str) -> dict[str, Any]:
    level = _RULES[result.verdict][0] if _counts(result, report) else "note"
    found: dict[str, Any] = {
        "ruleId": f"gate/{result.verdict.value}",
        "ruleIndex": _INDEX[result.verdict],
        "level": level,
        "message": {"text": _message(result)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(result.file or report.suite, project)},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": words.line(result.id)}],
            }
        ],
        "partialFingerprints": {
            "cnnfcBenchmark/v1": hashlib.sha256(
                f"{result.verdict.value} {result.id}".encode(errors="replace")
            ).hexdigest()
        },
        "properties": _properties(result),
    }
    if result.waived_by is not None:
        found["suppressions"] = [
            {
                "kind": "external",
                "justification": f"waiver {words.line(result.waived_by)}",
            }
        ]
    return found


def _counts(result: BenchmarkResult, report: GateReport) -> bool:
    """Whether it has the weight of its rule: a waived or long broken one is only mentioned."""
    if result.verdict in (Verdict.REGRESSION, Verdict.BROKEN):
        return result.fails
    return result.verdict is Verdict.MACHINE_MOVED or report.strict


def _message(result: BenchmarkResult) -> str:
    said = [f"{words.line(result.id)}: {words.line(result.reason, 600)}"]
    if result.effect is not None:
        said.append(
            f"Baseline {words.value(result, result.baseline)}, contender "
            f"{words.value(result, result.contender)}, {words.full(result.effect)}."
        )
    if result.command:
        said.append(f"Repeat: {words.line(result.command, 1000)}")
    # "[text](target)" would be a link.
    return "\n".join(said).replace("](", "]\u200b(")


def _properties(result: BenchmarkResult) -> dict[str, Any]:
    values: dict[str, Any] = {
        "verdict": result.verdict.value,
        "threshold": _finite(result.threshold),
    }
    for prefix, effect in (("", result.effect), ("mean_", result.tail)):
        values |= {f"{prefix}{name}": number for name, number in _effect(effect).items()}
    return values


def _effect(effect: Effect | None) -> dict[str, Any]:
    if effect is None:
        return {}
    return {
        "ratio": _finite(effect.ratio),
        "ratio_low": _finite(effect.low),
        "ratio_high": _finite(effect.high),
        "confidence": _finite(effect.confidence),
        "pairs": effect.pairs,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _uri(path: str, project: str) -> str:
    """A path in the folder `project` as a reference relative to the repository's root.

    A reader resolves it, so it must not lead out, neither up nor to another host: a path that does
    is the project's folder, or the root.
    """
    return quote("/".join((*_parts(project), *_parts(path)))) or "."


def _parts(path: str) -> list[str]:
    plain = words.line(path).replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    return [] if ".." in parts or plain.startswith("/") or ":" in plain else parts
