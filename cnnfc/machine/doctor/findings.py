"""Says what a finding of the doctor is, to and from plain data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Severity(StrEnum):
    """How far a number measured here may be off for a reason that is not the code.

    Two runs of unchanged code are meant to agree within 3%: that is what this suite promises of
    single-thread cases on a quiet machine.  So moderate begins where a finding alone can use that
    up, and severe where it can pass 10%, which people take for a regression worth a search.
    """

    #: A tenth and more: numbers of this machine cannot be compared as it is.
    SEVERE = "severe"
    #: Three percent to a tenth: small differences mean nothing.
    MODERATE = "moderate"
    #: Under three percent, or in few situations only.
    MINOR = "minor"
    #: Nothing here says it, or it could not be measured; the evidence says why.
    UNKNOWN = "unknown"
    #: Looked at, nothing to do.
    FINE = "fine"


#: Worst first.  Not known goes before fine, since it may be either.
_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}

#: From which share of a number on a measured effect has a severity.
MINOR_SHARE: Final = 0.01
MODERATE_SHARE: Final = 0.03
SEVERE_SHARE: Final = 0.10


def grade(
    share: float,
    minor: float = MINOR_SHARE,
    moderate: float = MODERATE_SHARE,
    severe: float = SEVERE_SHARE,
) -> Severity:
    """The severity of an effect that moves a number by `share` (0.03 is 3%).

    Each limit belongs to what it begins.  NaN is unknown.
    """
    if math.isnan(share):
        return Severity.UNKNOWN
    for limit, severity in (
        (severe, Severity.SEVERE),
        (moderate, Severity.MODERATE),
        (minor, Severity.MINOR),
    ):
        if share >= limit:
            return severity
    return Severity.FINE


@dataclass(frozen=True)
class Finding:
    """One topic that was looked at.

    Attributes:
        id: Stable name for programs, ``[a-z0-9-]``, such as ``governor`` or ``gpu-0-clocks``.
        title: What it is, a few words.
        severity: How much it can matter here.
        evidence: What was read or measured, a sentence; why, where it is unknown.
        effect: How much it matters, a sentence; "" where there is nothing to add.
        fix: A command or a sentence; "" where there is nothing to do.
        figures: What was measured or read, by name, in base units; the end of a name is its unit
            as in a hardware record (``_seconds``, ``_bytes``, ``_hz``, ``_watts``, ``_share`` from
            0 to 1).
    """

    id: str
    title: str
    severity: Severity
    evidence: str
    effect: str = ""
    fix: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON holds it; empty texts and figures are left out."""
        data = {
            "id": self.id,
            "title": self.title,
            "severity": str(self.severity),
            "evidence": self.evidence,
            "effect": self.effect,
            "fix": self.fix,
            "figures": {k: v for k, v in self.figures.items() if math.isfinite(v)},
        }
        return {key: value for key, value in data.items() if value}


@dataclass(frozen=True)
class Examination:
    """What the doctor looked at, and what was found.

    Attributes:
        checked: Ids of every topic that was looked at, in the order of the findings.
        findings: Worst first.
    """

    checked: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Examination:
        """An examination with `findings` sorted worst first; equals keep their order."""
        ordered = tuple(sorted(findings, key=lambda finding: _RANK[finding.severity]))
        return cls(tuple(finding.id for finding in ordered), ordered)

    @property
    def worst(self) -> Severity:
        """The severity that decides: of unknown and fine findings alone it is fine."""
        return self.troubles[0].severity if self.troubles else Severity.FINE

    @property
    def troubles(self) -> tuple[Finding, ...]:
        """The findings that something can be done about: severe, moderate and minor ones."""
        return tuple(
            finding
            for finding in self.findings
            if finding.severity not in (Severity.FINE, Severity.UNKNOWN)
        )

    def count(self, severity: Severity) -> int:
        """How many findings have `severity`; those of `without_fine` are still counted."""
        if severity is Severity.FINE:
            return len(self.checked) - sum(f.severity is not severity for f in self.findings)
        return sum(finding.severity is severity for finding in self.findings)

    def without_fine(self) -> Examination:
        """The same with the fine findings left out; `checked` still names them."""
        kept = tuple(f for f in self.findings if f.severity is not Severity.FINE)
        return Examination(self.checked, kept)

    def as_dict(self) -> dict[str, Any]:
        """The examination as JSON holds it: ``checked`` and ``findings``."""
        return {
            "checked": list(self.checked),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def parse_examination(data: object) -> Examination:
    """The inverse of `Examination.as_dict`; keys that this version does not know are left alone.

    Raises:
        ValueError: `data` is nothing of the kind; the message says which part, without a full
            stop.
    """
    if not isinstance(data, Mapping):
        raise ValueError("doctor is not an object")  # noqa: TRY004 - one error for damaged data
    checked = data.get("checked", [])
    findings = data.get("findings", [])
    if not isinstance(checked, list) or not all(isinstance(name, str) for name in checked):
        raise ValueError("doctor's checked is not a list of texts")
    if not isinstance(findings, list):
        raise ValueError("doctor's findings is not a list")  # noqa: TRY004 - the same
    return Examination(tuple(checked), tuple(_parse_finding(entry) for entry in findings))


def _parse_finding(data: object) -> Finding:
    if not isinstance(data, Mapping):
        raise ValueError("a finding is not an object")  # noqa: TRY004 - one error for damaged data
    texts = {}
    for key in ("id", "title", "evidence", "effect", "fix"):
        text = data.get(key, "")
        if not isinstance(text, str):
            raise ValueError(f"a finding's {key} is not a text")  # noqa: TRY004 - the same
        texts[key] = text
    severity = data.get("severity")
    if severity not in tuple(Severity):
        raise ValueError(f"a finding's severity {severity!r} is none of {', '.join(Severity)}")
    figures = data.get("figures", {})
    if not isinstance(figures, Mapping):
        raise ValueError("a finding's figures is not an object")  # noqa: TRY004 - the same
    # JSON has no NaN: a figure that could not be written is null and not a figure.
    numbers = {
        str(key): value
        for key, value in figures.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return Finding(severity=Severity(severity), figures=numbers, **texts)
