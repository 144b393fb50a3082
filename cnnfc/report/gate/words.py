"""Sums a gate up in the sentences that its texts share, free of characters that cannot be shown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cnnfc.report import text
from cnnfc.report.views.gate.answer import answer
from cnnfc.report.views.gate.words import MEAN_MISS, change, ends, is_moved
from cnnfc.units import format_duration, format_value
from cnnfc.verdicts import BenchmarkResult, Effect, GateReport, SideFacts, Verdict

#: Longer words have no reader; hostile ones would push everything else out of sight.
_LONGEST: Final = 300
_ESCAPE: Final = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")


@dataclass(frozen=True)
class Group:
    """Benchmarks that are told of together: ``title`` heads them, ``means`` says what it means."""

    title: str
    means: str
    results: tuple[BenchmarkResult, ...]


def line(words: str, limit: int = _LONGEST) -> str:
    """`words` on one line of at most `limit` characters, without any that steer a terminal."""
    return text.shorten(" ".join(text.clean(_ESCAPE.sub("", words)).split()), limit)


def block(words: str, lines: int = 15, limit: int = 200) -> list[str]:
    """The last `lines` lines of `words`, such as a traceback, each made harmless and cut."""
    kept = (text.clean(_ESCAPE.sub("", one)).replace("\t", "    ") for one in words.splitlines())
    return [text.shorten(one.rstrip(), limit) for one in kept if one.strip()][-lines:]


def headline(report: GateReport) -> str:
    """The question and its answer: ``Did this change make anything slower? No: ...``."""
    said = answer(report, [""] * len(report.benchmarks))
    return line(f"{said.question} {said.word} {said.sentence}", 600)


def ended(report: GateReport) -> str:
    """How the command ended: ``The gate fails with exit code 1.``."""
    said = answer(report, [""] * len(report.benchmarks)).ended
    return f"The {'gate' if report.selftest is None else 'self-test'} {said}."


def compared(report: GateReport) -> str:
    """What was compared, where, and with how much work."""
    return (
        f"{side(report.baseline)} → {side(report.contender)} on {line(report.machine, 80)}: "
        f"{text.plural(len(report.benchmarks), 'benchmark')}, "
        f"{text.plural(report.pairs, 'pair')} of workers in {duration(report.seconds)}, "
        f"seed {report.seed}."
    )


def side(facts: SideFacts) -> str:
    """``main (a1b2c3d4)``; of a work tree the label alone."""
    label = line(facts.label, 80)
    commit = line((facts.commit or "")[:8])
    return label if not commit or label.startswith(commit) else f"{label} ({commit})"


def duration(seconds: float) -> str:
    """`cnnfc.units.format_duration`, for a number from a file."""
    return format_duration(seconds) if math.isfinite(seconds) else text.MISSING


def value(result: BenchmarkResult, measured: float | None) -> str:
    """``1.23 ms``, or a dash."""
    if measured is None or not math.isfinite(measured):
        return text.MISSING
    return line(format_value(measured, line(result.unit, 12)), 30)


def ratio(effect: Effect | None) -> str:
    """``+8.2%``, or a dash."""
    return text.MISSING if effect is None else change(effect.ratio)


def interval(effect: Effect | None) -> str:
    """``+6.8% to +9.6%``, or a dash."""
    return text.MISSING if effect is None else ends(effect)


def full(effect: Effect) -> str:
    """``+8.2% (95% interval +6.8% to +9.6%, 12 pairs)``."""
    confidence = f"{effect.confidence * 100:.3g}% " if math.isfinite(effect.confidence) else ""
    pairs = text.plural(effect.pairs, "pair")
    return f"{change(effect.ratio)} ({confidence}interval {ends(effect)}, {pairs})"


def failing(report: GateReport) -> tuple[BenchmarkResult, ...]:
    """What makes the gate red, the slowest first and what breaks before it."""
    return _by_size(result for result in report.benchmarks if result.fails)


def waived(report: GateReport) -> tuple[BenchmarkResult, ...]:
    """Slower, and accepted by a waiver."""
    return _by_size(
        result
        for result in report.benchmarks
        if result.verdict is Verdict.REGRESSION and not result.fails
    )


def changed(report: GateReport) -> tuple[BenchmarkResult, ...]:
    """All that changed, in the order in which it matters."""
    return (*failing(report), *waived(report), *_with(report, Verdict.IMPROVEMENT))


def not_judged(report: GateReport) -> tuple[Group, ...]:
    """What the gate has no answer for, by the reason; without what already makes it red."""
    broken = tuple(
        result
        for result in report.benchmarks
        if result.verdict is Verdict.BROKEN and not result.fails
    )
    groups = (
        Group(
            "broken before",
            "fail on the baseline, so there is nothing to compare with",
            broken,
        ),
        Group(
            "machine-moved",
            "the reference kernels differ, or a GPU's clock did: it cannot be laid to the code",
            _with(report, Verdict.MACHINE_MOVED),
        ),
        Group(
            "inconclusive",
            "neither a slowdown nor its absence could be shown",
            _with(report, Verdict.INCONCLUSIVE),
        ),
        Group("missing", "only the baseline has them", _with(report, Verdict.MISSING)),
        Group("new", "only the contender has them", _with(report, Verdict.NEW)),
    )
    return tuple(group for group in groups if group.results)


def trust(report: GateReport) -> tuple[str, ...]:
    """How far the answer can be trusted, a sentence each."""
    return tuple(_trust(report))


def differences(result: BenchmarkResult, most: int = 8) -> tuple[str, ...]:
    """What differs between the sides, a sentence each."""
    found = (result.explanation or {}).get("differences")
    sentences = found if isinstance(found, list | tuple) else ()
    return tuple(line(one) for one in sentences if isinstance(one, str) and one.strip())[:most]


def waiver_uses(report: GateReport) -> tuple[str, ...]:
    """What became of each waiver, a sentence each."""
    said = []
    for use in report.waivers:
        bound = f"up to {change(use.largest_ratio)} until {line(use.expires, 20)}"
        covered = f" by {text.plural(len(use.benchmarks), 'benchmark')}" if use.benchmarks else ""
        state = f"{line(use.state, 20)}{covered if use.state == 'used' else ''}"
        said.append(f"{line(use.pattern, 120)}, {bound}: {state}. {line(use.reason)}")
    return tuple(said)


def _with(report: GateReport, wanted: Verdict) -> tuple[BenchmarkResult, ...]:
    return tuple(result for result in report.benchmarks if result.verdict is wanted)


def _by_size(results: Iterable[BenchmarkResult]) -> tuple[BenchmarkResult, ...]:
    return tuple(sorted(results, key=lambda result: -worst(result)))


def worst(result: BenchmarkResult) -> float:
    """The ratio that a result is ranked by, infinity for one that fails outright."""
    if result.effect is None or math.isnan(result.effect.ratio):
        return math.inf
    tail = result.tail
    return max(result.effect.ratio, tail.ratio if tail is not None and tail.low > 1 else 0.0)


def _trust(report: GateReport) -> Iterator[str]:
    if report.finished_at is None:
        yield "The gate was interrupted: what it had not decided yet is not known."
    false_red, miss = (_number(report.policy, key) for key in ("false_red", "miss"))
    if false_red is not None and miss is not None:
        yield (
            f"By design, timed benchmarks of identical code make a whole run red with a "
            f"probability of at most {_share(false_red)}, and one whose typical call is slower by "
            f"its threshold passes with at most {_share(miss)}. The mean of all calls is judged "
            f"less strictly: each of two steps may miss a rise by its threshold with "
            f"{_share(MEAN_MISS)}."
        )
    passed = [
        result
        for result in _with(report, Verdict.PASS)
        if result.detectable is not None and math.isfinite(result.detectable)
    ]
    if passed:
        least = max(passed, key=lambda result: result.detectable or 0.0)
        yield (
            f"The least steady of those that passed would have shown a slowdown of "
            f"{_share(least.detectable or 0.0)} (threshold {_share(least.threshold)})."
        )
    yield machine(report)
    if titles := _doctor(report.hardware):
        yield f"What makes timings unsteady on this machine: {text.listing(titles)}."
    if report.skipped:
        yield f"{text.plural(len(report.skipped), 'benchmark')} skipped on both sides."
    yield from (line(note) for note in report.notes)


def machine(report: GateReport) -> str:
    """Whether the machine was the same on both sides, in a sentence."""
    if not report.canaries:
        return "No reference kernel was measured, so a machine that moved would go unnoticed."
    moved = [canary for canary in report.canaries if canary.moved]
    if moved:
        said = "; ".join(line(canary.reason or canary.name) for canary in moved)
        return f"The machine moved: {said}."
    if is_moved(report):
        return (
            f"The machine moved: none of {len(report.canaries)} reference kernels differs between "
            f"the sides, but a GPU's clock did."
        )
    drifts = [canary.drift for canary in report.canaries if math.isfinite(canary.drift)]
    drift = f"; the largest drift of one, on both alike, is {_share(max(drifts))}" if drifts else ""
    return (
        f"Between the sides the machine was the same: none of {len(report.canaries)} reference "
        f"kernels differs{drift}."
    )


def _doctor(hardware: Mapping[str, object]) -> list[str]:
    doctor = hardware.get("doctor")
    findings = doctor.get("findings") if isinstance(doctor, Mapping) else None
    if not isinstance(findings, list):
        return []
    titles = (found.get("title") for found in findings if isinstance(found, Mapping))
    return [line(title, 60) for title in titles if isinstance(title, str)][:4]


def _number(policy: Mapping[str, object], key: str) -> float | None:
    """A number of the policy, which comes from a file and may be anything."""
    found = policy.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if 0 <= found <= 1 else None


def _share(fraction: float) -> str:
    return f"{100 * fraction:.2g}%" if abs(fraction) < 0.1 else text.percent(fraction)
