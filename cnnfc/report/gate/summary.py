"""Writes a gate as Markdown for a step summary or a comment: verdict, changes, folded details."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cnnfc.report.gate import words
from cnnfc.report.gate.markdown import code, fenced, prose, row
from cnnfc.report.gate.waiver_entry import waiver_entries, waivers_file
from cnnfc.report.text import MISSING, plural
from cnnfc.report.views.gate.words import is_moved
from cnnfc.verdicts import BenchmarkResult, GateReport, Verdict, benchmark_id

#: Rows of changes, and names of one group, that are shown unfolded.
_ROWS: Final = 10
#: GitHub refuses comments of more than 65,536 characters, and step summaries of more than 1 MiB.
LARGEST: Final = 60_000
#: What a single folded part may take of it, so that none pushes the others out.
_LARGEST_PART: Final = 25_000
_HEAD: Final = ("benchmark", "baseline", "contender", "change", "interval", "pairs", "verdict")
_RULE: Final = "| --- | ---: | ---: | ---: | ---: | ---: | --- |"
_WORDS: Final = {
    Verdict.REGRESSION: "slower",
    Verdict.IMPROVEMENT: "faster",
    Verdict.BROKEN: "broken",
    Verdict.PASS: "pass",
}


def markdown(report: GateReport) -> str:
    """The report as GitHub's Markdown, at most `LARGEST` characters.

    The answer comes first, then at most ten changes and what was not judged.  Everything else is
    folded.  No text of a benchmark, a reason or a file becomes markup, a link or a mention.
    """
    said = "\n".join(_first(report)) + "\n"
    for title, lines in _folded(report):
        part = _fold(title, lines)
        if len(said) + len(part) <= LARGEST:
            said += part
    return said.rstrip("\n") + "\n"


def _first(report: GateReport) -> Iterator[str]:
    yield from (f"### {prose(words.headline(report), 600)}", "")
    yield from (
        f"{words.ended(report)} Compared: {prose(words.compared(report), 600)}",
        "",
    )
    if rows := words.changed(report):
        yield from _table(rows[:_ROWS])
        if len(rows) > _ROWS:
            yield from ("", f"{len(rows) - _ROWS} more changes stand in the table of all below.")
        yield ""
    groups = words.not_judged(report)
    if groups:
        yield from ("Not judged:", "")
    for group in groups:
        names = ", ".join(code(result.id, 120) for result in group.results[:3])
        more = f" and {len(group.results) - 3} more" if len(group.results) > 3 else ""
        yield f"- **{len(group.results)} {group.title}** ({group.means}): {names}{more}"
    yield ""
    if not report.canaries or is_moved(report):
        # The last word on whether a reader may believe the rest is never folded away.
        yield from (f"**Careful:** {prose(words.machine(report), 600)}", "")


def _folded(report: GateReport) -> Iterator[tuple[str, Sequence[str]]]:
    yield "How far this can be trusted", [f"- {prose(said, 600)}" for said in words.trust(report)]
    explained = [line for result in words.failing(report)[:_ROWS] for line in _explained(result)]
    # A self-test slows benchmarks down itself: nothing of that is to be explained or accepted.
    if explained and report.selftest is None:
        yield "Why the gate fails", explained
    if report.selftest is None and (entries := waiver_entries(report)):
        accept = f"For a good reason, commit this in {code(waivers_file(report))}:"
        yield "Accept a slowdown", [accept, "", *fenced(entries, "toml")]
    undecided = [
        f"- {code(result.id)}: {prose(result.reason)}"
        for group in words.not_judged(report)
        for result in group.results
    ]
    if undecided:
        yield "What was not judged, and why", undecided
    if report.benchmarks:
        ranked = sorted(report.benchmarks, key=_rank)
        yield f"All {plural(len(ranked), 'benchmark')}, the slowest first", list(_table(ranked))
    if report.skipped:
        yield (
            f"{plural(len(report.skipped), 'benchmark')} skipped on both sides",
            [
                f"- {code(benchmark_id(one.name, one.params))}: {prose(one.reason)}"
                for one in report.skipped
            ],
        )
    if report.waivers:
        yield "Waivers", [f"- {prose(said, 600)}" for said in words.waiver_uses(report)]


def _rank(result: BenchmarkResult) -> tuple[bool, bool, float]:
    """What fails first, and what was never measured after what was."""
    return not result.fails, result.effect is None, -words.worst(result)


def _explained(result: BenchmarkResult) -> Iterator[str]:
    yield from (f"**{code(result.id)}**: {prose(result.reason, 600)}", "")
    if result.tail is not None:
        yield f"- mean of all calls: {prose(words.full(result.tail))}"
    for difference in words.differences(result):
        yield f"- differs: {prose(difference)}"
    if result.command:
        yield f"- repeat: {code(result.command, 600)}"
    yield ""
    if said := words.block(result.failure or ""):
        yield from (*fenced(said), "")


def _table(results: Sequence[BenchmarkResult]) -> Iterator[str]:
    yield row(_HEAD)
    yield _RULE
    for result in results:
        effect = result.effect
        yield row(
            (
                code(result.id, 120, in_table=True),
                prose(words.value(result, result.baseline)),
                prose(words.value(result, result.contender)),
                words.ratio(effect),
                words.interval(effect),
                MISSING if effect is None else str(effect.pairs),
                _verdict(result),
            )
        )


def _verdict(result: BenchmarkResult) -> str:
    said = _WORDS.get(result.verdict, result.verdict.value)
    if result.verdict is Verdict.REGRESSION and not result.fails:
        return f"{said}, waived"
    return f"**{said}**" if result.fails else said


def _fold(title: str, lines: Sequence[str]) -> str:
    """A folded part; lines that are too many are counted, and no code block is left open."""
    kept: list[str] = []
    size, fence = 0, ""
    for one in lines:
        size += len(one) + 1
        if size > _LARGEST_PART and not fence:
            break
        if not fence and one.startswith("```"):
            fence = one.rstrip("abcdefghijklmnopqrstuvwxyz")
        elif one == fence:
            fence = ""
        kept.append(one)
    if len(kept) < len(lines):
        kept += ["", "The rest is in `gate.json` and `index.html`."]
    body = "\n".join(kept)
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>\n"
