"""Prints the answer to ``cnnfc compare`` in a terminal: what matters most first."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cnnfc.commands.compare.answer import Answer, Section
from cnnfc.commands.compare.names import short
from cnnfc.commands.layout import table
from cnnfc.report.text import MISSING, clean, day, listing, minute, plural
from cnnfc.timeline.compare.means import CONFIDENCE, Mean
from cnnfc.timeline.compare.ratio import CAVEAT, METHOD
from cnnfc.timeline.compare.runs import Kind, Side
from cnnfc.timeline.compare.sides import Compared, LeftOut, OneSided
from cnnfc.timeline.table.facts import Facts
from cnnfc.units import scale_for, significant

#: Rows of one table before the rest is counted only.
ROWS: Final = 30
#: Benchmarks, and parameters of one, that are named among those which were not compared.
_NAMES: Final = 8
_EXAMPLES: Final = 3
#: What differs between two runs, of which a terminal shows no more.
_DIFFERENCES: Final = 6
#: Width of sentences where lines may be as long as they like.
_SENTENCE: Final = 100


def lines(answer: Answer, *, width: int | None = None, every: bool = False) -> Iterator[str]:
    """The answer as lines without anything that could steer a terminal.

    Args:
        answer: What to print; with one section at least.
        width: How wide the terminal is (60 and up); None for lines as long as they have to be.
        every: Print every ratio, not only the first `ROWS` of each table.
    """
    width = None if width is None else max(width, 60)
    wide = width or _SENTENCE
    yield from textwrap.wrap(clean(_what(answer)), wide)
    for section in answer.sections:
        yield ""
        yield from textwrap.wrap(clean(_where(answer, section)), wide)
        for sentence in _about(answer, section):
            yield from textwrap.wrap(clean(sentence), wide)
        if section.comparison.compared:
            yield ""
            yield from textwrap.wrap(_summed_up(section), wide)
            yield from _ratios(section, width, every=every)
            for by in ("family", "benchmark"):
                yield ""
                yield from _means([mean for mean in section.means if mean.by == by], by, width)
        yield from _not_compared(section, wide)
    if answer.lonely:
        yield ""
    for side in answer.lonely:
        which = "A" if side.commit == answer.names[0] else "B"
        yield from textwrap.wrap(
            clean(f"{side.machine}, {side.environment}: measured only {which}"), wide
        )
    yield ""
    for sentence in _notes(answer):
        yield from textwrap.wrap(sentence, wide)


def _what(answer: Answer) -> str:
    first = answer.sections[0].pairing
    names = []
    for letter, asked, name, side in zip(
        "AB", answer.asked, answer.names, (first.a, first.b), strict=True
    ):
        said = _commit(side) if answer.kind is Kind.COMMITS else name
        also = "" if name.startswith(asked) else f" ({asked})"
        names.append(f"{letter} is {said}{also}")
    return f"Two {answer.kind}: {', '.join(names)}. Ratios are B / A."


def _where(answer: Answer, section: Section) -> str:
    a, b = section.pairing.a, section.pairing.b
    if answer.kind is Kind.COMMITS:
        return f"{a.machine}, {a.environment}"
    if answer.kind is Kind.DEVICES:
        return f"{a.machine}, {a.environment}, commit {_commit(a)}"
    if a.environment != b.environment:
        return f"A in {a.environment}, B in {b.environment}"
    return f"{a.environment}{f', commit {_commit(a)}' if a.commit == b.commit else ''}"


def _about(answer: Answer, section: Section) -> Iterator[str]:
    a, b = section.pairing.a, section.pairing.b
    note = f": {section.pairing.note}" if section.pairing.note else ""
    if answer.kind is Kind.DEVICES:
        yield f"Measured {_when(a)}{note}."
    elif a.commit != b.commit and answer.kind is Kind.MACHINES:
        yield f"A at commit {_commit(a)}, measured {_when(a)}; B at {_commit(b)}, {_when(b)}{note}."
        yield "The two commits differ, so the machines are not all that does."
    else:
        yield f"A was measured {_when(a)}, B {_when(b)}{note}."
    if max(len(a.heads), len(b.heads)) > 1:
        yield "There are several result files of a commit: what was measured last counts."
    if answer.kind is Kind.MACHINES:
        yield from (
            f"{letter}: {said}."
            for letter, facts in zip("AB", section.facts, strict=True)
            if (said := _hardware(facts))
        )
    if section.software:
        named = "; ".join(
            f"{d.name} {d.before} in A, {d.after} in B" for d in section.software[:_DIFFERENCES]
        )
        more = len(section.software) - _DIFFERENCES
        yield f"The software differs: {named}{f'; and {more} more' if more > 0 else ''}."


def _summed_up(section: Section) -> str:
    compared = section.comparison.compared
    apart = [one for one in compared if one.quotient.apart]
    alone, left_out = len(section.comparison.one_sided), len(section.comparison.left_out)
    return (
        f"{plural(len(compared), 'ratio')}: {_counted(apart)}, "
        f"{len(compared) - len(apart)} whose intervals overlap or are not known"
        f"{f'; {alone} on one side alone' if alone else ''}"
        f"{f'; {left_out} left out' if left_out else ''}"
    )


def _ratios(section: Section, width: int | None, *, every: bool) -> Iterator[str]:
    compared = section.comparison.compared
    shown = compared if every else compared[:ROWS]
    head = ("", "A", "B", "B / A", "interval", "")
    rows = [head, *(_row(one) for one in shown)]
    yield from table(rows, width, spare=(1, 2))
    hidden = compared[len(shown) :]
    if hidden:
        rest = sum(one.quotient.apart for one in hidden)
        yield f"  {len(hidden)} more, {rest} of them apart; --all shows them"


def _row(one: Compared) -> tuple[str, ...]:
    a, b = one.a.centre, one.b.centre
    scale = scale_for(one.info.unit, [a, b])
    ratio = one.quotient
    return (
        _plain(one.label),
        f"{scale.format(a)} {_plain(scale.symbol)}".rstrip(),
        f"{scale.format(b)} {_plain(scale.symbol)}".rstrip(),
        significant(ratio.centre, 4),
        _interval(ratio.low, ratio.high),
        _word(one.worse, one.info.unit),
    )


def _means(means: Iterable[Mean], by: str, width: int | None) -> Iterator[str]:
    ends = ("smallest to largest", "worse", "better")
    rows = [(f"geometric mean by {by}", "n", "B / A", "over cases", *ends)]
    for mean in means:
        # Quantities of a family differ; a benchmark has only one.
        about = [mean.unit] if by == "family" else []
        about += ["more is better"] * mean.higher_is_better
        rows.append((
            _plain(f"{mean.name} ({', '.join(about)})" if about else mean.name),
            str(mean.n),
            significant(mean.ratio, 4),
            _interval(mean.low, mean.high),
            _interval(mean.smallest, mean.largest),
            str(mean.worse),
            str(mean.better),
        ))  # fmt: skip
    yield from table(rows, width, spare=(4,))


def _not_compared(section: Section, width: int) -> Iterator[str]:
    found = section.comparison
    for letter, other in (("a", "B"), ("b", "A")):
        only = [one for one in found.one_sided if one.side == letter]
        if only:
            yield ""
            yield f"Only {letter.upper()} has {len(only)}:"
            ends = [f"{one.other} in {other}" if one.other else "" for one in only]
            yield from _named(only, ends, width)
    if found.left_out:
        yield ""
        yield f"Left out {len(found.left_out)}:"
        yield from _named(found.left_out, [one.reason for one in found.left_out], width)


def _named(
    points: Sequence[OneSided | LeftOut], reasons: Sequence[str], width: int
) -> Iterator[str]:
    """The benchmarks of `points` with a few of their parameters, and how often which reason."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for point, reason in zip(points, reasons, strict=True):
        groups.setdefault(point.info.name, []).append((" ".join(point.parameters), reason))
    for name in list(groups)[:_NAMES]:
        members = groups[name]
        examples = [parameters for parameters, _ in members if parameters]
        told = ", ".join(examples[:_EXAMPLES]) + (", ..." if len(examples) > _EXAMPLES else "")
        counts = Counter(reason for _, reason in members if reason)
        why = "; ".join(
            reason if count == len(members) else f"{count} {reason}"
            for reason, count in counts.items()
        )
        said = f"{len(members)} of {name}{f': {told}' if told else ''}{f' ({why})' if why else ''}"
        yield from textwrap.wrap(clean(said), width, initial_indent="  ", subsequent_indent="    ")
    if len(groups) > _NAMES:
        yield f"  {plural(len(groups) - _NAMES, 'more benchmark')}; --json names all"


