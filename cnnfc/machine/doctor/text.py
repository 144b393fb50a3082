"""Writes an examination as lines for people: the whole, or what has to be known before a run."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from cnnfc.machine.doctor.findings import Examination, Finding, Severity
from cnnfc.machine.host import printable

_WIDTH: Final = 100
_COLUMN: Final = 10

#: What the worst finding means for the numbers that are measured now.
VERDICTS: Final = {
    Severity.SEVERE: "numbers measured now can be off by a tenth and more without any change of "
    "code",
    Severity.MODERATE: "numbers measured now can differ by several percent without any change of "
    "code",
    Severity.MINOR: "nothing here moves numbers by more than a few percent",
    Severity.FINE: "nothing was found that makes timings unsteady",
}

#: How many findings the short form names.
MOST_SHORT: Final = 2


def describe(examination: Examination) -> Iterator[str]:
    """A block for each finding, worst first; a line or two for what needs nothing; a verdict.

    Yields:
        Lines of at most 100 characters, unless a single word is longer.
    """
    for finding in examination.troubles:
        yield f"{str(finding.severity).upper():<{_COLUMN}}{finding.title}"
        yield from _block("found", finding.evidence)
        yield from _block("effect", finding.effect)
        yield from _block("fix", finding.fix)
        yield ""
    unknown = [f for f in examination.findings if f.severity is Severity.UNKNOWN]
    for number, finding in enumerate(unknown):
        yield from _lines("UNKNOWN" if number == 0 else "", f"{finding.title}: {finding.evidence}")
    fine = [f for f in examination.findings if f.severity is Severity.FINE]
    for number, finding in enumerate(fine):
        yield from _lines("FINE" if number == 0 else "", f"{finding.title}: {finding.evidence}")
    if unknown or fine:
        yield ""
    yield from _lines("VERDICT", verdict(examination))


def verdict(examination: Examination) -> str:
    """How many findings there are of each severity, and what the worst means; one sentence."""
    counts = counted(examination)
    # Of findings that are all unknown it cannot be said that nothing was found.
    known = examination.worst is not Severity.FINE or examination.count(Severity.FINE)
    meaning = VERDICTS[examination.worst] if known else "nothing of this machine is known"
    return f"{counts}: {meaning}." if counts else f"{meaning[0].upper()}{meaning[1:]}."


def counted(examination: Examination) -> str:
    """``1 severe, 2 minor, 4 unknown, 9 fine``; severities without a finding are left out."""
    counts = ((severity, examination.count(severity)) for severity in Severity)
    return ", ".join(f"{count} {severity}" for severity, count in counts if count)


def short_lines(examination: Examination) -> Iterator[str]:
    """One to three lines to read before a run: the worst findings, each with its fix."""
    worse = [f for f in examination.troubles if f.severity is not Severity.MINOR]
    if not worse:
        yield f"doctor: {verdict(examination)}"
        return
    for finding in worse[:MOST_SHORT]:
        yield f"doctor: {finding.severity}: {_sentence(finding)}"
    rest = len(examination.troubles) - min(len(worse), MOST_SHORT)
    yield f"doctor: {f'{rest} more' if rest else 'more'}: see cnnfc doctor"


def _sentence(finding: Finding) -> str:
    return printable(f"{finding.title}: {finding.evidence} Fix: {finding.fix}")


def _block(label: str, text: str) -> Iterator[str]:
    if text:
        yield from _lines(f"  {label}", text)


def _lines(label: str, text: str) -> Iterator[str]:
    yield from textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=label.ljust(_COLUMN),
        subsequent_indent=" " * _COLUMN,
        break_long_words=False,
        break_on_hyphens=False,
    )
