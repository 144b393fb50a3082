"""The list of a gate's page: one row a benchmark on a common axis, which opens to its details."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cnnfc.report import text
from cnnfc.report.charts.forest import Bar, Forest, Tick, Zone, forest
from cnnfc.report.charts.pairs import Strip, strip
from cnnfc.report.model import Fact
from cnnfc.report.views.gate.words import WORDS, change, deciding, ends, interval, parameters
from cnnfc.units import scale_for
from cnnfc.verdicts import BenchmarkResult, Effect, GateReport, Verdict

#: A group of passes that is longer starts closed: what matters is above it.
_OPEN: Final = 40
#: Characters of a failure that the page shows; gate.json has it whole.
_FAILURE: Final = 4000
#: Of a gate without a benchmark, and of one that tracks numbers alone.
_THRESHOLD: Final = 0.03
_SENTENCES: Final = 20
_LONGEST: Final = 400


@dataclass(frozen=True)
class Row:
    """One benchmark: what its line shows, and behind it the details.

    ``look`` is the verdict, or ``waived``: how its mark is drawn.
    """

    id: str
    title: str
    name: str
    look: str
    chips: tuple[str, ...]
    bar: Bar | None
    zone: Zone
    change: str
    interval: str
    reason: str
    facts: tuple[Fact, ...]
    strip: Strip | None
    pairs: str
    differences: tuple[str, ...]
    failure: str
    command: str


@dataclass(frozen=True)
class Group:
    """All rows of one verdict."""

    id: str
    verdict: str
    title: str
    means: str
    rows: tuple[Row, ...]
    open: bool


@dataclass(frozen=True)
class Overview:
    """One tick a measured benchmark on the same axis: where, and how it is drawn."""

    ticks: tuple[tuple[str, str], ...]
    label: str


@dataclass(frozen=True)
class Tally:
    """How many have a verdict, for the bar over the list; places in percent of its width."""

    verdict: str
    title: str
    count: str
    href: str
    start: str
    width: str


@dataclass(frozen=True)
class List:
    """The whole list: axis, overview, tallies, groups; ``bent`` says how the axis is drawn."""

    ticks: tuple[Tick, ...]
    zone: Zone
    threshold: str
    zero: str
    bent: bool
    overview: Overview | None
    tallies: tuple[Tally, ...]
    groups: tuple[Group, ...]


def fragments(report: GateReport) -> tuple[str, ...]:
    """The fragment of each benchmark, in the order of the report; short and all different."""
    return tuple(f"b{number}" for number in range(1, len(report.benchmarks) + 1))


def benchmark_list(report: GateReport) -> List:
    """The list of `report`, worst first."""
    shown = (deciding(result)[0] for result in report.benchmarks)
    effects = [effect for effect in shown if effect is not None]
    thresholds = [_finite(result.threshold) for result in report.benchmarks]
    axis = forest(_ends(effects), thresholds)
    # A threshold of 0, as tracked numbers have it, needs no label of its own.
    above = [threshold for threshold in thresholds if threshold > 0] or [_THRESHOLD]
    usual = max(sorted(set(above)), key=above.count)
    rows = [
        (result, _row(result, fragment, axis, report))
        for result, fragment in zip(report.benchmarks, fragments(report), strict=True)
    ]
    groups = tuple(_groups(rows))
    return List(
        ticks=axis.ticks(usual),
        zone=axis.zone(usual),
        threshold=text.percent(usual),
        zero=f"{axis.place(1.0):.2f}%",
        bent=axis.bent,
        overview=_overview(rows),
        tallies=tuple(_tallies(groups)),
        groups=groups,
    )


def _ends(effects: Sequence[Effect]) -> Iterator[float]:
    for effect in effects:
        yield effect.ratio
        # An interval of few pairs may be so wide that everything else would be a line.
        reach = 3 * abs(math.log(effect.ratio)) + 0.15 if _positive(effect.ratio) else 0.15
        for end in (effect.low, effect.high):
            if _positive(end) and abs(math.log(end)) <= reach:
                yield end


def _positive(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _finite(threshold: float) -> float:
    return threshold if math.isfinite(threshold) and threshold >= 0 else 0.0


def _groups(rows: Sequence[tuple[BenchmarkResult, Row]]) -> Iterator[Group]:
    for verdict, word in WORDS.items():
        own = [one for one in rows if one[0].verdict is verdict]
        if not own:
            continue
        own.sort(key=lambda one: _rank(one[0]))
        yield Group(
            id=f"g-{verdict}",
            verdict=str(verdict),
            title=word.many,
            means=word.means,
            rows=tuple(row for _, row in own),
            open=verdict is not Verdict.PASS or len(own) <= _OPEN or len(own) == len(rows),
        )


def _rank(result: BenchmarkResult) -> tuple[bool, float]:
    """Worst first: what fails before what is waived or known, then by ratio."""
    effect, _ = deciding(result)
    ratio = effect.ratio if effect else 0.0
    ratio = ratio if math.isfinite(ratio) else 0.0
    improved = result.verdict is Verdict.IMPROVEMENT
    return not result.fails, ratio if improved else -ratio


def _tallies(groups: Sequence[Group]) -> Iterator[Tally]:
    total = sum(len(group.rows) for group in groups) or 1
    start = 0.0
    for group in groups:
        width = 100 * len(group.rows) / total
        yield Tally(
            group.verdict,
            group.title,
            f"{len(group.rows):,}",
            f"#{group.id}",
            f"{start:.2f}%",
            f"{width:.2f}%",
        )
        start += width


def _overview(rows: Sequence[tuple[BenchmarkResult, Row]]) -> Overview | None:
    """All at one look; with fewer than 8 the rows are that already."""
    drawn = [(row.bar.point, row.look) for _, row in rows if row.bar is not None]
    ratios = sorted(
        result.effect.ratio for result, row in rows if row.bar is not None and result.effect
    )
    if len(drawn) < 8:
        return None
    middle = ratios[len(ratios) // 2]
    # The worst are drawn last, so that none of them is covered.
    drawn.sort(key=lambda one: one[1] not in ("pass", "improvement"))
    return Overview(
        tuple(drawn), f"All {len(drawn)} ratios at one look; the middle one {change(middle)}"
    )


def _row(result: BenchmarkResult, fragment: str, axis: Forest, report: GateReport) -> Row:
    effect, is_mean = deciding(result)
    waived = result.waived_by is not None
    chips = ["mean of all calls"] if is_mean else []
    if waived:
        chips.append("waived")
    if report.selftest is not None and result.id in report.selftest:
        chips.append("slowed on purpose")
    if result.failed_on:
        chips.append(text.shorten(f"fails on {text.listing(result.failed_on)}", 60))
    differences, failure = _differences(result.explanation), result.failure or ""
    return Row(
        id=fragment,
        title=text.shorten(parameters(result), 160),
        name=text.shorten(result.name, 160),
        look="waived" if waived else str(result.verdict),
        chips=tuple(chips),
        bar=axis.bar(effect.ratio, effect.low, effect.high) if effect else None,
        zone=axis.zone(_finite(result.threshold)),
        change=change(effect.ratio) if effect else text.MISSING,
        interval=ends(effect) if effect else "not compared",
        reason=text.shorten(result.reason, _LONGEST),
        facts=tuple(_facts(result)),
        strip=_strip(result),
        pairs=_pairs(result.pair_values),
        differences=differences,
        failure=text.shorten(failure, _FAILURE),
        command=text.shorten(result.command, 2000),
    )


def _facts(result: BenchmarkResult) -> Iterator[Fact]:
    values = [v for v in (result.baseline, result.contender) if v is not None]
    scale = scale_for(result.unit, values)
    unit = f" {scale.symbol}" if scale.symbol else ""
    for name, value in (("Baseline", result.baseline), ("Contender", result.contender)):
        if value is not None:
            yield Fact(name, f"{scale.format(value)}{unit}")
    for name, effect in (
        ("Typical call", result.effect),
        ("Mean of all calls", result.tail),
        ("Confirmed on fresh pairs", result.confirmed),
        ("In clock cycles", result.in_cycles),
    ):
        if effect is not None:
            pairs = f", {text.plural(effect.pairs, 'pair')}"
            yield Fact(name, f"{change(effect.ratio)} ({interval(effect)}{pairs})")
    yield _fails_from(result)
    if result.detectable is not None:
        yield Fact("Would have been seen from", text.percent(result.detectable))
    if result.effect is not None:
        yield Fact("A pair is off by", f"{text.percent(result.effect.spread)}, typically")
    if result.waived_by is not None:
        yield Fact("Waived by", text.shorten(result.waived_by, _LONGEST))


def _fails_from(result: BenchmarkResult) -> Fact:
    """Of times the threshold is what will be seen; what is certain fails from half of it on."""
    if result.kind == "time":
        half = text.percent(result.threshold / 2)
        return Fact("Threshold", f"{text.percent(result.threshold)}; fails from {half} if certain")
    return Fact("Fails from", text.percent(result.threshold) if result.threshold else "any change")


def _strip(result: BenchmarkResult) -> Strip | None:
    effect = result.effect
    if effect is None or not _positive(effect.ratio):
        return None
    low = math.log(effect.low) if _positive(effect.low) else -math.inf
    high = math.log(effect.high) if _positive(effect.high) else math.inf
    return strip(
        result.pair_values,
        others=result.tail_values,
        limit=math.log1p(_finite(result.threshold)),
        centre=math.log(effect.ratio),
        interval=(low, high),
        label=f"{text.plural(len(result.pair_values), 'pair')} in the order of measuring, "
        f"centre {change(effect.ratio)}",
    )


def _pairs(values: Sequence[float]) -> str:
    return ", ".join(change(math.exp(v)) if abs(v) < 700 else "n/a" for v in values)


def _differences(explanation: Mapping[str, object] | None) -> tuple[str, ...]:
    found = explanation.get("differences") if isinstance(explanation, Mapping) else None
    if not isinstance(found, list | tuple):
        return ()
    return tuple(text.shorten(str(one), _LONGEST) for one in found[:_SENTENCES])