def _notes(answer: Answer) -> Iterator[str]:
    levels = [
        one.quotient.confidence
        for section in answer.sections
        for one in section.comparison.compared
        if one.quotient.confidence is not None
    ]
    if levels:
        yield f"Interval, about {min(levels):.0%}: {METHOD}. Note that {CAVEAT}."
    yield (
        f"Over cases: {CONFIDENCE:.0%}, as if the cases had been drawn at random from many like "
        f"them; what moved all of them together, such as the machine's moment, is not in it."
    )
    if answer.kind is Kind.COMMITS:
        yield "`cnnfc gate A B` decides whether B is slower: it measures both in turn."


def _plain(words: str) -> str:
    """`words` on one line, without anything that could steer a terminal."""
    return " ".join(clean(words).split())


def _hardware(facts: Facts) -> str:
    cores = f"{facts.cores} cores" if facts.cores else None
    memory = f"{facts.memory_bytes / 2**30:.0f} GiB" if facts.memory_bytes else None
    return ", ".join(filter(None, (facts.cpu, cores, memory, facts.gpus)))


def _counted(apart: Sequence[Compared]) -> str:
    words = Counter(_word(one.worse, one.info.unit) for one in apart)
    if not words:
        return "none beyond its intervals"
    return listing([f"{count} {word}" for word, count in words.items()]) + " beyond intervals"


def _word(worse: bool | None, unit: str) -> str:
    if worse is None:
        return ""
    slower, faster = ("slower", "faster") if unit == "seconds" else ("worse", "better")
    return slower if worse else faster


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return MISSING
    return f"{significant(low, 4)} to {significant(high, 4)}"


def _commit(side: Side) -> str:
    return f"{short(side.commit)} of {day(side.commit_date)}"


def _when(side: Side) -> str:
    return minute(side.started_at) if side.started_at else "at a time that asv did not record"
