"""Says what pytest makes of a verdict, in one word and in full."""

from __future__ import annotations

from typing import Final, Literal

from cnnfc.report.gate import words
from cnnfc.units import significant
from cnnfc.verdicts import BenchmarkResult, GateReport, Verdict

Outcome = Literal["passed", "failed", "error", "skipped", "waived"]

_PASSES: Final = (Verdict.PASS, Verdict.IMPROVEMENT)
#: What cannot be judged; a strict gate wants it judged.
_DOUBTFUL: Final = (Verdict.INCONCLUSIVE, Verdict.MISSING, Verdict.MACHINE_MOVED)


def outcome(result: BenchmarkResult, report: GateReport) -> Outcome:
    """What becomes of the item of `result`, which is one of `report`.

    It fails exactly if it makes ``cnnfc gate`` end with another exit code than 0, but for a
    machine that moved: pytest has no exit code for it, so it fails a strict gate alone.  ``error``
    is pytest's word for what could not be carried out.  In a self-test what was slowed down on
    purpose must be found, and nothing else.
    """
    if report.selftest is not None:
        return _self_tested(result, is_slowed=result.id in report.selftest)
    if result.fails:
        return "error" if result.verdict is Verdict.BROKEN else "failed"
    if result.verdict is Verdict.REGRESSION:
        return "waived"
    if result.verdict in _PASSES:
        return "passed"
    return "failed" if report.strict and result.verdict in _DOUBTFUL else "skipped"


def _self_tested(result: BenchmarkResult, *, is_slowed: bool) -> Outcome:
    if result.verdict is Verdict.BROKEN and result.fails:
        return "error"
    if result.verdict is Verdict.REGRESSION:
        return "waived" if is_slowed else "failed"
    if is_slowed:
        return "failed"
    return "passed" if result.verdict in _PASSES else "skipped"


def word(result: BenchmarkResult) -> str:
    """The verdict as ``pytest -v`` prints it."""
    if result.verdict is Verdict.REGRESSION and result.waived_by is not None:
        return "WAIVED"
    return result.verdict.value.upper()


def in_full(result: BenchmarkResult, report: GateReport) -> str:
    """Everything that a reader of a failure needs, in lines of plain text."""
    rows = [
        (role, f"{words.value(result, seconds)}, {words.side(facts)}")
        for role, seconds, facts in (
            ("baseline", result.baseline, report.baseline),
            ("contender", result.contender, report.contender),
        )
        if seconds is not None
    ]
    rows += [
        (name, f"{significant(effect.ratio, 4)}: {words.full(effect)}")
        for name, effect in (
            ("ratio", result.effect),
            ("confirmed", result.confirmed),
            ("means", result.tail),
            ("in cycles", result.in_cycles),
        )
        if effect is not None
    ]
    if result.effect is not None:
        rows.append(("threshold", significant(1 + result.threshold, 4)))
    rows += [("differs", sentence) for sentence in words.differences(result)]
    if result.command:
        rows.append(("repeat", words.line(result.command, 1000)))
    said = words.block(result.failure or "")
    rows += [("it wrote" if at == 0 else "", text) for at, text in enumerate(said)]
    reason = words.line(f"{result.verdict.value}: {_reason(result, report)}", 600)
    return "\n".join((reason, *(f"  {name:<11}{text}" for name, text in rows)))


def in_brief(result: BenchmarkResult, report: GateReport) -> str:
    """The reason in one line; the verdict itself is the item's `word`."""
    reason = _reason(result, report)
    if result.failure:
        reason += f": {result.failure.strip().splitlines()[-1]}"
    if result.waived_by is not None:
        reason += f" (waived by {result.waived_by!r})"
    return words.line(reason, 600)


def _reason(result: BenchmarkResult, report: GateReport) -> str:
    if report.selftest is None:
        return result.reason
    is_slower = result.verdict is Verdict.REGRESSION
    if result.id in report.selftest:
        found = "found, as it was" if is_slower else "not found, although it was"
        return f"{found} slowed down on purpose: {result.reason}"
    return f"not slowed down on purpose: {result.reason}" if is_slower else result.reason


def properties(result: BenchmarkResult) -> list[tuple[str, object]]:
    """What goes into JUnit's properties: the verdict, and the ratio with its interval."""
    found: list[tuple[str, object]] = [("verdict", result.verdict.value)]
    if result.effect is not None:
        found += [
            ("ratio", result.effect.ratio),
            ("ratio_low", result.effect.low),
            ("ratio_high", result.effect.high),
            ("confidence", result.effect.confidence),
            ("pairs", result.effect.pairs),
        ]
    return found
