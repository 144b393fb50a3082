"""Prints a gate in a terminal or a log: the verdict first, then what is slower."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from cnnfc.report.gate import words
from cnnfc.report.text import MISSING, shorten
from cnnfc.verdicts import BenchmarkResult, GateReport, Verdict

#: Rows of one table, and names of one group, before the rest is counted only.
_ROWS: Final = 40
_NAMES: Final = 10
#: Slow ones that are explained; a reader needs the rest from ``index.html``.
_EXPLAINED: Final = 10
_HEAD: Final = ("benchmark", "baseline", "contender", "change", "interval", "pairs")
_SHORTEST_NAME: Final = 20


def table(report: GateReport, width: int = 100) -> str:
    """The report as lines of at most `width` characters (60 and up), without colours.

    Commands that can be repeated and the last words of broken benchmarks may be longer, since a
    line break would spoil them.  Nothing in it can steer the terminal.
    """
    width = max(width, 60)
    return "\n".join(_lines(report, width)) + "\n"


def _lines(report: GateReport, width: int) -> Iterator[str]:
    yield from textwrap.wrap(f"{words.headline(report)} {words.ended(report)}", width)
    yield from textwrap.wrap(words.compared(report), width)
    slower = [r for r in words.failing(report) if r.verdict is Verdict.REGRESSION]
    broken = [r for r in words.failing(report) if r.verdict is Verdict.BROKEN]
    yield from _section("Slower", slower, width)
    for result in slower[:_EXPLAINED]:
        yield from _explained(result, width)
    if broken:
        yield from ("", "Broken by this change")
        for result in broken[:_NAMES]:
            yield from _broken(result, width)
        yield from _more(len(broken) - _NAMES)
    yield from _section("Slower, accepted by a waiver", words.waived(report), width)
    faster = [r for r in report.benchmarks if r.verdict is Verdict.IMPROVEMENT]
    yield from _section("Faster", faster, width)
    yield from _not_judged(report, width)
    yield ""
    for sentence in words.trust(report):
        yield from textwrap.wrap(sentence, width, subsequent_indent="  ")
    for sentence in words.waiver_uses(report):
        yield from textwrap.wrap(f"Waiver {sentence}", width, subsequent_indent="  ")


def _section(title: str, results: Sequence[BenchmarkResult], width: int) -> Iterator[str]:
    if not results:
        return
    yield from ("", title)
    rows = [_HEAD, *(_row(result) for result in results[:_ROWS])]
    columns = [max(len(row[at]) for row in rows) for at in range(1, len(_HEAD))]
    room = max(width - 2 - sum(columns) - 2 * len(columns), _SHORTEST_NAME)
    name = min(max(len(row[0]) for row in rows), room)
    for row in rows:
        cells = (cell.rjust(space) for cell, space in zip(row[1:], columns, strict=True))
        yield f"  {shorten(row[0], name).ljust(name)}  {'  '.join(cells)}"
    yield from _more(len(results) - _ROWS)


def _row(result: BenchmarkResult) -> tuple[str, ...]:
    effect = result.effect
    return (
        words.line(result.id),
        words.value(result, result.baseline),
        words.value(result, result.contender),
        words.ratio(effect),
        words.interval(effect),
        MISSING if effect is None else str(effect.pairs),
    )


def _explained(result: BenchmarkResult, width: int) -> Iterator[str]:
    yield f"  {shorten(words.line(result.id), width - 2)}"
    yield from _inside(words.line(result.reason, 600), width)
    if result.tail is not None:
        yield from _inside(f"mean of all calls: {words.full(result.tail)}", width)
    for difference in words.differences(result):
        yield from _inside(f"differs: {difference}", width)
    yield from _repeat(result)


def _broken(result: BenchmarkResult, width: int) -> Iterator[str]:
    yield f"  {shorten(words.line(result.id), width - 2)}"
    yield from _inside(words.line(result.reason, 600), width)
    yield from (f"    | {said}" for said in words.block(result.failure or "", 5))
    yield from _repeat(result)


def _inside(sentence: str, width: int, indent: str = "    ") -> list[str]:
    return textwrap.wrap(sentence, width, initial_indent=indent, subsequent_indent=indent)


def _repeat(result: BenchmarkResult) -> Iterator[str]:
    if result.command:
        yield f"    repeat: {words.line(result.command, 1000)}"


def _not_judged(report: GateReport, width: int) -> Iterator[str]:
    groups = words.not_judged(report)
    if groups:
        yield from ("", "Not judged")
    for group in groups:
        yield from textwrap.wrap(
            f"{len(group.results)} {group.title}: {group.means}",
            width,
            initial_indent="  ",
            subsequent_indent="    ",
        )
        for result in group.results[:_NAMES]:
            yield f"    {shorten(words.line(result.id), width - 4)}"
            yield from _inside(words.line(result.reason), width, "      ")
        yield from _more(len(group.results) - _NAMES)


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"    and {count} more, all of them in gate.json"
