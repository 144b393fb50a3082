"""What a gate's page says first: the answer to its question, and what to know about the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.report import text
from cnnfc.report.model import Notice
from cnnfc.report.views.gate.words import change, deciding, interval, parameters
from cnnfc.verdicts import BenchmarkResult, GateReport, Verdict

#: Regressions that are named in the answer; the others are in the list below it.
_NAMED: Final = 3

_QUESTION: Final = "Did this change make anything slower?"
_SELFTEST: Final = "Does the gate see slowdowns that were put in on purpose?"


@dataclass(frozen=True)
class Named:
    """One of the worst: its parameters and name, its row of the list, what is said of it."""

    title: str
    name: str
    href: str
    said: str


@dataclass(frozen=True)
class Answer:
    """The question with its answer: one word, one sentence, and what to know about it.

    ``ended`` says how the command ended; ``tone`` is ``good``, ``bad`` or ``warn``; ``notices``
    limit what was said.
    """

    question: str
    word: str
    sentence: str
    ended: str
    tone: str
    worst: tuple[Named, ...]
    notices: tuple[Notice, ...]


def answer(report: GateReport, fragments: Sequence[str]) -> Answer:
    """The answer of `report`; `fragments` are the places of its benchmarks in the page."""
    word, sentence, tone = _said(report)
    failing = [
        (result, fragment)
        for result, fragment in zip(report.benchmarks, fragments, strict=True)
        if result.fails
    ]
    failing.sort(key=lambda one: -_size(one[0]))
    return Answer(
        question=_QUESTION if report.selftest is None else _SELFTEST,
        word=word,
        sentence=sentence,
        ended=_ended(report),
        tone=tone,
        worst=tuple(
            Named(
                text.shorten(parameters(result), 120),
                text.shorten(result.name, 120),
                f"#{fragment}",
                _change(result),
            )
            for result, fragment in failing[:_NAMED]
        ),
        notices=tuple(_notices(report, len(failing) - _NAMED)),
    )


def _said(report: GateReport) -> tuple[str, str, str]:
    """Word, sentence and tone."""
    code, failures = report.exit_code, _failures(report)
    if report.finished_at is None:
        before = f" Until then, {failures}." if failures else ""
        return "Interrupted.", f"The gate did not end, so there is no verdict.{before}", "warn"
    if code == 5:
        return "Not known:", f"{_nothing(report)}, so nothing can be said of this change.", "bad"
    if report.selftest is not None:
        return _self_tested(report)
    if code == 1:
        slower = any(r.fails and r.verdict is Verdict.REGRESSION for r in report.benchmarks)
        return "Yes:" if slower else "It breaks:", f"{failures}.", "bad"
    return _not_failing(report, code)


def _not_failing(report: GateReport, code: int) -> tuple[str, str, str]:
    """The same where nothing was found to be slower or broken."""
    word, sentence, tone = "No:", f"{_cleared(report)}.", "good"
    if code == 4:
        moved = text.plural(report.count(Verdict.MACHINE_MOVED), "benchmark")
        sentence = f"the machine moved while {moved} ran. Run the gate again."
        word, tone = "Cannot be said:", "warn"
    elif code == 3:
        sentence = f"{_doubtful(report)}, and a strict gate asks for certainty."
        word, tone = "Cannot be said:", "warn"
    elif report.count(Verdict.INCONCLUSIVE):
        word = "Nothing else seen:" if _waived(report) else "Nothing seen:"
        sentence = f"{_cleared(report)}; {_doubtful(report)}."
    elif _waived(report):
        word = "Only what is accepted:"
    return word, sentence, tone


def _ended(report: GateReport) -> str:
    """How the command ended."""
    code = report.exit_code
    return "passes" if code == 0 else f"fails with exit code {code}"


def _failures(report: GateReport) -> str:
    """``2 of 14 benchmarks are slower and 1 breaks``; empty without a failure."""
    failing = [result for result in report.benchmarks if result.fails]
    slower = [result for result in failing if result.verdict is Verdict.REGRESSION]
    parts = []
    if slower:
        worse = "slower" if all(result.kind == "time" for result in slower) else "worse"
        total = text.plural(len(report.benchmarks), "benchmark")
        parts.append(f"{len(slower)} of {total} {'is' if len(slower) == 1 else 'are'} {worse}")
    if broken := len(failing) - len(slower):
        verb = "fails" if broken == 1 else "fail"
        noun = "" if slower else " benchmark" if broken == 1 else " benchmarks"
        parts.append(f"{broken}{noun} {verb} that worked before")
    return text.listing(parts)


def _cleared(report: GateReport) -> str:
    clear, waived = _clear(report), _waived(report)
    total = text.plural(len(report.benchmarks), "benchmark")
    if clear == len(report.benchmarks):
        return f"none of {total} is slower by its threshold or more"
    if not waived:
        return f"{clear} of {total} {_is(clear)} not slower"
    rest = f", {clear} {_is(clear)} not slower" if clear else ""
    return f"{waived} of {total} {_is(waived)} slower with a waiver{rest}"


def _nothing(report: GateReport) -> str:
    if not report.benchmarks:
        return "nothing was measured"
    total = text.plural(len(report.benchmarks), "benchmark")
    return f"of {total} none could be decided"


def _clear(report: GateReport) -> int:
    return report.count(Verdict.PASS) + report.count(Verdict.IMPROVEMENT)


def _waived(report: GateReport) -> int:
    return sum(
        result.verdict is Verdict.REGRESSION and not result.fails for result in report.benchmarks
    )


def _doubtful(report: GateReport) -> str:
    parts = [
        f"{report.count(verdict)} {word}"
        for verdict, word in (
            (Verdict.INCONCLUSIVE, "could not be decided"),
            (Verdict.MISSING, "missing from the contender"),
        )
        if report.count(verdict)
    ]
    return text.listing(parts)


def _self_tested(report: GateReport) -> tuple[str, str, str]:
    slowed = set(report.selftest or ())
    red = {r.id for r in report.benchmarks if r.verdict is Verdict.REGRESSION}
    found, false = len(slowed & red), len(red - slowed)
    broken = sum(r.fails and r.verdict is Verdict.BROKEN for r in report.benchmarks)
    fault = (
        f"; {text.plural(broken, 'benchmark')} failed on one of two equal sides" if broken else ""
    )
    said = (
        f"it found {found} of {text.plural(len(slowed), 'benchmark')} that ran slower on purpose, "
        f"and called {false} of {len(report.benchmarks) - len(slowed)} others slower{fault}."
    )
    if report.selftest_passed:
        return "Yes:", said, "good"
    return ("Not all:" if found else "No:"), said, "bad"


def _size(result: BenchmarkResult) -> float:
    effect, _ = deciding(result)
    return effect.ratio if effect else float("inf")


def _change(result: BenchmarkResult) -> str:
    effect, is_mean = deciding(result)
    if effect is None or result.verdict is not Verdict.REGRESSION:
        return "fails on the contender"
    said = f"{change(effect.ratio)} ({interval(effect)})"
    return f"{said} in the mean of all calls" if is_mean else said


def _notices(report: GateReport, unnamed: int) -> Iterator[Notice]:
    if unnamed > 0:
        yield Notice(f"{unnamed} more of them stand in the list below.")
    moved = [canary for canary in report.canaries if canary.moved]
    for canary in moved:
        yield Notice(f"The machine moved: {canary.reason or canary.name}", "warn")
    waived = _waived(report)
    if waived:
        yield Notice(
            f"{text.plural(waived, 'known slowdown')} {_is(waived)} covered by a waiver.", "warn"
        )
    both = sum(
        result.verdict is Verdict.BROKEN and not result.fails for result in report.benchmarks
    )
    if both:
        yield Notice(
            f"{text.plural(both, 'benchmark')} could not be run on the baseline, so nothing can be "
            "said of them.",
            "warn",
        )
    missing = report.count(Verdict.MISSING)
    if missing:
        yield Notice(
            f"{text.plural(missing, 'benchmark')} of the baseline {_is(missing)} not in the "
            "contender's suite any more.",
            "warn",
        )
    new = report.count(Verdict.NEW)
    if new:
        yield Notice(f"{text.plural(new, 'benchmark')} {_is(new)} new: nothing to compare with.")
    expired = sum(waiver.state == "expired" for waiver in report.waivers)
    if expired:
        yield Notice(f"{text.plural(expired, 'waiver')} expired and no longer counts.", "warn")


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
